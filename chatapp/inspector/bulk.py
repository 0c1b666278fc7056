"""What the list of threads does with several at once: stop the answers that are being written."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import DatabaseError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

from chatapp import audit, postgres, process, timetravel
from chatapp.access import NotFound
from chatapp.inspector import reasons
from chatapp.models import Run, Thread, User


@admin.action(description="Stop the answers of the selected threads", permissions=["act"])
def stop_answers(model_admin: Any, request: HttpRequest, queryset: QuerySet[Thread]) -> TemplateResponse | None:
    """Ask for a reason; then end what runs in each, an entry in the audit for every one. What is idle is left alone.

    A thread that cannot be stopped now does not keep the others from it.
    """
    active = queryset.filter(runs__state__in=(Run.State.RUNNING, Run.State.WAITING))
    chosen: list[UUID] = list(active.order_by("id").values_list("id", flat=True).distinct())
    form = reasons.ReasonForm(request.POST if "reason" in request.POST else None)
    if not form.is_valid():
        context = {
            **model_admin.admin_site.each_context(request),
            "title": "Stop answers",
            "form": form,
            "chosen": chosen,
            "idle": queryset.count() - len(chosen),
            "selected": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/chatapp/thread/stop_answers.html", context)
    by = audit.grounds(cast("User", request.user), form.cleaned_data["reason"])
    _tell(request, Counter(_stopped(thread_id, by) for thread_id in chosen))
    return None


def _stopped(thread_id: UUID, by: audit.Grounds) -> bool | None:
    """Whether the thread's answer was asked to end; None when it has ended by itself."""
    try:
        process.call(lambda: timetravel.cancel(thread_id, by))
    except (NotFound, timetravel.NothingRuns):
        return None
    except (TimeoutError, *postgres.OUTAGES, DatabaseError):
        return False
    return True


def _tell(request: HttpRequest, came: Counter[bool | None]) -> None:
    stopped, failed = came[True], came[False]
    if stopped or not failed:
        done = {0: "No answer was", 1: "1 answer was"}.get(stopped, f"{stopped} answers were")
        messages.success(request, f"{done} asked to end.")
    if failed:
        could = "1 answer" if failed == 1 else f"{failed} answers"
        messages.error(request, f"{could} could not be stopped: the database did not answer. Try again.")
