"""The server's event loop is never held for over 50 ms, whatever its users do."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection

from bench.clients import Plan, Result
from bench.programs import Program, running
from chatapp import jobs, process
from chatapp.models import User
from tests.sockets import Visitor

Visit = Callable[[User | None], Visitor]
LIMIT = 0.05  # seconds
TICK = 0.01


class Watcher:
    """Ticks on a loop and notes how long the loop let it wait, in two ways that do not blame it for a busy machine.

    `computing`: the longest CPU time of the loop's own thread from one tick to the next, which is everything that ran
    in between. `waiting`: the longest time in which the loop neither ticked nor computed nor was to be excused: a
    query, a lock or a `sleep` on the loop. Excused is the time that threads of this process stood in the queue for a
    processor (Linux tells it for each thread), as the one with the interpreter's lock may be among them.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.computing = self.waiting = 0.0
        self.ticks = 0
        self._loop = loop
        self._over = threading.Event()

    def tick(self, before: tuple[float, float, float] | None = None) -> None:
        """Compare with the tick before, and tick again; runs on the loop."""
        now = time.perf_counter(), time.thread_time(), queued()
        if before is not None:
            wall, computed, excused = (here - there for here, there in zip(now, before, strict=True))
            self.ticks += 1
            self.computing = max(self.computing, computed)
            self.waiting = max(self.waiting, wall - TICK - computed - excused)
        if not self._over.is_set():
            self._loop.call_later(TICK, self.tick, now)

    def stop(self) -> None:
        """Tick no more."""
        self._over.set()


@contextmanager
def watched() -> Iterator[Watcher]:
    """A watcher on the running server's loop."""
    (loop,) = process._serving
    watcher = Watcher(loop)
    loop.call_soon_threadsafe(watcher.tick)
    try:
        yield watcher
    finally:
        watcher.stop()


def queued() -> float:
    """Seconds that the threads of this process have stood in the queue for a processor; 0 where it is not told."""
    total = 0
    for thread in Path("/proc/self/task").glob("*/schedstat"):
        try:
            total += int(thread.read_text().split()[1])
        except (OSError, IndexError):
            continue  # it has just ended
    return total / 1e9


def wait_for_titles() -> None:
    """Return when the jobs that follow the answers are done: the tables are emptied after the test."""
    deadline = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s", [jobs.TITLE])
            if cursor.fetchone()[0] == 0:
                return
    raise TimeoutError


def test_loop_is_not_held_while_twenty_people_chat(
    live: int, visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [User.objects.create_user(f"person{number}@example.org") for number in range(20)]
    plan = Plan(
        dialect="everthread",
        port=live,
        users=20,
        turns=3,
        tokens=60,
        rate=50,
        seed=1,
        stagger=1.0,
        cookies=[visit(person).cookie for person in people],
    )
    # Model and people in processes of their own: in this one only the server computes.
    with (
        running(Program("bench.endpoint", tmp_path / "endpoint.log", {})) as model,
        running(Program("bench.clients", tmp_path / "clients.log", {})) as clients,
    ):
        model_port = model.line("PORT ([0-9]+)")[1]
        monkeypatch.setattr(django_settings, "OPENAI_BASE_URL", f"http://127.0.0.1:{model_port}/v1")
        with watched() as watcher:
            clients.tell(json.dumps(asdict(plan)))
            clients.line("READY")
            clients.tell("GO")
            result = Result(**json.loads(clients.line(r"^\{.*", seconds=120).string))
            wait_for_titles()
    assert result.problems == []
    assert result.correct == result.asked == 60
    assert watcher.ticks > 50
    assert watcher.computing < LIMIT
    assert watcher.waiting < LIMIT


@pytest.mark.parametrize("hold", ["computing", "waiting"])
def test_held_loop_is_noticed(live: int, hold: str) -> None:
    (loop,) = process._serving
    over = threading.Event()

    def hold_loop() -> None:
        if hold == "waiting":
            time.sleep(10 * LIMIT)
        until = time.thread_time() + 3 * LIMIT
        while hold == "computing" and time.thread_time() < until:
            pass
        loop.call_later(3 * TICK, over.set)

    with watched() as watcher:
        loop.call_soon_threadsafe(loop.call_later, 3 * TICK, hold_loop)
        assert over.wait(10)
    assert getattr(watcher, hold) > LIMIT
