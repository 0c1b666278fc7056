"""Every act on every checkpoint of a generated thread: the state after it is the one that LangGraph makes of it."""

from __future__ import annotations

import copy
import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from langchain_core.messages import RemoveMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import InvalidUpdateError
from langgraph.graph import END
from langgraph.types import StateSnapshot
from pytest_django import Settings

from chatapp import forks, keys, postgres, timetravel
from chatapp.checkpoints import SealedPostgresSaver
from chatapp.graph import build, endpoints
from chatapp.graph.state import Context
from chatapp.models import Fence, Message, Run, Thread, User
from chatapp.timetravel import updates
from memory.memories import Source
from memory.sealed_store import SealedPostgresStore
from tests.acting import BY, act, checkpoints, said, state, tip
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import Socket, Visitor
from tests.test_asking import asked, opened, remember, respond

Visit = Callable[[User | None], Visitor]
STEPS = 60
WINDOW = 500
SEED = 20261123
NODES = tuple(build.compiled().nodes)
search = json.dumps({"query": "anything"})


def grow(socket: Socket, endpoint: ScriptedModel, random: random.Random, number: int) -> None:
    """One turn of a random kind."""
    kind = random.choice(["plain", "search", "accept", "decline", "edit", "stop", "ignore", "fail", "both"])
    first, question = Script(f"Step {number}.", calls=[("search_memories", search)]), f"Question {number}"
    if kind == "plain":
        socket.say(question)
        socket.ended()
        return
    if kind in ("search", "fail"):
        endpoint.script(first, Script(status=401) if kind == "fail" else Script(f"Found {number}."))
        socket.say(question)
        socket.ended()
        return
    one = remember(f"Fact {number}")
    endpoint.script(remember(f"Fact {number}", f"More {number}") if kind == "both" else one, Script(f"Then {number}."))
    socket.say(question)
    asks = asked(socket)
    if kind in ("stop", "ignore"):
        endpoint.reset()
        if kind == "stop":
            socket.command("run.stop")
        else:
            socket.say(f"Instead {number}")
            socket.ended()
        socket.ended()
        return
    for interrupt_id in asks:
        more = {"text": f"Edited {number}"} if kind == "edit" else {}
        respond(socket, interrupt_id, "accept" if kind == "both" else kind, **more)
    socket.ended()


@pytest.fixture
def grown(visit: Visit, alice: User, endpoint: ScriptedModel, settings: Settings) -> UUID:
    """A thread of at least `STEPS` checkpoints, with calls of tools, questions to its owner, stops and failures."""
    settings.WINDOW_MESSAGES = WINDOW  # no summary comes in between
    thread_id, visitor, chance = uuid4(), visit(alice), random.Random(SEED)
    socket = opened(visitor, thread_id)
    number = 0
    while number == 0 or len(checkpoints(thread_id)) < STEPS:
        number += 1
        grow(socket, endpoint, chance, number)
    visitor.leave()
    endpoint.reset()
    return thread_id


class Plain:
    """The same checkpoints in LangGraph's own saver, and its own verbs on them."""

    def __init__(self, thread_id: UUID, saver: InMemorySaver) -> None:
        self.thread_id = str(thread_id)
        self.saver = saver
        self.graph = build.graph(saver)

    @classmethod
    async def of(cls, thread_id: UUID) -> Plain:
        owner_id = await postgres.call(lambda: Thread.objects.get(id=thread_id).owner_id)
        sealer = await postgres.call(keys.thread_sealer, owner_id, thread_id)
        ours = SealedPostgresSaver(await postgres.pool(), sealer, str(thread_id), None)
        saver = InMemorySaver()
        async for each in ours.alist(None):
            before = each.parent_config or {"configurable": {"thread_id": str(thread_id), "checkpoint_ns": ""}}
            checkpoint = copy.deepcopy(each.checkpoint)
            await saver.aput(before, checkpoint, each.metadata, checkpoint["channel_versions"])
            pending: dict[str, list[tuple[str, Any]]] = {}
            for task_id, channel, value in each.pending_writes or ():
                pending.setdefault(task_id, []).append((channel, value))
            for number, (task_id, writes) in enumerate(pending.items()):
                # They come in the order of their tasks' paths.
                await saver.aput_writes(each.config, writes, task_id, f"{number:04}")
        return cls(thread_id, saver)

    def at(self, checkpoint_id: str) -> Any:
        return {"configurable": {"thread_id": self.thread_id, "checkpoint_ns": "", "checkpoint_id": checkpoint_id}}

    async def updated(self, checkpoint_id: str, values: Any, as_node: str) -> StateSnapshot:
        config = await self.graph.aupdate_state(self.at(checkpoint_id), copy.deepcopy(values), as_node=as_node)
        return await self.graph.aget_state(config)

    async def replayed(self, checkpoint_id: str, owner_id: int) -> StateSnapshot:
        """On a thread of its own, that LangGraph copies the checkpoint to."""
        graph = build.graph(self.saver, SealedPostgresStore(await postgres.pool()))
        config = await graph.aupdate_state(self.at(checkpoint_id), None, as_node="__copy__")
        await graph.ainvoke(None, config, context=_context(owner_id))
        return await graph.aget_state({"configurable": {"thread_id": self.thread_id, "checkpoint_ns": ""}})


def _context(owner_id: int) -> Context:
    return Context(
        model=endpoints.answering("scripted"),
        user_id=owner_id,
        answer_id=str(uuid4()),
        instructions="",
        window_messages=WINDOW,
        window_tokens=100_000,
        memory_tokens=1_000,
        remembers=True,
        has_kept=True,
        source=Source("assistant", uuid4(), uuid4()),
        summaries=(),
        on_text=lambda _: None,
        on_reasoning=lambda _: None,
    )


def plain(snapshot: StateSnapshot, ids: bool = True) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Values and what is next, as plain data; `ids` of messages may differ where they are made at random."""
    values = dict(snapshot.values)
    messages = [each.model_dump(exclude=set() if ids else {"id"}) for each in values.pop("messages", [])]
    return {**values, "messages": messages}, snapshot.next


def agrees(thread_id: UUID, snapshot: StateSnapshot) -> bool:
    """Whether the branch that the thread shows says what the state says, at the state's end of it."""
    tree = [each for each in said(thread_id, Thread.objects.get(id=thread_id).head_id) if each[1]]
    kept = [(str(each.role), each.text) for each in updates.said(snapshot.values.get("messages", ()))]
    if "__start__" in snapshot.next or not kept:
        tree = tree[:-1]  # the question is about to be taken in
    return not kept or tree[-len(kept) :] == kept


def test_rollback_and_fork(grown: UUID, alice: User) -> None:
    kept = act(lambda: Plain.of(grown))
    chosen = checkpoints(grown)
    assert len(chosen) >= STEPS
    asking = [each for each in chosen if state(grown, each).interrupts]
    assert len(asking) > 3, "questions to the owner are among them"
    messages = set(Message.objects.filter(thread_id=grown).values_list("id", flat=True))
    for each in chosen:
        wanted = plain(act(lambda each=each: kept.updated(each, None, "__copy__")))  # type: ignore[misc]
        act(lambda each=each: timetravel.roll_back(grown, each, BY))  # type: ignore[misc]
        after = state(grown)
        assert plain(after) == wanted
        assert agrees(grown, after)
        made = act(lambda each=each: forks.fork_checkpoint(grown, each, BY, private=False))  # type: ignore[misc]
        forked = state(made)
        assert plain(forked, ids=False) == plain(after, ids=False)
        assert agrees(made, forked)
        ours = set(Message.objects.filter(thread_id=made).values_list("id", flat=True))
        assert not ours & messages
        assert not {str(one) for one in messages} & {one.id for one in forked.values.get("messages", ())}
    assert messages <= set(Message.objects.filter(thread_id=grown).values_list("id", flat=True)), "nothing is deleted"


def change(chance: random.Random, known: list[Any], as_node: str) -> Mapping[str, Any] | None:
    """Values of a random update."""
    if as_node == END:
        return None
    kind = chance.choice(
        ["ai", "human", "summary"] * 3 + ["replace", "remove", "replace", "remove", "first"] * bool(known)
    )
    if kind == "summary":
        return {"summary": "Of what was", "turns": 3}
    if kind == "remove":
        return {"messages": [{"type": "remove", "id": known[-1].id, "content": ""}]}
    if kind in ("replace", "first"):
        of = known[-1] if kind == "replace" else known[0]
        given = {"type": of.type, "id": of.id, "content": "Changed"}
        return {"messages": [given | ({"tool_call_id": of.tool_call_id} if of.type == "tool" else {})]}
    return {"messages": [{"type": kind, "content": f"A new {kind}"}], "recalled": ["x"]}


def as_given(values: Mapping[str, Any] | None) -> Any:
    """The same for LangGraph itself, which makes no removal of plain data."""
    if values is None or "messages" not in values:
        return values
    made = [RemoveMessage(id=each["id"]) if each["type"] == "remove" else each for each in values["messages"]]
    return {**values, "messages": made}


def test_update_as_each_node(grown: UUID) -> None:
    kept, chance = act(lambda: Plain.of(grown)), random.Random(SEED)
    for number, each in enumerate(checkpoints(grown)):
        known = state(grown, each).values.get("messages", [])
        for node in (*NODES, END) if number % 5 == 0 else (NODES[number % len(NODES)],):
            values = change(chance, known, node)
            try:
                wanted = act(lambda: kept.updated(each, as_given(values), node))  # noqa: B023
            except (InvalidUpdateError, LookupError, ValueError):
                with pytest.raises(timetravel.InvalidUpdate):
                    act(lambda: timetravel.update(grown, each, values, node, BY))  # noqa: B023
                continue
            act(lambda: timetravel.update(grown, each, values, node, BY))  # noqa: B023
            after = state(grown)
            assert plain(after, ids=False) == plain(wanted, ids=False), (node, values)
            assert agrees(grown, after), (node, values)
            assert Thread.objects.get(id=grown).head_id is None or (
                Thread.objects.get(id=grown).head.checkpoint_id == tip(grown)  # type: ignore[union-attr]
            )


def test_replay(grown: UUID, alice: User, endpoint: ScriptedModel) -> None:
    kept = act(lambda: Plain.of(grown))
    replayed = [each for each in checkpoints(grown) if state(grown, each).next]
    assert len(replayed) > STEPS // 3
    for each in replayed:
        wanted = act(lambda: kept.replayed(each, alice.pk))  # noqa: B023
        run_id = act(lambda: timetravel.replay(grown, each, BY))  # noqa: B023
        ended(run_id)
        after = state(grown)
        assert plain(after, ids=False)[0]["messages"] == plain(wanted, ids=False)[0]["messages"]
        assert after.next == wanted.next
        if Run.objects.get(id=run_id).state == Run.State.DONE:
            assert agrees(grown, after)
            assert Thread.objects.get(id=grown).head_id == Message.objects.get(run_id=run_id).id
    assert Fence.objects.get(thread_id=grown).held_until is None


def ended(run_id: UUID, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while Run.objects.get(id=run_id).state in (Run.State.QUEUED, Run.State.RUNNING):
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)
