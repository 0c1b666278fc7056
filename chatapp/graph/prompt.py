"""What the model is sent: instructions, the running summary, and as much of the window as fits."""

from __future__ import annotations

import re
from collections.abc import Sequence

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from chatapp.graph.state import tokens
from chatapp.graph.turns import calls

TITLE_CHARS = 80
TITLE_INPUT_CHARS = 2_000
SUMMARY_INPUT_CHARS = 4_000

_TITLE = (
    "Write a short title for this conversation: three to six words, in its language, without quotation marks and "
    "without a full stop. Answer with the title only."
)
_SUMMARY = (
    "Write the running summary of this conversation for an assistant who will not see these messages again. "
    "Keep names, facts, decisions, wishes and open questions. At most 300 words, in the language of the conversation."
)


def answer(
    instructions: str, remembered: str, summary: str, window: Sequence[BaseMessage], budget: int
) -> list[BaseMessage]:
    """The request for an answer. The newest messages within `budget` tokens; the question and what follows always.

    `remembered` is what is known of the user.
    """
    system = instructions
    if remembered:
        system += f"\n\n{remembered}"
    if summary:
        system += f"\n\nSummary of the conversation before these messages:\n{summary}"
    kept: list[BaseMessage] = []
    spent, asked = len(system) // 4, False
    for message in reversed(window):
        spent += tokens(message)
        if asked and spent > budget:
            break
        asked = asked or isinstance(message, HumanMessage)
        # A stopped answer may be empty, and some providers refuse an empty message.
        if message.content or next(calls(message), None):
            kept.append(message)
    kept.reverse()
    # Calls of tools stay with their results: what is left begins with a question.
    while len(kept) > 1 and not isinstance(kept[0], HumanMessage):
        kept.pop(0)
    return [SystemMessage(system), *kept]


def title(question: str, reply: str) -> list[BaseMessage]:
    """The request for a thread's title."""
    turn = f"User: {question[:TITLE_INPUT_CHARS]}\n\nAssistant: {reply[:TITLE_INPUT_CHARS]}"
    return [SystemMessage(_TITLE), HumanMessage(turn)]


def summary(before: str, covered: Sequence[BaseMessage]) -> list[BaseMessage]:
    """The request for a running summary: the one before and the messages it takes in, each cut to a bounded length."""
    names = {"human": "User", "ai": "Assistant"}
    turns = [
        f"{names[each.type]}: {str(each.content)[:SUMMARY_INPUT_CHARS]}"
        for each in covered
        if each.type in names and each.content
    ]
    earlier = f"Summary so far:\n{before}\n\n" if before else ""
    return [SystemMessage(_SUMMARY), HumanMessage(earlier + "\n\n".join(turns))]


def tidy_title(text: str) -> str:
    """A model's title, as one short line."""
    line = " ".join(re.sub(r"[*`#]", "", text).split()).strip("\"'“”„«» ").rstrip(".")
    return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1].rstrip() + "…"
