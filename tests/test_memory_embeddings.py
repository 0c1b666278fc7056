"""Vectors of an embedding model: made by a job, sealed with the items, and done without when the endpoint is away."""

from __future__ import annotations

import binascii
import functools
import logging
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from types import SimpleNamespace

import pytest
from django.db import connection
from procrastinate.contrib.django import app as queue
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from chatapp import connections, postgres
from chatapp.models import User
from memory import embeddings, ranking, shelf, tasks, vectors
from memory.rows import Vector
from memory.sealed_store import SealedPostgresStore
from tests import labelled
from tests.database_dump import activity, dump, forms
from tests.embedding_model import DIMENSIONS, EmbeddingModel, vector

MEMORIES, _ = labelled.read()


@pytest.fixture(scope="module")
def _model() -> Iterator[EmbeddingModel]:
    with EmbeddingModel() as model:
        yield model


@pytest.fixture
async def model(
    _model: EmbeddingModel, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[EmbeddingModel]:
    """The embeddings endpoint, configured. A server that other tests have left running takes no job of these."""
    later = functools.partial(queue.configure_task, schedule_in={"hours": 1})
    monkeypatch.setattr(embeddings, "queue", SimpleNamespace(configure_task=later))
    _model.reset()
    settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = _model.url, _model.key
    settings.OPENAI_EMBEDDING_MODEL = "concepts"
    yield _model
    await connections.close()


@pytest.fixture
async def kept(transactional_db: None) -> AsyncIterator[SealedPostgresStore]:
    yield SealedPostgresStore(await postgres.pool())
    await postgres.close()


def jobs() -> int:
    return ProcrastinateJob.objects.filter(task_name=embeddings.JOB, status="todo").count()


def sealed_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(length(value::text)) FROM store")
        return int(cursor.fetchone()[0])


async def _keep(kept: SealedPostgresStore, user: User, texts: dict[str, str]) -> tuple[str, str]:
    place = str(user.pk), "memories"
    for key, text in texts.items():
        await kept.aput(place, key, {"text": text})
    return place


async def test_a_paraphrase_is_found_once_the_job_has_made_the_vectors(
    model: EmbeddingModel, kept: SealedPostgresStore, alice: User
) -> None:
    place = await _keep(
        kept, alice, {"diet": MEMORIES["en/diet"], "job": MEMORIES["en/job"], "cat": MEMORIES["en/cat"]}
    )
    assert await postgres.call(jobs) == 1, "one for all of them"
    assert model.asked == [], "no request while something is kept"
    query = "Vegan menu?"
    assert await kept.asearch(place, query=query) == []
    before = await postgres.call(sealed_bytes)
    times = {item.key: (item.created_at, item.updated_at) for item in await kept.asearch(place)}
    await tasks.embed(alice.pk)
    assert sorted(model.texts[1:]) == sorted(MEMORIES[f"en/{name}"] for name in ("diet", "job", "cat"))
    assert await postgres.call(sealed_bytes) > before + 3 * DIMENSIONS
    for _ in range(2):
        found = await kept.asearch(place, query=query)
        assert found[0].key == "diet"
        assert {item.key: (item.created_at, item.updated_at) for item in await kept.asearch(place)} == times
        shelf.forget()
    asked = len(model.asked)
    await tasks.embed(alice.pk)
    assert len(model.asked) == asked, "nothing is lacking any more"


async def test_what_keeps_its_text_keeps_its_vector_and_a_new_text_gets_another(
    model: EmbeddingModel, kept: SealedPostgresStore, alice: User
) -> None:
    place = await _keep(kept, alice, {"a": "I like tea", "b": "I like coffee"})
    await tasks.embed(alice.pk)
    model.reset()
    await kept.aput(place, "a", {"text": "I like tea", "pinned": True})
    await tasks.embed(alice.pk)
    assert model.texts == []
    await kept.aput(place, "b", {"text": "I like cocoa"})
    await tasks.embed(alice.pk)
    assert model.texts == ["I like cocoa"]


async def test_another_model_makes_every_vector_anew_and_until_then_words_count(
    model: EmbeddingModel, kept: SealedPostgresStore, alice: User, settings: Settings
) -> None:
    place = await _keep(kept, alice, {"a": "I like tea", "b": "I like coffee"})
    await tasks.embed(alice.pk)
    await postgres.call(lambda: ProcrastinateJob.objects.all().delete())
    settings.OPENAI_EMBEDDING_MODEL = "other"
    shelf.forget()  # a setting changes with a restart
    assert [item.key for item in await kept.asearch(place, query="tea")] == ["a"]
    assert await postgres.call(jobs) == 1, "the search has asked for the vectors"
    model.reset()
    await tasks.embed(alice.pk)
    assert sorted(model.texts) == ["I like coffee", "I like tea"]


async def test_a_text_that_changes_while_its_vector_is_made_does_not_get_it(
    model: EmbeddingModel, kept: SealedPostgresStore, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await _keep(kept, alice, {"a": "I like tea"})
    real = embeddings.embed

    async def meanwhile(texts: Sequence[str], seconds: float) -> list[Vector]:
        made = await real(texts, seconds)
        await kept.aput(place, "a", {"text": "I like cocoa"})
        return made

    with monkeypatch.context() as patched:
        patched.setattr(embeddings, "embed", meanwhile)
        assert await vectors.fill(alice.pk) == 0
    assert (await kept.aget(place, "a")).value == {"text": "I like cocoa"}  # type: ignore[union-attr]
    assert await vectors.fill(alice.pk) == 1


@pytest.mark.parametrize("fault", ["failing", "slow"])
async def test_an_endpoint_that_is_down_or_slow_costs_half_a_second_once_and_words_are_searched(
    model: EmbeddingModel, kept: SealedPostgresStore, alice: User, fault: str
) -> None:
    place = await _keep(kept, alice, {"a": "I like tea"})
    await tasks.embed(alice.pk)
    setattr(model, fault, True)
    model.asked.clear()
    before = time.perf_counter()
    for query in ("green tea", "black tea"):
        assert [item.key for item in await kept.asearch(place, query=query)] == ["a"]
    assert time.perf_counter() - before < embeddings.QUERY_SECONDS + 2
    assert len(model.asked) == 1, "then it is left alone for a while"


async def test_a_text_that_the_endpoint_refuses_is_asked_for_once_and_stops_no_other(
    model: EmbeddingModel, kept: SealedPostgresStore, alice: User
) -> None:
    place = await _keep(kept, alice, {"a": "I like tea", "b": "I like coffee", "c": "I like cocoa"})
    model.refused = "coffee"
    await tasks.embed(alice.pk)
    model.asked.clear()
    await tasks.embed(alice.pk)
    assert model.asked == []
    held, _ = await postgres.call(shelf.read, alice.pk)
    assert sorted(len(item.vector.data) for item in held.items() if item.vector) == [0, DIMENSIONS, DIMENSIONS]
    assert [item.key for item in await kept.asearch(place, query="coffee")] == ["b"]
    assert not embeddings.pausing(), "it is not the endpoint that is at fault"
    assert [item.key for item in await kept.asearch(place, query="cocoa \ud800")] == ["c"]
    assert model.texts[-1] == "cocoa \ufffd"


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"data": []},
        {"data": [{"index": 0}]},
        {"data": [{"index": 0, "embedding": "text"}]},
        {"data": [{"index": 0, "embedding": []}]},
        {"data": [{"index": 0, "embedding": [None]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0]}]},
    ],
    ids=str,
)
async def test_an_answer_that_is_none_of_the_protocol_is_done_without(model: EmbeddingModel, answer: object) -> None:
    model.answer = answer
    with pytest.raises(embeddings.EmbeddingFailed):
        await embeddings.embed(["tea"], 5)
    await embeddings.prepare(["tea"])
    assert embeddings.known("tea") is None


async def test_without_an_embedding_model_nothing_is_asked_for(
    model: EmbeddingModel, kept: SealedPostgresStore, alice: User, settings: Settings
) -> None:
    settings.OPENAI_EMBEDDING_MODEL = ""
    place = await _keep(kept, alice, {"a": "I like tea"})
    assert [item.key for item in await kept.asearch(place, query="tea")] == ["a"]
    assert await postgres.call(jobs) == 0
    assert model.asked == []


def test_a_vector_keeps_its_direction_in_one_byte_a_dimension() -> None:
    drawn = random.Random(3)
    one, other = ([drawn.gauss(0, 1) for _ in range(768)] for _ in range(2))
    mixed = [a + b for a, b in zip(one, other, strict=True)]
    for a, b in ((one, other), (one, mixed), (one, one)):
        exact = sum(x * y for x, y in zip(a, b, strict=True)) / (
            sum(x * x for x in a) ** 0.5 * sum(y * y for y in b) ** 0.5
        )
        points = (ranking._point(embeddings.quantised(each)) for each in (a, b))
        assert ranking._cosine(*points) == pytest.approx(exact, abs=0.01)
    for wrong in ([], [float("nan")], [float("inf")], [1.0] * 10_000):
        with pytest.raises(ValueError, match="vector"):
            embeddings.quantised(wrong)
    assert embeddings.quantised([0.0, 0.0]) == bytes(2)


async def test_neither_text_nor_vector_lies_in_a_table_or_a_log(
    model: EmbeddingModel, kept: SealedPostgresStore, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    text = "canary5e1f0b Wolpertinger"
    place = await _keep(kept, alice, {"canary7key": text, "other": "canary8other"})
    await kept.aput((*place, "canary9space"), "canary7key", {"canary6name": text}, ttl=5)
    await tasks.embed(alice.pk)
    assert [item.key for item in await kept.asearch(place, query="canary5e1f0b")] == ["canary7key", "canary7key"]
    assert await kept.asearch(place, filter={"text": text})
    made = embeddings.quantised(vector(text))
    held, _ = await postgres.call(shelf.read, alice.pk)
    assert made in {item.vector.data for item in held.items() if item.vector}
    marks = [b"canary", b"olperting", made[:12], binascii.b2a_base64(made)[4:24]]
    places = await postgres.call(lambda: [*dump(), *(("statement", each) for each in activity())])
    assert any(name == "store.value" for name, _ in places)
    lines = [("log", record.getMessage().encode()) for record in caplog.records]
    found = {
        (name, mark) for name, value in [*places, *lines] for form in forms(value) for mark in marks if mark in form
    }
    assert found == set()
