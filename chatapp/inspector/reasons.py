"""The gate before content: the permission, a reason, and an audit entry that is committed first.

Use it before anything of a thread is opened:

    if (stopped := reasons.gate(request, thread, AuditEntry.Action.VIEW_CHECKPOINT, checkpoint_id)) is not None:
        return stopped

The form posts to the page's own address, so the view must let POST through to the gate.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any, Final, cast
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from chatapp import audit
from chatapp.models import Thread, User
from chatapp.refusals import Refusal

logger = logging.getLogger(__name__)

VIEW: Final = "chatapp.view_thread"
INSPECT: Final = "chatapp.inspect_thread"
ACT: Final = "chatapp.act_on_thread"
SECONDS: Final = 3600
_SESSION: Final = "everthread_reasons"


class ReasonForm(forms.Form):
    """Why someone looks into a thread or changes it."""

    reason = forms.CharField(
        max_length=audit.REASON_CHARS[1],
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text="The owner of the thread can read it, and it stays in the audit.",
    )

    def clean_reason(self) -> str:
        """The reason on one line, long enough."""
        try:
            return audit.checked_reason(self.cleaned_data["reason"])
        except audit.InvalidReason as refused:
            raise ValidationError(str(refused)) from None


def gate(
    request: HttpRequest,
    thread: Thread,
    action: str,
    checkpoint_id: str = "",
    *,
    details: Mapping[str, Any] | None = None,
) -> HttpResponse | None:
    """None when what the thread holds may be shown: the entry that says so is committed. Else the answer to give.

    That is the form for the reason, or a page that says that the entry could not be written. `action` and `details` are
    those of `audit.record`; every call writes an entry. Raises `PermissionDenied`.
    """
    if request.method == "POST":
        if not request.user.has_perm(INSPECT):
            raise PermissionDenied
        form = ReasonForm(request.POST)
        if form.is_valid():
            remember(request, thread.id, form.cleaned_data["reason"])
            return HttpResponseRedirect(request.get_full_path())  # this page again, to be looked at
        return _ask(request, thread, form)
    return opened(request, thread, action, checkpoint_id, details=details)


def opened(
    request: HttpRequest,
    thread: Thread,
    action: str,
    checkpoint_id: str = "",
    *,
    details: Mapping[str, Any] | None = None,
) -> HttpResponse | None:
    """As `gate`, for a request that carries another form than the gate's."""
    if not request.user.has_perm(INSPECT):
        raise PermissionDenied
    reason = remembered(request, thread.id)
    if not reason:
        return _ask(request, thread, ReasonForm())
    try:
        by = audit.grounds(cast("User", request.user), reason)
        audit.record_now(by, action, thread.id, thread.owner_id, checkpoint_id, details=details)
    except (DatabaseError, Refusal) as error:
        return unwritten(request, thread, error)
    return None


def remember(request: HttpRequest, thread_id: UUID, reason: str) -> None:
    """Keep a reason in this session, for this thread and one hour from now."""
    kept = {each: one for each, one in request.session.get(_SESSION, {}).items() if one[1] > time.time()}
    request.session[_SESSION] = {**kept, str(thread_id): [reason, time.time() + SECONDS]}


def remembered(request: HttpRequest, thread_id: UUID) -> str:
    """The reason given for this thread within the last hour, or nothing."""
    reason, until = request.session.get(_SESSION, {}).get(str(thread_id), ("", 0.0))
    return str(reason) if until > time.time() else ""


def unwritten(request: HttpRequest, thread: Thread, error: Exception) -> HttpResponse:
    """The page that stands for what is not shown or done because it could not be put on record."""
    logger.error("No audit entry could be written: %s.", type(error).__name__)
    context = {**admin.site.each_context(request), "title": "Not put on record", "thread": thread}
    return TemplateResponse(request, "admin/chatapp/thread/unwritten.html", context, status=503)


def _ask(request: HttpRequest, thread: Thread, form: ReasonForm) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": "Give a reason",
        "thread": thread,
        "form": form,
    }
    return TemplateResponse(request, "admin/chatapp/thread/reason.html", context)
