"""What the chat page fetches: threads, messages, and the verbs on a thread. JSON in, JSON out; CSRF-protected."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from chatapp import logs, process, threads
from chatapp.access import NotFound
from chatapp.streaming.protocol import read_json

P = ParamSpec("P")
BODY_BYTES = 64 * 1024


class BadRequest(Exception):
    """The request is not what this address takes; the message says why."""


@contextmanager
def on_thread() -> Iterator[None]:
    """A thread that is not the user's is not found."""
    try:
        yield
    except NotFound:
        raise Http404 from None


def api(
    view: Callable[Concatenate[int, HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A view for the signed-in user's id whose refusals are `{"detail": sentence}`."""

    @never_cache
    @functools.wraps(view)
    def answered(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return JsonResponse({"detail": "You are signed out."}, status=401)
        logs.about(user_id=request.user.pk)
        try:
            return view(request.user.pk, request, *args, **kwargs)
        except NotFound as missing:
            return JsonResponse({"detail": str(missing)}, status=404)
        except (BadRequest, threads.InvalidTitle, threads.InvalidCursor) as refused:
            return JsonResponse({"detail": str(refused)}, status=400)

    return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", answered)


@require_GET
@api
def listing(user_id: int, request: HttpRequest) -> HttpResponse:
    """A page of the user's threads, newest first."""
    rows, following = threads.page(user_id, request.GET.get("cursor"))
    return JsonResponse({"threads": rows, "next": following})


@require_GET
@api
def state(user_id: int, request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """The thread opened: its last page of messages and what runs."""
    return JsonResponse(threads.state(user_id, thread_id))


@require_GET
@api
def messages(user_id: int, request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """The page of messages before one."""
    try:
        before = UUID(request.GET.get("before", ""))
    except ValueError:
        raise BadRequest("before must name a message.") from None
    rows, more = threads.messages_before(user_id, thread_id, before)
    return JsonResponse({"messages": rows, "more": more})


@require_POST
@api
def rename(user_id: int, request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """Give the thread another title."""
    title = body(request).get("title")
    if not isinstance(title, str):
        raise BadRequest("title must be text.")
    threads.rename(user_id, thread_id, title)
    process.tell(lambda here: here.announce_soon(user_id, thread_id))
    return JsonResponse(threads.item(user_id, thread_id) or {})


@require_POST
@api
def trash(user_id: int, request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """Move the thread to the trash."""
    threads.trash(user_id, thread_id)
    process.tell(lambda here: here.remove(user_id, thread_id))
    return HttpResponse(status=204)


@require_POST
@api
def restore(user_id: int, request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """Take the thread out of the trash."""
    threads.restore(user_id, thread_id)
    process.tell(lambda here: here.announce_soon(user_id, thread_id))
    return JsonResponse(threads.item(user_id, thread_id) or {})


@require_POST
@api
def delete(user_id: int, request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """Delete the thread for ever."""
    threads.delete(user_id, thread_id)
    process.tell(lambda here: here.remove(user_id, thread_id, for_ever=True))
    return HttpResponse(status=204)


@require_POST
@api
def seen(user_id: int, request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """The user has seen the thread as it is now."""
    threads.seen(user_id, thread_id)
    process.tell(lambda here: here.announce_soon(user_id, thread_id))
    return HttpResponse(status=204)


def body(request: HttpRequest) -> dict[str, Any]:  # Any: JSON from outside, checked by who reads it
    """The object that was sent. Raises `BadRequest`."""
    if len(request.body) > BODY_BYTES:
        raise BadRequest("The request is too large.")
    try:
        value = read_json(request.body.decode() or "{}")
    except ValueError:
        raise BadRequest("The request is not valid JSON.") from None
    if not isinstance(value, dict):
        raise BadRequest("The request must be a JSON object.")
    return value
