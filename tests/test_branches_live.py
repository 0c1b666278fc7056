"""Branches at the running server: what a model is given, what tabs are told, and what the page's addresses take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from chatapp import branches, postgres, process, runs
from chatapp.models import Message, User
from tests.planted_branches import grow
from tests.planted_threads import plant, plant_run
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import Json, Socket, Visitor
from tests.test_threads import is_idle, notice, post, soon

Visit = Callable[[User | None], Visitor]


def start(socket: Socket, text: str, parent: str | None) -> Json:
    """Put a message below another one; the answer to the command."""
    message = {"id": str(uuid4()), "type": "human", "content": text}
    params = {"assistant_id": "chat", "input": {"messages": [message]}, "metadata": {"parent": parent}}
    return socket.command("run.start", **params)


def anew(socket: Socket, message_id: str, model: str = "scripted") -> Json:
    params = {"assistant_id": "chat", "input": None, "metadata": {"retry": message_id}}
    return socket.command("run.start", **params, config={"configurable": {"model": model}})


def custom(socket: Socket, name: str) -> Json:
    """The last event of this name."""
    found = [each["params"]["data"] for each in socket.events if each["method"] == "custom"]
    return dict([each["payload"] for each in found if each["name"] == name][-1])


def given(endpoint: ScriptedModel) -> list[str]:
    """What the model was given last, without its instructions."""
    answers = [each for each in endpoint.requests if "Assistant: " not in str(each.messages[-1]["content"])]
    return [str(each["content"]) for each in answers[-1].messages if each["role"] != "system"]


def test_model_is_given_exactly_the_branch_that_is_shown(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    endpoint.rule("A title", Script("A title"))

    def ended(*texts: str) -> list[Json]:
        assert socket.ended()["event"] == "completed"
        messages: list[Json] = visitor.state(thread_id)["messages"]
        assert [each["text"] for each in messages] == list(texts)
        assert given(endpoint) == list(texts[:-1])
        return messages

    socket.say("One")
    ended("One", "Answer to: One")
    socket.say("Two")
    _, first, two, _ = ended("One", "Answer to: One", "Two", "Answer to: Two")
    # Edited: beside the question.
    assert "result" in start(socket, "Deux", first["id"])
    deux = ended("One", "Answer to: One", "Deux", "Answer to: Deux")[2]
    assert custom(socket, "turn")["parent"] == first["id"]
    assert custom(socket, "turn")["message"]["siblings"] == deux["siblings"]
    assert deux["siblings"] == {"at": 2, "of": 2, "before": two["id"], "after": None}
    # Answered anew, also by another model.
    endpoint.script(Script("Anew"))
    anew(socket, deux["id"])
    ended("One", "Answer to: One", "Deux", "Anew")
    endpoint.script(Script("By another"))
    anew(socket, deux["id"], "scripted-2")
    last = ended("One", "Answer to: One", "Deux", "By another")[-1]
    assert (last["siblings"]["at"], last["siblings"]["of"], last["model"]) == (3, 3, "scripted-2")
    assert custom(socket, "answer")["message"]["siblings"] == last["siblings"]
    # Continued from an earlier answer.
    shown = post(visitor, f"/t/{thread_id}/show", {"message_id": first["id"], "end": False})
    assert [each["text"] for each in shown.json()["messages"]] == ["One", "Answer to: One"]
    assert shown.json()["continues"] == 2
    socket.say("Three")
    ended("One", "Answer to: One", "Three", "Answer to: Three")
    # Back to a branch, and on from its end.
    post(visitor, f"/t/{thread_id}/show", {"message_id": two["id"], "end": True})
    socket.say("More")
    ended("One", "Answer to: One", "Two", "Answer to: Two", "More", "Answer to: More")
    # A new beginning.
    start(socket, "Uno", None)
    ended("Uno", "Answer to: Uno")
    assert Message.objects.filter(thread_id=thread_id).count() == 14
    soon(is_idle)


def test_edit_is_refused_while_an_answer_is_written_and_nothing_is_stored(
    visit: Visit, alice: User, endpoint: ScriptedModel
) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    endpoint.script(Script("Held", held=True))
    socket.say("One")
    endpoint.wait_for(lambda: endpoint.requests)
    refused = start(socket, "Uno", None)
    assert (refused["error"], refused["message"]) == ("invalid_argument", str(runs.Busy()))
    shown = post(visitor, f"/t/{thread_id}/show", {"message_id": str(Message.objects.get().id), "end": False})
    assert (shown.status_code, shown.json()) == (409, {"detail": str(runs.Busy())})
    endpoint.release()
    assert socket.ended()["event"] == "completed"
    assert start(socket, "Uno", str(uuid4()))["message"].startswith("404")
    assert start(socket, "Uno", "x")["error"] == "invalid_argument"
    assert Message.objects.filter(thread_id=thread_id).count() == 2
    soon(is_idle)


def test_other_tabs_are_told_when_another_branch_is_shown(visit: Visit, alice: User) -> None:
    thread, visitor = plant(alice, 4), visit(alice)
    tab, elsewhere = visitor.open(thread.id, subscribe=0), visitor.open(uuid4(), subscribe=0)
    head = str(thread.messages[1])
    assert post(visitor, f"{thread.path}show", {"message_id": head}).status_code == 200
    notice(tab, "refetch")
    notice(elsewhere, "thread", id=str(thread.id), head=head)
    assert visitor.http.get("/threads").json()["threads"][0]["head"] == head
    post(visitor, f"{thread.path}label", {"message_id": head, "label": "Named"})
    notice(tab, "refetch")


def test_tabs_at_another_process_notice_without_a_relay(visit: Visit, alice: User) -> None:
    """Nobody tells them: the number that the thread took does."""
    thread, visitor = plant(alice, 4), visit(alice)
    tab = visitor.open(thread.id, subscribe=0)
    branches.show(alice.pk, thread.id, thread.messages[1], end=False)
    notice(tab, "thread", id=str(thread.id), head=str(thread.messages[1]))


def test_tab_that_looked_on_gets_the_next_answer(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    """A number that no event has is no gap to wait at."""
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("One")
    socket.ended()
    first = visitor.state(thread_id)["messages"][0]["id"]
    post(visitor, f"/t/{thread_id}/show", {"message_id": first, "end": True})
    socket.say("Two")
    assert socket.ended()["event"] == "completed"
    assert socket.text(custom(socket, "turn")["run_id"]) == "Answer to: Two"
    soon(is_idle)


def test_addresses_of_branches_refuse_what_they_do_not_take(visit: Visit, alice: User) -> None:
    thread, visitor = plant(alice, 2), visit(alice)
    first, foreign = str(thread.messages[0]), str(uuid4())
    bad: list[tuple[str, Json, int]] = [
        ("show", {}, 400),
        ("show", {"message_id": 7}, 400),
        ("show", {"message_id": "x"}, 400),
        ("show", {"message_id": first, "end": "yes"}, 400),
        ("show", {"message_id": foreign}, 404),
        ("label", {"message_id": first}, 400),
        ("label", {"message_id": first, "label": 7}, 400),
        ("label", {"message_id": first, "label": "x" * 61}, 400),
        ("label", {"message_id": foreign, "label": "x"}, 404),
        ("fork", {}, 400),
        ("fork", {"message_id": foreign}, 404),
    ]
    for name, sent, status in bad:
        answer = post(visitor, f"{thread.path}{name}", sent)
        assert (answer.status_code, set(answer.json())) == (status, {"detail"}), (name, sent)
    assert visitor.http.get(f"{thread.path}state", params={"through": "x"}).status_code == 400
    through = visitor.http.get(f"{thread.path}state", params={"through": first}).json()
    assert [each["text"] for each in through["messages"]] == ["Message 0", "Message 1"]
    run = plant_run(thread)
    run.state = "running"
    run.save()
    answer = post(visitor, f"{thread.path}show", {"message_id": first})
    assert (answer.status_code, answer.json()["detail"]) == (409, str(runs.Busy()))


def test_page_is_told_the_map_and_what_a_name_changes(visit: Visit, alice: User) -> None:
    thread, visitor = plant(alice, 2), visit(alice)
    (other,) = grow(thread, thread.messages[0], "Other answer")
    assert post(visitor, f"{thread.path}label", {"message_id": str(other), "label": "Named"}).status_code == 204
    found = visitor.http.get(f"{thread.path}branches").json()
    assert [(each["id"], each["label"]) for each in found["branches"]] == [
        (str(thread.messages[0]), None),
        (str(other), "Named"),
    ]


def test_coroutine_is_called_on_the_servers_loop_or_on_one_of_its_own(
    live: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def where() -> tuple[asyncio.AbstractEventLoop, int]:
        async with (await postgres.pool()).connection() as conn:
            row = await (await conn.execute("SELECT 7 AS number")).fetchone()
        assert row is not None
        return asyncio.get_running_loop(), row["number"]

    (serving,) = process._serving
    assert process.call(where) == (serving, 7)
    monkeypatch.setattr(process, "_serving", [])
    own, number = process.call(where)
    assert (own.is_closed(), number) == (True, 7)
    assert own not in postgres._pools

    async def fails() -> UUID:
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        process.call(fails)
