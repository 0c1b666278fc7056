"""What goes after a while and what stays: old checkpoints, the trash, and the room that they took."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.base import CheckpointTuple
from procrastinate.contrib.django import app as queue
from pytest_django.fixtures import Settings

from chatapp import keys, postgres, retention
from chatapp.checkpoints import SealedPostgresSaver, StaleEpoch, leftovers
from chatapp.graph import build
from chatapp.models import Fence, Message, RestorePoint, Run, Thread, User
from chatapp.retention import Swept
from tests.long_threads import PlantedLong, plant_long
from tests.planted_threads import plant, plant_run
from tests.sockets import Visitor
from tests.test_threads import notice, soon

pytestmark = pytest.mark.django_db(transaction=True)

Visit = Callable[[User | None], Visitor]
TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")


def ids(thread_id: UUID) -> set[str]:
    """The checkpoints that a thread has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT checkpoint_id FROM checkpoints WHERE thread_id = %s", [str(thread_id)])
        return {each for (each,) in cursor.fetchall()}


def counts(thread_id: UUID) -> list[int]:
    """The rows of a thread in each of the tables of checkpoints."""
    with connection.cursor() as cursor:
        found = []
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table} WHERE thread_id = %s", [str(thread_id)])
            found.append(cursor.fetchone()[0])
        return found


def opened(planted: PlantedLong) -> dict[str, CheckpointTuple]:
    """Every checkpoint of the thread, opened by the saver: values, messages and pending writes."""
    sealer = keys.thread_sealer(planted.owner, planted.id)

    async def read() -> dict[str, CheckpointTuple]:
        saver = SealedPostgresSaver(await postgres.pool(), sealer, str(planted.id), None)
        config: Any = {"configurable": {"thread_id": str(planted.id), "checkpoint_ns": ""}}
        found = {str(one.config["configurable"]["checkpoint_id"]): one async for one in saver.alist(config)}
        await postgres.close()
        return found

    return asyncio.run(read())


def restore_point(planted: PlantedLong, checkpoint_id: str) -> RestorePoint:
    """One that leads to a checkpoint to which nothing else does."""
    tip = planted.checkpoints[-1][2]
    return RestorePoint.objects.create(
        thread_id=planted.id,
        kind=RestorePoint.Kind.ROLLBACK,
        checkpoint_id=checkpoint_id,
        to_tip=tip,
        from_tip=tip,
        to_head_id=planted.messages[-1],
        from_head_id=planted.messages[-1],
        made_at=Now() - timedelta(days=40),
    )


def expected(planted: PlantedLong, young: int, *special: str) -> set[str]:
    """The ids that stay when the turns from this number on are young."""
    ends = Message.objects.filter(thread_id=planted.id).values_list("checkpoint_id", flat=True)
    return {*map(str, ends), *special, *(each for turn in planted.checkpoints[young:] for each in turn)}


def test_old_checkpoints_stay_where_something_leads_to_them(alice: User) -> None:
    planted = plant_long(alice, 20, days=60, forks=(3,))
    inputs = [turn[0] for turn in planted.checkpoints]
    point = restore_point(planted, inputs[0])
    RestorePoint.objects.filter(id=point.id).update(
        to_tip=inputs[1], from_tip=inputs[2], head_checkpoint_id=inputs[3], undone_at=Now()
    )
    Run.objects.filter(message_id=planted.messages[0]).update(start_checkpoint_id=inputs[4])
    Fence.objects.filter(thread_id=planted.id).update(tip_checkpoint_id=inputs[5])
    swept = retention.sweep()
    assert ids(planted.id) == expected(planted, 10, *inputs[:6])
    assert swept.checkpoints == 4 + 1, "the inputs of turns 6 to 9, and of the branch's"
    assert set(opened(planted)) == ids(planted.id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT checkpoint_id FROM checkpoint_writes WHERE thread_id = %s", [str(planted.id)])
        assert {each for (each,) in cursor.fetchall()} <= ids(planted.id)


def test_messages_that_are_in_no_remaining_list_go_with_their_checkpoints(alice: User) -> None:
    planted = plant_long(alice, 4, days=60, forks=(0,))
    Message.objects.filter(id__in=planted.branches[0]).delete()
    swept = retention.sweep()
    assert (swept.checkpoints, swept.items) == (2 + 3, 2), "of turns 0 and 1 the inputs, and all of the branch"
    assert ids(planted.id) == expected(planted, 2)
    assert set(opened(planted)) == ids(planted.id)


def test_young_checkpoints_and_deployments_that_keep_everything_are_left_alone(alice: User, settings: Settings) -> None:
    planted = plant_long(alice, 10, days=20)
    assert retention.sweep() == Swept()
    settings.CHECKPOINT_DAYS = 0
    older = plant_long(alice, 10, days=600)
    assert retention.sweep() == Swept()
    settings.CHECKPOINT_DAYS = 10
    assert retention.sweep().checkpoints == 5 + 10
    assert ids(planted.id) == expected(planted, 5)
    assert ids(older.id) == expected(older, 10)


@pytest.mark.parametrize("state", Run.LIVE)
def test_thread_with_a_live_run_is_left_for_the_next_time(alice: User, state: Run.State) -> None:
    planted = plant_long(alice, 6, days=60)
    plant_run(planted)
    before = ids(planted.id)
    live = Run.objects.latest("created_at")
    Run.objects.filter(id=live.id).update(state=state)
    assert retention.sweep() == Swept(skipped=1)
    assert ids(planted.id) == before
    Run.objects.filter(id=live.id).update(state=Run.State.DONE)
    assert retention.sweep().checkpoints == 3


def test_thread_that_someone_is_about_to_change_is_left_for_the_next_time(alice: User) -> None:
    planted = plant_long(alice, 6, days=60)
    fence = Fence.objects.filter(thread_id=planted.id)
    fence.update(held_until=Now() + timedelta(seconds=30))
    assert retention.sweep() == Swept(skipped=1)
    fence.update(held_until=Now() - timedelta(seconds=1))
    assert retention.sweep().checkpoints == 3


def test_thread_that_moved_on_since_it_was_looked_at_is_not_touched(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = plant_long(alice, 6, days=60)
    before, real = counts(planted.id), retention._plan

    def outrun(*args: Any) -> Any:
        plan = real(*args)
        assert plan is not None
        Fence.objects.filter(thread_id=planted.id).update(epoch=plan.epoch + 1)
        return plan

    with monkeypatch.context() as patched:
        patched.setattr(retention, "_plan", outrun)
        assert retention.sweep() == Swept(skipped=1)
    assert counts(planted.id) == before


def test_who_read_the_thread_before_a_sweep_writes_nothing_after_it(alice: User) -> None:
    planted = plant_long(alice, 6, days=60)
    sealer, epoch = keys.thread_sealer(alice.pk, planted.id), Fence.objects.get(thread_id=planted.id).epoch

    async def read_and_write() -> None:
        saver = SealedPostgresSaver(await postgres.pool(), sealer, str(planted.id), epoch)
        config: Any = {"configurable": {"thread_id": str(planted.id)}}
        try:
            assert await saver.aget_tuple(config) is not None
            await postgres.call(retention.sweep)
            with pytest.raises(StaleEpoch):
                await build.graph(saver).aupdate_state(config, {"messages": [HumanMessage("Late")]}, build.ANSWERING)
        finally:
            await postgres.close()

    asyncio.run(read_and_write())


def test_sweep_that_breaks_off_anywhere_is_finished_by_the_next(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = plant_long(alice, 8, days=60, forks=(1,))
    retention.sweep(batch=3)
    left, real = counts(reference.id), leftovers.delete
    for batches in range(4):
        planted = plant_long(alice, 8, days=60, forks=(1,))
        done = 0

        def broken(cursor: Any, thread_id: UUID, rows: Sequence[Any], most: int = batches) -> None:
            nonlocal done
            real(cursor, thread_id, rows)
            done += 1
            if done > most:
                raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(leftovers, "delete", broken)
            with pytest.raises(KeyboardInterrupt):
                retention.sweep(batch=3)
        kept = set(map(str, Message.objects.filter(thread_id=planted.id).values_list("checkpoint_id", flat=True)))
        assert kept <= ids(planted.id)
        retention.sweep(batch=3)
        assert counts(planted.id) == left, f"broken off after {batches} batches"
        assert kept <= set(opened(planted))


def test_thread_that_cannot_be_read_is_left_as_it_is_and_holds_no_other_up(
    alice: User, bob: User, caplog: pytest.LogCaptureFixture
) -> None:
    damaged, sound = plant_long(alice, 6, days=60), plant_long(bob, 6, days=60)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE checkpoint_blobs SET blob = set_byte(blob, 30, 255 - get_byte(blob, 30))"
            " WHERE thread_id = %s AND type = 'sealed:items'",
            [str(damaged.id)],
        )
    before = counts(damaged.id)
    swept = retention.sweep()
    assert (swept.checkpoints, swept.skipped) == (3, 1)
    assert counts(damaged.id) == before
    assert ids(sound.id) == expected(sound, 3)
    assert str(damaged.id) in caplog.text


def test_trash_is_emptied_after_its_time_and_nothing_else(alice: User, bob: User, settings: Settings) -> None:
    old, younger, open_one = plant_long(alice, 4, days=90), plant(alice), plant(bob)
    point = restore_point(old, old.checkpoints[0][0])
    Message.objects.filter(id=old.messages[3]).update(hidden_by=point)
    Thread.objects.filter(id=old.id).update(trashed_at=Now() - timedelta(days=31))
    Thread.objects.filter(id=younger.id).update(trashed_at=Now() - timedelta(days=29))
    page = Client()
    page.force_login(alice)
    settings.TRASH_DAYS = 0
    assert "until they are restored" in page.get("/trash/").content.decode()
    assert retention.sweep(dry_run=True).threads == 0
    settings.TRASH_DAYS = 30
    assert "30 days after it came here" in page.get("/trash/").content.decode()
    would_go = retention.sweep(dry_run=True)
    assert Thread.objects.count() == 3
    assert retention.sweep() == would_go
    assert would_go.threads == 1
    assert would_go.bytes > 1_000
    assert set(Thread.objects.values_list("id", flat=True)) == {younger.id, open_one.id}
    assert counts(old.id) == [0, 0, 0]


def test_command_says_what_would_go_and_what_went(alice: User) -> None:
    planted = plant_long(alice, 6, days=60)
    before = counts(planted.id)
    told = json.loads(run("--dry-run", "--json"))
    assert (told["dry_run"], told["checkpoints"], told["writes"], told["blobs"], told["threads"]) == (True, 3, 6, 3, 0)
    assert counts(planted.id) == before
    assert "Would be deleted: 3 checkpoints with 6 pending writes" in run("--dry-run")
    assert "Deleted: 3 checkpoints" in run("--compact")
    assert ids(planted.id) == expected(planted, 3)
    assert json.loads(run("--json"))["checkpoints"] == 0


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("retention", *arguments, stdout=out)
    return out.getvalue()


def test_the_server_sweeps_by_itself_and_tells_whose_thread_is_gone(visit: Visit, alice: User) -> None:
    planted, thrown = plant_long(alice, 6, days=60), plant(alice)
    socket = visit(alice).open(uuid4(), subscribe=0)
    Thread.objects.filter(id=thrown.id).update(trashed_at=Now() - timedelta(days=31))
    assert queue.tasks["chatapp.sweep"].name in {
        each.task.name for each in queue.periodic_registry.periodic_tasks.values()
    }
    queue.configure_task("chatapp.sweep").defer(timestamp=0)
    notice(socket, "threads.removed", id=str(thrown.id))
    soon(lambda: ids(planted.id) == expected(planted, 3))
