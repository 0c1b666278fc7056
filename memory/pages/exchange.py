"""Export, and import with a look at what it would do first."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from memory import exchange
from memory.entries import MemoryFull
from memory.exchange import NoSuchImport, Progress
from memory.pages.forms import ImportForm
from memory.pages.signed_in import user_id_of
from memory.reading import InvalidFile, TooManyMemories


@login_required
@never_cache
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """All memories as a file."""
    name = f"everthread-memories-{timezone.now():%Y-%m-%d}.json"
    answer = HttpResponse(exchange.export(user_id_of(request)), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Take a file, and go on to what importing it would do."""
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if request.method == "POST" and form.is_valid():
        try:
            import_id = exchange.stage(user_id_of(request), form.cleaned_data["file"].read())
        except (InvalidFile, TooManyMemories) as refused:
            form.add_error("file", str(refused))
        else:
            return redirect("memory_staged", import_id)
    return render(request, "memory/import.html", {"form": form})


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def staged(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Show what the import would do; a POST imports.

    Asked for JSON, a POST imports one part and says how much is left, so that the page can show how far it is.
    """
    if request.method == "POST":
        return _import(request, import_id)
    try:
        preview = exchange.preview(user_id_of(request), import_id)
    except NoSuchImport as over:
        messages.warning(request, str(over))
        return redirect("memory_import")
    return render(request, "memory/staged.html", {"preview": preview, "import_id": import_id})


def _import(request: HttpRequest, import_id: UUID) -> HttpResponse:
    in_steps = not request.accepts("text/html")
    following = reverse("memory")
    try:
        progress = exchange.apply(user_id_of(request), import_id)
        while progress.left and not in_steps:
            progress = exchange.apply(user_id_of(request), import_id)
    except NoSuchImport:
        raise Http404 from None
    except MemoryFull as full:
        messages.error(request, str(full))
        following = reverse("memory_staged", args=[import_id])
    else:
        if progress.left:
            return JsonResponse({"left": progress.left, "next": ""})
        messages.success(request, _said(progress))
    return JsonResponse({"left": 0, "next": following}) if in_steps else redirect(following)


@login_required
@require_POST
def discard(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Forget the file."""
    exchange.discard(user_id_of(request), import_id)
    return redirect("memory")


def _said(progress: Progress) -> str:
    if not (progress.added or progress.changed):
        return "Nothing new in this file."
    return f"Imported: {progress.added:,} new, {progress.changed:,} changed."
