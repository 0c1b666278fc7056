"""A process that is frozen in the middle of a transaction: it keeps its lock, and holds nobody else up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import connections, transaction

from chatapp import claims, runs
from chatapp.models import Fence, User
from tests.test_runs import FULL, HERE, ask

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("alone")]


def recover(run_id: UUID) -> claims.Claim | None:
    try:
        return runs.recover(run_id, HERE)
    finally:
        connections.close_all()


def test_lookout_goes_past_a_run_whose_thread_a_frozen_process_has_locked(alice: User) -> None:
    frozen, free = (ask(alice, uuid4(), text, FULL) for text in ("one", "two"))
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert Fence.objects.select_for_update().filter(thread__runs__id=frozen.run_id).first()
            assert pool.submit(recover, frozen.run_id).result(5) is None
            assert pool.submit(recover, free.run_id).result(5) is not None
        assert pool.submit(recover, frozen.run_id).result(5) is not None
