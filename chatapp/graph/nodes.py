"""The nodes of the chat graph: `async def node(state, runtime) -> dict`, a partial update."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from langchain_core.messages import BaseMessage, HumanMessage, RemoveMessage, ToolCall, ToolMessage
from langgraph.graph import END
from langgraph.runtime import Runtime
from langgraph.types import Send

from chatapp.graph import model, prompt, turns
from chatapp.graph.state import Context, State
from memory import recall, tools
from memory.preferences import PREFERENCES

TOOLS = "tools"


async def respond(state: State, runtime: Runtime[Context]) -> dict[str, Any]:  # Any: channel values of every type
    """Answer the conversation, or call tools. A summary that has become ready takes the messages it covers out of the
    window.
    """
    context = runtime.context
    window, summary = _take_up(state, context)
    taken = turns.steps(window)
    remembered = await _recall(state, runtime, window, begins=not taken)
    request = prompt.answer(context.instructions, remembered.block, summary, window, context.window_tokens)
    may_call = remembered.tools and turns.results(taken) < settings.TOOL_CALLS
    reply = await model.stream_answer(
        context.model,
        request,
        tools=tools.SCHEMAS if may_call else (),
        on_text=_after(turns.text(taken), context.on_text),
        on_reasoning=context.on_reasoning,
    )
    reply.additional_kwargs.pop("reasoning_content", None)
    if not may_call:  # a model may call what it was not offered
        reply.tool_calls, reply.invalid_tool_calls = [], []
    last = next(turns.calls(reply), None) is None
    reply.id = context.answer_id if last else turns.step_id(context.answer_id, len(taken))
    left = {message.id for message in window}
    removed = [RemoveMessage(id=each.id) for each in state["messages"] if each.id and each.id not in left]
    update: dict[str, Any] = {"messages": [*removed, reply]}
    before = state.get("turns", 0)
    if summary != state.get("summary", ""):
        # Taking a summary up is the first turn of the next ten.
        update["summary"], update["turns"], before = summary, 0, 0
    if last:
        update["turns"] = before + 1
    given = [*([PREFERENCES] if remembered.preferences else ()), *remembered.memories]
    if given != state.get("recalled", []):
        update["recalled"] = given
    return update


def after_respond(state: State) -> list[Send] | str:
    """Each call of a tool is a task of its own, so that one can wait for the user without the others."""
    called = list(turns.calls(state["messages"][-1]))
    return [Send(TOOLS, call) for call in called] if called else END


async def use_tool(call: ToolCall, runtime: Runtime[Context]) -> dict[str, Any]:  # Any: as above
    """Carry out one call. Interrupts the graph while the user is asked."""
    context = runtime.context
    key = turns.result_id(context.answer_id, call["id"])
    result = await tools.carry_out(context.user_id, call["name"], call["args"], source=context.source, key=UUID(key))
    message = ToolMessage(result.text, name=call["name"], tool_call_id=call["id"] or "", artifact=result.effect, id=key)
    return {"messages": [message]}


async def _recall(
    state: State, runtime: Runtime[Context], window: Sequence[BaseMessage], *, begins: bool
) -> recall.Recalled:
    """What is known of the user and bears on the question; later steps of an answer keep what its first was given."""
    context = runtime.context
    if runtime.store is None:
        return recall.NOTHING
    if begins and not context.has_kept:
        return recall.nothing_kept(memories=context.remembers)
    asked = next((str(each.content) for each in reversed(window) if isinstance(each, HumanMessage)), "")
    return await recall.recall(
        runtime.store,
        context.user_id,
        asked,
        budget=context.memory_tokens,
        memories=context.remembers,
        known=None if begins else [each for each in state.get("recalled", []) if each != PREFERENCES],
    )


def _after(said: str, on_text: Callable[[str], None]) -> Callable[[str], None]:
    """What this step says is a paragraph of its own."""
    if not said:
        return on_text
    parts = [turns.PARAGRAPH]

    def on_delta(delta: str) -> None:
        on_text((parts.pop() if parts else "") + delta)

    return on_delta


def _take_up(state: State, context: Context) -> tuple[Sequence[BaseMessage], str]:
    """The window and summary that hold from now on."""
    messages = state["messages"]
    for covered, text in context.summaries:
        for index, message in enumerate(messages[:-1]):
            if message.id == covered:
                return messages[index + 1 :], text
    return messages, state.get("summary", "")
