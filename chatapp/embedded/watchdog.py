"""The process between us and PostgreSQL: it ends the server when we say so, and when we are gone.

Run as a program, by its path (`python -I -S watchdog.py <JSON>`), so that it needs nothing but the standard
library. Whoever starts it holds the other end of its standard input: that pipe closes when they close it,
exit or are killed, on every system alike. Its standard output says the server's pid. Its open copy of the
data folder's lock file keeps the folder locked until PostgreSQL has really ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from typing import Any

PATIENCE = ((signal.SIGINT, 8.0), (signal.SIGQUIT, 4.0), (signal.SIGKILL, 4.0))  # fast, immediate, at last
PR_SET_PDEATHSIG = 1


def main() -> int:
    """Start the server described by the JSON argument, wait for the end of either side, and clean up."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    wake = _wake_pipe()
    parent = os.getppid()
    server = subprocess.Popen(  # noqa: S603 - what the owner of our standard input orders
        order["command"],
        cwd=order["folder"],
        env=order["environment"],
        stdin=subprocess.DEVNULL,
        stdout=order["log"],
        stderr=order["log"],
        umask=0o077,
        preexec_fn=_die_with_watchdog,  # noqa: PLW1509 - safe, this process has one thread
        **order["account"],
    )
    os.close(order["log"])
    with contextlib.suppress(OSError):
        os.write(1, f"{server.pid}\n".encode())
    while server.poll() is None and os.getppid() == parent:
        # The timeout is for a pipe that a forked child of our parent keeps open: then the parent's pid tells.
        ready, _, _ = select.select([0, wake], [], [], 1.0)
        if 0 in ready and not os.read(0, 1):
            break
        if wake in ready and signal.SIGTERM in os.read(wake, 64):
            break
    status = _end(server)
    shutil.rmtree(order["socket_folder"], ignore_errors=True)
    return status


def _wake_pipe() -> int:
    """A pipe that becomes readable when a child ends or SIGTERM arrives, with the signal's number in it."""
    readable, writable = os.pipe()
    os.set_blocking(readable, False)
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    return readable


def _die_with_watchdog() -> None:
    """In the child: have Linux end the server should this process itself be killed.

    Called after the change of account, which would clear the setting.
    """
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)


def _end(server: subprocess.Popen[bytes]) -> int:
    for number, seconds in PATIENCE:
        if server.poll() is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            server.send_signal(number)
        deadline = time.monotonic() + seconds
        while server.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
    return server.poll() or 0


if __name__ == "__main__":
    sys.exit(main())
