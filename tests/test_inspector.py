"""The inspector's pages that open nothing: the list of threads, a thread's page, its timeline."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chatapp.checkpoints import history
from chatapp.inspector import timeline as timelines
from chatapp.inspector.timeline import Entry, Timeline
from chatapp.models import AuditEntry, Message, Thread, User
from tests.planted_history import Past, begin, plant_past
from tests.planted_threads import plant, plant_run

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = ("Where to?", "North.", "How far?", "A mile.", "Two miles.", "And then?", "Going north", "The way north")
LIST = "/admin/chatapp/thread/"


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


def address(page: str, past: Past, *more: object) -> str:
    """One of the thread's pages."""
    return reverse(f"admin:chatapp_thread_{page}", args=[past.id, *more])


def text(client: Client, path: str, **query: str) -> str:
    """The page, which is there."""
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def shown(client: Client, **query: str) -> set[UUID]:
    """The threads that the list shows."""
    return {UUID(each) for each in re.findall(rf"{LIST}([0-9a-f-]{{36}})/change/", text(client, LIST, **query))}


def test_list_tells_owner_and_state_and_no_content(looking: Client, past: Past) -> None:
    page = text(looking, LIST)
    assert past.owner.email in page
    assert "Asks its owner" in page
    assert f"{LIST}{past.id}/change/" in page
    assert not [word for word in WORDS if word in page]


def test_list_finds_a_thread_by_every_id_that_leads_to_it(looking: Client, past: Past, bob: User) -> None:
    other, run = plant(bob), plant_run(plant(bob))
    for wanted in (past.id, past.checkpoints["a mile"], past.messages["far"], f" {past.id} "):
        assert shown(looking, q=str(wanted)) == {past.id}
    assert shown(looking, q=str(run.id)) == {run.thread_id}
    assert shown(looking, q="bob@") == {other.id, run.thread_id}
    assert shown(looking, q=str(uuid4())) == set()
    assert shown(looking, q="North") == set()


def test_list_is_filtered_by_state_and_place(looking: Client, past: Past, bob: User) -> None:
    idle, failed, trashed, temporary = (plant(bob).id for _ in range(4))
    Message.objects.filter(thread_id=failed).update(status=Message.Status.FAILED)
    Thread.objects.filter(id=trashed).update(trashed_at=Now())
    Thread.objects.filter(id=temporary).update(temporary=True)
    assert shown(looking, state="waiting") == {past.id}
    assert shown(looking, state="running") == set()
    assert shown(looking, state="idle") == {idle, failed, trashed, temporary}
    assert shown(looking, state="failed") == {failed}
    assert shown(looking, place="trash") == {trashed}
    assert shown(looking, place="temporary") == {temporary}
    assert shown(looking, place="list") == {past.id, idle, failed}


def test_list_takes_as_many_queries_for_many_threads_as_for_one(looking: Client, alice: User) -> None:
    counts = []
    for more in (1, 20):
        for _ in range(more):
            plant(alice)
        with CaptureQueriesContext(connection) as queries:
            assert len(shown(looking)) >= more
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_thread_page_tells_numbers_and_no_content(looking: Client, past: Past) -> None:
    page = text(looking, address("change", past))
    facts = dict(re.findall(r"<dt>([^<]+)</dt>\s*<dd>\s*([^<]*)", page))
    assert facts["Messages"].strip() == "6"
    assert facts["Branches"] == "3"
    assert facts["Checkpoints"] == "9"
    assert facts["State"] == "Waiting"
    assert str(past.messages["then"]) in page  # the head
    assert past.checkpoints["third question"] in page  # the tip
    assert "stalled" in page
    assert reverse("admin:chatapp_thread_undo", args=[past.id, Thread.objects.get().restore_points.get().id]) in page
    assert not [word for word in WORDS if word in page]
    assert not AuditEntry.objects.exists()


def test_who_may_only_view_is_offered_neither_content_nor_acts(past: Past, bob: User) -> None:
    User.objects.filter(id=bob.pk).update(is_staff=True)
    bob.user_permissions.add(Permission.objects.get(codename="view_thread"))
    client = Client()
    client.force_login(bob)
    offered = {address("checkpoint", past, past.checkpoints["third question"]), address("cancel", past)}
    for page in ("change", "timeline"):
        assert not [each for each in offered if each in text(client, address(page, past))]
    assert client.get(address("timeline", past), {"texts": "1"}).status_code == 403


def drawn(given: list[Entry]) -> list[tuple[bool, bool, bool]]:
    """Whether each lies on the main line, and has a line below it and above."""
    return [(entry.drawing.main, entry.drawing.below, bool(entry.drawing.above)) for entry in given]


def entries(of: Timeline) -> list[tuple[str, str]]:
    """Word and name of each row."""
    return [(entry.word, entry.says) for entry in of.entries]


def test_timeline_tells_inputs_loops_updates_and_forks_apart(past: Past) -> None:
    shown = timelines.of(past.id, None)
    assert entries(shown) == [
        ("Loop", "Question"),
        ("Fork", "Answer"),
        ("Update", "Stopped answer"),
        ("Loop", "Answer"),
        ("Loop", "Question"),
        ("Input", ""),
        ("Loop", "Answer"),
        ("Loop", "Question"),
        ("Input", ""),
    ]
    assert [entry.mark for entry in shown.entries[:4]] == ["loop", "fork", "update", "knot"]
    head = shown.entries[0].row
    assert (head.is_head, head.is_tip, head.next) == (True, True, ("respond",))


def test_rollback_is_drawn_from_the_checkpoint_that_it_went_back_to(past: Past) -> None:
    rows = {entry.row.id: entry for entry in timelines.of(past.id, None).entries}
    back, chosen = rows[past.checkpoints["back"]], rows[past.checkpoints["first answer"]]
    assert back.row.parent == past.checkpoints["first question"]
    assert back.row.origin == chosen.row.id
    assert back.row.restore is not None
    assert not back.row.restore.undone
    assert chosen.lines == 2
    main = [name for name, each in past.checkpoints.items() if rows[each].drawing.main]
    assert main == ["first input", "first question", "first answer", "back", "third question"]


def test_timeline_page_says_everything_that_it_draws(looking: Client, past: Past) -> None:
    page = text(looking, address("timeline", past))
    assert [page.count(f'<span class="entry-kind">{word}</span>') for word in ("Input", "Loop", "Update", "Fork")] == [
        2, 5, 1, 1,
    ]  # fmt: skip
    for mark in ("input", "loop", "update", "fork", "knot", "head"):
        assert f'<use href="#mark-{mark}"' in page
    assert page.count(">Head</strong>") == 1
    assert ">Rollback</span>" in page
    assert page.count("2 branches go on from here") == 2
    assert page.count("Not on the active branch.") == 4
    assert not [word for word in WORDS if word in page]
    assert not AuditEntry.objects.exists()


def test_pages_of_the_timeline_hold_every_checkpoint_once(past: Past) -> None:
    whole, start = timelines.of(past.id, None), ""
    found: list[Entry] = []
    while True:
        page = timelines.of(past.id, start or None, 2)
        assert (page.first, page.total) == (len(found) + 1, 9)
        found += page.entries
        if start:
            assert timelines.of(past.id, page.newer, 2).entries[-1].row.id > page.entries[0].row.id
        if not page.older:
            break
        start = page.older
    assert [entry.row for entry in found] == [entry.row for entry in whole.entries]
    assert [entry.lines for entry in found] == [entry.lines for entry in whole.entries]
    assert drawn(found) == drawn(whole.entries)


def test_checkpoint_chosen_on_one_page_is_compared_with_one_of_another(
    looking: Client, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timelines.of, "__defaults__", (4,))
    chosen = past.checkpoints["third question"]
    first = text(looking, address("timeline", past), a=chosen)
    assert f'name="a" value="{chosen}" checked' in first
    assert 'type="hidden" name="a"' not in first
    older = re.findall(r'href="(\?[^"]+)" rel="next"', first)[0].replace("&amp;", "&")
    second = text(looking, address("timeline", past) + older)
    assert f'type="hidden" name="a" value="{chosen}"' in second
    assert re.findall(r'href="(\?[^"]+)" rel="prev"', second) == [f"?from={chosen}&amp;a={chosen}"]


def test_kept_checkpoint_whose_parent_is_gone_is_drawn_from_the_message_before(past: Past) -> None:
    gone = [past.checkpoints[name] for name in ("first input", "second input", "second question")]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM checkpoints WHERE checkpoint_id = ANY(%s)", [gone])
        assert cursor.rowcount == 3
    Message.objects.filter(id=past.messages["far"]).update(checkpoint_id=None)
    rows = history.some(past.id, past.checkpoints.values())
    assert rows[past.checkpoints["a mile"]].parent == past.checkpoints["second question"]
    # Its question has no checkpoint any more, and the answer before that one was rolled back to.
    assert rows[past.checkpoints["a mile"]].origin is None
    Message.objects.filter(id=past.messages["north"]).update(checkpoint_id=past.checkpoints["first answer"])
    rows = history.some(past.id, past.checkpoints.values())
    assert rows[past.checkpoints["a mile"]].origin == past.checkpoints["first answer"]
    assert rows[past.checkpoints["first question"]].origin is None
    lines = {entry.row.id: entry.cut_off for entry in timelines.of(past.id, None).entries}
    assert lines[past.checkpoints["a mile"]]
    assert not lines[past.checkpoints["back"]]


def test_empty_thread_has_pages_too(looking: Client, alice: User) -> None:
    empty = begin(alice)
    assert "Nothing was run in this thread yet" in text(looking, address("timeline", empty))
    assert "Nothing was asked here yet" in text(looking, address("change", empty))


def test_pages_that_look_are_only_got(looking: Client, past: Past) -> None:
    for page in ("change", "timeline"):
        assert looking.post(address(page, past), {"reason": "Because"}).status_code == 405
        assert looking.get(address(page, past).replace(str(past.id), str(uuid4()))).status_code == 404
    assert looking.get(f"{LIST}no-id/change/").status_code == 404
    assert looking.get(f"{LIST}add/").status_code == 404
    assert looking.get(f"{LIST}{past.id}/delete/").status_code == 404


def test_history_of_a_thread_is_its_audit(looking: Client, past: Past) -> None:
    assert looking.get(address("history", past)).headers["Location"] == f"/admin/chatapp/auditentry/?q={past.id}"
