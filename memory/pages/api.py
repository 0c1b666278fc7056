"""What the chat page asks about memories. JSON in, JSON out; CSRF-protected."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from chatapp.web.api import BadRequest, api, body
from memory import memories
from memory.entries import EditConflict, Effect, MemoryFull, NoSuchMemory

MOST: Final = 100
KINDS: Final = ("saved", "updated", "forgotten")


@require_GET
@api
def items(user_id: int, request: HttpRequest) -> HttpResponse:
    """Those of the memories named by `ids` that there are, in this order."""
    try:
        ids = [UUID(each) for each in request.GET.get("ids", "").split(",") if each]
    except ValueError:
        raise BadRequest("ids must name memories, separated by commas.") from None
    if len(ids) > MOST:
        raise BadRequest(f"At most {MOST} memories at a time.")
    found = memories.get(user_id, ids)
    return JsonResponse({"items": [{"id": str(each.id), "text": each.text, "pinned": each.pinned} for each in found]})


@require_POST
@api
def undo(user_id: int, request: HttpRequest) -> HttpResponse:
    """Take back what an answer did to a memory."""
    given = body(request)
    kind, version = given.get("kind"), given.get("version")
    if kind not in KINDS or not isinstance(version, int) or isinstance(version, bool):
        raise BadRequest("kind must be saved, updated or forgotten, and version a number.")
    try:
        effect = Effect(kind, UUID(str(given.get("memory"))), version)
    except ValueError:
        raise BadRequest("memory must name a memory.") from None
    try:
        memories.undo(user_id, effect)
    except NoSuchMemory as missing:
        return JsonResponse({"detail": str(missing)}, status=404)
    except (EditConflict, MemoryFull) as refused:
        return JsonResponse({"detail": str(refused)}, status=409)
    return HttpResponse(status=204)
