"""The procrastinate tasks of memory: an id in, one verb called. Arguments are stored as plain text, so ids only."""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app

from chatapp import postgres
from memory import embeddings, vectors
from memory.sealed_store import SealedPostgresStore

logger = logging.getLogger(__name__)


@app.task(name=embeddings.JOB)
async def embed(user_id: int) -> None:
    """Make the vectors that a user's memories lack. When the endpoint is away, the next search asks again."""
    try:
        await vectors.fill(user_id)
    except embeddings.EmbeddingFailed as failed:
        logger.warning("No vectors for the memories of user %d: %s", user_id, failed)


@app.periodic(cron="*/10 * * * *")
@app.task(name="memory.sweep", queueing_lock="memory.sweep")
async def sweep(timestamp: int) -> None:
    """Delete what has expired. Nobody could read it any more."""
    await SealedPostgresStore(await postgres.pool()).sweep_ttl()
