"""The graph's state: a bounded window of messages and the running summary of what left it.

This is working memory, not the record: the message tree keeps every message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypedDict, cast

from django.conf import settings
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage
from langchain_openai import ChatOpenAI
from langgraph.graph.message import add_messages

from memory.memories import Source

WINDOWS = 2
TURNS_BETWEEN_SUMMARIES = 10


def bounded(left: list[AnyMessage], right: list[AnyMessage]) -> list[AnyMessage]:
    """`add_messages`, and at most `WINDOWS` windows of them: the hard bound for when no summary can be made.

    What falls out is in the message tree.
    """
    merged = cast("list[AnyMessage]", add_messages(left, right))  # type: ignore[arg-type]  # its lists are invariant
    return merged[-WINDOWS * settings.WINDOW_MESSAGES :]


class State(TypedDict, total=False):
    """What a checkpoint of a thread holds."""

    messages: Annotated[list[AnyMessage], bounded]
    # Answers since the last summary was taken up.
    turns: int
    summary: str
    # What the answer being written was given: "preferences" if there are any, and the ids of memories.
    recalled: list[str]


@dataclass(frozen=True, slots=True)
class Context:
    """What a run hands to its nodes. It is never stored; private data belongs here and not in the config."""

    model: ChatOpenAI
    user_id: int
    answer_id: str
    instructions: str
    window_messages: int
    window_tokens: int
    memory_tokens: int
    # Whether memories are read and kept, and what those that are come from. Preferences hold in any case.
    remembers: bool
    # Whether the user had kept anything at all when this attempt began.
    has_kept: bool
    source: Source
    summaries: Sequence[tuple[str, str]]  # newest first: (id of the last message it covers, text)
    on_text: Callable[[str], None]
    on_reasoning: Callable[[str], None]


def tokens(message: BaseMessage) -> int:
    """About how many tokens a message is: four UTF-8 bytes each, and what a message costs beside its text.

    The exact count would need the provider's own tables, which may not be fetched.
    """
    size = len(str(message.content).encode())
    if isinstance(message, AIMessage):
        size += sum(len(str(call["args"]).encode()) for call in message.tool_calls)
    return size // 4 + 4


def is_full(state: State, window_messages: int, window_tokens: int) -> bool:
    """Whether it is time for a summary: the window is full, and ten turns have passed since the last one."""
    messages = state.get("messages", [])
    full = len(messages) >= window_messages or sum(map(tokens, messages)) >= window_tokens
    return full and state.get("turns", 0) >= TURNS_BETWEEN_SUMMARIES


def halve(messages: Sequence[BaseMessage], window_messages: int, window_tokens: int) -> int:
    """How many messages, from the oldest, a summary takes out so that half a window is left.

    What stays begins with a question, and is at least the last turn.
    """
    spent, kept = 0, 0
    for message in reversed(messages):
        spent += tokens(message)
        if kept >= 2 and (kept >= window_messages // 2 or spent > window_tokens // 2):
            break
        kept += 1
    start = len(messages) - kept
    while start < len(messages) - 1 and not isinstance(messages[start], HumanMessage):
        start += 1
    return start
