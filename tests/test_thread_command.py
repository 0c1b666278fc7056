"""`manage.py thread`: what it tells without a reason, what it does with one, and what stays behind in the audit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from chatapp import audit, retention, threads
from chatapp.models import AuditEntry, Run, Thread, User
from tests.long_threads import PlantedLong, plant_long
from tests.planted_threads import plant

pytestmark = pytest.mark.django_db(transaction=True)

REASON = "--reason=Alice asked for it"
TITLE = "A marked title"


@pytest.fixture
def planted(alice: User) -> PlantedLong:
    """A thread of three turns."""
    return plant_long(alice, 3, title=TITLE)


def said(*arguments: object) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("thread", *map(str, arguments), stdout=out)
    return out.getvalue()


def told(*arguments: object) -> Any:
    """What the command prints, as JSON."""
    return json.loads(said(*arguments, "--json"))


def entries() -> list[tuple[str, str]]:
    """The audit's actions and checkpoints."""
    return list(AuditEntry.objects.order_by("id").values_list("action", "checkpoint_id"))


def shown(planted: PlantedLong) -> list[str]:
    """The beginnings of the messages that its owner sees."""
    state = threads.state(planted.owner, planted.id)
    return [str(each["text"]).partition(":")[0] for each in state["messages"]]


def without_content(text: str) -> bool:
    return not any(each in text for each in (TITLE, "Question", "Answer"))


def test_threads_are_listed_by_owner_and_state_without_content(alice: User, bob: User, planted: PlantedLong) -> None:
    of_bob, thrown = plant(bob), plant(alice)
    Run.objects.filter(thread_id=planted.id, message_id=planted.messages[4]).update(state=Run.State.WAITING)
    Thread.objects.filter(id=thrown.id).update(trashed_at="2026-01-01T00:00:00Z")
    assert {row["id"] for row in told("list")} == {str(planted.id), str(of_bob.id)}
    assert [row["id"] for row in told("list", "--owner", "Bob@example.org")] == [str(of_bob.id)]
    assert [row["id"] for row in told("list", "--state", "idle")] == [str(of_bob.id)]
    assert [row["id"] for row in told("list", "--trash")] == [str(thrown.id)]
    (row,) = told("list", "--state", "waiting")
    assert (row["id"], row["owner"], row["messages"]) == (str(planted.id), alice.email, 6)
    printed = said("list")
    assert str(planted.id) in printed
    assert without_content(printed + json.dumps(told("list")))
    assert entries() == []


def test_thread_and_its_history_are_told_in_numbers_without_a_reason(planted: PlantedLong, alice: User) -> None:
    facts = told("show", planted.id)
    assert (facts["owner"], facts["messages"], facts["checkpoints"], facts["state"]) == (alice.email, 6, 9, "idle")
    assert facts["tip"] == facts["head_checkpoint"] == planted.checkpoints[2][2]
    assert len(facts["runs"]) == 3
    page = told("history", planted.id, "--most", 4)
    flat = [each for turn in planted.checkpoints for each in turn]
    assert [row["id"] for row in page["checkpoints"]] == flat[:4:-1]
    assert page["more"]
    assert page["checkpoints"][0]["message"] == str(planted.messages[5])
    assert page["checkpoints"][0]["tip"]
    rest = told("history", planted.id, "--before", flat[5])
    assert ([row["id"] for row in rest["checkpoints"]], rest["more"]) == (flat[4::-1], False)
    printed = said("show", planted.id) + said("history", planted.id)
    assert planted.checkpoints[2][2] in printed
    assert without_content(printed + json.dumps([facts, page]))
    assert entries() == []


def test_content_is_shown_for_a_reason_and_the_entry_is_there_before(planted: PlantedLong) -> None:
    chosen = planted.checkpoints[1][2]
    found = told("show", planted.id, "--checkpoint", chosen, REASON)
    assert [each["content"].partition(":")[0] for each in found["values"]["messages"]][-1] == "Answer 1"
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.checkpoint_id, entry.reason) == ("view_checkpoint", chosen, "Alice asked for it")
    assert entry.actor.startswith("command line (")
    assert "Answer 2" in said("show", planted.id, "--checkpoint", "newest", REASON)
    assert entries()[1:] == [("view_checkpoint", planted.checkpoints[2][2])]
    assert audit.verify().intact


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "{thread}", "--checkpoint", "{a}"),
        ("show", "{thread}", "--checkpoint", "{a}", "--reason", "no"),
        ("diff", "{thread}", "{a}", "{b}"),
        ("diff", "{thread}", "{a}", "{b}", "--reason", ""),
        ("rollback", "{thread}", "{a}"),
        ("rollback", "{thread}", "{a}", "--reason", "  "),
        ("undo", "{thread}", "{thread}"),
        ("fork", "{thread}", "{a}"),
        ("fork", "{thread}", "{a}", "--reason", "x"),
    ],
)
def test_without_a_reason_nothing_is_shown_or_done(planted: PlantedLong, arguments: tuple[str, ...]) -> None:
    names = {"thread": planted.id, "a": planted.checkpoints[0][2], "b": planted.checkpoints[1][2]}
    before = shown(planted)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("thread", *(each.format(**names) for each in arguments), stdout=out)
    assert out.getvalue() == ""
    assert (entries(), shown(planted), Thread.objects.count()) == ([], before, 1)


@contextmanager
def audit_refused() -> Iterator[None]:
    """PostgreSQL refuses every new entry of the audit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$;"
            " CREATE TRIGGER refuse BEFORE INSERT ON chatapp_auditentry FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION refuse CASCADE")


def test_without_an_entry_in_the_audit_nothing_is_shown_or_done(planted: PlantedLong) -> None:
    first, second = planted.checkpoints[0][2], planted.checkpoints[1][2]
    before = shown(planted)
    for arguments in (
        ("show", planted.id, "--checkpoint", first),
        ("diff", planted.id, first, second),
        ("rollback", planted.id, first),
        ("fork", planted.id, first),
    ):
        out = StringIO()
        with audit_refused(), pytest.raises(DatabaseError):
            call_command("thread", *map(str, arguments), REASON, stdout=out)
        assert out.getvalue() == ""
    assert (shown(planted), Thread.objects.count()) == (before, 1)


def test_two_checkpoints_are_compared_word_by_word(planted: PlantedLong) -> None:
    first, second = planted.checkpoints[0][2], planted.checkpoints[1][2]
    found = told("diff", planted.id, first, second, REASON)
    added = [("added", str(each)) for each in planted.messages[2:4]]
    assert [(each["change"], each["id"]) for each in found["messages"]] == added
    assert found["same_messages"] == 2
    assert [(each["name"], each["pieces"]) for each in found["fields"]] == [
        ("turns", [["removed", "1"], ["added", "2"]])
    ]
    printed = said("diff", planted.id, first, second, REASON)
    assert "~ turns: [-1-]{+2+}" in printed
    marks = {line[0]: line for line in printed.splitlines() if str(planted.messages[2]) in line}
    assert list(marks) == ["+"]
    assert "Nothing differs." in said("diff", planted.id, first, first, REASON)
    assert entries() == [("compare", second), ("compare", second), ("compare", first)]
    assert AuditEntry.objects.order_by("id")[0].details == {"with": first}


def test_rollback_moves_what_its_owner_sees_and_undo_takes_it_back(planted: PlantedLong) -> None:
    chosen = planted.checkpoints[0][2]
    before = shown(planted)
    seen = told("rollback", planted.id, chosen, REASON, "--dry-run")
    assert (seen["message"], seen["leaves"], seen["queued"]) == (str(planted.messages[1]), 4, 0)
    assert (shown(planted), entries()) == (before, [])
    made = told("rollback", planted.id, chosen, REASON)["restore_point"]
    assert shown(planted) == before[:2]
    assert [each["id"] for each in told("show", planted.id)["restore_points"]] == [made]
    assert said("undo", planted.id, made, REASON) == "Taken back.\n"
    assert shown(planted) == before
    assert [action for action, _ in entries()] == ["roll_back", "undo"]
    assert audit.verify().intact


def test_fork_is_a_new_thread_of_the_owner(planted: PlantedLong, alice: User) -> None:
    made = UUID(told("fork", planted.id, planted.checkpoints[1][2], REASON)["thread"])
    thread = Thread.objects.get(id=made)
    assert (thread.owner_id, thread.temporary) == (alice.pk, False)
    texts = [str(each["text"]).partition(":")[0] for each in threads.state(alice.pk, made)["messages"]]
    assert texts == ["Question 0", "Answer 0", "Question 1", "Answer 1"]
    assert entries() == [("fork", planted.checkpoints[1][2])]


def test_what_is_not_there_is_an_error_with_a_sentence_and_no_entry(planted: PlantedLong) -> None:
    nowhere, chosen = uuid4(), planted.checkpoints[0][2]
    for arguments in (
        ("show", nowhere),
        ("history", nowhere),
        ("show", nowhere, "--checkpoint", chosen, REASON),
        ("show", planted.id, "--checkpoint", nowhere, REASON),
        ("diff", planted.id, chosen, nowhere, REASON),
        ("rollback", planted.id, nowhere, REASON),
        ("undo", planted.id, nowhere, REASON),
        ("fork", planted.id, nowhere, REASON),
    ):
        with pytest.raises(CommandError, match=r"^[A-Z].*\.$"):
            said(*arguments)
    assert entries() == []


def test_changed_checkpoint_is_refused_and_quotes_nothing(planted: PlantedLong) -> None:
    chosen = planted.checkpoints[1][2]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE checkpoints SET checkpoint = checkpoint || '{\"v\": 5}' WHERE checkpoint_id = %s", [chosen]
        )
    with pytest.raises(CommandError, match="was changed"):
        said("show", planted.id, "--checkpoint", chosen, REASON)


def test_after_a_sweep_what_is_kept_can_be_shown_compared_rolled_back_to_and_forked(alice: User) -> None:
    planted = plant_long(alice, 6, days=60)
    assert retention.sweep().checkpoints == 3
    _, question, answer = planted.checkpoints[1]
    later = planted.checkpoints[2][2]
    rows = {row["id"]: row for row in told("history", planted.id)["checkpoints"]}
    assert {question, answer, later} < rows.keys()
    assert told("show", planted.id, "--checkpoint", question, REASON)["next"] == ["respond"]
    assert len(told("diff", planted.id, answer, later, REASON)["messages"]) == 2
    for chosen, left in ((answer, 4), (question, 3)):
        made = told("rollback", planted.id, chosen, REASON)["restore_point"]
        assert len(shown(planted)) == left
        assert retention.sweep().checkpoints == 0, "the copy leads on, the chosen one and the one left lead back"
        said("undo", planted.id, made, REASON)
        assert len(shown(planted)) == 12
    fork = UUID(told("fork", planted.id, answer, REASON)["thread"])
    assert len(threads.state(alice.pk, fork)["messages"]) == 4
