"""The official suite `langgraph-checkpoint-conformance`, against our saver.

The suite uses one saver for many threads and names them as it likes; ours serves one thread with a UUID, key
and fence. `ManyThreads` stands between: it makes those at first use, and translates names. What then fails,
fails on purpose.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.conformance.report import ProgressCallbacks

from chatapp import postgres
from chatapp.checkpoints import SealedPostgresSaver
from tests.sealed_threads import Keyed, SealedThread, new_thread

pytestmark = pytest.mark.django_db(transaction=True)

ON_PURPOSE = {
    # Metadata beyond the allowlist is dropped, since it would stand in plain text, …
    "test_put_preserves_metadata",
    # … and so cannot be filtered by.
    "test_list_metadata_custom_keys",
}
# Rows are sealed to their thread and the tip need not be the largest id, so these are refused as a whole.
NOT_OFFERED = {"copy_thread", "delete_for_runs", "prune"}


class ManyThreads(BaseCheckpointSaver[str]):
    """Our saver for each thread that the suite names, made with its key and fence at first use."""

    def __init__(self) -> None:
        super().__init__()
        self._threads: dict[str, SealedThread] = {}

    async def aget_tuple(self, config: Any) -> CheckpointTuple | None:
        saver, ours, name = await self._saver(config)
        return _named(await saver.aget_tuple(ours), name)

    async def alist(
        self,
        config: Any,
        *,
        filter: Any = None,  # noqa: A002  # LangGraph's name for it
        before: Any = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        saver, ours, name = await self._saver(config)
        async for found in saver.alist(ours, filter=filter, before=before, limit=limit):
            named = _named(found, name)
            assert named
            yield named

    async def aput(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        saver, ours, name = await self._saver(config)
        return _rename(await saver.aput(ours, checkpoint, metadata, new_versions), name)

    async def aput_writes(self, config: Any, writes: Any, task_id: str, task_path: str = "") -> None:
        saver, ours, _ = await self._saver(config)
        await saver.aput_writes(ours, writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        saver, ours, _ = await self._saver({"configurable": {"thread_id": thread_id}})
        await saver.adelete_thread(ours["configurable"]["thread_id"])

    async def _saver(self, config: Any) -> tuple[SealedPostgresSaver, Any, str]:
        name = config["configurable"]["thread_id"]
        if name not in self._threads:
            made = await sync_to_async(_made)()
            self._threads[name] = SealedThread(await postgres.pool(), *made)
        thread = self._threads[name]
        # A new saver for every call, as if each came from another process.
        return thread.saver(), _rename(config, thread.id), name


def _made() -> Keyed:
    try:
        return new_thread("alice@example.org")
    finally:
        # This runs in a thread of its own, whose connection nobody else would give back.
        connection.close()


def _rename(config: Any, thread_id: str) -> Any:
    return {**config, "configurable": {**config["configurable"], "thread_id": thread_id}}


def _named(found: CheckpointTuple | None, name: str) -> CheckpointTuple | None:
    if found is None:
        return None
    parent = _rename(found.parent_config, name) if found.parent_config else None
    return found._replace(config=_rename(found.config, name), parent_config=parent)


@pytest.mark.django_db(transaction=True)
async def test_the_official_suite_passes_but_for_the_cases_named() -> None:
    @checkpointer_test(name="SealedPostgresSaver", skip_capabilities=NOT_OFFERED)
    async def ours() -> AsyncGenerator[ManyThreads]:
        yield ManyThreads()

    failed: dict[str, str] = {}
    passed: set[str] = set()

    def note(_: str, test: str, good: bool, error: str | None) -> None:
        passed.add(test) if good else failed.update({test: error or ""})

    try:
        report = await validate(ours, progress=ProgressCallbacks(on_test_result=note))
    finally:
        await postgres.close()
    assert failed.keys() == ON_PURPOSE, failed
    assert (
        "custom_key" in failed["test_put_preserves_metadata"] or "custom_value" in failed["test_put_preserves_metadata"]
    )
    assert {name for name, result in report.results.items() if not result.detected} == NOT_OFFERED
    assert len(passed) > 40


def test_what_the_suite_is_not_shown_is_refused_by_name() -> None:
    for capability in NOT_OFFERED:
        method = getattr(SealedPostgresSaver, f"a{capability}")
        assert method is not getattr(BaseCheckpointSaver, f"a{capability}")
