"""A real graph over the saver: turns, interrupts, edits of state, forks of an older checkpoint, subgraphs."""

import copy
from collections.abc import AsyncIterator
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph, add_messages
from langgraph.types import Command, interrupt

from chatapp import postgres
from chatapp.checkpoints import SealedPostgresSaver, require_sealed
from tests.sealed_threads import Keyed, SealedThread, new_thread

pytestmark = pytest.mark.django_db(transaction=True)


class State(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]
    turns: int
    approved: bool | None


async def respond(state: State) -> dict[str, Any]:
    said = [str(message.content) for message in state["messages"] if message.type == "human"]
    answer = AIMessage(" / ".join(said), id=f"answer to {state['messages'][-1].id}")
    return {"messages": [answer], "turns": state.get("turns", 0) + 1}


async def ask(state: State) -> dict[str, Any]:
    if state["messages"][-2].content != "delete it":
        return {}
    return {"approved": interrupt({"question": "Really?"})}


def compiled() -> Any:
    graph = StateGraph(State)
    graph.add_node("respond", respond)
    graph.add_node("ask", ask)
    graph.add_edge(START, "respond")
    graph.add_edge("respond", "ask")
    graph.add_edge("ask", END)
    return graph


GRAPH = compiled().compile()


@pytest.fixture
def keyed(transactional_db: None) -> Keyed:
    return new_thread("alice@example.org")


@pytest.fixture
async def thread(keyed: Keyed) -> AsyncIterator[SealedThread]:
    yield SealedThread(await postgres.pool(), *keyed)
    await postgres.close()


def over(saver: Any) -> Any:
    """The compiled graph with this run's saver, as a run makes it."""
    graph = copy.copy(GRAPH)
    graph.checkpointer = saver
    return graph


def question(text: str) -> dict[str, Any]:
    return {"messages": [HumanMessage(text, id=text)]}


def said(state: Any) -> list[str]:
    return [str(message.content) for message in state.values["messages"]]


async def test_turns_continue_with_a_new_saver_each(thread: SealedThread) -> None:
    config = {"configurable": {"thread_id": thread.id}}
    for text in ("one", "two", "three"):
        await over(thread.saver()).ainvoke(question(text), config)
    state = await over(thread.saver(None)).aget_state(config)
    assert said(state) == ["one", "one", "two", "one / two", "three", "one / two / three"]
    assert state.values["turns"] == 3


async def test_an_interrupt_waits_and_resumes_in_another_process(thread: SealedThread) -> None:
    config = {"configurable": {"thread_id": thread.id}}
    await over(thread.saver()).ainvoke(question("delete it"), config)
    waiting = await over(thread.saver(None)).aget_state(config)
    assert waiting.next == ("ask",)
    assert waiting.interrupts[0].value == {"question": "Really?"}
    await over(thread.saver()).ainvoke(Command(resume=True), config)
    state = await over(thread.saver(None)).aget_state(config)
    assert state.next == ()
    assert state.values["approved"] is True


async def test_state_can_be_edited_as_a_node(thread: SealedThread) -> None:
    config = {"configurable": {"thread_id": thread.id}}
    await over(thread.saver()).ainvoke(question("one"), config)
    edit = {"messages": [AIMessage("edited", id="answer to one")]}
    await over(thread.saver()).aupdate_state(config, edit, as_node="respond")
    state = await over(thread.saver(None)).aget_state(config)
    assert said(state) == ["one", "edited"]
    assert state.next == ("ask",)
    await over(thread.saver()).ainvoke(None, config)
    assert (await over(thread.saver(None)).aget_state(config)).next == ()


async def test_a_branch_from_an_older_checkpoint_becomes_the_tip_and_the_other_stays_readable(
    thread: SealedThread,
) -> None:
    config = {"configurable": {"thread_id": thread.id}}
    graph = over(thread.saver())
    await graph.ainvoke(question("one"), config)
    fork = (await graph.aget_state(config)).config
    await graph.ainvoke(question("two"), config)
    left = await graph.aget_state(config)
    await over(thread.saver()).ainvoke(question("instead"), fork)
    right = await over(thread.saver(None)).aget_state(config)
    assert said(right) == ["one", "one", "instead", "one / instead"]
    assert said(await over(thread.saver(None)).aget_state(left.config)) == ["one", "one", "two", "one / two"]
    # Back to the first branch: its checkpoint is named, and what is put there is the tip again.
    await over(thread.saver()).ainvoke(question("three"), left.config)
    assert said(await over(thread.saver(None)).aget_state(config))[-1] == "one / two / three"


async def test_the_history_is_the_one_langgraphs_own_saver_keeps(thread: SealedThread) -> None:
    config = {"configurable": {"thread_id": thread.id}}
    kept = []
    for graph in (over(thread.saver()), over(InMemorySaver())):
        for text in ("one", "two"):
            await graph.ainvoke(question(text), config)
        await graph.ainvoke(question("delete it"), config)
        await graph.ainvoke(Command(resume=False), config)
        history = [state async for state in graph.aget_state_history(config)]
        kept.append([(said(one) if one.values else [], one.next, one.metadata["step"]) for one in history])
    assert kept[0] == kept[1]
    assert len(kept[0]) > 10


async def test_subgraphs_keep_their_state_while_they_wait(thread: SealedThread) -> None:
    config = {"configurable": {"thread_id": thread.id}}
    outer = StateGraph(State)
    outer.add_node("inner", compiled().compile())
    outer.add_edge(START, "inner")
    graph: Any = outer.compile(checkpointer=thread.saver())
    await graph.ainvoke(question("delete it"), config)
    graph = copy.copy(graph)
    graph.checkpointer = thread.saver()
    await graph.ainvoke(Command(resume=True), config)
    state = await graph.aget_state(config)
    assert state.next == ()
    assert state.values["approved"] is True


async def test_compiling_keeps_our_saver_even_under_strict_msgpack(
    thread: SealedThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("langgraph._internal._serde", "langgraph.checkpoint.serde._msgpack"):
        monkeypatch.setattr(f"{module}.STRICT_MSGPACK_ENABLED", True)
    saver = thread.saver()
    graph = compiled().compile(checkpointer=saver)
    assert graph.checkpointer is saver
    require_sealed(graph)
    config = {"configurable": {"thread_id": thread.id}}
    await graph.ainvoke(question("one"), config)
    assert isinstance((await graph.aget_state(config)).values["messages"][0], HumanMessage)


async def test_a_graph_with_another_saver_is_not_taken_for_sealed(thread: SealedThread) -> None:
    class Half(SealedPostgresSaver):
        pass

    for saver in (None, InMemorySaver(), Half(thread.pool, thread.sealer, thread.id, 1)):
        with pytest.raises(TypeError, match="not the sealed saver"):
            require_sealed(over(saver))
