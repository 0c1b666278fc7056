"""The nodes of the chat graph: `async def node(state, runtime) -> dict`, a partial update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage, RemoveMessage
from langgraph.runtime import Runtime

from chatapp.graph import model, prompt
from chatapp.graph.state import Context, State


async def respond(state: State, runtime: Runtime[Context]) -> dict[str, Any]:  # Any: channel values of every type
    """Answer the conversation. A summary that has become ready takes the messages it covers out of the window."""
    context = runtime.context
    window, summary = _take_up(state, context)
    request = prompt.answer(context.instructions, summary, window, context.window_tokens)
    reply = await model.stream_answer(
        context.model, request, on_text=context.on_text, on_reasoning=context.on_reasoning
    )
    reply.id = context.answer_id
    reply.additional_kwargs.pop("reasoning_content", None)
    left = {message.id for message in window}
    removed = [RemoveMessage(id=each.id) for each in state["messages"] if each.id and each.id not in left]
    taken = summary != state.get("summary", "")
    update: dict[str, Any] = {
        "messages": [*removed, reply],
        # Taking a summary up is the first turn of the next ten.
        "turns": 1 if taken else state.get("turns", 0) + 1,
    }
    if taken:
        update["summary"] = summary
    return update


def _take_up(state: State, context: Context) -> tuple[Sequence[BaseMessage], str]:
    """The window and summary that hold from now on."""
    messages = state["messages"]
    for covered, text in context.summaries:
        for index, message in enumerate(messages[:-1]):
            if message.id == covered:
                return messages[index + 1 :], text
    return messages, state.get("summary", "")
