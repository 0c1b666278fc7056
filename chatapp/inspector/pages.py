"""The pages that look: a thread, its timeline, one checkpoint, two of them compared.

A thread's page and its timeline tell ids, times and states (`chatapp.view_thread`). What was written is shown behind
the audit's gate: each such page asks for a reason, and its entry is committed before anything is opened.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import orjson
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from chatapp import process
from chatapp.checkpoints import history
from chatapp.inspector import comparison, overview, reasons, shown, snapshots
from chatapp.inspector import timeline as timelines
from chatapp.inspector.snapshots import Snapshot
from chatapp.keys import KeyDamaged, KeyMissing
from chatapp.models import AuditEntry, Thread
from chatapp.sealing import SealError

VIEW: Final = "chatapp.view_thread"
_LOOKING: Final = ("GET", "HEAD")
_UNREADABLE: Final = (SealError, KeyMissing, KeyDamaged)


def thread(request: HttpRequest, thread_id: str) -> HttpResponse:
    """A thread in numbers: owner, branches, runs, sizes, where it stands. Opens nothing of it."""
    found = _thread(request, thread_id)
    if request.method not in _LOOKING:
        return HttpResponseNotAllowed(_LOOKING)
    context = {
        "overview": overview.of(found, request.GET.get("runs")),
        "may_inspect": request.user.has_perm(reasons.INSPECT),
        "may_act": request.user.has_perm(reasons.ACT),
    }
    return _page(request, "thread", "Thread", found, **context)


def timeline(request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """The thread's checkpoints as a graph, a page at a time; with `texts` beside the beginnings of its messages."""
    found = _thread(request, thread_id)
    texts = "texts" in request.GET
    if texts and (stopped := reasons.gate(request, found, AuditEntry.Action.VIEW_THREAD)) is not None:
        return stopped
    if request.method not in _LOOKING:
        return HttpResponseNotAllowed(_LOOKING)
    page = timelines.of(found.id, _id(request.GET.get("from")))
    try:
        entries = timelines.with_texts(page, found) if texts else page.entries
    except _UNREADABLE as error:
        return _unreadable(request, found, error)
    a = _id(request.GET.get("a")) or ""
    context = {
        "timeline": page,
        "entries": entries,
        "sources": timelines.SOURCES,
        "texts": texts,
        "a": a,
        "a_elsewhere": a and all(entry.row.id != a for entry in entries),
        "links": _links(page, a, texts=texts),
        "may_inspect": request.user.has_perm(reasons.INSPECT),
    }
    return _page(request, "timeline", "Timeline", found, **context)


def checkpoint(request: HttpRequest, thread_id: UUID, checkpoint_id: UUID) -> HttpResponse:
    """All of one checkpoint: as a page, as JSON in a page (`as=json`), or as a file (`as=file`)."""
    found, wanted = _thread(request, thread_id), str(checkpoint_id)
    row = history.some(found.id, [wanted]).get(wanted)
    if not request.user.has_perm(reasons.INSPECT):
        raise PermissionDenied
    if row is None:
        raise Http404
    stopped = reasons.gate(request, found, AuditEntry.Action.VIEW_CHECKPOINT, wanted)
    if stopped is not None:
        return stopped
    try:
        snapshot = process.call(lambda: snapshots.snapshot(found.id, wanted))
    except _UNREADABLE as error:
        return _unreadable(request, found, error)
    how = request.GET.get("as", "")
    if how == "file":
        return _file(snapshot)
    context: dict[str, Any] = {  # Any: what the template shows
        "row": row,
        "word": timelines.word(row),
        "says": timelines.says(row),
        "snapshot": snapshot,
        "children": history.children(found.id, wanted),
        "head": history.head(found.id),
        "may_act": request.user.has_perm(reasons.ACT),
        "as_json": how == "json",
    }
    if how == "json":
        context["json"] = shown.cut(_json(snapshot).decode(), shown.JSON_CHARS)
    else:
        context |= {
            "lists": shown.lists(snapshot),
            "tasks": shown.tasks(snapshot),
            "writes": shown.writes(snapshot),
            "config": shown.facts(snapshot.state.config["configurable"]),
            "metadata": shown.facts(snapshot.state.metadata),
            "parent_config": shown.facts((snapshot.state.parent_config or {}).get("configurable")),
        }
    return _page(request, "checkpoint", "Checkpoint", found, **context)


def compare(request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """What leads from checkpoint `a` to checkpoint `b`."""
    found = _thread(request, thread_id)
    if not request.user.has_perm(reasons.INSPECT):
        raise PermissionDenied
    a, b = _id(request.GET.get("a")), _id(request.GET.get("b"))
    if not a or not b:
        messages.info(request, "Choose two checkpoints to compare, one under A and one under B.")
        return HttpResponseRedirect(reverse("admin:chatapp_thread_timeline", args=[found.id]))
    rows = history.some(found.id, {a, b})
    if a not in rows or b not in rows:
        raise Http404
    if (stopped := reasons.gate(request, found, AuditEntry.Action.COMPARE, b, details={"with": a})) is not None:
        return stopped

    async def both() -> tuple[Snapshot, Snapshot]:
        return await asyncio.gather(snapshots.snapshot(found.id, a), snapshots.snapshot(found.id, b))

    try:
        compared = comparison.compare(*process.call(both))
    except _UNREADABLE as error:
        return _unreadable(request, found, error)
    sides = [
        (name, rows[each], timelines.word(rows[each]), timelines.says(rows[each]))
        for name, each in (("A", a), ("B", b))
    ]
    return _page(request, "compare", "Compare", found, comparison=compared, sides=sides, a=a, b=b)


def _links(page: timelines.Timeline, a: str, *, texts: bool) -> dict[str, str]:
    """Where a page of the timeline leads, with what was chosen there."""

    def link(start: str, *, with_texts: bool = texts) -> str:
        given = {"from": start, "texts": "1" if with_texts else "", "a": a}
        return f"?{urlencode({name: value for name, value in given.items() if value})}"

    here = page.entries[0].row.id if page.newer else ""
    return {
        "newest": link("") if page.newer else "",
        "newer": link(page.newer) if page.newer else "",
        "older": link(page.older) if page.older else "",
        "texts": link(here, with_texts=not texts),
    }


def _thread(request: HttpRequest, thread_id: UUID | str) -> Thread:
    """Any thread, for whoever may see that there are threads."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    try:
        return Thread.objects.select_related("owner", "head").get(id=thread_id)
    except (Thread.DoesNotExist, ValidationError):
        raise Http404 from None


def _page(request: HttpRequest, name: str, title: str, found: Thread, **context: Any) -> HttpResponse:
    given = {
        **admin.site.each_context(request),
        "title": title,
        "page_name": name,
        "thread": found,
        **context,
    }
    return TemplateResponse(request, f"admin/chatapp/thread/{name}.html", given)


def _unreadable(request: HttpRequest, found: Thread, error: Exception) -> HttpResponse:
    """Something that was stored is not what was stored, or its key is gone: told, and nothing is shown."""
    answer = _page(request, "unreadable", "It cannot be opened", found, problem=str(error))
    answer.status_code = 409
    return answer


def _file(snapshot: Snapshot) -> HttpResponse:
    answer = HttpResponse(_json(snapshot), content_type="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="checkpoint-{snapshot.id}.json"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _json(snapshot: Snapshot) -> bytes:
    return orjson.dumps(snapshots.as_json(snapshot), option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)


def _id(given: str | None) -> str | None:
    """The id of a checkpoint, as it is written; None for anything else."""
    try:
        return str(UUID(given)) if given else None
    except ValueError:
        return None
