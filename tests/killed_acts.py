"""A program that rolls threads back and is killed before a statement of its own choosing.

    python -m tests.killed_acts

takes lines of JSON, `[statement, thread, checkpoint]`, and answers each with `[killed, exit code]`: a fork of it does
the act, and kills itself (SIGKILL) before it executes the statement of that number.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any
from uuid import UUID

import django


def main() -> None:
    """Serve lines until there are no more."""
    django.setup()
    from chatapp import timetravel  # so that each fork has it

    assert timetravel
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        number, thread_id, checkpoint_id = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                act(number, UUID(thread_id), checkpoint_id)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        print(json.dumps([killed, 0 if killed else os.waitstatus_to_exitcode(status)]), flush=True)


def act(number: int, thread_id: UUID, checkpoint_id: str) -> None:
    """Roll back and hide, dying before this statement of Django's connections, or of the runs' own."""
    from django.db.backends.utils import CursorWrapper

    from chatapp import audit, postgres, timetravel

    left = [number]

    def deadly(real: Callable[..., Any]) -> Callable[..., Any]:
        def execute(*arguments: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        return execute

    for each in ("_execute", "_executemany"):
        setattr(CursorWrapper, each, deadly(getattr(CursorWrapper, each)))

    async def roll_back() -> None:
        await timetravel.roll_back(thread_id, checkpoint_id, audit.Grounds(None, "killed", "A reason"), hide=True)
        await postgres.close()

    asyncio.run(roll_back())


if __name__ == "__main__":
    main()
