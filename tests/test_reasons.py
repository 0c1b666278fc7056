"""The gate before content: a permission, a reason for one thread and one hour, and an entry that is committed first."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from chatapp import audit, postgres
from chatapp.inspector import reasons, snapshots
from chatapp.models import AuditEntry, AuditKey, User
from tests.long_threads import PlantedLong, plant_long

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "Ticket 1201"
WORDS = "Question 1:"


def permit(user: User, *codenames: str) -> User:
    """A staff user with these permissions only."""
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def page(thread: PlantedLong, turn: int = 1, name: str = "checkpoint") -> str:
    """The page of the checkpoint that ends a turn."""
    return reverse(f"admin:chatapp_thread_{name}", args=[thread.id, thread.checkpoints[turn][2]])


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def content(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def thread(alice: User) -> PlantedLong:
    return plant_long(alice, 3)


def test_nothing_is_shown_before_a_reason_is_given_and_each_page_writes_its_own_entry(
    alice: User, administrator: User, thread: PlantedLong
) -> None:
    client = enter(administrator)
    asked = client.get(page(thread))
    assert asked.status_code == 200
    assert "Give a reason" in content(asked)
    assert WORDS not in content(asked)
    assert not AuditEntry.objects.exists()
    for short in ("", "  x ", "a\x00b", "x" * 501):
        refused = client.post(page(thread), {"reason": short})
        assert refused.status_code == 200
        assert WORDS not in content(refused)
    assert client.get(page(thread)).content.count(b"Give a reason")
    given = client.post(page(thread), {"reason": REASON})
    assert (given.status_code, given.headers["Location"]) == (302, page(thread))
    assert not AuditEntry.objects.exists()
    assert WORDS in content(client.get(page(thread)))
    entry = AuditEntry.objects.get()
    assert (entry.actor_id, entry.actor, entry.reason) == (administrator.pk, administrator.email, REASON)
    assert (entry.action, entry.thread_id, entry.owner_id) == ("view_checkpoint", thread.id, alice.pk)
    assert entry.checkpoint_id == thread.checkpoints[1][2]
    assert WORDS in content(client.get(page(thread, 2)))
    assert [each.checkpoint_id for each in AuditEntry.objects.order_by("id")] == [
        thread.checkpoints[1][2],
        thread.checkpoints[2][2],
    ]
    assert audit.verify().intact


def test_a_reason_holds_for_one_thread_one_session_and_one_hour(
    alice: User, administrator: User, thread: PlantedLong, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, client = plant_long(alice, 2), enter(administrator)
    client.post(page(thread), {"reason": REASON})
    assert WORDS in content(client.get(page(thread)))
    assert WORDS not in content(client.get(page(other)))
    assert WORDS not in content(enter(administrator).get(page(thread)))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + reasons.SECONDS - 5)
    assert WORDS in content(client.get(page(thread)))
    monkeypatch.setattr(time, "time", lambda: now + reasons.SECONDS + 5)
    assert WORDS not in content(client.get(page(thread)))
    client.post(page(other), {"reason": REASON})
    assert list(client.session["everthread_reasons"]) == [str(other.id)]  # those that ran out are forgotten


def test_a_permission_that_is_taken_away_counts_at_once(charlie: User, thread: PlantedLong) -> None:
    client = enter(permit(charlie, "view_thread", "inspect_thread"))
    client.post(page(thread), {"reason": REASON})
    assert WORDS in content(client.get(page(thread)))
    permit(charlie, "view_thread")
    assert client.get(page(thread)).status_code == 403
    assert client.post(page(thread), {"reason": REASON}).status_code == 403
    assert AuditEntry.objects.count() == 1


def lose_the_key() -> None:
    audit.record_now(audit.command_line("First"), "view_thread", UUID(int=0), 0)
    AuditKey.objects.all().delete()


def change_the_key() -> None:
    audit.record_now(audit.command_line("First"), "view_thread", UUID(int=0), 0)
    AuditKey.objects.update(wrapped=b"x" * 61)


def refuse_entries() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE chatapp_auditentry ADD CONSTRAINT none_today CHECK (id < 0) NOT VALID")


@pytest.mark.parametrize("spoil", [lose_the_key, change_the_key, refuse_entries])
def test_if_the_entry_cannot_be_written_nothing_is_shown(
    administrator: User, thread: PlantedLong, spoil: Callable[[], None]
) -> None:
    client = enter(administrator)
    client.post(page(thread), {"reason": REASON})
    spoil()
    before = AuditEntry.objects.count()
    try:
        for path in (page(thread), page(thread, name="update")):
            answer = client.get(path)
            assert answer.status_code == 503, path
            assert "nothing was shown" in content(answer)
            assert WORDS not in content(answer)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE chatapp_auditentry DROP CONSTRAINT IF EXISTS none_today")
    assert AuditEntry.objects.count() == before


def test_the_entry_is_committed_before_anything_is_opened(
    administrator: User, thread: PlantedLong, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, seen = enter(administrator), []
    real = snapshots.snapshot

    async def snapshot(thread_id: UUID, checkpoint_id: str) -> snapshots.Snapshot:
        with psycopg.connect(**postgres.conninfo()) as elsewhere:
            row = elsewhere.execute("SELECT count(*) FROM chatapp_auditentry").fetchone()
        seen.append(row)
        return await real(thread_id, checkpoint_id)

    monkeypatch.setattr(snapshots, "snapshot", snapshot)
    client.post(page(thread), {"reason": REASON})
    assert seen == []
    assert WORDS in content(client.get(page(thread)))
    assert seen == [(1,)]


def test_a_comparison_and_texts_in_the_timeline_are_behind_the_gate_too(
    administrator: User, thread: PlantedLong
) -> None:
    client = enter(administrator)
    first, second = thread.checkpoints[0][2], thread.checkpoints[2][2]
    timeline = reverse("admin:chatapp_thread_timeline", args=[thread.id])
    compare = f"{reverse('admin:chatapp_thread_compare', args=[thread.id])}?a={first}&b={second}"
    for path in (f"{timeline}?texts=1", compare):
        assert "Give a reason" in content(client.get(path)), path
    assert WORDS not in content(client.get(timeline))
    assert not AuditEntry.objects.exists()
    client.post(f"{timeline}?texts=1", {"reason": REASON})
    for path in (f"{timeline}?texts=1", compare):
        assert WORDS in content(client.get(path)), path
    told = [(each.action, each.checkpoint_id, each.details) for each in AuditEntry.objects.order_by("id")]
    assert told == [("view_thread", "", {}), ("compare", second, {"with": first})]


def owners_page(client: Client, thread: PlantedLong) -> HttpResponse:
    answer = client.get(reverse("thread_access", args=[thread.id]))
    assert isinstance(answer, HttpResponse)
    return answer


def test_owner_reads_who_looked_and_why_and_not_their_name(
    alice: User, charlie: User, administrator: User, thread: PlantedLong
) -> None:
    owner, client = enter(alice), enter(administrator)
    assert "Nobody has." in content(owners_page(owner, thread))
    client.post(page(thread), {"reason": "Asked <b>by</b> Alice"})
    for _ in range(3):
        client.get(page(thread))
    shown = content(owners_page(owner, thread))
    assert "An administrator viewed a checkpoint of this thread" in shown
    assert "3 times" in shown
    assert "Asked &lt;b&gt;by&lt;/b&gt; Alice" in shown
    assert administrator.email not in shown
    for stranger in (charlie, administrator):
        assert owners_page(enter(stranger), thread).status_code == 404
    assert owner.get(reverse("thread_access", args=[thread.id]), {"cursor": "x"}).status_code == 404
