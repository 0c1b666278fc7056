"""The steps of one answer, read from the state: what was said, called and found since the question."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage
from langchain_core.messages.ai import UsageMetadata, add_usage

PARAGRAPH = "\n\n"


def steps(messages: Sequence[BaseMessage], question: str | None = None) -> Sequence[BaseMessage]:
    """What came after a question: the one of this id, or the last one. Nothing if it is not there."""
    for index in range(len(messages) - 1, -1, -1):
        message = messages[index]
        if isinstance(message, HumanMessage) and question in (None, message.id):
            return messages[index + 1 :]
    return ()


def step_id(answer_id: str, number: int) -> str:
    """The id of a step of an answer, by how many came before it; the last one has the answer's own."""
    return str(uuid.uuid5(uuid.UUID(answer_id), f"step {number}"))


def result_id(answer_id: str, call_id: str | None) -> str:
    """The id of what a call came to. Carried out again, it is the same one."""
    return str(uuid.uuid5(uuid.UUID(answer_id), f"call {call_id}"))


def of_answer(taken: Sequence[BaseMessage], answer_id: str) -> list[BaseMessage]:
    """The steps that were taken for the answer of this id."""
    own = {answer_id, *(step_id(answer_id, number) for number in range(len(taken)))}
    own |= {result_id(answer_id, each.tool_call_id) for each in taken if isinstance(each, ToolMessage)}
    return [each for each in taken if each.id in own]


def text(taken: Sequence[BaseMessage]) -> str:
    """What the answer says so far."""
    return PARAGRAPH.join(str(each.content) for each in taken if isinstance(each, AIMessage) and each.content)


def calls(message: BaseMessage) -> Iterator[ToolCall]:
    """The tools that a message calls. A call whose arguments cannot be read has None for them."""
    if isinstance(message, AIMessage):
        yield from message.tool_calls
        for broken in message.invalid_tool_calls:
            yield ToolCall(name=broken["name"] or "", args=None, id=broken["id"])  # type: ignore[typeddict-item]  # said so


def open_calls(taken: Sequence[BaseMessage]) -> list[ToolCall]:
    """The calls that have no result yet."""
    closed = {each.tool_call_id for each in taken if isinstance(each, ToolMessage)}
    return [call for each in taken for call in calls(each) if call["id"] not in closed]


def results(taken: Sequence[BaseMessage]) -> int:
    """How many calls were carried out."""
    return sum(isinstance(each, ToolMessage) for each in taken)


def effects(taken: Sequence[BaseMessage]) -> list[dict[str, Any]]:  # Any: JSON, as the tool made it
    """What tools changed in the user's memory, in order."""
    return [each.artifact for each in taken if isinstance(each, ToolMessage) and each.artifact]


def usage(taken: Sequence[BaseMessage]) -> UsageMetadata | None:
    """What all calls of the model used; None if the provider never said."""
    total: UsageMetadata | None = None
    for each in taken:
        if isinstance(each, AIMessage) and each.usage_metadata:
            total = add_usage(total, each.usage_metadata)
    return total
