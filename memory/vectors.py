"""The vectors of what a user has kept: made by a job, outside any transaction, and sealed with the items."""

from __future__ import annotations

from django.conf import settings

from chatapp import postgres
from memory import embeddings, ranking, shelf, store
from memory.rows import Namespace, Vector


async def fill(user_id: int) -> int:
    """Make the vectors that items of the user lack, batch by batch; return how many. Raises EmbeddingFailed.

    An item whose text changes meanwhile stays without: that write has asked for a job of its own.
    """
    missing = await postgres.call(_missing, user_id)
    done = 0
    for start in range(0, len(missing), embeddings.BATCH):
        batch = missing[start : start + embeddings.BATCH]
        found = await _embed([text for _, _, text in batch])
        made = {(namespace, key): (text, vector) for (namespace, key, text), vector in zip(batch, found, strict=True)}
        done += await postgres.call(store.add_vectors, user_id, made)
    return done


async def _embed(texts: list[str]) -> list[Vector]:
    """Their vectors; an empty one for a text that the endpoint refuses, so that it is not asked for again."""
    try:
        return await embeddings.embed(texts, embeddings.BATCH_SECONDS)
    except embeddings.EmbeddingRefused:
        if len(texts) == 1:
            return [Vector(settings.OPENAI_EMBEDDING_MODEL, b"")]
        return [vector for text in texts for vector in await _embed([text])]


def _missing(user_id: int) -> list[tuple[Namespace, str, str]]:
    kept, _ = shelf.read(user_id)
    return [(item.namespace, item.key, ranking.text_of(item)) for item in kept.items() if embeddings.lacks(item)]
