"""A rollback whose process is killed, before each of its statements in turn, leaves all of it or nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection

from chatapp import audit
from chatapp.models import AuditEntry, Fence, Message, RestorePoint, Thread, User
from tests.long_threads import plant_long

MOST = 100


class Killed:
    """The program of `tests.killed_acts` on the tests' database."""

    def __init__(self) -> None:
        name = settings.DATABASES["default"]["NAME"]
        url = re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", os.environ["DATABASE_URL"])
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.killed_acts"],
            env={**os.environ, "DATABASE_URL": url},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answer() == "ready"

    def roll_back(self, before: int, thread_id: UUID, checkpoint_id: str) -> bool:
        """Whether it was killed, before the statement of this number."""
        assert self._program.stdin is not None
        self._program.stdin.write(json.dumps([before, str(thread_id), checkpoint_id]) + "\n")
        self._program.stdin.flush()
        killed, code = self._answer()
        assert code == 0, "the act itself failed"
        return bool(killed)

    def close(self) -> None:
        self._program.communicate(timeout=20)

    def _answer(self) -> Any:
        assert self._program.stdout is not None
        return json.loads(self._program.stdout.readline())


@pytest.fixture
def killed(transactional_db: None) -> Iterator[Killed]:
    program = Killed()
    yield program
    program.close()


def everything(thread_id: UUID) -> dict[str, Any]:
    """What an act changes, except the hold, which ends by itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT checkpoint_id FROM checkpoints WHERE thread_id = %s ORDER BY 1", [str(thread_id)])
        checkpoints = cursor.fetchall()
    messages = Message.objects.filter(thread_id=thread_id).order_by("id")
    return {
        "head": Thread.objects.get(id=thread_id).head_id,
        "fence": Fence.objects.filter(thread_id=thread_id).values_list("epoch", "last_seq", "tip_checkpoint_id").get(),
        "messages": list(messages.values_list("id", "checkpoint_id", "hidden_by")),
        "restore_points": list(RestorePoint.objects.values_list("id", flat=True)),
        "audit": list(AuditEntry.objects.values_list("id", flat=True)),
        "checkpoints": checkpoints,
    }


def test_rollback_killed_at_every_step(killed: Killed, alice: User) -> None:
    planted = plant_long(alice, 5)
    head = Message.objects.get(id=planted.messages[3])
    assert head.checkpoint_id is not None
    before, died = everything(planted.id), 0
    for number in range(1, MOST):
        was_killed = killed.roll_back(number, planted.id, head.checkpoint_id)
        after = everything(planted.id)
        if not was_killed:
            break
        died += 1
        if after != before:  # it died after its end
            break
        Fence.objects.filter(thread_id=planted.id).update(held_until=None)
    assert died > 12, "there is more than one statement to die before"
    assert after["head"] == head.id
    assert (len(after["restore_points"]), len(after["audit"])) == (1, 1)
    assert len(after["checkpoints"]) == len(before["checkpoints"]) + 1
    assert sum(hidden is not None for _, _, hidden in after["messages"]) == 6
    assert after["fence"] == (before["fence"][0] + 1, before["fence"][1] + 1, RestorePoint.objects.get().to_tip)
    assert audit.verify().intact
