"""The acts by their pages: what they tell beforehand, that they are done once, and what stands in the audit."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from chatapp import audit, timetravel
from chatapp.models import AuditEntry, AuditKey, Fence, Message, RestorePoint, Run, Thread, User
from tests.long_threads import PlantedLong, plant_long
from tests.planted_threads import plant, plant_asking, plant_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("alone")]
REASON = "Ticket 1201"


class Desk:
    """An administrator at the pages of one thread's acts."""

    def __init__(self, user: User, thread: PlantedLong) -> None:
        self.client = Client()
        self.client.force_login(user)
        self.thread = thread

    def path(self, act: str, *names: object, query: str = "") -> str:
        """The page of an act."""
        return reverse(f"admin:chatapp_thread_{act}", args=[self.thread.id, *names]) + query

    def look(self, act: str, *names: object, query: str = "") -> str:
        """What the page says."""
        return str(self.client.get(self.path(act, *names, query=query)).content.decode())

    def do(self, act: str, *names: object, query: str = "", **form: str) -> Any:
        """Open the page, fill in its form and send it."""
        once = re.search(r'name="once" value="([^"]+)"', self.look(act, *names, query=query))
        assert once, f"The page of {act} has no form."
        return self.send(act, *names, query=query, once=once[1], **form)

    def send(self, act: str, *names: object, query: str = "", **form: str) -> Any:
        """Send a form; where it leads to is fetched too."""
        form = {"reason": REASON, "once": str(uuid4()), **form}
        return self.client.post(self.path(act, *names, query=query), form, follow=True)


def said(answer: Any) -> list[str]:
    """The messages at the top of the page that came."""
    return [str(each) for each in answer.context["messages"]]


def entries() -> list[tuple[str, str]]:
    """What stands in the audit, in order."""
    return list(AuditEntry.objects.order_by("id").values_list("action", "checkpoint_id"))


def head(thread: PlantedLong) -> UUID | None:
    return Thread.objects.values_list("head_id", flat=True).get(id=thread.id)


@pytest.fixture
def thread(alice: User) -> PlantedLong:
    return plant_long(alice, 4)


@pytest.fixture
def desk(administrator: User, thread: PlantedLong) -> Desk:
    return Desk(administrator, thread)


def test_rollback_is_previewed_done_once_and_undone(desk: Desk, thread: PlantedLong, alice: User) -> None:
    wanted, before = thread.checkpoints[1][2], head(thread)
    page = desk.look("roll_back", wanted)
    assert "4 messages leave the owner&#x27;s view" in page
    assert str(thread.messages[3]) in page
    assert entries() == []
    once = str(uuid4())
    for _ in range(2):
        answer = desk.send("roll_back", wanted, once=once)
        assert answer.redirect_chain == [(desk.path("change"), 302)]
    assert said(answer) == ["This was sent twice, and done once."]
    assert head(thread) == thread.messages[3]
    restore = RestorePoint.objects.get()
    assert entries() == [("roll_back", wanted)]
    assert AuditEntry.objects.get().reason == REASON
    assert "goes back to where it stood before the rollback" in desk.look("undo", restore.id)
    desk.do("undo", restore.id)
    assert head(thread) == before
    assert [action for action, _ in entries()] == ["roll_back", "undo"]
    assert "undone already" in desk.look("undo", restore.id)
    assert audit.verify().intact


def test_success_offers_the_way_back(desk: Desk, thread: PlantedLong) -> None:
    answer = desk.do("roll_back", thread.checkpoints[0][2])
    assert f'href="{desk.path("undo", RestorePoint.objects.get().id)}"' in said(answer)[0]


def test_act_without_a_reason_is_not_done(desk: Desk, thread: PlantedLong) -> None:
    before = head(thread)
    for reason in ("", "ab", " \x00 "):
        answer = desk.do("roll_back", thread.checkpoints[1][2], reason=reason)
        assert (answer.status_code, answer.redirect_chain) == (200, [])
    answer = desk.send("roll_back", thread.checkpoints[1][2], once="x")
    assert answer.redirect_chain == []
    assert (head(thread), entries()) == (before, [])


def test_act_that_cannot_be_put_on_record_is_not_done(desk: Desk, thread: PlantedLong, alice: User) -> None:
    audit.record_now(audit.command_line("First"), "view_thread", thread.id, alice.pk)
    AuditKey.objects.all().delete()
    before, fence = head(thread), Fence.objects.values("tip_checkpoint_id").get(thread_id=thread.id)
    for act in ("roll_back", "fork", "copy"):
        answer = desk.do(act, thread.checkpoints[1][2])
        assert answer.status_code == 503, act
        assert "nothing was done" in answer.content.decode()
    assert head(thread) == before
    assert Fence.objects.values("tip_checkpoint_id").get(thread_id=thread.id) == fence
    assert (Thread.objects.count(), RestorePoint.objects.count()) == (1, 0)


def test_what_a_rollback_hides_is_out_of_reach(desk: Desk, thread: PlantedLong) -> None:
    desk.do("roll_back", thread.checkpoints[1][2], hide="on")
    assert Message.objects.exclude(hidden_by=None).count() == 4
    assert str(timetravel.Hidden()) in desk.look("roll_back", thread.checkpoints[3][2])
    answer = desk.send("roll_back", thread.checkpoints[3][2])
    assert answer.status_code == 409
    assert len(entries()) == 1


def test_checkpoint_of_another_thread_is_not_acted_on(desk: Desk, thread: PlantedLong, bob: User) -> None:
    other = plant_long(bob, 2)
    for act in ("roll_back", "replay", "fork", "copy"):
        assert str(timetravel.Gone()) in desk.look(act, other.checkpoints[0][2]), act
        assert desk.send(act, other.checkpoints[0][2]).status_code == 409
    assert entries() == []


def test_replay_is_offered_where_something_follows_and_refused_elsewhere(desk: Desk, thread: PlantedLong) -> None:
    assert str(timetravel.NothingFollows()) in desk.look("replay", thread.checkpoints[1][2])
    middle = thread.checkpoints[1][1]
    assert "is done again: respond" in desk.look("replay", middle)
    assert desk.send("replay", middle, model="gpt-none").redirect_chain == []  # not offered here
    desk.do("replay", middle)
    run = Run.objects.exclude(start_checkpoint_id=None).get()
    assert (run.message_id, run.state) == (thread.messages[2], Run.State.QUEUED)
    assert entries() == [("replay", middle)]


def test_fork_is_its_owners_and_a_private_copy_the_administrators(
    desk: Desk, thread: PlantedLong, alice: User, administrator: User
) -> None:
    wanted = thread.checkpoints[1][2]
    desk.do("fork", wanted)
    forked = Thread.objects.exclude(id=thread.id).get()
    assert (forked.owner_id, forked.temporary) == (alice.pk, False)
    answer = desk.do("copy", wanted)
    copied = Thread.objects.exclude(id__in=[thread.id, forked.id]).get()
    assert (copied.owner_id, copied.temporary) == (administrator.pk, True)
    assert f"/t/{copied.id}/" in said(answer)[0]
    assert [(each.action, each.thread_id, each.owner_id) for each in AuditEntry.objects.order_by("id")] == [
        ("fork", thread.id, alice.pk),
        ("copy", thread.id, alice.pk),
    ]


def texts(thread: PlantedLong, owner: User) -> list[str]:
    """What the owner sees of the thread."""
    client = Client()
    client.force_login(owner)
    shown = client.get(f"{thread.path}state").json()["messages"]
    return [str(each["text"]) for each in shown]


def test_state_is_updated_by_a_form(desk: Desk, thread: PlantedLong, alice: User) -> None:
    wanted = thread.checkpoints[1][2]
    assert "Give a reason" in desk.look("update", wanted)
    desk.client.post(desk.path("update", wanted), {"reason": REASON})
    page = desk.look("update", wanted)
    assert page.count('class="act-message"') == 4
    answer = desk.client.get(desk.path("update", wanted))
    form = answer.context["form"]
    given = {name: form[name].value() or "" for name in form.fields if not name.startswith(("remove_", "once"))}
    given["reason"] = REASON
    same = desk.send("update", wanted, **given)
    assert "Nothing was changed." in same.content.decode()
    answer = desk.send("update", wanted, **given | {"text_3": "Reworded by an administrator"})
    assert answer.redirect_chain, answer.content.decode()
    assert texts(thread, alice)[3:] == ["Reworded by an administrator"]
    assert entries()[-1] == ("update", wanted)
    assert {action for action, _ in entries()[:-1]} == {"view_checkpoint"}
    assert not [each for each in AuditEntry.objects.all() if "Reworded" in json.dumps(each.details)]


def test_state_is_updated_by_json_and_what_does_not_fit_is_refused(
    desk: Desk, thread: PlantedLong, alice: User
) -> None:
    wanted = thread.checkpoints[1][2]
    desk.client.post(desk.path("update", wanted), {"reason": REASON})
    for wrong in ("{", "[]", '{"nothing": 1}', '{"messages": [{"type": "unknown", "content": "x"}]}', '{"turns": "x"}'):
        answer = desk.do("update", wanted, query="?json", update_json=wrong, as_node="respond")
        assert answer.redirect_chain == [], wrong
        assert 'class="errorlist' in answer.content.decode(), wrong
    assert RestorePoint.objects.count() == 0
    new = json.dumps({"messages": [{"type": "assistant", "content": "One more"}]})
    answer = desk.do("update", wanted, query="?json", update_json=new, as_node="respond")
    assert answer.redirect_chain, answer.content.decode()
    assert texts(thread, alice)[3].endswith("\n\nOne more")
    assert RestorePoint.objects.get().kind == RestorePoint.Kind.UPDATE


def test_question_is_answered_in_the_owners_place(desk: Desk, thread: PlantedLong) -> None:
    assert "asks nothing now" not in desk.look("respond")  # first the reason
    interrupt = plant_asking(thread, "Lives in Oslo")
    desk.client.post(desk.path("respond"), {"reason": REASON})
    assert "Lives in Oslo" in desk.look("respond")
    assert "Decide at least one" in desk.do("respond").content.decode()
    wrong = desk.do("respond", **{f"decision_{interrupt}": "edit", f"text_{interrupt}": " "})
    assert wrong.redirect_chain == []
    desk.do("respond", **{f"decision_{interrupt}": "decline"})
    assert Run.objects.exclude(asked=None).get().state == Run.State.RUNNING
    assert entries()[-1] == ("respond", "")
    assert "Oslo" not in str(list(AuditEntry.objects.values_list("details", "reason")))


def test_runs_are_stopped_and_failed_ones_retried(desk: Desk, thread: PlantedLong) -> None:
    failed = plant_run(thread)
    Run.objects.filter(id=failed.id).update(state=Run.State.FAILED, failure="model")
    assert "No answer is being written" in desk.look("cancel")
    desk.do("retry", failed.id)
    again = Run.objects.filter(state=Run.State.QUEUED).get()
    assert again.message_id == thread.messages[0]
    Run.objects.filter(id=again.id).update(state=Run.State.RUNNING)
    assert str(again.id) in desk.look("cancel")
    desk.do("cancel")
    assert Run.objects.get(id=again.id).stop_requested
    assert [action for action, _ in entries()] == ["retry", "cancel"]
    done = Run.objects.filter(state=Run.State.DONE).first()
    assert done is not None
    assert "did not fail" in desk.look("retry", done.id)
    assert desk.send("retry", done.id).status_code == 409


def test_answers_of_several_threads_are_stopped_at_once(desk: Desk, alice: User, bob: User) -> None:
    running, idle, other = plant(alice), plant(bob), plant(bob)
    runs = [plant_run(running), plant_run(idle), plant_run(other)]
    Run.objects.filter(id__in=(runs[0].id, runs[2].id)).update(state=Run.State.RUNNING)
    threads = reverse("admin:chatapp_thread_changelist")
    chosen = {"action": "stop_answers", "_selected_action": [str(running.id), str(idle.id)]}
    asked = desk.client.post(threads, {**chosen, "index": "0"}).content.decode()
    assert "being written in 1 thread ends" in asked
    assert "1 of the selected threads is idle" in asked
    assert not entries()
    assert desk.client.post(threads, {**chosen, "reason": " "}).context["form"].errors
    answer = desk.client.post(threads, {**chosen, "reason": REASON}, follow=True)
    assert said(answer) == ["1 answer was asked to end."]
    assert [Run.objects.get(id=each.id).stop_requested for each in runs] == [True, False, False]
    assert list(AuditEntry.objects.values_list("action", "thread_id", "reason")) == [("cancel", running.id, REASON)]


def test_who_may_only_look_stops_nothing_from_the_list(alice: User, bob: User) -> None:
    bob.is_staff = True
    bob.save()
    bob.user_permissions.add(Permission.objects.get(codename="view_thread"))
    thread = plant(alice)
    run = plant_run(thread)
    Run.objects.filter(id=run.id).update(state=Run.State.RUNNING)
    client = Client()
    client.force_login(bob)
    chosen = {"action": "stop_answers", "_selected_action": [str(thread.id)], "reason": REASON}
    assert client.get(reverse("admin:chatapp_thread_changelist")).status_code == 200
    client.post(reverse("admin:chatapp_thread_changelist"), chosen)
    assert not Run.objects.get(id=run.id).stop_requested
    assert not entries()


def test_owner_sees_that_the_thread_was_rolled_back(desk: Desk, thread: PlantedLong, alice: User) -> None:
    desk.do("roll_back", thread.checkpoints[1][2])
    client = Client()
    client.force_login(alice)
    state = client.get(f"{thread.path}state").json()
    assert [each["kind"] for each in state["restores"]] == ["rollback"]
    page = client.get(reverse("thread_access", args=[thread.id])).content.decode()
    assert "An administrator rolled this thread back" in page
    assert REASON in page
