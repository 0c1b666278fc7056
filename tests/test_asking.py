"""Runs that ask before they keep something: asked once, answered once, whatever happens in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

from chatapp import asking, postgres, process, runs
from chatapp.claims import Claim, Desk
from chatapp.models import Fence, Message, Run, User
from memory import memories, preferences, tools
from memory.memories import Source
from memory.tools import Result
from tests.conftest import quiet
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import Json, Socket, Visitor
from tests.test_relay import another_server

Visit = Callable[[User | None], Visitor]
CHANNELS = ["messages", "lifecycle", "custom", "input"]


def remember(*texts: str) -> Script:
    return Script("Noted.", calls=[("remember", json.dumps({"text": text})) for text in texts])


def opened(visitor: Visitor, thread_id: UUID, since: int = 0) -> Socket:
    socket = visitor.open(thread_id)
    socket.command("subscription.subscribe", channels=CHANNELS, since=since)
    return socket


def asked(socket: Socket, replayed: Sequence[Json] = ()) -> dict[str, Json]:
    """Receive until the run waits, unless it does so in what was replayed; what it asks, by the interrupt's id."""
    found: dict[str, Json] = {}

    def waits(frame: Json) -> bool:
        data = frame.get("params", {}).get("data", {})
        if data.get("name") == "attempt":
            found.clear()
        if frame.get("method") == "input.requested":
            found[data["interrupt_id"]] = data["payload"]
        return bool(data.get("event") == "interrupted") and data.get("reason") == "input"

    if not any(map(waits, replayed)):
        socket.until(waits)
    return found


def respond(socket: Socket, interrupt_id: str, decision: str, **more: str) -> Json:
    return socket.command("input.respond", interrupt_id=interrupt_id, response={"decision": decision, **more})


def kept(user: User) -> list[str]:
    return [each.text for each in memories.page(user.pk)[0]]


def answer(thread_id: UUID) -> Message:
    return Message.objects.get(thread_id=thread_id, role=Message.Role.ASSISTANT)


def test_accepted_memory_is_kept_and_the_answer_goes_on(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    endpoint.script(remember("Alice is vegetarian."), Script("I will remember that."))
    socket.say("Remember that I am vegetarian")
    ((interrupt_id, ask),) = asked(socket).items()
    expected = {"action": "remember", "text": "Alice is vegetarian.", "before": None, "memory": None, "kind": "memory"}
    assert ask == expected
    assert kept(alice) == []
    state = visitor.state(thread_id)
    assert (state["run"]["state"], state["thread"]["waiting"]) == ("waiting", True)
    assert "result" in respond(socket, interrupt_id, "accept")
    assert socket.ended()["event"] == "completed"
    assert kept(alice) == ["Alice is vegetarian."]
    shown = visitor.state(thread_id)["messages"][-1]
    assert shown["text"] == socket.text() == "Noted.\n\nI will remember that."
    (memory,) = memories.page(alice.pk)[0]
    assert memory.source == Source("assistant", thread_id, UUID(shown["id"]))
    effect = {"kind": "saved", "memory": str(memory.id), "version": memory.version}
    assert shown["memory"] == {"used": [], "preferences": False, "effects": [effect]}
    assert [each["role"] for each in endpoint.requests[1].messages[1:]] == ["user", "assistant", "tool"]
    assert endpoint.requests[1].messages[-1]["content"] == "Saved."
    assert Run.objects.get(thread_id=thread_id).asked is None


def test_declined_memory_is_not_kept(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    endpoint.script(remember("A secret."), Script("As you like."))
    socket.say("Question")
    respond(socket, next(iter(asked(socket))), "decline")
    assert socket.ended()["event"] == "completed"
    assert kept(alice) == []
    assert endpoint.requests[1].messages[-1]["content"] == "The user declined."
    assert visitor.state(thread_id)["messages"][-1]["memory"] is None


def test_edited_text_is_what_is_kept_and_always_asks_no_more(
    visit: Visit, alice: User, endpoint: ScriptedModel
) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    endpoint.script(remember("Alice likes tea."), Script("Good."), remember("Alice likes Go."), Script("Fine."))
    socket.say("First")
    respond(socket, next(iter(asked(socket))), "edit", text="Alice likes green tea.")
    socket.ended()
    assert kept(alice) == ["Alice likes green tea."]
    socket.say("Second")
    respond(socket, next(iter(asked(socket))), "always")
    socket.ended()
    assert not preferences.load(alice.pk).ask
    endpoint.script(remember("Alice likes figs."), Script("Kept."))
    socket.say("Third")
    assert socket.ended()["event"] == "completed"
    assert len(kept(alice)) == 3


def test_several_are_answered_one_by_one_or_together(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    endpoint.script(remember("One.", "Two.", "Three."), Script("Done."))
    socket.say("Question")
    first = asked(socket)
    assert {ask["text"] for ask in first.values()} == {"One.", "Two.", "Three."}
    by_text = {ask["text"]: interrupt_id for interrupt_id, ask in first.items()}
    respond(socket, by_text["Two."], "decline")
    again = asked(socket)
    assert set(again) == {by_text["One."], by_text["Three."]}
    assert respond(socket, by_text["Two."], "accept")["error"] == "no_such_interrupt"
    both = [{"interrupt_id": by_text[text], "response": {"decision": "accept"}} for text in ("One.", "Three.")]
    socket.command("input.respond", responses=both)
    assert socket.ended()["event"] == "completed"
    assert sorted(kept(alice)) == ["One.", "Three."]
    results = [each["content"] for each in endpoint.requests[1].messages if each["role"] == "tool"]
    assert sorted(results) == ["Saved.", "Saved.", "The user declined."]
    assert Message.objects.filter(thread_id=thread_id).count() == 2


def test_new_message_declines_what_is_asked_and_is_answered(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    endpoint.script(remember("Something."), Script("Hello."))
    socket.say("First")
    (interrupt_id,) = asked(socket)
    started = socket.say("Second")["result"]["run_id"]
    while (ended := socket.ended())["run_id"] != started:
        assert ended["event"] == "interrupted"
    assert kept(alice) == []
    assert respond(socket, interrupt_id, "accept")["error"] == "no_such_interrupt"
    state = visitor.state(thread_id)
    assert [(each["text"], each["status"]) for each in state["messages"]] == [
        ("First", "done"), ("Noted.", "stopped"), ("Second", "done"), ("Hello.", "done"),
    ]  # fmt: skip
    # No call is left open: the request is one that a provider takes.
    sent = endpoint.requests_for("Second")[-1].messages
    called = [call["id"] for each in sent for call in each.get("tool_calls") or []]
    assert called == [each["tool_call_id"] for each in sent if each["role"] == "tool"] != []


def test_waiting_run_can_be_stopped(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    endpoint.script(remember("Something."))
    run_id = socket.say("First")["result"]["run_id"]
    asked(socket)
    assert socket.command("run.stop", run_id=run_id)["result"] == {"stopping": True}
    assert socket.ended()["event"] == "interrupted"
    assert visitor.state(thread_id)["run"] is None
    assert len(endpoint.requests_for("First")) == 1
    assert kept(alice) == []


def test_question_survives_the_process_and_is_answered_in_another(
    live: int, alice: User, endpoint: ScriptedModel
) -> None:
    thread_id = uuid4()
    endpoint.script(remember("Alice is vegetarian."), Script("Remembered."))
    with another_server() as (port, _):
        there = Visitor.of(port, alice)
        talking = opened(there, thread_id)
        talking.say("Remember that I am vegetarian")
        (interrupt_id,) = asked(talking)
    visitor = Visitor.of(live, alice)
    state = visitor.state(thread_id)
    assert state["run"]["state"] == "waiting"
    socket = opened(visitor, thread_id, since=state["last_seq"])
    other = opened(visitor, thread_id, since=state["last_seq"])
    assert list(asked(socket, socket.frames)) == list(asked(other, other.frames)) == [interrupt_id]
    assert "result" in respond(socket, interrupt_id, "accept")
    assert respond(other, interrupt_id, "accept")["error"] == "no_such_interrupt"
    assert socket.ended()["event"] == other.ended()["event"] == "completed"
    assert socket.text() == other.text() == "Noted.\n\nRemembered."
    assert kept(alice) == ["Alice is vegetarian."]
    visitor.leave()
    quiet()


def test_death_after_the_answer_keeps_one_memory(
    visit: Visit, alice: User, endpoint: ScriptedModel, alone: None
) -> None:
    """Answered, taken up, kept, and the process dies before the graph's step is written: it is carried out again."""
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    endpoint.script(remember("Once."), Script("Yes.", held=True))
    socket.say("Question")
    (interrupt_id,) = asked(socket)
    respond(socket, interrupt_id, "accept")
    endpoint.wait_for(lambda: len(endpoint.requests) == 2)
    assert kept(alice) == ["Once."]
    endpoint.script(Script("Yes."))
    process.tell(lambda here: here.runner.lost(thread_id))
    endpoint.wait_for(lambda: endpoint.requests[1].disconnected)
    run = Run.objects.get(thread_id=thread_id)
    Fence.objects.filter(thread_id=thread_id).update(lease_until=None)
    process.tell(lambda here: take(here, run.id))
    assert socket.ended()["event"] == "completed"
    assert kept(alice) == ["Once."]
    assert answer(thread_id).status == Message.Status.DONE


def take(here: process.Process, run_id: UUID) -> None:
    _taking.append(asyncio.ensure_future(here.runner.take(run_id)))


_taking: list[Any] = []


async def test_calls_carried_out_again_change_nothing_more(alice: User, transactional_db: None) -> None:
    await postgres.call(preferences.change, alice.pk, ask=False)
    tea = await postgres.call(memories.add, alice.pk, "Tea.", Source("user"))
    figs = await postgres.call(memories.add, alice.pk, "Figs.", Source("user"))
    source = Source("assistant", uuid4(), uuid4())

    async def twice(name: str, **arguments: str) -> list[Result]:
        key = uuid4()
        return [await tools.carry_out(alice.pk, name, arguments, source=source, key=key) for _ in range(2)]

    for name, arguments in (
        ("remember", {"text": "Plums."}),
        ("update_memory", {"memory": f"[{str(tea.id)[:8]}]", "text": "Green tea."}),
        ("forget", {"memory": str(figs.id)[:8]}),
    ):
        first, again = await twice(name, **arguments)
        assert first == again, name
        assert first.effect is not None, name
    kept = await postgres.call(memories.page, alice.pk)
    assert sorted((each.text, each.version) for each in kept[0]) == [("Green tea.", 2), ("Plums.", 1)]
    # What says so already is not changed: there is nothing to undo.
    elsewhere = Source("assistant", uuid4(), uuid4())
    same = {"memory": str(tea.id), "text": "Green tea."}
    assert (await tools.carry_out(alice.pk, "update_memory", same, source=elsewhere, key=uuid4())).effect is None
    assert (await tools.carry_out(alice.pk, "forget", {"memory": "000000"}, source=source, key=uuid4())).effect is None
    await postgres.close()


def test_strangers_cannot_answer(visit: Visit, alice: User, charlie: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    endpoint.script(remember("Something."), Script("Done."))
    socket.say("First")
    (interrupt_id,) = asked(socket)
    own = uuid4()
    theirs = opened(visit(charlie), own)
    assert respond(theirs, interrupt_id, "accept")["error"] == "unknown_error"
    theirs.say("Mine")
    theirs.ended()
    assert respond(theirs, interrupt_id, "accept")["error"] == "no_such_interrupt"
    assert kept(alice) == kept(charlie) == []
    socket.command("run.stop")


def test_bad_answers_are_refused(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    endpoint.script(remember("Something."), Script("Done."))
    socket.say("First")
    (interrupt_id,) = asked(socket)
    bad: tuple[dict[str, Any], ...] = (
        {},
        {"interrupt_id": 7, "response": {"decision": "accept"}},
        {"interrupt_id": interrupt_id},
        {"interrupt_id": interrupt_id, "response": {"decision": "perhaps"}},
        {"interrupt_id": interrupt_id, "response": {"decision": "edit"}},
        {"interrupt_id": interrupt_id, "response": {"decision": "edit", "text": "x" * 5000}},
        {"responses": []},
        {"responses": "all"},
        {"responses": [{"interrupt_id": interrupt_id}] * 65},
    )
    for params in bad:
        assert socket.command("input.respond", **params)["error"] == "invalid_argument", params
    elsewhere = {"interrupt_id": interrupt_id, "namespace": ["other"], "response": {"decision": "accept"}}
    assert socket.command("input.respond", **elsewhere)["error"] == "no_such_interrupt"
    assert visitor.state(thread_id)["run"]["state"] == "waiting"
    respond(socket, interrupt_id, "edit", text="A NUL\x00 and half an emoji \ud83d")
    assert socket.ended()["event"] == "completed"
    assert kept(alice) == ["A NUL and half an emoji \ufffd"]


def test_calls_of_one_answer_are_limited_and_broken_ones_answered(
    visit: Visit, alice: User, endpoint: ScriptedModel, settings: Any
) -> None:
    settings.TOOL_CALLS = 2
    preferences.change(alice.pk, ask=False)
    visitor, thread_id = visit(alice), uuid4()
    socket = opened(visitor, thread_id)
    broken = Script(calls=[("remember", "{not JSON"), ("no_such_tool", "{}")])
    endpoint.script(broken, Script("Enough.", calls=[("remember", json.dumps({"text": "Never."}))]))
    socket.say("Question")
    assert socket.ended()["event"] == "completed"
    results = [each["content"] for each in endpoint.requests[1].messages if each["role"] == "tool"]
    assert all(each.startswith("Not done: ") for each in results)
    assert len(results) == 2
    assert [bool(each.body.get("tools")) for each in endpoint.requests] == [True, False]
    assert kept(alice) == []


def test_answer_that_comes_while_the_run_asks_again_is_not_lost(alice: User, transactional_db: None) -> None:
    """The second of two answers arrives between the first one's resumption and the next question."""
    desk, thread_id, yes = Desk(uuid4(), room=True), uuid4(), {"decision": "accept"}
    first = runs.accept(alice.pk, thread_id, runs.Question(uuid4(), "Hello", "scripted"), desk).claim
    assert first is not None

    def pause(claim: Claim, *asks: str) -> asking.Pause:
        return asking.Pause({each: {} for each in asks}, None, (claim.base_seq + 1, claim.base_seq + 1, b"[]"))

    assert asking.wait(first, pause(first, "a", "b"), desk) is None
    run_id, second = asking.respond(alice.pk, thread_id, {"a": yes}, desk)
    assert second is not None
    assert second.answers == {"a": yes}
    assert asking.respond(alice.pk, thread_id, {"b": yes}, desk) == (run_id, None)
    third = asking.wait(second, pause(second, "b"), desk)
    assert third is not None
    assert third.answers == {"b": yes}
    assert third.broke_off == 0
