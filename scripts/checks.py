"""What `make lint` and `make test` run, one line each. Standard library only."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from chatapp.steps import StepError, call, step

TESTS_FAILED = 1  # pytest's exit code; others mean that it could not run
# Tests that start servers of their own: they wait much and work little.
APART = (
    "tests/browser/test_journey.py",
    "tests/browser/test_killed.py",
    "tests/test_chaos.py",
    "tests/test_deployment.py",
    "tests/test_doctor.py",
    "tests/test_embedded.py",
    "tests/test_frozen_process.py",
    "tests/test_operations.py",
    "tests/test_recovery.py",
    "tests/test_restart.py",
    "tests/test_setup.py",
)


def lint(interpreter: Path, npm: Sequence[str]) -> list[str]:
    """Run every check, a failing one does not hide the next. Returns the names of those that failed."""
    python = [str(interpreter), "-m"]
    checks: list[tuple[str, list[str], Mapping[str, str]]] = [
        ("TypeScript types", [*npm, "run", "--silent", "check"], {}),
        ("ruff", [*python, "ruff", "check", "--quiet", "--output-format", "concise", "."], {}),
        ("ruff format", [*python, "ruff", "format", "--check", "--quiet", "--output-format", "concise", "."], {}),
        ("mypy", [*python, "mypy"], production()),
        ("Import rules", [str(interpreter.with_name("lint-imports"))], {}),
        ("Templates", [*python, "djlint", "templates", "--lint", "--quiet"], {}),
        (
            "Deployment checks",
            [str(interpreter), "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            production(),
        ),
    ]
    return [name for name, command, extra in checks if not passes(name, command, extra)]


def test(interpreter: Path, npm: Sequence[str], failed: list[str], options: Sequence[str]) -> int:
    """Run the front end's tests and pytest, whose own report stays visible. Returns the exit code.

    With options of pytest's, or a database that was named, there is one run of it; else those of `APART` run beside the
    others, each with a PostgreSQL of its own.

    In CI, whose machines are busy, what failed is tried once more by itself: who passes then is unsteady, and named by
    the first report. Here a failure is a failure.
    """
    if not passes("Front-end tests", [*npm, "run", "--silent", "test"], {}):
        failed.append("Front-end tests")
    if failed:
        print(f"\nFailed before pytest: {', '.join(failed)}.", flush=True)
    run = [str(interpreter), "-m", "pytest"]
    if options or "DATABASE_URL" in os.environ:
        ran = [(_finished([*run, *options]), [*run, *options])]
    else:
        ran = _side_by_side(run)
    worst = 0
    for first, command in ran:
        code = first
        if code == TESTS_FAILED and os.environ.get("CI") == "true":
            print("\nWhat failed, once more by itself:", flush=True)
            code = _finished([*command, "--last-failed", "--last-failed-no-failures", "none"])
        worst = worst or code
    return worst or (1 if failed else 0)


def _side_by_side(run: Sequence[str]) -> list[tuple[int, list[str]]]:
    """Run all tests in two processes; the report of the second comes after that of the first."""
    apart = [*run, "-o", "cache_dir=.pytest_cache/apart", *APART]
    others = [*run, *(f"--ignore={each}" for each in APART)]
    with tempfile.TemporaryFile() as report:
        beside = subprocess.Popen(apart, stdout=report, stderr=subprocess.STDOUT)
        try:
            code = _finished(others)
            beside.wait()
        finally:
            beside.terminate()
        report.seek(0)
        print("\nBeside these, those that wait much:", flush=True)
        sys.stdout.buffer.write(report.read())
        sys.stdout.flush()
    return [(code, others), (beside.returncode, apart)]


def _finished(command: Sequence[str]) -> int:
    return subprocess.run(command, check=False).returncode


def passes(name: str, command: Sequence[str], extra: Mapping[str, str]) -> bool:
    """Run a check as a step; when it fails its whole output is shown."""
    try:
        with step(name):
            call(command, "", **extra)
    except StepError as error:
        print(error, flush=True)
        return False
    return True


def production() -> dict[str, str]:
    """A complete environment for what only imports the settings; nothing in it is used for anything else."""
    return {
        "PRODUCTION": "1",
        "SECRET_KEY": os.urandom(48).hex(),
        "CHATAPP_MASTER_KEYS": "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "DATABASE_URL": "postgresql://localhost/everthread",
        "REDIS_URL": "redis://localhost/0",
        "OPENAI_API_KEY": "none",
        "ALLOWED_HOSTS": "chat.example.org",
        "CSRF_TRUSTED_ORIGINS": "https://chat.example.org",
    }
