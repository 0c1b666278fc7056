"""The verbs on a thread: list, open, rename, move to the trash and back, delete for ever."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from chatapp import access, content, keys, statements, tree
from chatapp.access import NotFound
from chatapp.models import Fence, Run, Thread, Tombstone, User
from chatapp.refusals import Refusal
from chatapp.sealing import Sealer, SealError
from memory import store, uses

logger = logging.getLogger(__name__)

PAGE = 50
TITLE_CHARS = 120
# A longer text is left out of the notice that tells what waits.
NOTICE_CHARS = 16_000
_DELETE_CHECKPOINTS = (
    "DELETE FROM checkpoints WHERE thread_id = %s",
    "DELETE FROM checkpoint_blobs WHERE thread_id = %s",
    "DELETE FROM checkpoint_writes WHERE thread_id = %s",
)


class InvalidTitle(Refusal):
    """A title needs at least one character and at most 120."""


class InvalidCursor(Refusal):
    """This place in the list does not exist."""


def page(user_id: int, cursor: str | None = None, *, trashed: bool = False) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the user's threads, newest first, and the cursor of the next one. Raises `InvalidCursor`."""
    rows = _with_running(access.threads(user_id).filter(trashed_at__isnull=not trashed, temporary=False))
    if cursor is not None:
        at, thread_id = _read_cursor(cursor)
        rows = rows.filter(Q(active_at__lt=at) | Q(active_at=at, id__lt=thread_id))
    found = list(rows.order_by("-active_at", "-id")[: PAGE + 1])
    after = None
    if len(found) > PAGE:
        after = signing.dumps([found[PAGE - 1].active_at.isoformat(), str(found[PAGE - 1].id)], salt="threads")
    return _items(user_id, found[:PAGE]), after


def item(user_id: int, thread_id: UUID) -> dict[str, Any] | None:
    """The thread as lists show it; None when it is not (or no longer) in the user's list."""
    found = _with_running(access.threads(user_id).filter(id=thread_id, trashed_at=None)).first()
    return _items(user_id, [found])[0] if found is not None else None


def titles(user_id: int, thread_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The titles of those of these threads that are the user's and can be opened."""
    rows = list(access.threads(user_id).filter(id__in=list(thread_ids), trashed_at=None))
    sealers = keys.thread_sealers(user_id, [row.id for row in rows])
    return {row.id: _title(row, sealers[row.id]) for row in rows}


def glance(user_id: int, thread_id: UUID) -> tuple[dict[str, Any] | None, list[dict[str, str | None]]]:
    """The thread as lists show it, and the messages that wait in it, in their order.

    Of each its id, its text unless that is too long for a notice, and its version, which every change of it makes anew.
    """
    parameters = {"user": user_id, "thread": thread_id}
    found = statements.row(statements.GLANCE, parameters)
    if found is None:
        return None, []
    title, active_at, answered_at, seen_at, temporary, head_id, running, asking, waiting, bodies = found
    row = Thread(id=thread_id, title=title, active_at=active_at, answered_at=answered_at, seen_at=seen_at)
    row.temporary, row.head_id = temporary, head_id
    row.running, row.asking = running, asking  # type: ignore[attr-defined]  # as _with_running annotates it
    queued = [_queued(user_id, thread_id, *each) for each in zip(waiting, bodies, strict=True)]
    return _items(user_id, [row])[0], queued


def _queued(user_id: int, thread_id: UUID, message_id: UUID, body: bytes) -> dict[str, str | None]:
    """A message that waits, for a notice."""
    sealer = keys.thread_sealer(user_id, thread_id)
    text: str | None = None
    try:
        text = content.unseal(sealer, body, "message", "body", message_id)["text"]
    except SealError:  # whoever claims it will say so; the others are shown all the same
        logger.error("The stored message %s was changed.", message_id)
    short = text is not None and len(text) <= NOTICE_CHARS
    return {"id": str(message_id), "text": text if short else None, "version": tree.version(body)}


def state(user_id: int, thread_id: UUID, through: UUID | None = None) -> dict[str, Any]:
    """The thread opened: its last page of messages, which reaches back to one if that is said, and what runs.

    Raises `NotFound`.
    """
    # One snapshot, so that head, queue and sequence number fit together.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        thread = access.thread(user_id, thread_id)
        shown = item(user_id, thread_id)
        if shown is None:
            raise NotFound
        return tree.state(thread, shown, keys.thread_sealer(user_id, thread_id), through)


def messages_before(user_id: int, thread_id: UUID, message_id: UUID) -> tuple[list[tree.MessageView], bool]:
    """The page of messages before one, on its branch, and whether there are older ones. Raises `NotFound`."""
    access.thread(user_id, thread_id)
    message = access.message(user_id, thread_id, message_id)
    return tree.page(thread_id, message.parent_id, keys.thread_sealer(user_id, thread_id))


def rename(user_id: int, thread_id: UUID, title: str) -> None:
    """Give the thread a title of the user's. Raises `NotFound`, `InvalidTitle`."""
    line = " ".join(content.clean(title).split())
    if not 0 < len(line) <= TITLE_CHARS:
        raise InvalidTitle
    access.thread(user_id, thread_id)
    set_title(user_id, thread_id, line, by_model=False)


def set_title(user_id: int, thread_id: UUID, title: str, *, by_model: bool) -> None:
    """Store a title. A model's title never replaces one that the user gave."""
    sealed = content.seal(keys.thread_sealer(user_id, thread_id), title, "thread", "title", thread_id)
    rows = access.threads(user_id).filter(id=thread_id)
    (rows.filter(titled=False) if by_model else rows).update(title=sealed, titled=True)


def keep_title(user_id: int, thread_id: UUID) -> None:
    """Leave the provisional title for good."""
    access.threads(user_id).filter(id=thread_id).update(titled=True)


def trash(user_id: int, thread_id: UUID) -> None:
    """Move the thread to the trash. A run goes on and its answer is kept. Raises `NotFound`."""
    access.thread(user_id, thread_id)
    access.threads(user_id).filter(id=thread_id, trashed_at=None).update(trashed_at=Now())


def restore(user_id: int, thread_id: UUID) -> None:
    """Take the thread out of the trash. Raises `NotFound`."""
    access.thread(user_id, thread_id, trashed=True)
    access.threads(user_id).filter(id=thread_id).update(trashed_at=None)


def seen(user_id: int, thread_id: UUID) -> None:
    """The owner has seen the thread as it is now. Raises `NotFound`."""
    access.thread(user_id, thread_id)
    access.threads(user_id).filter(id=thread_id).update(seen_at=Now())


def delete(user_id: int, thread_id: UUID) -> None:
    """Delete the thread for ever: key, messages, checkpoints, events. Raises `NotFound`.

    The fence row is locked first and then gone, so that every later write of a run of this thread is refused; a
    tombstone keeps a late frame from making a thread of this id again.
    """
    with transaction.atomic():
        access.thread(user_id, thread_id, trashed=True)
        Fence.objects.select_for_update().filter(thread_id=thread_id).first()
        Tombstone.objects.get_or_create(thread_id=thread_id)
        keys.shred_thread(thread_id)
        uses.forget_thread(thread_id)
        with connection.cursor() as cursor:
            for statement in _DELETE_CHECKPOINTS:
                cursor.execute(statement, (str(thread_id),))
        Thread.objects.filter(id=thread_id).update(head=None)
        Thread.objects.filter(id=thread_id).delete()


def expire_temporary(most: int = 200) -> list[tuple[int, UUID]]:
    """Delete temporary threads for ever that are old enough, the oldest first. Returns owners and threads."""
    before = Now() - timedelta(hours=settings.TEMPORARY_HOURS)
    rows = Thread.objects.filter(temporary=True, created_at__lt=before).order_by("created_at")
    expired = list(rows.values_list("owner_id", "id")[:most])
    for owner_id, thread_id in expired:
        with suppress(NotFound):  # deleted meanwhile
            delete(owner_id, thread_id)
    return expired


def delete_account(user: User) -> None:
    """Delete the user and everything of theirs. The key goes first: what a backup still holds is unreadable."""
    with transaction.atomic():
        # Whoever is about to keep something for the first time finds no user any more.
        User.objects.select_for_update().filter(pk=user.pk).first()
        store.clear(user.pk)
        owned = list(Thread.objects.filter(owner_id=user.pk).order_by("id").values_list("id", flat=True))
        keys.shred_user(user.pk)
        for thread_id in owned:
            delete(user.pk, thread_id)
        user.delete()


def _with_running(rows: QuerySet[Thread]) -> QuerySet[Thread]:
    live = Run.objects.filter(thread=OuterRef("pk"), state__in=Run.LIVE)
    return rows.annotate(running=Exists(live), asking=Exists(live.filter(state=Run.State.WAITING)))


def _items(user_id: int, rows: list[Thread]) -> list[dict[str, Any]]:
    sealers = keys.thread_sealers(user_id, [row.id for row in rows])
    return [
        {
            "id": str(row.id),
            "title": _title(row, sealers[row.id]),
            "updated_at": row.active_at.isoformat(),
            "running": row.running,  # type: ignore[attr-defined]  # annotated by _with_running
            "waiting": row.asking,  # type: ignore[attr-defined]  # likewise
            "unread": row.unread,
            "temporary": row.temporary,
            "head": str(row.head_id) if row.head_id else None,
        }
        for row in rows
    ]


def _title(row: Thread, sealer: Sealer) -> str:
    if row.title is None:
        return ""
    try:
        return str(content.unseal(sealer, row.title, "thread", "title", row.id))
    except SealError:
        # Refused, but one bad row must not take the whole list away.
        logger.error("The stored title of thread %s was changed.", row.id)
        return ""


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, thread_id = signing.loads(cursor, salt="threads")
        return datetime.fromisoformat(at), UUID(thread_id)
    except (signing.BadSignature, ValueError, TypeError):
        raise InvalidCursor from None
