"""The pages of the chat: the chat itself, the trash, and who looked into a thread."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from chatapp import access, audit, process, threads
from chatapp.access import NotFound
from chatapp.models import User
from chatapp.web.api import on_thread
from memory import memories, preferences


@login_required
@never_cache
@ensure_csrf_cookie
@require_GET
def chat(request: HttpRequest, thread_id: UUID | None = None) -> HttpResponse:
    """The chat page, with the first page of everything it shows."""
    user = cast("User", request.user)
    try:
        state = threads.state(user.pk, thread_id) if thread_id else None
    except NotFound:
        raise Http404 from None
    listed, following = threads.page(user.pk)
    chosen = preferences.load(user.pk)
    data: dict[str, Any] = {
        "user": {"email": user.email, "name": user.first_name, "is_staff": user.is_staff},
        "demo": settings.DEMO,
        "models": [{"id": name, "label": name} for name in settings.OPENAI_MODELS],
        "default_model": preferences.model(chosen),
        "preferences": {"memory": chosen.memory, "ask": chosen.ask},
        "temporary_hours": settings.TEMPORARY_HOURS,
        "threads": listed,
        "threads_next": following,
        "state": state,
        "limits": {"message_chars": settings.MESSAGE_CHARS},
    }
    return render(request, "chat/page.html", {"data": data, "state": state})


@login_required
@never_cache
@require_GET
def trash(request: HttpRequest) -> HttpResponse:
    """The user's trashed threads."""
    user = cast("User", request.user)
    try:
        rows, following = threads.page(user.pk, request.GET.get("cursor"), trashed=True)
    except threads.InvalidCursor:
        raise Http404 from None
    saved = memories.counts_by_thread(user.pk, [UUID(row["id"]) for row in rows])
    for row in rows:
        row["memories"] = saved.get(UUID(row["id"]), 0)
    data = {"threads": rows, "next": following, "days": settings.TRASH_DAYS}
    return render(request, "chat/trash.html", data)


@login_required
@never_cache
@require_GET
def who_looked(request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """What administrators saw of the user's thread or did with it, and why."""
    user = cast("User", request.user)
    with on_thread():
        thread = access.thread(user.pk, thread_id, trashed=True)
    try:
        entries, following = audit.of_thread(user.pk, thread.id, request.GET.get("cursor"))
    except audit.InvalidCursor:
        raise Http404 from None
    data = {
        "thread": thread,
        "title": (threads.item(user.pk, thread.id) or {"title": ""})["title"],
        "rows": audit.gathered(entries),
        "first_page": "cursor" not in request.GET,
        "next": following,
    }
    return render(request, "chat/who_looked.html", data)


@login_required
@require_POST
def trash_restore(request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """Take a thread out of the trash."""
    user = cast("User", request.user)
    with on_thread():
        threads.restore(user.pk, thread_id)
    process.tell(lambda here: here.announce_soon(user.pk, thread_id))
    return redirect("trash")


@login_required
@require_POST
def trash_delete(request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """Delete a thread for ever; with `memories`, what was remembered out of it goes to the trash of memories."""
    user = cast("User", request.user)
    with on_thread(), transaction.atomic():
        if "memories" in request.POST:
            memories.trash_from_thread(user.pk, thread_id)
        threads.delete(user.pk, thread_id)
    process.tell(lambda here: here.remove(user.pk, thread_id, for_ever=True))
    return redirect("trash")
