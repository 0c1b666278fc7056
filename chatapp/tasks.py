"""The procrastinate tasks: an id in, one verb called. Arguments are stored as plain text, so ids only."""

from __future__ import annotations

import logging
from uuid import UUID

from procrastinate import JobContext
from procrastinate.contrib.django import app

from chatapp import digests, jobs, postgres, process, retention, threads
from chatapp.graph.failures import ModelFailure
from chatapp.streaming import events

logger = logging.getLogger(__name__)


@app.task(name=jobs.CLAIM)
async def claim(run_id: str) -> None:
    """Execute a run that was accepted where there was no room for it. Without room here either, the lookout has it."""
    await process.current().runner.take(UUID(run_id))


@app.task(name=jobs.TITLE)
async def title(message_id: str) -> None:
    """Make the title of a new thread."""
    try:
        made = await digests.make_title(UUID(message_id))
    except ModelFailure as failed:
        logger.info("No title for the thread of answer %s: %s.", message_id, failed.kind)
        return
    if made is not None:
        await process.current().runner.announce(*made)


@app.task(name=jobs.SUMMARY)
async def summary(message_id: str) -> None:
    """Make a running summary of the older half of a full window."""
    try:
        await digests.make_summary(UUID(message_id), process.current().runner.tips)
    except ModelFailure as failed:
        logger.info("No summary up to answer %s: %s.", message_id, failed.kind)


@app.periodic(cron="*/10 * * * *")
@app.task(name="chatapp.purge_events", queueing_lock="chatapp.purge_events")
async def purge_events(timestamp: int) -> None:
    """Delete events that nobody will ask for any more."""
    await postgres.call(events.purge)


@app.periodic(cron="*/10 * * * *")
@app.task(name="chatapp.expire_temporary", queueing_lock="chatapp.expire_temporary")
async def expire_temporary(timestamp: int) -> None:
    """Delete temporary threads whose time has come."""
    for owner_id, thread_id in await postgres.call(threads.expire_temporary):
        process.current().remove(owner_id, thread_id, for_ever=True)


@app.periodic(cron="23 3 * * *")
@app.task(name="chatapp.sweep", queueing_lock="chatapp.sweep")
async def sweep(timestamp: int) -> None:
    """Delete what has been kept for long enough, in small steps, and make its room usable again."""
    swept, after = retention.Swept(), None
    while (deleted := await postgres.call(retention.empty_trash)) != retention.NOTHING:
        swept += deleted[0]
        for owner_id, thread_id in deleted[1]:
            process.current().remove(owner_id, thread_id, for_ever=True)
    while True:
        part, after = await postgres.call(retention.sweep_checkpoints, after)
        swept += part
        if after is None:
            break
    if swept.checkpoints or swept.threads:
        await postgres.call(retention.vacuum)
        logger.info("Deleted %d old checkpoints and %d threads of the trash.", swept.checkpoints, swept.threads)


@app.periodic(cron="* * * * *")
@app.task(name="chatapp.retry_stalled", queueing_lock="chatapp.retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Put jobs back whose worker died while it had them."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        await manager.retry_job(job)
