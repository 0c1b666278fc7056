"""The commands that act on runs: what a frame may hold, which verb it calls, and what a refusal says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, ParamSpec, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import transaction

from chatapp import access, asking, content, postgres, runs, waiting
from chatapp.claims import Claim, Desk, Response
from chatapp.graph import endpoints
from chatapp.process import Process
from chatapp.refusals import Refusal
from chatapp.streaming.protocol import CommandError
from memory import memories, preferences

P = ParamSpec("P")
R = TypeVar("R")

# What each command below is: the user, the thread, the frame's parameters, this process → the answer's result.
Verb = Callable[[int, UUID, dict[str, Any], Process], Awaitable[Mapping[str, object]]]

ASSISTANT = "chat"
DECISIONS = ("accept", "edit", "decline", "always")
MOST_RESPONSES = 64
TOO_FAST = "Too many commands at once. Nothing was done; wait a few seconds and try again."
FAILED = "Something went wrong on this server. Nothing was lost; try again."
DISK_FULL = "This server's disk is full: nothing was saved. Keep the text, and send it again later."
_REFUSALS = (runs.MessageConflict, runs.QueueFull, runs.Busy, waiting.NotWaiting)


async def run_start(user_id: int, thread_id: UUID, params: dict[str, Any], here: Process) -> dict[str, str | bool]:
    """Take in a message, or answer one anew; start the run here when it was claimed. Raises `CommandError`.

    A message whose metadata say a `parent` goes below that one (null: it begins the thread anew), any other below the
    head. Answers the run, and whether it waits: behind another one, or behind the limits.
    """
    if params.get("assistant_id") != ASSISTANT:
        raise CommandError("invalid_argument", f'assistant_id must be "{ASSISTANT}".')
    model = _model(params)
    if params.get("input") is None:
        accepted = await _call(runs.retry, user_id, thread_id, _retried(params), model, here.runner.desk)
    else:
        question = runs.Question(*_message(params["input"]), model, _is_temporary(params), _place(params))
        accepted = await _call(runs.accept, user_id, thread_id, question, here.runner.desk)
    if accepted.claim is not None:
        here.runner.start(accepted.claim)
    if accepted.waits and settings.CONCURRENT_RUNS:
        here.runner.held_back.add(user_id)
    here.announce_soon(user_id, thread_id)
    return {"run_id": str(accepted.run_id), "queued": accepted.waits}


async def run_stop(user_id: int, thread_id: UUID, params: dict[str, Any], here: Process) -> dict[str, bool]:
    """Stop the active run, or take a queued message back; answers whether a run is ending. Raises `CommandError`."""
    run_id = None if params.get("run_id") is None else _uuid(params["run_id"], "run_id")
    stopping = await _call(runs.stop, user_id, thread_id, run_id)
    if stopping is not None:
        here.stop_run(thread_id, stopping)
    here.announce_soon(user_id, thread_id)
    return {"stopping": stopping is not None}


async def queue_edit(user_id: int, thread_id: UUID, params: dict[str, Any], here: Process) -> dict[str, str]:
    """Change a message that waits. Raises `CommandError`."""
    message_id, text = _uuid(params.get("message_id"), "message_id"), _text(params.get("content"))
    await _call(waiting.edit, user_id, thread_id, message_id, text)
    here.announce_soon(user_id, thread_id)
    return {}


async def queue_remove(user_id: int, thread_id: UUID, params: dict[str, Any], here: Process) -> dict[str, str]:
    """Remove a message that waits. Raises `CommandError`."""
    await _call(waiting.remove, user_id, thread_id, _uuid(params.get("message_id"), "message_id"))
    here.announce_soon(user_id, thread_id)
    return {}


async def queue_send_now(user_id: int, thread_id: UUID, params: dict[str, Any], here: Process) -> dict[str, str]:
    """Stop the active run and let this message be the next. Raises `CommandError`."""
    message_id = _uuid(params.get("message_id"), "message_id")
    stopping = await _call(waiting.send_now, user_id, thread_id, message_id)
    if stopping is not None:
        here.stop_run(thread_id, stopping)
    here.announce_soon(user_id, thread_id)
    return {}


async def input_respond(user_id: int, thread_id: UUID, params: dict[str, Any], here: Process) -> dict[str, str]:
    """Answer what the run asks, one question or several; the run goes on. Raises `CommandError`."""
    responses = dict(map(_response, params["responses"] if _several(params) else [params]))
    try:
        run_id, claim = await _call(_respond, user_id, thread_id, responses, here.runner.desk)
    except asking.NoSuchInterrupt as answered:
        raise CommandError("no_such_interrupt", str(answered)) from None
    if claim is not None:
        here.runner.start(claim)
    here.announce_soon(user_id, thread_id)
    return {"run_id": str(run_id)}


def _respond(user_id: int, thread_id: UUID, responses: Mapping[str, Response], desk: Desk) -> tuple[UUID, Claim | None]:
    """One transaction: who answers "always" is not asked again."""
    with transaction.atomic():
        answered = asking.respond(user_id, thread_id, responses, desk)
        if any(response["decision"] == "always" for response in responses.values()):
            preferences.change(user_id, ask=False)
        return answered


VERBS: Final[Mapping[str, Verb]] = {
    "run.start": run_start,
    "run.stop": run_stop,
    "queue.edit": queue_edit,
    "queue.remove": queue_remove,
    "queue.send_now": queue_send_now,
    "input.respond": input_respond,
}


async def _call(verb: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a verb on a thread of the pool; its refusals become the protocol's."""
    try:
        return await postgres.call(verb, *args, **kwargs)
    except access.NotFound as missing:
        raise CommandError("unknown_error", f"404: {missing}") from None
    except _REFUSALS as refused:
        raise CommandError("invalid_argument", str(refused)) from None


def _several(params: dict[str, Any]) -> bool:
    """Whether several questions are answered together. Raises `CommandError` for a list that is none."""
    if "responses" not in params:
        return False
    if not isinstance(params["responses"], list) or not 0 < len(params["responses"]) <= MOST_RESPONSES:
        raise CommandError("invalid_argument", "responses must be a list of answers.")
    return True


def _response(given: object) -> tuple[str, Response]:
    """One answer: the interrupt's id and what the owner decided. Raises `CommandError`."""
    if not isinstance(given, dict) or not isinstance(given.get("interrupt_id"), str):
        raise CommandError("invalid_argument", "Which question? interrupt_id is missing.")
    if given.get("namespace", []) != []:
        raise CommandError("no_such_interrupt", "There is no such question.")
    response = given.get("response")
    if not isinstance(response, dict) or (decision := response.get("decision")) not in DECISIONS:
        raise CommandError("invalid_argument", f"response.decision must be one of {', '.join(DECISIONS)}.")
    if decision != "edit":
        return given["interrupt_id"], {"decision": decision}
    text = response.get("text")
    try:
        return given["interrupt_id"], {
            "decision": decision,
            "text": memories.checked(text if isinstance(text, str) else ""),
        }
    except Refusal as refused:
        raise CommandError("invalid_argument", str(refused)) from None


def _is_temporary(params: dict[str, Any]) -> bool:
    metadata = params.get("metadata")
    return isinstance(metadata, dict) and metadata.get("temporary") is True


def _place(params: dict[str, Any]) -> runs.Place | None:
    """Where the message goes in the tree, if that is said. Raises `CommandError`."""
    metadata = params.get("metadata")
    if not isinstance(metadata, dict) or "parent" not in metadata:
        return None
    parent = metadata["parent"]
    return runs.Place(None if parent is None else _uuid(parent, "metadata.parent"))


def _model(params: dict[str, Any]) -> str:
    config = params.get("config", {})
    configurable = config.get("configurable", {}) if isinstance(config, dict) else None
    if not isinstance(configurable, dict):
        raise CommandError("invalid_argument", "config must be an object.")
    name = configurable.get("model", settings.OPENAI_MODEL)
    if not isinstance(name, str) or not endpoints.is_offered(name):
        raise CommandError("invalid_argument", "This model is not offered here. Choose another one.")
    return name


def _message(value: object) -> tuple[UUID, str]:
    """The one message of an input: its id and its clean text."""
    messages = value.get("messages") if isinstance(value, dict) else None
    if not isinstance(messages, list) or len(messages) != 1 or not isinstance(messages[0], dict):
        raise CommandError("invalid_argument", "input.messages must hold exactly one message.")
    message = messages[0]
    if message.get("type", message.get("role")) not in ("human", "user"):
        raise CommandError("invalid_argument", "The message must be a human one.")
    text = _text(message.get("content"))
    return _uuid(message.get("id"), "The message's id"), text


def _text(value: object) -> str:
    """What a message says, cleaned."""
    if not isinstance(value, str):
        raise CommandError("invalid_argument", "The content of the message must be text.")
    text = content.clean(value)
    if not text.strip():
        raise CommandError("invalid_argument", "The message is empty.")
    if len(text) > settings.MESSAGE_CHARS:
        raise CommandError(
            "invalid_argument",
            f"The message is too long: {len(text):,} characters, and {settings.MESSAGE_CHARS:,} are allowed.",
        )
    return text


def _retried(params: dict[str, Any]) -> UUID:
    metadata = params.get("metadata")
    return _uuid(metadata.get("retry") if isinstance(metadata, dict) else None, "metadata.retry")


def _uuid(value: object, name: str) -> UUID:
    try:
        if isinstance(value, str) and len(value) == 36:
            return UUID(value)
    except ValueError:
        pass
    raise CommandError("invalid_argument", f"{name} must be a UUID.")
