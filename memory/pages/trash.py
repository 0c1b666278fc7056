"""The trash of memories, and deleting everything."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from memory import lists, memories
from memory.entries import InvalidCursor, MemoryFull
from memory.pages import chosen
from memory.pages.signed_in import user_id_of


@login_required
@never_cache
@require_GET
def trash(request: HttpRequest) -> HttpResponse:
    """What was deleted within the last days."""
    try:
        rows, following = lists.trashed(user_id_of(request), request.GET.get("cursor"))
    except InvalidCursor:
        raise Http404 from None
    return render(request, "memory/trash.html", {"rows": rows, "next": following, "days": settings.MEMORY_TRASH_DAYS})


@login_required
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Restore what was chosen, or delete it for ever."""
    user_id = user_id_of(request)
    verb, ids = chosen.of(request, ("restore", "delete"))
    if verb == "restore":
        _restore(request, user_id, ids)
    elif deleted := memories.delete_for_ever(user_id, ids):
        messages.success(request, "Deleted for ever." if deleted == 1 else f"{deleted:,} deleted for ever.")
    return redirect("memory_trash")


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def delete_all(request: HttpRequest) -> HttpResponse:
    """Explain; then delete every memory for ever."""
    user_id = user_id_of(request)
    if request.method == "POST":
        memories.delete_all(user_id)
        messages.success(request, "Everything that was remembered is deleted.")
        return redirect("memory")
    counts = {"count": memories.count(user_id), "thrown": lists.trash_size(user_id)}
    return render(request, "memory/delete.html", counts)


def _restore(request: HttpRequest, user_id: int, ids: list[UUID]) -> None:
    try:
        restored = memories.restore(user_id, ids)
    except MemoryFull as full:
        messages.error(request, str(full))
        return
    if restored:
        messages.success(request, "Restored." if restored == 1 else f"{restored:,} restored.")
