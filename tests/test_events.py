"""The hub and the event log: bounded mailboxes, catching up, stale runs, forgetting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from django.db.models import F
from django.db.models.functions import Now

from chatapp.models import EventBatch, Fence, User
from chatapp.streaming import events, hub, protocol
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import ALL, Visitor

Visit = Callable[[User | None], Visitor]


async def test_mailbox_that_overflows_is_emptied_and_says_so() -> None:
    mailbox = hub.Mailbox()
    large = protocol.event(1, "messages", {"text": "x" * (hub.QUEUE_BYTES // 2)})
    mailbox.offer(large)
    assert await mailbox.take() == ([large], False)
    for _ in range(3):
        mailbox.offer(large)
    assert await mailbox.take() == ([], True)
    mailbox.offer(large)
    assert await mailbox.take() == ([large], False)


async def test_events_reach_the_owners_sockets_only() -> None:
    here, thread_id = hub.Hub(), uuid4()
    mine, other = hub.Mailbox(), hub.Mailbox()
    here.join(1, thread_id, mine, hub.Socket(lambda code: None, "a"))
    here.join(2, thread_id, other, hub.Socket(lambda code: None, "b"))
    event = protocol.event(1, "messages", {})
    here.publish(1, thread_id, event)
    other.wake()
    assert await mine.take() == ([event], False)
    assert await other.take() == ([], False)


async def test_hub_forgets_who_left() -> None:
    here, thread_id, mailbox = hub.Hub(), uuid4(), hub.Mailbox()
    here.join(1, thread_id, mailbox, hub.Socket(lambda code: None, "a"))
    assert here.sockets == 1
    here.leave(1, thread_id, mailbox)
    here.leave(1, thread_id, mailbox)
    assert (here.sockets, here.sessions, here.listens(1)) == (0, set(), False)


def test_events_too_old_are_gone_and_a_late_subscriber_is_told(visit: Visit, alice: User) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("Hello")
    socket.ended()
    assert events.purge() == 0
    EventBatch.objects.update(created_at=Now() - timedelta(hours=2))
    assert events.purge() > 0
    late = visitor.open(thread_id)
    assert late.command("subscription.subscribe", channels=ALL, since=1)["error"] == "resume_gap"
    last = visitor.state(thread_id)["last_seq"]
    assert late.command("subscription.subscribe", channels=ALL, since=last)["type"] == "success"


def test_run_that_lost_its_thread_writes_no_more_events(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    endpoint.script(Script("one two three four", held=True))
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("Count")
    endpoint.wait_for(lambda: endpoint.requests)
    endpoint.release(1)
    socket.until(lambda frame: "one" in str(frame.get("params")))
    Fence.objects.filter(thread_id=thread_id).update(epoch=F("epoch") + 1)
    logged = EventBatch.objects.filter(thread_id=thread_id)
    before = max(logged.values_list("last_seq", flat=True), default=0)
    endpoint.release(1)
    endpoint.wait_for(lambda: endpoint.requests[0].disconnected)
    assert max(logged.values_list("last_seq", flat=True), default=0) <= max(before, 5)
    endpoint.release()
