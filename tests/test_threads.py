"""The verbs on a thread and the JSON of its pages, over HTTP to the running server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chatapp import access, claims, keys, process, runs, threads
from chatapp.models import Fence, Message, Thread, ThreadKey, Tombstone, User, UserKey
from chatapp.streaming import protocol
from tests.conftest import PASSWORD
from tests.database_dump import columns, dump, found_in, rows_with
from tests.planted_threads import Planted, plant, plant_events, plant_run, plant_summary
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import SECONDS, Json, Socket, Visitor

Visit = Callable[[User | None], Visitor]
TOKEN = "a" * 32


def post(visitor: Visitor, path: str, value: object = None, *, form: Json | None = None) -> httpx.Response:
    """Post JSON (or a form) as the visitor's page would."""
    headers = {"cookie": f"{visitor.cookie}; csrftoken={TOKEN}", "x-csrftoken": TOKEN}
    if form is not None:
        return visitor.http.post(path, data=form, headers=headers)
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return visitor.http.post(path, content=content, headers={**headers, "content-type": "application/json"})


def listed(visitor: Visitor) -> list[Json]:
    """Every thread in the visitor's list, page after page."""
    found: list[Json] = []
    cursor: str | None = None
    while True:
        page = visitor.http.get("/threads", params={"cursor": cursor} if cursor else {}).json()
        found += page["threads"]
        cursor = page["next"]
        if cursor is None:
            return found


def soon(condition: Callable[[], object]) -> None:
    """Wait until the condition holds. Raises when it does not come to that."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        Event().wait(0.02)


def is_idle() -> bool:
    """Whether the server executes no run and its queue is empty."""
    answer: SimpleQueue[int] = SimpleQueue()
    process.tell(lambda here: answer.put(here.runner.active))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        (waiting,) = cursor.fetchone()
    return bool(answer.get(timeout=SECONDS) == waiting == 0)


def notice(socket: Socket, name: str, **payload: object) -> Json:
    """Wait for a notice of this name whose payload holds these values."""

    def wanted(frame: Json) -> bool:
        data = frame.get("params", {}).get("data", {})
        return bool(data.get("name") == name and payload.items() <= data["payload"].items())

    return socket.until(wanted)


def answered(socket: Socket) -> None:
    """Wait for the answer and for the title that is made after it."""
    assert socket.ended()["event"] == "completed"
    socket.until(lambda frame: bool(frame.get("params", {}).get("data", {}).get("payload", {}).get("title")))
    soon(is_idle)


@pytest.fixture
def many(alice: User) -> list[Planted]:
    """120 threads of Alice's, oldest first, seven at a time active at the same moment."""
    planted = [plant(alice, 0, title=f"Thread {number}") for number in range(120)]
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for number, thread in enumerate(planted):
        Thread.objects.filter(id=thread.id).update(active_at=begin + timedelta(minutes=number // 7))
    return planted


def test_list_has_every_thread_once_newest_first(visit: Visit, many: list[Planted], alice: User, bob: User) -> None:
    plant(bob, title="Bob's")
    threads.trash(alice.pk, many[5].id)
    visitor = visit(alice)
    found = listed(visitor)
    assert sorted(each["title"] for each in found) == sorted(f"Thread {n}" for n in range(120) if n != 5)
    assert [each["updated_at"] for each in found] == sorted((each["updated_at"] for each in found), reverse=True)
    first = visitor.http.get("/threads").json()
    assert len(first["threads"]) == threads.PAGE
    assert {"id", "title", "updated_at", "running", "waiting", "unread", "temporary", "head"} == set(
        first["threads"][0]
    )


def test_list_has_no_gap_when_a_thread_becomes_active_between_pages(
    visit: Visit, many: list[Planted], alice: User
) -> None:
    visitor = visit(alice)
    first = visitor.http.get("/threads").json()
    shown = {each["id"] for each in first["threads"]}
    # One that is still to come, the very one the cursor stands on, and one that was shown: all go to the top.
    moved = [str(many[3].id), first["threads"][-1]["id"], first["threads"][7]["id"]]
    Thread.objects.filter(id__in=moved).update(active_at=datetime.now(UTC))
    rest: list[Json] = []
    cursor = first["next"]
    while cursor:
        page = visitor.http.get("/threads", params={"cursor": cursor}).json()
        rest, cursor = rest + page["threads"], page["next"]
    ids = [each["id"] for each in rest]
    assert len(ids) == len(set(ids))
    assert not shown & set(ids)
    assert shown | set(ids) | {moved[0]} == {str(each.id) for each in many}
    assert {each["id"] for each in visitor.http.get("/threads").json()["threads"][:3]} == set(moved)


def test_forged_cursor_is_refused(visit: Visit, alice: User) -> None:
    visitor = visit(alice)
    value = ["2026-01-01T00:00:00+00:00", str(uuid4())]
    good = signing.dumps(value, salt="threads")
    assert visitor.http.get("/threads", params={"cursor": good}).status_code == 200
    forged = [
        "",
        "x",
        "é",
        "\x00",
        good[:-1],
        good + "x",
        good[1:],
        signing.dumps(value),
        signing.dumps(value, salt="x"),
    ]
    for cursor in [*forged, signing.dumps(["x", "y"], salt="threads"), signing.dumps(5, salt="threads")]:
        answer = visitor.http.get("/threads", params={"cursor": cursor})
        assert (answer.status_code, answer.json()["detail"]) == (400, str(threads.InvalidCursor())), cursor
        assert visitor.http.get("/trash/", params={"cursor": cursor}).status_code == 404, cursor


def test_long_thread_opens_with_one_page_and_pages_back_to_its_root(visit: Visit, alice: User) -> None:
    thread, visitor = plant(alice, 230), visit(alice)
    Message.objects.create(  # a sibling, which is not on the branch
        id=uuid4(), thread_id=thread.id, parent_id=thread.messages[228], role="assistant", body=b"not readable"
    )
    state = visitor.state(thread.id)
    assert [each["text"] for each in state["messages"]] == [f"Message {number}" for number in range(180, 230)]
    assert (state["more"], state["head"], state["run"]) == (True, str(thread.messages[-1]), None)
    read, more, pages = list(state["messages"]), True, 0
    while more:
        page = visitor.http.get(f"{thread.path}messages", params={"before": read[0]["id"]}).json()
        assert len(page["messages"]) <= 50
        read, more, pages = page["messages"] + read, page["more"], pages + 1
    assert [each["id"] for each in read] == [str(each) for each in thread.messages]
    assert [each["parent"] for each in read] == [None, *(each["id"] for each in read[:-1])]
    assert pages == 4
    root = visitor.http.get(f"{thread.path}messages", params={"before": str(thread.messages[0])}).json()
    assert root == {"messages": [], "more": False}


def test_page_before_something_that_is_no_message_of_the_thread(visit: Visit, alice: User, bob: User) -> None:
    thread, another, foreign = plant(alice), plant(alice), plant(bob)
    visitor = visit(alice)
    for before, status in {
        str(another.messages[1]): 404,
        str(foreign.messages[1]): 404,
        str(uuid4()): 404,
        "": 400,
        "x": 400,
        "\x00": 400,
    }.items():
        answer = visitor.http.get(f"{thread.path}messages", params={"before": before})
        assert answer.status_code == status, before
        assert set(answer.json()) == {"detail"}
    assert visitor.http.get(f"{thread.path}messages").status_code == 400


def test_opening_costs_the_same_queries_whatever_the_length(
    transactional_db: None, client: Client, alice: User
) -> None:
    short, long = plant(alice, 10), plant(alice, 1000)
    client.force_login(alice)
    for path in ("", "state", f"messages?before={long.messages[-1]}"):
        counts, rows = [], []
        for thread in (short, long):
            address = f"{thread.path}{path}".replace(str(long.messages[-1]), str(thread.messages[-1]))
            client.get(address)  # what is read once per process is read now
            with CaptureQueriesContext(
                connection,
            ) as queries:
                answer = client.get(address)
            assert answer.status_code == 200
            counts.append(len(queries))
            rows.append(answer.content.count(b'"role"'))
        assert counts[0] == counts[1] < 18, (path, counts)
        assert rows[1] == 50


def test_title_is_cleaned_and_bounded(visit: Visit, alice: User) -> None:
    thread, visitor = plant(alice, title="Before"), visit(alice)
    good = {
        "After": "After",
        "  two\n\twords\u2003 ": "two words",
        "a\x00b": "ab",
        "half \ud83d": "half \ufffd",
        "🏳️‍🌈 שלום": "🏳️‍🌈 שלום",
        "漢" * 120: "漢" * 120,
        " " * 5000 + "x": "x",
        "<b>&amp;": "<b>&amp;",
    }
    for sent, kept in good.items():
        answer = post(visitor, f"{thread.path}rename", {"title": sent})
        assert (answer.status_code, answer.json()["title"]) == (200, kept), sent
        assert visitor.state(thread.id)["thread"]["title"] == kept
    too_long = json.dumps({"title": "x" * 70_000}).encode()
    for refused in ("", " \n", "\x00", "x" * 121):
        assert post(visitor, f"{thread.path}rename", {"title": refused}).json() == {
            "detail": str(threads.InvalidTitle())
        }
    titles: list[object] = [{}, {"title": None}, {"title": 1}, {"title": ["x"]}]
    for bad in [*titles, [], "x", None, b"{", b"\xff", b"[" * 5000, too_long]:
        answer = post(visitor, f"{thread.path}rename", bad)
        assert (answer.status_code, set(answer.json())) == (400, {"detail"}), bad
    assert visitor.state(thread.id)["thread"]["title"] == "<b>&amp;"


def test_title_of_the_user_is_not_replaced_by_the_models(transactional_db: None, alice: User) -> None:
    thread = plant(alice, title="Mine")
    threads.set_title(alice.pk, thread.id, "The model's", by_model=True)
    assert (threads.item(alice.pk, thread.id) or {})["title"] == "Mine"
    Thread.objects.filter(id=thread.id).update(titled=False)
    threads.set_title(alice.pk, thread.id, "The model's", by_model=True)
    assert (threads.item(alice.pk, thread.id) or {})["title"] == "The model's"


def test_trash_hides_a_thread_until_it_is_restored(visit: Visit, alice: User) -> None:
    thread, visitor = plant(alice, title="Garden"), visit(alice)
    watching = visitor.open(uuid4(), subscribe=0)
    earlier = visitor.open(thread.id, subscribe=0)
    assert post(visitor, f"{thread.path}trash").status_code == 204
    notice(watching, "threads.removed", id=str(thread.id))
    assert listed(visitor) == []
    assert "Garden" in visitor.http.get("/trash/").text
    for path in ("", "state"):
        assert visitor.http.get(thread.path + path).status_code == 404
    assert post(visitor, f"{thread.path}rename", {"title": "x"}).status_code == 404
    assert earlier.say("Hello")["error"] == "unknown_error"
    assert post(visitor, f"{thread.path}restore").json()["title"] == "Garden"
    notice(watching, "thread", id=str(thread.id))
    assert [each["id"] for each in listed(visitor)] == [str(thread.id)]
    assert "Garden" not in visitor.http.get("/trash/").text
    # The same by the buttons of the trash.
    assert post(visitor, f"{thread.path}trash").status_code == 204
    assert post(visitor, f"/trash/{thread.id}/restore/", form={}).status_code == 302
    notice(watching, "thread", id=str(thread.id))
    assert visitor.state(thread.id)["thread"]["title"] == "Garden"


def test_answer_is_unread_until_it_is_seen(visit: Visit, alice: User) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket, watching = visitor.open(thread_id, subscribe=0), visitor.open(uuid4(), subscribe=0)
    socket.say("Hello")
    answered(socket)
    assert listed(visitor)[0]["unread"] is True
    assert post(visitor, f"/t/{thread_id}/seen").status_code == 204
    notice(watching, "thread", id=str(thread_id), unread=False)
    assert listed(visitor)[0]["unread"] is False
    socket.say("Again")
    assert socket.ended()["event"] == "completed"
    notice(watching, "thread", id=str(thread_id), unread=True, running=False)


def test_deletion_leaves_nothing_and_the_id_is_not_used_again(visit: Visit, alice: User) -> None:
    visitor, thread_id, kept = visit(alice), uuid4(), uuid4()
    for each in (thread_id, kept):
        socket = visitor.open(each, subscribe=0)
        socket.say("Hello")
        answered(socket)
    full = plant(alice, 4)
    run = plant_run(full)
    plant_summary(full, 1)
    plant_events(full, 1)
    ids = [str(each) for each in (thread_id, full.id, run.id, *full.messages)]
    ids += [str(each) for each in Message.objects.filter(thread_id=thread_id).values_list("id", flat=True)]
    holding = {"chatapp_thread", "chatapp_message", "chatapp_run", "chatapp_fence", "chatapp_threadkey", "checkpoints"}
    holding |= {"chatapp_eventbatch", "chatapp_summary", "chatapp_modelcall", "checkpoint_blobs", "checkpoint_writes"}
    assert rows_with(*ids) == holding
    assert post(visitor, f"/t/{thread_id}/delete").status_code == 204
    assert post(visitor, f"{full.path}delete").status_code == 204
    assert rows_with(*ids) == {"chatapp_tombstone"}
    with pytest.raises(keys.KeyMissing):
        keys.thread_sealer(alice.pk, thread_id)
    assert [each["id"] for each in listed(visitor)] == [str(kept)]
    assert visitor.open(thread_id).closed() == protocol.NOT_FOUND
    with pytest.raises(access.NotFound):  # what a frame does that was on its way
        runs.accept(alice.pk, thread_id, runs.Question(uuid4(), "Hello", "scripted"), claims.Desk(uuid4(), room=True))
    assert post(visitor, f"/t/{thread_id}/delete").status_code == 404
    assert rows_with(*ids) == {"chatapp_tombstone"}


@pytest.mark.parametrize("trashed", [False, True], ids=["from the list", "from the trash"])
def test_nothing_of_a_running_thread_comes_back(
    visit: Visit, alice: User, endpoint: ScriptedModel, trashed: bool
) -> None:
    endpoint.script(Script("One two three four.", held=True))
    visitor, thread_id = visit(alice), uuid4()
    socket, watching = visitor.open(thread_id, subscribe=0), visitor.open(uuid4(), subscribe=0)
    socket.say("Hello")
    endpoint.wait_for(lambda: endpoint.requests)
    endpoint.release(2)
    socket.until(lambda frame: "two" in str(frame))
    if trashed:
        assert post(visitor, f"/t/{thread_id}/trash").status_code == 204
        assert post(visitor, f"/trash/{thread_id}/delete/", form={}).status_code == 302
    else:
        assert post(visitor, f"/t/{thread_id}/delete").status_code == 204
    notice(watching, "threads.removed", id=str(thread_id))
    assert socket.closed() == protocol.NOT_FOUND
    endpoint.wait_for(lambda: endpoint.requests[0].disconnected, seconds=1)
    endpoint.release()
    soon(is_idle)
    assert rows_with(str(thread_id)) == {"chatapp_tombstone"}


def test_deleted_account_leaves_nothing(visit: Visit, alice: User, bob: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id, staying = visit(alice), uuid4(), plant(bob)
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("Hello")
    answered(socket)
    endpoint.script(Script("One two three.", held=True))
    running = visitor.open(uuid4(), subscribe=0)
    running.say("Hello again")
    endpoint.wait_for(lambda: len(endpoint.requests) == 3)
    pk, owned = alice.pk, [str(each) for each in Thread.objects.filter(owner=alice).values_list("id", flat=True)]
    assert len(owned) == 2
    assert visitor.http.get("/settings/").status_code == 200
    form: dict[str, Any] = {"password": PASSWORD}
    assert post(visitor, "/settings/delete/", form=form).status_code == 302
    # At once, and not only when the sign-ins are next checked.
    assert running.closed(2) == socket.closed(2) == protocol.SIGNED_OUT
    endpoint.release()
    soon(is_idle)
    assert rows_with(*owned) == {"chatapp_tombstone"}
    assert rows_with("alice@example.org") == set()
    with connection.cursor() as cursor:
        for table, column, _ in columns():
            if column in ("user_id", "owner_id", "creator_id"):
                cursor.execute(f"SELECT count(*) FROM {table} WHERE {column} = %s", (pk,))
                assert cursor.fetchone() == (0,), (table, column)
    assert str(pk) not in [each.get_decoded().get("_auth_user_id") for each in Session.objects.all()]
    assert found_in(dump(), ["alice"]) == set()
    assert list(UserKey.objects.values_list("user_id", flat=True)) == [bob.pk]
    assert list(ThreadKey.objects.values_list("thread_id", flat=True)) == [staying.id]
    assert Fence.objects.count() == 1
    assert Tombstone.objects.count() == 2
    assert isinstance(threads.state(bob.pk, UUID(str(staying.id))), dict)


def test_account_deleted_by_an_administrator_leaves_nothing(
    visit: Visit, alice: User, administrator: User, client: Client
) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("Hello")
    answered(socket)
    client.force_login(administrator)
    answer = client.post(f"/admin/chatapp/user/{alice.pk}/delete/", {"post": "yes"})
    assert (answer.status_code, User.objects.filter(pk=alice.pk).exists()) == (302, False)
    assert rows_with(str(thread_id)) <= {"chatapp_tombstone"}
    assert socket.closed(2) == protocol.SIGNED_OUT
