"""A thread of 3,000 turns: what retention leaves of it; and that planted threads are like those that were talked."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from langgraph.checkpoint.base import CheckpointTuple

from chatapp import retention
from chatapp.models import Message, RestorePoint, User
from chatapp.retention import Swept
from tests.long_threads import PlantedLong, plant_long
from tests.scripted_model import ScriptedModel
from tests.sockets import Visitor
from tests.test_retention import counts, opened, restore_point

pytestmark = pytest.mark.django_db(transaction=True)

Visit = Callable[[User | None], Visitor]


def test_three_thousand_turns_lose_no_message_no_branch_and_no_restore_point_and_take_less_room(
    visit: Visit, alice: User, endpoint: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = plant_long(alice, 3_000, days=60, forks=(10, 1_200, 2_900))
    point = restore_point(planted, planted.checkpoints[700][0])
    rows, before, size = tree(planted.id), counts(planted.id), database_size()
    would_go = retention.sweep(dry_run=True)
    assert counts(planted.id) == before

    held: list[float] = []
    real = retention._delete

    def timed(*args: Any) -> bool:
        start = time.monotonic()
        deleted = real(*args)
        held.append(time.monotonic() - start)
        return deleted

    monkeypatch.setattr(retention, "_delete", timed)
    start = time.monotonic()
    swept = retention.sweep()
    took = time.monotonic() - start
    after, loose = counts(planted.id), database_size()
    retention.vacuum(full=True)
    compact = database_size()
    print(
        f"\n{swept}\nin {took:.2f} s; the longest lock of the fence {max(held) * 1000:.0f} ms"
        f"\ncheckpoints, values, pending writes: {before} → {after}"
        f"\ndatabase: {size / 1e6:.1f} MB → {loose / 1e6:.1f} MB → {compact / 1e6:.1f} MB compacted"
    )
    assert swept == would_go
    assert [was - now for was, now in zip(before, after, strict=True)] == [
        swept.checkpoints, swept.blobs + swept.items, swept.writes
    ]  # fmt: skip
    assert swept.checkpoints > 1_400
    assert compact < size - swept.bytes
    assert retention.sweep() == Swept(), "nothing is left over"

    assert tree(planted.id) == rows
    assert RestorePoint.objects.get() == point
    kept = opened(planted)
    assert planted.checkpoints[700][0] in kept
    for message_id, _, role, checkpoint_id, _, _ in rows:
        values = kept[checkpoint_id].checkpoint["channel_values"]
        assert values["messages"][-1].id == str(message_id)
        assert (values["messages"][-1].type == "human") == (role == "user")
    assert said(kept[planted.checkpoints[1500][2]])[-4:] == [
        "Question 1499",
        "Answer 1499",
        "Question 1500",
        "Answer 1500",
    ]
    goes_on(visit(alice), planted, endpoint)


def goes_on(visitor: Visitor, planted: PlantedLong, endpoint: ScriptedModel) -> None:
    """A next turn builds on the thread's end, and an answer given anew on what was there long ago."""
    socket = visitor.open(planted.id, subscribe=visitor.state(planted.id)["last_seq"])
    socket.say("And then?")
    assert socket.ended()["event"] == "completed"
    sent = [str(each["content"]).partition(":")[0] for each in endpoint.requests_for("And then?")[0].messages]
    assert sent[-3:] == ["Question 2999", "Answer 2999", "And then?"]
    socket.command("run.start", assistant_id="chat", input=None, metadata={"retry": str(planted.messages[200])})
    assert socket.ended()["event"] == "completed"
    sent = [str(each["content"]).partition(":")[0] for each in endpoint.requests[-1].messages]
    assert sent[-3:] == ["Question 99", "Answer 99", "Question 100"]


def database_size() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def tree(thread_id: UUID) -> list[tuple[Any, ...]]:
    """The whole message tree with what is kept of each message."""
    columns = ("id", "parent_id", "role", "checkpoint_id", "created_at")
    rows = Message.objects.filter(thread_id=thread_id).order_by("created_at", "id")
    return [(*row[:-1], bytes(row[-1])) for row in rows.values_list(*columns, "body")]


def said(one: CheckpointTuple) -> list[str]:
    return [str(message.content).partition(":")[0] for message in one.checkpoint["channel_values"].get("messages", ())]


def test_planted_turns_are_stored_as_the_application_stores_them(
    visit: Visit, alice: User, endpoint: ScriptedModel
) -> None:
    real, planted = uuid4(), plant_long(alice, 3)
    socket = visit(alice).open(real, subscribe=0)
    for text in ("One", "Two", "Three"):
        socket.say(text)
        socket.ended()
    assert shape(planted.id) == shape(real)


_SHAPE = """
SELECT c.metadata, c.checkpoint -> 'channels', c.checkpoint -> 'updated_channels',
    substr(c.checkpoint_id, 15, 1), substr(c.checkpoint_id, 20, 4),
    (
        SELECT array_agg((v.key, left(v.value, 32)) ORDER BY v.key)
        FROM jsonb_each_text(c.checkpoint -> 'channel_versions') v
    ),
    (
        SELECT array_agg((v.key, left(v.value, 40)) ORDER BY v.key)
        FROM jsonb_each_text(c.checkpoint -> 'versions_seen') v
    ),
    (
        SELECT array_agg((b.channel, left(b.version, 32), b.type) ORDER BY b.channel)
        FROM jsonb_each_text(c.checkpoint -> 'channel_versions') v
        JOIN checkpoint_blobs b ON b.thread_id = c.thread_id AND b.channel = v.key AND b.version = v.value
    ),
    (
        SELECT array_agg((w.idx, w.channel, w.task_path, w.type) ORDER BY w.idx) FROM checkpoint_writes w
        WHERE w.thread_id = c.thread_id AND w.checkpoint_id = c.checkpoint_id
    ),
    (
        SELECT array_agg((m.role, m.status, m.model, m.run_id IS NULL)) FROM chatapp_message m
        WHERE m.thread_id::text = c.thread_id AND m.checkpoint_id = c.checkpoint_id
    ),
    (SELECT count(*) FROM checkpoint_blobs i WHERE i.thread_id = c.thread_id AND i.type = 'sealed:item')
FROM checkpoints c WHERE c.thread_id = %s ORDER BY c.checkpoint_id
"""


def shape(thread_id: UUID) -> list[tuple[Any, ...]]:
    """The rows of a thread's checkpoints without what differs from thread to thread."""
    with connection.cursor() as cursor:
        cursor.execute(_SHAPE, [str(thread_id)])
        return list(cursor.fetchall())
