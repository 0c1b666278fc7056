"""LangGraph's store over the sealed rows: the whole of `BaseStore`, for one user in each operation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from langgraph.store.base import BaseStore, Op, Result, SearchOp, TTLConfig, validate_op_namespace
from langgraph.store.postgres.aio import AsyncPostgresStore

from chatapp import postgres
from chatapp.postgres import Pool
from memory import embeddings, operations

# Reading a memory does not keep it out of the trash's end; whoever wants that says so in the operation.
_TTL: Final[TTLConfig] = {"refresh_on_read": False, "omit_expired": True}


class SealedPostgresStore(AsyncPostgresStore):
    """LangGraph's store, sealed. Namespaces begin with the user's id as text: `("42", "memories")`.

    What one user does is one transaction on Django's connection, in a thread, as with any verb; `setup` and `sweep_ttl`
    are the base class's and use `pool`. Operations raise what `memory.store.write` raises, and InvalidNamespace.
    """

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool, ttl=_TTL)

    def _ensure_task(self) -> None:
        """No task that gathers operations: what one user does wrong would fail with it for others."""

    aget = BaseStore.aget
    asearch = BaseStore.asearch
    aput = BaseStore.aput
    adelete = BaseStore.adelete
    alist_namespaces = BaseStore.alist_namespaces

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out operations; of one user's, all or none. Reads see what was there before the writes."""
        listed = list(ops)
        by_user: dict[int, list[tuple[int, Op]]] = {}
        for number, op in enumerate(listed):
            validate_op_namespace(op)
            by_user.setdefault(operations.owner(op), []).append((number, op))
        # Before any transaction: the endpoint may take its half a second.
        await embeddings.prepare(op.query for op in listed if isinstance(op, SearchOp) and op.query)
        results: dict[int, Result] = {}
        for user_id, theirs in by_user.items():
            results |= await postgres.call(operations.carry_out, user_id, theirs)
        return [results.get(number) for number in range(len(listed))]
