"""The page that lists memories: search, filter, add, choose several, undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from memory import lists, preferences
from memory import memories as verbs
from memory.entries import ORIGINS, InvalidCursor, MemoryFull
from memory.pages import chosen, origins
from memory.pages.forms import MemoryForm
from memory.pages.signed_in import user_id_of

# The memories that the next list offers to bring back: ids only, as sessions are stored in plain.
UNDO: Final = "memory_undo"
SOURCES: Final = {"": "All", "user": "Yours", "assistant": "The assistant’s", "import": "Imported"}


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def memories(request: HttpRequest) -> HttpResponse:
    """The list; a POST searches. What people search for is content, so it never stands in an address."""
    return _list(request, MemoryForm())


@login_required
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Keep a memory that was written by hand."""
    form = MemoryForm(request.POST)
    if form.is_valid():
        try:
            verbs.add(user_id_of(request), form.cleaned_data["text"], verbs.Source("user"))
        except MemoryFull as full:
            form.add_error("text", str(full))
        else:
            messages.success(request, "Saved.")
            return redirect("memory")
    return _list(request, form)


@login_required
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Trash, restore, pin or unpin the memories that were chosen; then the same list again."""
    user_id = user_id_of(request)
    verb, ids = chosen.of(request, _VERBS)
    try:
        _VERBS[verb](request, user_id, ids)
    except MemoryFull as full:
        messages.error(request, str(full))
    if request.POST.get("q"):
        return _list(request, MemoryForm())
    return redirect("memory")


def _list(request: HttpRequest, form: MemoryForm) -> HttpResponse:
    user_id = user_id_of(request)
    asked = request.POST if request.method == "POST" else request.GET
    query = request.POST.get("q", "").strip()
    source = asked.get("source", "") if asked.get("source") in ORIGINS else ""
    try:
        found, following = lists.page(user_id, query=query, source=source, cursor=asked.get("cursor"))
    except InvalidCursor:
        raise Http404 from None
    shown: dict[str, Any] = {
        "form": form,
        "rows": origins.rows(user_id, found),
        "next": following,
        "query": query,
        "source": source,
        "sources": SOURCES.items(),
        "count": verbs.count(user_id),
        "limit": settings.MEMORY_LIMIT,
        "thrown": lists.trash_size(user_id),
        "preferences": preferences.load(user_id),
        "undo": request.session.pop(UNDO, None),
    }
    return render(request, "memory/list.html", shown)


def _trash(request: HttpRequest, user_id: int, ids: list[UUID]) -> None:
    there = [each.id for each in verbs.get(user_id, ids)]
    if verbs.trash(user_id, there):
        request.session[UNDO] = [str(each) for each in there]


def _restore(request: HttpRequest, user_id: int, ids: list[UUID]) -> None:
    if restored := verbs.restore(user_id, ids):
        messages.success(request, "Restored." if restored == 1 else f"{restored:,} restored.")


def _pin(_: HttpRequest, user_id: int, ids: list[UUID]) -> None:
    _pin_all(user_id, ids, pinned=True)


def _unpin(_: HttpRequest, user_id: int, ids: list[UUID]) -> None:
    _pin_all(user_id, ids, pinned=False)


def _pin_all(user_id: int, ids: list[UUID], *, pinned: bool) -> None:
    with transaction.atomic():
        for each in verbs.get(user_id, ids):
            verbs.pin(user_id, each.id, pinned)


_VERBS: Final[dict[str, Callable[[HttpRequest, int, list[UUID]], None]]] = {
    "trash": _trash,
    "restore": _restore,
    "pin": _pin,
    "unpin": _unpin,
}
