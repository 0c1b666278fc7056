"""Jobs put into the queue, and taken out of it, in the caller's transaction. `chatapp.tasks` carries them out."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.conf import settings
from procrastinate.contrib.django import app as queue

WATCH: Final = "chatapp.watch"
TITLE: Final = "chatapp.title"
SUMMARY: Final = "chatapp.summary"


def after_the_lease() -> int:
    """Seconds after which a lease that is taken now has run out if nobody renews it."""
    return settings.LEASE_SECONDS + 1


def watch(run_id: UUID, *, seconds: int) -> int:
    """The job that claims a run nobody holds, after some seconds. Returns the job's id."""
    return queue.configure_task(WATCH, schedule_in={"seconds": seconds}).defer(run_id=str(run_id))


def title(answer_id: UUID) -> None:
    """The job that makes the title of a thread after its first answer."""
    queue.configure_task(TITLE).defer(message_id=str(answer_id))


def summary(thread_id: UUID, answer_id: UUID) -> None:
    """The job that summarises the window which ends with an answer.

    Those of a thread run one after the other: the second finds that the first has done it.
    """
    queue.configure_task(SUMMARY, lock=f"summary {thread_id}").defer(message_id=str(answer_id))


def forget(job_id: int | None) -> None:
    """Take a job out of the queue, if it still waits there."""
    if job_id is not None:
        queue.job_manager.cancel_job_by_id(job_id, delete_job=True)
