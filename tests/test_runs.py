"""The run state machine by itself: acceptance, claims, the fence, recovery. No server, no model."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import F
from django.db.models.functions import Now

from chatapp import access, claims, content, endings, fairness, keys, runs, statements, threads
from chatapp.claims import SEQ_BLOCK, Claim, StaleClaim
from chatapp.models import EventBatch, Fence, Message, Run, Thread, Tombstone, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("alone")]

HERE = claims.Desk(uuid4(), room=True)
FULL = claims.Desk(uuid4(), room=False)


def ask(
    user: User, thread_id: UUID, text: str, desk: claims.Desk = HERE, message_id: UUID | None = None
) -> runs.Accepted:
    return runs.accept(user.pk, thread_id, runs.Question(message_id or uuid4(), text, "scripted"), desk)


def ending(claim: Claim, text: str = "answer", status: Message.Status = Message.Status.DONE) -> endings.Ending:
    states = {"done": Run.State.DONE, "stopped": Run.State.CANCELLED, "failed": Run.State.FAILED}
    first = last = claim.base_seq + 1
    sealed = claim.sealer.seal(b"[]", "event", "body", f"{first}-{last}")
    return endings.Ending(states[status], status, text, None, (), None, (first, last, sealed))


def claimed(accepted: runs.Accepted) -> Claim:
    assert accepted.claim is not None
    return accepted.claim


def expire(thread_id: UUID) -> None:
    Fence.objects.filter(thread_id=thread_id).update(lease_until=Now() - timedelta(seconds=1))


def test_accepting_on_an_idle_thread_claims_it(alice: User) -> None:
    thread_id = uuid4()
    claim = claimed(ask(alice, thread_id, "Hello"))
    fence = Fence.objects.get(thread_id=thread_id)
    assert (fence.epoch, fence.holder, fence.run_id) == (claim.epoch, HERE.holder, claim.run_id)
    assert (claim.question, claim.parent_id, claim.attempt) == ("Hello", None, 1)
    assert Thread.objects.get(id=thread_id).head_id == claim.message_id


def test_without_room_the_run_waits_for_whoever_has_some(alice: User) -> None:
    thread_id = uuid4()
    accepted = ask(alice, thread_id, "Hello", FULL)
    assert accepted.claim is None
    assert runs.recover(accepted.run_id, FULL) is None
    claim = runs.recover(accepted.run_id, HERE)
    assert claim is not None
    assert claim.question == "Hello"


def test_twenty_sends_at_once_are_all_kept_and_answered_in_their_order(alice: User, settings: object) -> None:
    settings.QUEUED_MESSAGES = 20  # type: ignore[attr-defined]  # pytest-django's settings
    thread_id, texts = uuid4(), [f"message {number}" for number in range(20)]

    def send(text: str) -> runs.Accepted:
        try:
            return ask(alice, thread_id, text)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        accepted = list(pool.map(send, texts))
    claims = [each.claim for each in accepted if each.claim is not None]
    assert len(claims) == 1, "one run at a time"
    assert Message.objects.filter(thread_id=thread_id).count() == 20
    order = list(Run.objects.filter(thread_id=thread_id).order_by("created_at").values_list("id", flat=True))
    executed: list[UUID] = []
    claim: Claim | None = claims[0]
    while claim is not None:
        executed.append(claim.run_id)
        claim = endings.finish(claim, ending(claim), HERE)
    assert executed[1:] == [each for each in order if each != executed[0]]
    state = threads.state(alice.pk, thread_id)
    assert [each["role"] for each in state["messages"]] == ["user", "assistant"] * 20


def test_two_running_runs_of_a_thread_are_impossible(alice: User) -> None:
    thread_id = uuid4()
    claimed(ask(alice, thread_id, "One"))
    second = ask(alice, thread_id, "Two")
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(id=second.run_id).update(state=Run.State.RUNNING)


def test_finish_with_an_older_epoch_writes_nothing(alice: User) -> None:
    thread_id = uuid4()
    claim = claimed(ask(alice, thread_id, "Hello"))
    Fence.objects.filter(thread_id=thread_id).update(epoch=F("epoch") + 1)
    with pytest.raises(StaleClaim):
        endings.finish(claim, ending(claim), HERE)
    assert not Message.objects.filter(id=claim.answer_id).exists()
    assert not EventBatch.objects.filter(thread_id=thread_id).exists()
    assert Run.objects.get(id=claim.run_id).state == Run.State.RUNNING


def test_finish_repeated_after_a_lost_answer_is_harmless(alice: User) -> None:
    claim = claimed(ask(alice, uuid4(), "Hello"))
    assert endings.finish(claim, ending(claim), HERE) is None
    assert endings.finish(claim, ending(claim), HERE) is None
    assert Message.objects.filter(id=claim.answer_id).count() == 1


def test_held_run_is_not_taken_over_and_an_abandoned_one_is(alice: User) -> None:
    thread_id = uuid4()
    claim = claimed(ask(alice, thread_id, "Hello"))
    other = claims.Desk(uuid4(), room=True)
    assert runs.recover(claim.run_id, other) is None
    expire(thread_id)
    taken = runs.recover(claim.run_id, other)
    assert taken is not None
    assert (taken.epoch, taken.attempt) == (claim.epoch + 1, 2)
    assert taken.base_seq >= claim.base_seq + SEQ_BLOCK, "numbers a browser may have seen are not used again"
    with pytest.raises(StaleClaim):
        endings.finish(claim, ending(claim), HERE)
    assert runs.heartbeat(HERE.holder, {thread_id: claim.epoch}) == (set(), set())
    assert runs.heartbeat(other.holder, {thread_id: taken.epoch}) == ({thread_id}, set())


def test_heartbeat_brings_the_wish_to_stop(alice: User) -> None:
    thread_id = uuid4()
    claim = claimed(ask(alice, thread_id, "Hello"))
    assert runs.stop(alice.pk, thread_id, None) == claim.run_id
    assert runs.heartbeat(HERE.holder, {thread_id: claim.epoch}) == ({thread_id}, {thread_id})


def test_lookout_finds_what_was_abandoned_and_then_what_waits_oldest_first(alice: User) -> None:
    full = claims.Desk(uuid4(), room=False)
    waiting = [ask(alice, uuid4(), "Hello", desk=full).run_id for _ in range(2)]
    thread_id = uuid4()
    held = claimed(ask(alice, thread_id, "Hello"))
    behind = ask(alice, thread_id, "Behind it").run_id
    assert runs.untaken(10) == waiting
    assert runs.untaken(1) == waiting[:1]
    assert runs.untaken(10, waiting[:1]) == waiting[1:]
    expire(thread_id)
    assert runs.untaken(10) == [held.run_id, *waiting]
    assert runs.recover(behind, HERE) is None, "its turn has not come"
    assert runs.recover(held.run_id, full) is None, "no room"


@pytest.mark.parametrize(
    "statement",
    [
        statements.LOOK,
        statements.MAY_START,
        fairness.OTHERS_FIRST,
        fairness.WHO_WAITS,
        statements.GLANCE,
        fairness.UNTAKEN,
    ],
)
def test_cost_of_looking_for_live_runs_does_not_grow_with_the_thread(statement: str) -> None:
    """A plan made once can use the index of live runs, which it can only when the states are spelled out."""
    names: dict[str, int] = {}
    numbered = re.sub(r"%\((\w+)\)s", lambda name: f"${names.setdefault(name[1], len(names) + 1)}", statement)
    with transaction.atomic(), connection.cursor() as cursor:
        # In a table as small as a test's any index would do: only the partial one is left.
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'chatapp_run' AND indexname ~ 'thread_id'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN (GENERIC_PLAN) " + numbered)
        plan = "\n".join(row[0] for row in cursor.fetchall())
        transaction.set_rollback(True)
    assert re.search("run_live|one_running_run_per_thread", plan)
    assert "Seq Scan on chatapp_run" not in plan


def test_ended_run_is_not_recovered(alice: User) -> None:
    claim = claimed(ask(alice, uuid4(), "Hello"))
    endings.finish(claim, ending(claim), HERE)
    assert runs.recover(claim.run_id, HERE) is None
    assert runs.untaken(10) == []


def test_retry_makes_a_sibling_and_begins_at_the_parents_checkpoint(alice: User) -> None:
    thread_id = uuid4()
    first = claimed(ask(alice, thread_id, "One"))
    Fence.objects.filter(thread_id=thread_id).update(tip_checkpoint_id="checkpoint-1")
    endings.finish(first, ending(first), HERE)
    second = claimed(ask(alice, thread_id, "Two"))
    Fence.objects.filter(thread_id=thread_id).update(tip_checkpoint_id="checkpoint-2")
    endings.finish(second, ending(second, "first try"), HERE)
    again = claimed(runs.retry(alice.pk, thread_id, second.message_id, "scripted", HERE))
    assert Fence.objects.get(thread_id=thread_id).tip_checkpoint_id == "checkpoint-1"
    assert (again.question, again.parent_id) == ("Two", first.answer_id)
    endings.finish(again, ending(again, "second try"), HERE)
    siblings = Message.objects.filter(parent_id=second.message_id)
    assert siblings.count() == 2
    assert threads.state(alice.pk, thread_id)["messages"][-1]["text"] == "second try"


def test_retry_is_refused_while_another_message_is_answered(alice: User) -> None:
    thread_id = uuid4()
    first = claimed(ask(alice, thread_id, "One"))
    endings.finish(first, ending(first), HERE)
    second = claimed(ask(alice, thread_id, "Two"))
    assert runs.retry(alice.pk, thread_id, second.message_id, "scripted", HERE).run_id == second.run_id
    with pytest.raises(runs.Busy):
        runs.retry(alice.pk, thread_id, first.message_id, "scripted", HERE)


def test_message_id_of_another_user_is_a_conflict_that_tells_nothing(alice: User, bob: User) -> None:
    claim = claimed(ask(alice, uuid4(), "Private"))
    with pytest.raises(runs.MessageConflict):
        ask(bob, uuid4(), "Private", message_id=claim.message_id)


@pytest.mark.parametrize("how", ["another user's", "trashed", "deleted"])
def test_thread_that_is_not_there_takes_no_message(alice: User, bob: User, how: str) -> None:
    thread_id = uuid4()
    claim = claimed(ask(alice, thread_id, "Hello"))
    endings.finish(claim, ending(claim), HERE)
    if how == "trashed":
        threads.trash(alice.pk, thread_id)
    if how == "deleted":
        threads.delete(alice.pk, thread_id)
        assert Tombstone.objects.filter(thread_id=thread_id).exists()
    with pytest.raises(access.NotFound):
        ask(bob if how == "another user's" else alice, thread_id, "Again")


def test_failed_acceptance_leaves_no_thread_and_no_key(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of a transaction that was rolled back must never seal anything."""
    thread_id = uuid4()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("killed here")

    with monkeypatch.context() as patched:
        patched.setattr(claims, "take", broken)
        with pytest.raises(RuntimeError):
            ask(alice, thread_id, "Hello")
    assert not Thread.objects.filter(id=thread_id).exists()
    claim = claimed(ask(alice, thread_id, "Hello"))
    keys.forget_keys()
    stored = Message.objects.get(id=claim.message_id)
    sealer = keys.thread_sealer(alice.pk, thread_id)
    assert content.unseal(sealer, stored.body, "message", "body", stored.id) == {"text": "Hello"}
