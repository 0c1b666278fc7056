"""A message that arrives while the thread's run is ending: it waits for the fence and must see what came of the run."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from chatapp import endings, runs
from chatapp.models import User
from tests.test_runs import FULL, ask, claimed, ending

pytestmark = pytest.mark.django_db(transaction=True)


def wait_until_someone_waits() -> None:
    """Return when a connection stands at a lock that another one holds."""
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
    raise TimeoutError


def test_message_that_waited_for_an_ending_comes_below_its_answer(alice: User) -> None:
    thread_id = uuid4()
    claim = claimed(ask(alice, thread_id, "one"))

    def second() -> runs.Accepted:
        try:
            return ask(alice, thread_id, "two")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            endings.finish(claim, ending(claim), FULL)
            waiting = pool.submit(second)
            wait_until_someone_waits()
        accepted = waiting.result(10)
    # Read together with the lock, the head would be the question, as it was when the wait began.
    assert claimed(accepted).parent_id == claim.answer_id
