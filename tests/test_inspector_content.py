"""One checkpoint and two compared: all of the StateSnapshot, behind the audit's gate."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from langchain_core.messages import AIMessage, HumanMessage

from chatapp import process
from chatapp.inspector import comparison, snapshots
from chatapp.inspector.snapshots import Snapshot
from chatapp.models import AuditEntry, User
from tests.planted_history import Past, begin, plant_past

pytestmark = pytest.mark.django_db(transaction=True)

GET = AuditEntry.Action


@pytest.fixture
def past(alice: User) -> Past:
    """Alice's thread with a past."""
    return plant_past(alice)


@pytest.fixture
def looking(administrator: User) -> Client:
    """An administrator's browser."""
    client = Client()
    client.force_login(administrator)
    return client


def checkpoint(past: Past, name: str) -> str:
    """The address of a checkpoint."""
    return reverse("admin:chatapp_thread_checkpoint", args=[past.id, past.checkpoints[name]])


def compared(past: Past) -> str:
    """The address that compares."""
    return reverse("admin:chatapp_thread_compare", args=[past.id])


def opened(client: Client, path: str) -> None:
    """Give a reason for the thread."""
    assert client.post(path, {"reason": "She asked me to"}).status_code == 302


def page(client: Client, path: str, **query: str) -> str:
    """The page, which is there."""
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def snapshot(past: Past, name: str) -> Snapshot:
    """One checkpoint."""
    return process.call(lambda: snapshots.snapshot(past.id, past.checkpoints[name]))


def test_nothing_is_shown_without_a_reason_and_each_look_is_on_record(looking: Client, past: Past) -> None:
    timeline = reverse("admin:chatapp_thread_timeline", args=[past.id])
    sides = {"a": past.checkpoints["a mile"], "b": past.checkpoints["two miles"]}
    looks: list[tuple[str, dict[str, str], str, str]] = [
        (checkpoint(past, "two miles"), {}, GET.VIEW_CHECKPOINT, sides["b"]),
        (checkpoint(past, "two miles"), {"as": "json"}, GET.VIEW_CHECKPOINT, sides["b"]),
        (checkpoint(past, "two miles"), {"as": "file"}, GET.VIEW_CHECKPOINT, sides["b"]),
        (compared(past), sides, GET.COMPARE, sides["b"]),
        (timeline, {"texts": "1"}, GET.VIEW_THREAD, ""),
    ]
    for path, query, *_ in looks:
        asked = page(looking, path, **query)
        assert 'name="reason"' in asked
        assert "Two miles." not in asked
    assert not AuditEntry.objects.exists()
    opened(looking, timeline + "?texts=1")
    for path, query, action, wanted in looks:
        assert "Two miles." in page(looking, path, **query)
        last = AuditEntry.objects.latest("id")
        assert (last.action, last.checkpoint_id, last.thread_id) == (action, wanted, past.id)
    assert AuditEntry.objects.get(action=GET.COMPARE).details == {"with": sides["a"]}
    assert AuditEntry.objects.count() == len(looks)


def test_checkpoint_shows_all_of_the_snapshot(looking: Client, past: Past) -> None:
    path = checkpoint(past, "third question")
    opened(looking, path)
    shown = page(looking, path)
    found = snapshot(past, "third question")
    (task,) = found.state.tasks
    assert found.state.next == ("respond",)
    for said in ("Where to?", "North.", "And then?", task.id, "ask-1", "Keep it?", "__interrupt__", "respond"):
        assert said in shown, said
    assert past.checkpoints["back"] in shown  # the parent
    assert found.state.created_at
    assert found.state.metadata is not None
    assert found.sizes.total > found.sizes.row > 0
    assert found.sizes.writes > 0
    assert set(found.sizes.channels) >= {"messages", "turns"}
    whole = snapshots.as_json(found)
    assert set(whole) == {
        "values", "next", "config", "metadata", "created_at", "parent_config", "tasks", "interrupts",
        "pending_writes", "sizes",
    }  # fmt: skip
    file = looking.get(path, {"as": "file"})
    assert file.json() == whole
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert [each["content"] for each in whole["values"]["messages"]] == ["Where to?", "North.", "And then?"]


def test_messages_are_shown_as_messages_with_their_calls(looking: Client, past: Past) -> None:
    path = checkpoint(past, "two miles")
    opened(looking, path)
    shown = page(looking, path)
    roles = re.findall(r'<p class="msg-head">\s*<b>(\w+)</b>', shown)
    assert roles == ["User", "Assistant", "User", "Assistant", "Tool", "Assistant"]
    assert "Calls <code>remember</code>" in shown
    assert "Result of call <code>call-1</code>" in shown
    assert "Going north." in shown  # the summary, among the other values


def test_error_of_a_task_is_shown(looking: Client, alice: User) -> None:
    past = begin(alice)
    past.put("asked", "loop", [HumanMessage("Well?", id="q")], follows=True)
    past.pend("asked", "__error__", "RuntimeError('It broke')")
    past.store()
    opened(looking, checkpoint(past, "asked"))
    shown = page(looking, checkpoint(past, "asked"))
    assert "RuntimeError(&#x27;It broke&#x27;)" in shown
    assert str(snapshot(past, "asked").state.tasks[0].error) == "RuntimeError('It broke')"


def test_what_was_written_is_never_markup(looking: Client, alice: User) -> None:
    past = begin(alice)
    evil = "<script>alert(1)</script>"
    past.put("a", "loop", [HumanMessage(evil, id=evil)], summary=evil)
    past.put("b", "loop", [AIMessage(f"{evil}!", id=evil, name=evil)], "a", summary=evil + evil)
    past.store()
    opened(looking, checkpoint(past, "a"))
    sides = {"a": past.checkpoints["a"], "b": past.checkpoints["b"]}
    for shown in (
        page(looking, checkpoint(past, "b")),
        page(looking, checkpoint(past, "b"), **{"as": "json"}),
        page(looking, compared(past), **sides),
    ):
        assert "alert(1)" in shown
        assert "<script>alert" not in shown


def test_huge_values_are_cut_and_whole_in_the_file(looking: Client, alice: User) -> None:
    past = begin(alice)
    past.put("a", "loop", [HumanMessage("word " * 60_000, id="q")], summary="sum " * 60_000)
    past.store()
    opened(looking, checkpoint(past, "a"))
    shown, said = page(looking, checkpoint(past, "a")), page(looking, checkpoint(past, "a"), **{"as": "json"})
    assert len(shown) < 60_000
    assert len(said) < 300_000
    assert "more characters" in shown
    assert "more characters" in said
    file = looking.get(checkpoint(past, "a"), {"as": "file"}).json()["values"]
    assert (len(file["messages"][0]["content"]), len(file["summary"])) == (300_000, 240_000)


def test_checkpoint_that_was_tampered_with_is_not_shown(looking: Client, past: Past) -> None:
    opened(looking, checkpoint(past, "a mile"))
    assert "A mile." in page(looking, checkpoint(past, "a mile"))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE checkpoints SET metadata = metadata || '{\"step\": 99}' WHERE checkpoint_id = %s",
            [past.checkpoints["a mile"]],
        )
        assert cursor.rowcount == 1
    for path, query in (
        (checkpoint(past, "a mile"), {}),
        (compared(past), {"a": past.checkpoints["a mile"], "b": past.checkpoints["back"]}),
    ):
        answer = looking.get(path, query)
        assert answer.status_code == 409
        assert "This checkpoint was changed" in answer.content.decode()
        assert "A mile." not in answer.content.decode()


def test_checkpoint_of_another_thread_is_not_there(looking: Client, past: Past, bob: User) -> None:
    other = begin(bob)
    for name in ("a mile", "back"):
        other.checkpoints[name] = past.checkpoints[name]
    assert looking.get(checkpoint(other, "a mile")).status_code == 404
    sides = {"a": past.checkpoints["a mile"], "b": past.checkpoints["back"]}
    assert looking.get(compared(other), sides).status_code == 404
    assert not AuditEntry.objects.exists()


def test_comparison_by_message_and_field(past: Past) -> None:
    found = comparison.compare(snapshot(past, "a mile"), snapshot(past, "two miles"))
    assert [(each.change, each.id) for each in found.messages] == [
        ("removed", "a"), ("added", "c"), ("added", "t"), ("added", "b"),
    ]  # fmt: skip
    assert found.same_messages == 3
    assert [(each.name, each.change) for each in found.fields] == [("summary", "added")]
    assert "turns" in found.same_fields
    assert not found.is_same
    same = comparison.compare(snapshot(past, "back"), snapshot(past, "back"))
    assert same.is_same
    assert same.same_messages == 2


def test_changed_message_is_compared_word_by_word(looking: Client, alice: User) -> None:
    past = begin(alice)
    past.put("a", "loop", [AIMessage("The red fox runs.", id="m", response_metadata={"n": 1})], turns=1)
    past.put("b", "update", [AIMessage("The quick fox runs far.", id="m", response_metadata={"n": 2})], "a", turns=2)
    past.store()
    found = comparison.compare(snapshot(past, "a"), snapshot(past, "b"))
    (changed,) = found.messages
    assert [each.name for each in changed.fields] == ["content", "response_metadata"]
    assert [(piece.kind, piece.text) for piece in changed.fields[0].pieces] == [
        ("same", "The "),
        ("removed", "red"),
        ("added", "quick"),
        ("same", " fox runs"),
        ("added", " far"),
        ("same", "."),
    ]
    assert [(each.name, each.change) for each in found.fields] == [("turns", "changed")]
    opened(looking, compared(past) + f"?a={past.checkpoints['a']}&b={past.checkpoints['b']}")
    shown = page(looking, compared(past), a=past.checkpoints["a"], b=past.checkpoints["b"])
    assert "The <del>red</del><ins>quick</ins> fox runs<ins> far</ins>." in shown
    assert ">Changed</span>" in shown


def test_comparing_needs_two_checkpoints(looking: Client, past: Past) -> None:
    queries: tuple[dict[str, Any], ...] = ({}, {"a": past.checkpoints["back"]}, {"a": "x", "b": "y"})
    for query in queries:
        answer = looking.get(compared(past), query)
        assert answer.headers["Location"] == reverse("admin:chatapp_thread_timeline", args=[past.id])
