"""Jobs put into the queue in the caller's transaction. `chatapp.tasks` carries them out."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import connection
from procrastinate.contrib.django import app as queue

CLAIM: Final = "chatapp.claim"
TITLE: Final = "chatapp.title"
SUMMARY: Final = "chatapp.summary"
# A condition on procrastinate_workers: the process lives, and tells so every few seconds.
ALIVE: Final = "last_heartbeat > now() - interval '30 seconds'"
_UNDER_WAY: Final = "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE lock = %s AND status IN ('todo', 'doing'))"


def claim(run_id: UUID) -> None:
    """The job that claims a run in a process that has room for it."""
    queue.configure_task(CLAIM).defer(run_id=str(run_id))


def title(answer_id: UUID) -> None:
    """The job that makes the title of a thread after its first answer."""
    queue.configure_task(TITLE).defer(message_id=str(answer_id))


def summary(thread_id: UUID, answer_id: UUID) -> None:
    """The job that summarises the window which ends with an answer, unless the thread has one.

    Should there be two, they run one after the other: the second finds that the first has done it.
    """
    lock = f"summary {thread_id}"
    with connection.cursor() as cursor:
        cursor.execute(_UNDER_WAY, [lock])
        (under_way,) = cursor.fetchone()
    if not under_way:
        queue.configure_task(SUMMARY, lock=lock).defer(message_id=str(answer_id))
