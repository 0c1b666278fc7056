"""The audit: appended, chained, verifiable, without content; and what a break in it looks like."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from chatapp import audit, keys
from chatapp.audit import Grounds
from chatapp.models import AuditEntry, AuditKey, User
from tests.planted_threads import plant

ADMIN = Grounds(7, "admin@example.org", "Ticket 1201")
THREAD = UUID("4cf1a9c6-0a3f-4f0e-9d0d-6a5c1a1f2b3c")


def enter(number: int = 1, *, owner: int = 3, thread: UUID = THREAD, action: str = "view_thread") -> list[int]:
    """So many entries; their ids."""
    return [audit.record_now(ADMIN, action, thread, owner, details={"number": each}) for each in range(number)]


@contextmanager
def unguarded() -> Iterator[None]:
    """As someone who owns the database: the trigger is off."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE chatapp_auditentry DISABLE TRIGGER audit_is_appended")
        yield
        cursor.execute("ALTER TABLE chatapp_auditentry ENABLE TRIGGER audit_is_appended")


@pytest.mark.django_db
def test_entries_are_chained_from_the_first_one_on() -> None:
    ids = enter(5)
    entries = list(AuditEntry.objects.order_by("id"))
    assert [each.id for each in entries] == ids
    assert bytes(entries[0].previous) == audit.GENESIS
    assert [bytes(each.previous) for each in entries[1:]] == [bytes(each.hash) for each in entries[:-1]]
    verdict = audit.verify(batch=2)
    assert verdict == audit.Verdict(5, ids[0], ids[4], bytes(entries[4].hash).hex(), None, "")
    assert verdict.intact
    assert audit.verify(ids[2]).entries == 3


@pytest.mark.django_db
def test_an_empty_audit_is_whole() -> None:
    assert audit.verify() == audit.Verdict(0, None, None, audit.GENESIS.hex(), None, "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement", ["UPDATE chatapp_auditentry SET reason = 'none'", "DELETE FROM chatapp_auditentry"]
)
def test_the_database_refuses_to_change_or_delete_an_entry(statement: str) -> None:
    enter()
    with pytest.raises(DatabaseError, match="only appended"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert audit.verify().entries == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        "reason = 'Nothing'",
        "actor = 'someone@example.org'",
        "actor_id = NULL",
        "action = 'compare'",
        "owner_id = 4",
        "thread_id = gen_random_uuid()",
        "checkpoint_id = '1'",
        "at = at + interval '1 microsecond'",
        """details = '{"number": 7}'""",
        r"hash = '\x00'::bytea",
        r"previous = '\x01'::bytea",
    ],
)
def test_a_changed_entry_is_found(change: str) -> None:
    ids = enter(4)
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE chatapp_auditentry SET {change} WHERE id = %s", (ids[1],))
        assert cursor.rowcount == 1
    verdict = audit.verify()
    assert not verdict.intact
    assert verdict.broken == ids[1]


@pytest.mark.django_db
@pytest.mark.parametrize("dropped", [0, 1, 2])
def test_a_dropped_entry_is_found_at_the_one_after_it(dropped: int) -> None:
    ids = enter(4)
    with unguarded():
        AuditEntry.objects.filter(id=ids[dropped]).delete()
    assert audit.verify().broken == ids[dropped + 1]


@pytest.mark.django_db
def test_an_end_that_was_cut_off_is_found_by_the_hash_of_its_last_entry() -> None:
    ids = enter(4)
    head = audit.verify().head
    enter()
    assert audit.verify(head=head).intact  # what was appended since does not matter
    with unguarded():
        AuditEntry.objects.filter(id__gte=ids[3]).delete()
    assert audit.verify().intact  # the chain alone cannot show it
    cut = audit.verify(head=head)
    assert (cut.intact, cut.broken) == (False, None)
    assert "cut off" in cut.problem


@pytest.mark.django_db
def test_two_entries_never_follow_the_same_one() -> None:
    enter(2)
    last = AuditEntry.objects.order_by("-id")[0]
    again = AuditEntry.objects.values().get(id=last.id) | {"id": last.id + 100}
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.create(**again)


@pytest.mark.django_db
def test_an_entry_belongs_to_the_transaction_of_what_it_tells_of() -> None:
    enter()
    with transaction.atomic():
        audit.record(ADMIN, "roll_back", THREAD, 3)
        transaction.set_rollback(True)
    enter()
    assert audit.verify().entries == 2


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused_and_one_that_is_to_be_durable_inside_one() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        audit.record(ADMIN, "roll_back", THREAD, 3)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        audit.record_now(ADMIN, "view_thread", THREAD, 3)
    assert audit.verify().entries == 0


@pytest.mark.django_db(transaction=True)
def test_entries_written_at_once_make_one_chain() -> None:
    barrier = Barrier(6)

    def write() -> None:
        barrier.wait()
        enter(5)
        connection.close()

    writers = [Thread(target=write) for _ in range(6)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    verdict = audit.verify()
    assert (verdict.entries, verdict.intact) == (30, True)


@pytest.mark.django_db
def test_a_lost_key_is_not_replaced_in_silence() -> None:
    enter()
    AuditKey.objects.all().delete()
    with pytest.raises(keys.KeyMissing):
        enter()
    assert AuditEntry.objects.count() == 1
    assert "key does not open" in audit.verify().problem


@pytest.mark.django_db
def test_the_key_moves_with_the_rotation_of_master_keys_and_the_chain_holds(settings: Any) -> None:
    old, new = ("old", b"o" * 32), ("new", b"n" * 32)
    settings.MASTER_KEYS = [old]
    enter(2)
    settings.MASTER_KEYS = [new, old]
    told = StringIO()
    call_command("rewrap_keys", stdout=told)
    assert "and the audit's" in told.getvalue()
    assert not keys.rewrap_audit_key()
    settings.MASTER_KEYS = [new]
    enter()
    assert audit.verify().entries == 3
    settings.MASTER_KEYS = [("new", b"x" * 32)]
    assert "key does not open" in audit.verify().problem


@pytest.mark.django_db
@pytest.mark.parametrize("value", [0.5, b"x", object()])
def test_details_hold_ids_and_whole_numbers_only(value: object) -> None:
    with pytest.raises(TypeError, match="ids and whole numbers"):
        audit.record_now(ADMIN, "update", THREAD, 3, details={"value": [value]})
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_details_come_back_from_the_database_as_they_were_chained() -> None:
    told = {"z": [1, None, True, "é\ud800"[:1]], "a": {"2": 2**60, "10": -1}}
    audit.record_now(ADMIN, "update", THREAD, 3, details=told)
    assert AuditEntry.objects.get().details == told
    assert audit.verify().intact


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["", "  ", "ab", "a\x00b", " a \n b"[:3], "x" * 501])
def test_a_reason_that_says_nothing_is_refused(reason: str, administrator: User) -> None:
    with pytest.raises(audit.InvalidReason):
        audit.grounds(administrator, reason)
    with pytest.raises(audit.InvalidReason):
        audit.record_now(Grounds(1, "x", reason), "view_thread", THREAD, 3)


@pytest.mark.django_db
def test_a_reason_is_kept_on_one_line_and_without_what_the_database_refuses(administrator: User) -> None:
    by = audit.grounds(administrator, " Ticket\x00 1201,\n as asked \ud800")
    assert by == Grounds(administrator.pk, "admin@example.org", "Ticket 1201, as asked �")
    audit.record_now(by, "view_thread", THREAD, 3)
    assert audit.command_line("From a shell").actor.startswith("command line (")


@pytest.mark.django_db
def test_owner_reads_what_was_done_with_their_thread_page_by_page(
    alice: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    hers, his = plant(alice).id, plant(bob).id
    enter(audit.PAGE + 2, owner=alice.pk, thread=hers)
    enter(1, owner=alice.pk, thread=hers, action="roll_back")
    enter(3, owner=bob.pk, thread=his)
    with django_assert_num_queries(1):
        page, after = audit.of_thread(alice.pk, hers)
    assert len(page) == audit.PAGE
    assert (page[0].did, page[0].reason) == ("rolled this thread back", "Ticket 1201")
    assert not any("admin@" in str(each) for each in page)
    rest, end = audit.of_thread(alice.pk, hers, after)
    assert (len(rest), end) == (3, None)
    assert audit.of_thread(bob.pk, hers) == ([], None)
    for cursor in ("1", "", str(after)[:-1] + "~"):
        with pytest.raises(audit.InvalidCursor):
            audit.of_thread(alice.pk, hers, cursor)


@pytest.mark.django_db
def test_command_verifies_and_lists() -> None:
    other = uuid4()
    enter(2)
    enter(1, thread=other)
    told = StringIO()
    call_command("audit", "verify", stdout=told)
    assert "Intact: 3 entries" in told.getvalue()
    head = told.getvalue().split()[-1]
    assert head == audit.verify().head
    told = StringIO()
    call_command("audit", "verify", "--json", "--head", head, stdout=told)
    assert json.loads(told.getvalue())["intact"] is True
    told = StringIO()
    call_command("audit", "list", "--thread", str(other), "--json", stdout=told)
    assert [each["thread_id"] for each in json.loads(told.getvalue())] == [str(other)]
    told = StringIO()
    call_command("audit", "list", "--most", "2", stdout=told)
    assert len(told.getvalue().splitlines()) == 2
    with unguarded():
        AuditEntry.objects.filter(thread_id=other).update(reason="Nothing")
    told = StringIO()
    with pytest.raises(SystemExit):
        call_command("audit", "verify", stdout=told)
    assert "Broken at entry" in told.getvalue()
