"""What administrators do to a thread's runs: answer what one asks, stop one, answer a failed one's question again.

The owner's verbs, and the audit entry in the same transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from chatapp import asking, audit, content, holding, postgres, runs
from chatapp.access import NotFound
from chatapp.claims import Desk, Response
from chatapp.graph import endpoints
from chatapp.models import AuditEntry, Run
from chatapp.refusals import Refusal
from memory import memories

# "Always" is the owner's to say.
DECISIONS: Final = ("accept", "edit", "decline")


class NothingRuns(Refusal):
    """No answer is being written in this conversation."""


class NotFailed(Refusal):
    """This answer did not fail."""


class InvalidResponse(Refusal):
    """An answer is accept, decline, or edit with a text."""


async def respond(thread_id: UUID, responses: Mapping[str, Response], by: audit.Grounds) -> UUID:
    """Answer what the thread's run asks, in its owner's place, by the interrupt's id; returns the run, which goes on.

    Raises `NotFound`, `asking.NoSuchInterrupt`, `InvalidResponse`, `memories.InvalidText`.
    """
    owner_id, run_id = await postgres.call(_respond, thread_id, responses, by)
    holding.tell_owner(owner_id, thread_id)
    return run_id


async def cancel(thread_id: UUID, by: audit.Grounds) -> UUID:
    """Ask the thread's active or waiting run to end; returns it. Raises `NotFound`, `NothingRuns`."""
    owner_id, run_id = await postgres.call(_cancel, thread_id, by)
    holding.tell_to_stop(thread_id, run_id)
    holding.tell_owner(owner_id, thread_id)
    return run_id


async def retry(thread_id: UUID, run_id: UUID, by: audit.Grounds) -> UUID:
    """Answer the question of a failed run again; returns the new run. Raises `NotFound`, `NotFailed`, `runs.Busy`."""
    owner_id, new = await postgres.call(_retry, thread_id, run_id, by)
    holding.tell_owner(owner_id, thread_id)
    return new


def _respond(thread_id: UUID, responses: Mapping[str, Response], by: audit.Grounds) -> tuple[int, UUID]:
    with transaction.atomic():
        owner_id = holding.owner(thread_id)
        given = {each: _response(one) for each, one in responses.items()}
        run_id, _ = asking.respond(owner_id, thread_id, given, _elsewhere())
        details = {"run": str(run_id), "decisions": [each["decision"] for each in given.values()]}
        audit.record(by, AuditEntry.Action.RESPOND, thread_id, owner_id, "", details)
        return owner_id, run_id


def _response(given: Response) -> Response:
    decision = given.get("decision")
    if decision not in DECISIONS:
        raise InvalidResponse
    if decision != "edit":
        return {"decision": decision}
    return {"decision": decision, "text": memories.checked(content.clean(str(given.get("text", ""))))}


def _cancel(thread_id: UUID, by: audit.Grounds) -> tuple[int, UUID]:
    with transaction.atomic():
        owner_id = holding.owner(thread_id)
        run = Run.objects.filter(thread_id=thread_id, state__in=(Run.State.RUNNING, Run.State.WAITING)).first()
        if run is None:
            raise NothingRuns
        asking.end(run)
        audit.record(by, AuditEntry.Action.CANCEL, thread_id, owner_id, "", {"run": str(run.id)})
        return owner_id, run.id


def _retry(thread_id: UUID, run_id: UUID, by: audit.Grounds) -> tuple[int, UUID]:
    with transaction.atomic():
        owner_id = holding.owner(thread_id)
        run = Run.objects.filter(id=run_id, thread_id=thread_id).first()
        if run is None:
            raise NotFound
        if run.state != Run.State.FAILED:
            raise NotFailed
        model = run.model if endpoints.is_offered(run.model) else settings.OPENAI_MODEL
        accepted = runs.retry(owner_id, thread_id, run.message_id, model, _elsewhere())
        details = {"run": str(accepted.run_id), "failed": str(run.id)}
        audit.record(by, AuditEntry.Action.RETRY, thread_id, owner_id, "", details)
        return owner_id, accepted.run_id


def _elsewhere() -> Desk:
    """No room here: the run is taken up as one that was accepted in a full process is."""
    return Desk(uuid.uuid4(), room=False)
