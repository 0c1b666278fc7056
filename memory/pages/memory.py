"""The page of one memory: its text, where it came from and was used, and its earlier versions."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from memory import memories
from memory.entries import EditConflict, Memory, NoSuchMemory
from memory.pages import origins
from memory.pages.forms import MemoryForm
from memory.pages.signed_in import user_id_of

USES: Final = 10


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def memory(request: HttpRequest, memory_id: UUID) -> HttpResponse:
    """Show the memory; a POST changes its text, unless it was changed since the form was shown."""
    user_id = user_id_of(request)
    found = _found(user_id, memory_id)
    form = MemoryForm(request.POST or None, initial={"text": found.text, "version": found.version})
    if request.method == "POST" and form.is_valid():
        try:
            memories.edit(user_id, memory_id, form.cleaned_data["text"], expected=form.cleaned_data["version"])
        except EditConflict as conflict:
            return _page(request, _found(user_id, memory_id), form, str(conflict))
        except NoSuchMemory:
            raise Http404 from None
        messages.success(request, "Saved.")
        return redirect("memory_one", memory_id)
    return _page(request, found, form)


@login_required
@require_POST
def version(request: HttpRequest, memory_id: UUID) -> HttpResponse:
    """Give the memory the text of an earlier version."""
    try:
        memories.restore_version(user_id_of(request), memory_id, int(request.POST.get("version", "")))
    except ValueError:
        raise BadRequest from None
    except NoSuchMemory:
        raise Http404 from None
    messages.success(request, "The earlier text is back.")
    return redirect("memory_one", memory_id)


def _found(user_id: int, memory_id: UUID) -> Memory:
    found = memories.get(user_id, [memory_id])
    if not found:
        raise Http404
    return found[0]


def _page(request: HttpRequest, shown: Memory, form: MemoryForm, conflict: str = "") -> HttpResponse:
    user_id = user_id_of(request)
    try:
        versions = memories.versions(user_id, shown.id)
    except NoSuchMemory:  # gone since
        raise Http404 from None
    places = origins.places(user_id, [shown.source, *(each.source for each in versions)])
    context: dict[str, Any] = {
        "memory": shown,
        "form": form,
        "conflict": conflict,
        "came_from": places[0],
        "versions": list(zip(versions, places[1:], strict=True)),
        "used": origins.used_in(user_id, shown.id, USES),
    }
    return render(request, "memory/one.html", context, status=409 if conflict else 200)
