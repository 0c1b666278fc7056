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

from chatapp import branches, forks, logs, process, runs, threads
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
        except (BadRequest, threads.InvalidTitle, threads.InvalidCursor, branches.InvalidLabel) as refused:
            return JsonResponse({"detail": str(refused)}, status=400)
        except runs.Busy as busy:
            return JsonResponse({"detail": str(busy)}, status=409)

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
    """The thread opened: its last page of messages, `through` a certain one if that is said, and what runs."""
    through = message_id(request.GET["through"], "through") if "through" in request.GET else None
    return JsonResponse(threads.state(user_id, thread_id, through))


@require_GET
@api
def messages(user_id: int, request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """The page of messages before one."""
    before = message_id(request.GET.get("before"), "before")
    rows, more = threads.messages_before(user_id, thread_id, before)
    return JsonResponse({"messages": rows, "more": more})


@require_GET
@api
def branch_map(user_id: int, request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """The thread's branches, to be drawn."""
    return JsonResponse(branches.branch_map(user_id, thread_id))


@require_POST
@api
def show(user_id: int, request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """Show the thread up to a message, or with `end` the branch that goes on from it; answers the thread opened."""
    sent = body(request)
    chosen, end = message_id(sent.get("message_id"), "message_id"), sent.get("end", False)
    if not isinstance(end, bool):
        raise BadRequest("end must be true or false.")
    branches.show(user_id, thread_id, chosen, end=end)
    process.tell(lambda here: here.refetch(user_id, thread_id))
    return JsonResponse(threads.state(user_id, thread_id, chosen))


@require_POST
@api
def label(user_id: int, request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """Name the branch that begins with a message, or with an empty label take its name away."""
    sent = body(request)
    text = sent.get("label")
    if not isinstance(text, str):
        raise BadRequest("label must be text.")
    branches.label(user_id, thread_id, message_id(sent.get("message_id"), "message_id"), text)
    process.tell(lambda here: here.refetch(user_id, thread_id))
    return HttpResponse(status=204)


@require_POST
@api
def fork(user_id: int, request: HttpRequest, thread_id: UUID) -> HttpResponse:
    """Make a new thread of the branch that ends with a message; answers it as lists show it."""
    chosen = message_id(body(request).get("message_id"), "message_id")
    made = process.call(lambda: forks.fork(user_id, thread_id, chosen))
    process.tell(lambda here: here.announce_soon(user_id, made))
    return JsonResponse({"thread": threads.item(user_id, made)})


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


def message_id(value: object, name: str) -> UUID:
    """The message that was named. Raises `BadRequest`."""
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError:
        raise BadRequest(f"{name} must name a message.") from None


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
