"""What the pages of all acts have in common: GET shows what would happen and asks for a reason, POST does it, once."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, ClassVar, cast
from uuid import UUID, uuid4

from django import forms
from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.generic import View

from chatapp import audit, postgres, process, timetravel
from chatapp.access import NotFound
from chatapp.inspector import reasons
from chatapp.keys import KeyDamaged, KeyMissing
from chatapp.models import Thread, User
from chatapp.refusals import Refusal

ONCE_SECONDS = 3600


class ActForm(reasons.ReasonForm):
    """What every act asks for: a reason. `once` is new for each form, so that a form sent twice acts once."""

    once = forms.UUIDField(widget=forms.HiddenInput)


class ActPage(View):
    """One act on one thread."""

    title: ClassVar[str]
    button: ClassVar[str]
    done: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = (reasons.VIEW, reasons.ACT)
    # The entry that is written before the page is shown, of one that shows what the thread holds.
    view: ClassVar[str] = ""
    template: ClassVar[str] = "admin/chatapp/thread/act.html"
    form_class: ClassVar[type[ActForm]] = ActForm
    http_method_names = ["get", "head", "post"]

    thread: Thread

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """First the permissions, then the thread: who may not act learns of none."""
        if not all(request.user.has_perm(each) for each in self.needs):
            raise PermissionDenied
        self.thread = get_object_or_404(Thread.objects.select_related("owner"), id=kwargs["thread_id"])
        try:
            return self._stopped() or super().dispatch(request, *args, **kwargs)
        except NotFound:
            raise Http404 from None

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """What the act would do, and the form."""
        initial = {"reason": reasons.remembered(request, self.thread.id), "once": uuid4()}
        return self.shown(self.form(initial=initial))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Do it, and go back to the thread."""
        form = self.form(data=request.POST)
        if not form.is_valid():
            return self.shown(form)
        once = f"act:{request.user.pk}:{form.cleaned_data['once']}"
        if not cache.add(once, value=True, timeout=ONCE_SECONDS):
            messages.info(request, "This was sent twice, and done once.")
            return HttpResponseRedirect(self.thread_page(self.thread.id))
        by = audit.grounds(cast("User", request.user), form.cleaned_data["reason"])
        try:
            made = process.call(lambda: self.act(by, form))
        except TimeoutError:  # it may be done yet
            messages.warning(request, "This takes long. See here whether it was done, before you try it again.")
            return HttpResponseRedirect(self.thread_page(self.thread.id))
        except (Refusal, *postgres.OUTAGES, DatabaseError) as error:
            cache.delete(once)
            return self._refused(form, error)
        messages.success(request, self.told(made))
        return HttpResponseRedirect(self.after(made))

    def _stopped(self) -> HttpResponse | None:
        """The gate's answer. Its own form comes to this address too; and what was sent may have to be shown again."""
        if not self.view:
            return None
        if "once" not in self.request.POST:
            return reasons.gate(self.request, self.thread, self.view, self.checkpoint_id)
        if (given := reasons.ReasonForm(self.request.POST)).is_valid():
            reasons.remember(self.request, self.thread.id, given.cleaned_data["reason"])
        return reasons.opened(self.request, self.thread, self.view, self.checkpoint_id)

    def _refused(self, form: ActForm, error: Exception) -> HttpResponse:
        if isinstance(error, NotFound):
            raise error
        if not isinstance(error, Refusal) or isinstance(error, KeyDamaged | KeyMissing):
            return reasons.unwritten(self.request, self.thread, error)
        form.add_error(None, str(error))
        return self.shown(form, status=409)

    def form(self, **given: Any) -> ActForm:
        """The form, new or as it was sent."""
        return self.form_class(**given)

    def shown(self, form: ActForm, status: int = 200) -> HttpResponse:
        """The page."""
        impossible = self.impossible()
        context = {
            **admin.site.each_context(self.request),
            "title": self.title,
            "button": self.button,
            "thread": self.thread,
            "checkpoint_id": self.checkpoint_id,
            "form": form,
            "impossible": impossible,
            "effects": [] if impossible else self.effects(),
            **self.more(),
        }
        return TemplateResponse(self.request, self.template, context, status=status)

    @property
    def checkpoint_id(self) -> str:
        """The checkpoint that the act is about, or nothing."""
        return str(self.kwargs.get("checkpoint_id", ""))

    def act(self, by: audit.Grounds, form: ActForm) -> Coroutine[Any, Any, Any]:
        """The verb that does it, with its audit entry in one transaction. The form is valid."""
        raise NotImplementedError

    def effects(self) -> list[str]:
        """What it would do: a sentence each, ids and numbers only."""
        raise NotImplementedError

    def impossible(self) -> str:
        """Why it cannot be done now, or nothing."""
        return ""

    def more(self) -> dict[str, Any]:
        """What else the template shows."""
        return {}

    def told(self, made: Any) -> str | SafeString:  # Any: what the verb returns
        """What is said afterwards."""
        return self.done

    def after(self, made: Any) -> str:
        """Where it goes on."""
        return self.thread_page(self.thread.id)

    @staticmethod
    def thread_page(thread_id: UUID) -> str:
        """A thread's page in the inspector."""
        return reverse("admin:chatapp_thread_change", args=[thread_id])


class CheckpointAct(ActPage):
    """An act on one checkpoint, which can be opened and is not hidden."""

    @cached_property
    def preview(self) -> timetravel.Preview:
        """What a rollback to it would change. Raises `Refusal`."""
        return process.call(lambda: timetravel.preview(self.thread.id, self.checkpoint_id))

    def impossible(self) -> str:
        """What a rollback hides is out of reach of acts too."""
        try:
            return str(timetravel.Hidden()) if self.preview.hidden else ""
        except NotFound:
            raise
        except Refusal as refused:
            return str(refused)

    def stopping(self) -> list[str]:
        """What happens to runs: the same for every act that moves the thread."""
        told = []
        if runs := len(self.preview.runs):
            ends = "The answer being written ends" if runs == 1 else f"{runs} answers end"
            told.append(f"{ends} first; the text so far is kept.")
        if queued := self.preview.queued:
            stays = "1 waiting message stays, and is" if queued == 1 else f"{queued} waiting messages stay, and are"
            told.append(f"{stays} answered from there.")
        return told


def undo_offer(done: str, thread_id: UUID, restore_id: UUID) -> SafeString:
    """What was done, and the way back."""
    path = reverse("admin:chatapp_thread_undo", args=[thread_id, restore_id])
    return format_html('{} <a href="{}">Undo</a>', done, path)
