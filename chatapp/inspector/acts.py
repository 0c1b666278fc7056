"""The acts on a thread and their addresses.

An act needs `chatapp.act_on_thread`; one that shows or hands over what the thread holds needs `chatapp.inspect_thread`
too. `chatapp.inspector.editing` has the two whose forms are made from content.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import Http404
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chatapp import audit, forks, timetravel
from chatapp.inspector import editing, reasons
from chatapp.inspector.act_page import ActForm, ActPage, CheckpointAct, undo_offer
from chatapp.models import RestorePoint, Run


class RollBackForm(ActForm):
    """A rollback may take what it removes out of its owner's sight."""

    hide = forms.BooleanField(
        required=False,
        label="Hide what is removed from its owner",
        help_text="Until the rollback is undone, the owner cannot reach it any more.",
    )


class RollBack(CheckpointAct):
    """Set the thread back to a checkpoint."""

    title, button, done = "Roll back to here", "Roll back", "The thread was rolled back."
    form_class = RollBackForm

    def effects(self) -> list[str]:
        """Where the thread ends then, what leaves the view, what runs."""
        ends = f"message {self.preview.message}" if self.preview.message else "what was answered by then, as stopped"
        leaves = self.preview.leaves
        left = {0: "No message leaves", 1: "1 message leaves"}.get(leaves, f"{leaves} messages leave")
        return [
            f"The thread ends with {ends}.",
            f"{left} the owner's view. Nothing is deleted.",
            *self.stopping(),
            "The owner sees at once that it was rolled back, and can read your reason. It can be undone.",
        ]

    def act(self, by: audit.Grounds, form: ActForm) -> Coroutine[Any, Any, UUID]:
        """Roll back."""
        return timetravel.roll_back(self.thread.id, self.checkpoint_id, by, hide=form.cleaned_data["hide"])

    def told(self, made: UUID) -> SafeString:
        """With the way back."""
        return undo_offer(self.done, self.thread.id, made)


class Undo(ActPage):
    """Take a rollback or an update back."""

    title, button, done = "Undo", "Undo", "It was undone: the thread stands where it stood before."

    @cached_property
    def restore_point(self) -> RestorePoint:
        """Where the thread stood before."""
        found = RestorePoint.objects.filter(id=self.kwargs["restore_id"], thread_id=self.thread.id).first()
        if found is None:
            raise Http404
        return found

    def impossible(self) -> str:
        """It may be undone already."""
        return "This was undone already." if self.restore_point.undone_at is not None else ""

    def effects(self) -> list[str]:
        """Where the thread goes back to."""
        kind, at = self.restore_point.get_kind_display().lower(), self.restore_point.made_at
        return [
            f"The thread goes back to where it stood before the {kind} of {at:%-d %B %Y, %H:%M} (UTC).",
            "What was written since stays, as a branch of its own.",
            *(["What the rollback hid is shown to the owner again."] if self.restore_point.hides else []),
            "An answer being written ends first; the text so far is kept.",
        ]

    def act(self, by: audit.Grounds, form: ActForm) -> Coroutine[Any, Any, None]:
        """Undo."""
        return timetravel.undo(self.thread.id, self.restore_point.id, by)


class ReplayForm(ActForm):
    """A replay may use another model."""

    model = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(name, name) for name in settings.OPENAI_MODELS]
        self.fields["model"].choices = [("", "The one that answered"), *names]  # type: ignore[attr-defined]


class Replay(CheckpointAct):
    """Answer a turn anew from one of its checkpoints."""

    title, button, done = "Replay from here", "Replay", "The answer is being given anew."
    form_class = ReplayForm

    def impossible(self) -> str:
        """A finished turn has nothing to do again."""
        return super().impossible() or ("" if self.preview.next else str(timetravel.NothingFollows()))

    def effects(self) -> list[str]:
        """What is done again, and where it goes."""
        return [
            f"What follows this checkpoint is done again: {', '.join(self.preview.next)}.",
            "The model is called; its tools may act again.",
            "The new answer becomes a sibling of the one there is, and the thread shows it. Nothing is deleted.",
            *self.stopping(),
        ]

    def act(self, by: audit.Grounds, form: ActForm) -> Coroutine[Any, Any, UUID]:
        """Replay."""
        return timetravel.replay(self.thread.id, self.checkpoint_id, by, model=form.cleaned_data["model"] or None)


class Fork(CheckpointAct):
    """A new thread of the owner's from a checkpoint."""

    title, button, done = "Fork into a new thread", "Fork", "A new thread of the owner's was made."
    private: ClassVar[bool] = False

    def effects(self) -> list[str]:
        """Whose thread comes to be."""
        return [
            f"A new thread of {self.thread.owner.email} begins with everything up to this checkpoint.",
            "It has ids and a key of its own. This thread is not changed.",
            "It appears in the owner's list at once.",
        ]

    def act(self, by: audit.Grounds, form: ActForm) -> Coroutine[Any, Any, UUID]:
        """Fork."""
        return forks.fork_checkpoint(self.thread.id, self.checkpoint_id, by, private=self.private)

    def after(self, made: UUID) -> str:
        """To the new thread."""
        return self.thread_page(made)


class Copy(Fork):
    """A temporary thread of the administrator's from a checkpoint."""

    title, button, done = "Private copy", "Make a copy", "The copy is yours."
    needs = (reasons.VIEW, reasons.ACT, reasons.INSPECT)
    private = True

    def effects(self) -> list[str]:
        """Whose thread comes to be, and for how long."""
        return [
            "A temporary chat of yours begins with everything up to this checkpoint, to try things in.",
            f"It is deleted for ever after {settings.TEMPORARY_HOURS} hours. It is in no list: keep its address.",
            "This thread is not changed. The owner sees that a private copy was made.",
        ]

    def told(self, made: UUID) -> SafeString:
        """With its address in the chat."""
        return format_html('{} <a href="{}">Open it in the chat</a>', self.done, reverse("thread", args=[made]))


class Cancel(ActPage):
    """End the thread's active run."""

    title, button, done = "Stop the answer", "Stop it", "The answer was asked to end."

    @cached_property
    def run(self) -> Run | None:
        """The one that runs or waits for the owner."""
        return Run.objects.filter(thread_id=self.thread.id, state__in=(Run.State.RUNNING, Run.State.WAITING)).first()

    def impossible(self) -> str:
        """There may be nothing to stop."""
        return "" if self.run else "No answer is being written in this thread."

    def effects(self) -> list[str]:
        """What ends, and what goes on."""
        assert self.run is not None
        return [
            f"Run {self.run.id} ({self.run.get_state_display().lower()}) ends. The text so far is kept, as stopped.",
            "Messages that wait in the thread are answered next.",
        ]

    def act(self, by: audit.Grounds, form: ActForm) -> Coroutine[Any, Any, UUID]:
        """Cancel."""
        return timetravel.cancel(self.thread.id, by)


class Retry(ActPage):
    """Answer the question of a failed run again."""

    title, button, done = "Retry a failed answer", "Retry", "The question is being answered again."

    @cached_property
    def run(self) -> Run:
        """The one that failed."""
        found = Run.objects.filter(thread_id=self.thread.id, id=self.kwargs["run_id"]).first()
        if found is None:
            raise Http404
        return found

    def impossible(self) -> str:
        """Only what failed is retried."""
        return "" if self.run.state == Run.State.FAILED else "This run did not fail."

    def effects(self) -> list[str]:
        """What is answered again."""
        return [
            f"The question of run {self.run.id} is answered again, by {self.run.model}.",
            f"The run failed: {self.run.failure or 'it is not known why'}.",
            "The answer becomes a sibling of the failed one, and the thread shows it.",
        ]

    def act(self, by: audit.Grounds, form: ActForm) -> Coroutine[Any, Any, UUID]:
        """Retry."""
        return timetravel.retry(self.thread.id, self.run.id, by)


# Address below the thread's, name after "chatapp_thread_", page.
PAGES: tuple[tuple[str, str, type[ActPage]], ...] = (
    ("checkpoint/<uuid:checkpoint_id>/roll-back/", "roll_back", RollBack),
    ("checkpoint/<uuid:checkpoint_id>/replay/", "replay", Replay),
    ("checkpoint/<uuid:checkpoint_id>/fork/", "fork", Fork),
    ("checkpoint/<uuid:checkpoint_id>/copy/", "copy", Copy),
    ("checkpoint/<uuid:checkpoint_id>/update/", "update", editing.Update),
    ("restore/<uuid:restore_id>/undo/", "undo", Undo),
    ("respond/", "respond", editing.Respond),
    ("cancel/", "cancel", Cancel),
    ("run/<uuid:run_id>/retry/", "retry", Retry),
)


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of all acts, for the thread admin's `get_urls`: `admin:chatapp_thread_roll_back` and so on."""
    return [
        path(f"<uuid:thread_id>/{below}", site.admin_view(page.as_view()), name=f"chatapp_thread_{name}")
        for below, name, page in PAGES
    ]
