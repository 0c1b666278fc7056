"""The lines that a process logs: one object each, about whom they are named, and nothing that people wrote."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from contextvars import Context
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from chatapp import logs
from chatapp.models import User
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import Visitor
from tests.test_threads import is_idle, soon

Visit = Callable[[User | None], Visitor]
Json = dict[str, Any]


class Lines(logging.Handler):
    """Keeps what the server logs, formatted as it would be."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logs.Structured())
        self.lines: list[Json] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@pytest.fixture
def lines() -> Iterator[list[Json]]:
    """Every line of the application, as objects."""
    handler, root = Lines(), logging.getLogger("chatapp")
    root.addHandler(handler)
    yield handler.lines
    root.removeHandler(handler)


def failed_with(text: str) -> tuple[Any, ...]:
    """An exception that quotes what someone wrote, and was caused by one that does too."""
    try:
        try:
            raise ValueError(text)
        except ValueError as error:
            raise KeyError(text) from error
    except KeyError:
        return sys.exc_info()


@pytest.mark.parametrize("formatter", [logs.ContentFree("%(message)s"), logs.Structured()])
def test_line_says_what_failed_and_nothing_that_was_written(formatter: logging.Formatter) -> None:
    record = logging.LogRecord("name", logging.ERROR, "", 1, "It failed.", (), failed_with("private words"))
    assert "private words" in logging.Formatter().format(record)  # and the record keeps what that handler made of it
    line = formatter.format(record)
    assert "private words" not in line
    assert "ValueError" in line
    assert "which led to" in line
    assert "test_logs.py" in line
    assert record.exc_text is None or "private words" in record.exc_text


def test_line_is_one_json_object() -> None:
    Context().run(line_is_one_json_object)


def line_is_one_json_object() -> None:
    record = logging.LogRecord("some.name", logging.WARNING, "", 1, "Two\nlines of %s", ("\ud800",), None)
    record.anything = "else"
    logs.about(run_id="r")
    line = logs.Structured().format(record)
    assert "\n" not in line
    found = json.loads(line)
    assert datetime.fromisoformat(found.pop("time")).utcoffset() is not None
    assert found.pop("process").endswith(f":{record.process}")
    expected = {"level": "WARNING", "logger": "some.name", "message": "Two\nlines of \ud800", "run_id": "r"}
    assert found == expected
    logs.about(run_id=None)
    assert "run_id" not in json.loads(logs.Structured().format(record))


def test_lines_of_a_run_name_it(visit: Visit, alice: User, endpoint: ScriptedModel, lines: list[Json]) -> None:
    logging.getLogger("chatapp").setLevel(logging.INFO)
    socket = visit(alice).open(uuid4(), subscribe=0)
    endpoint.script(Script(status=401))
    started = [socket.say("First")["result"]["run_id"]]
    assert socket.ended()["event"] == "failed"
    soon(is_idle)
    found = [line for line in lines if line["message"].startswith("Run ") and line["logger"] == "chatapp.execution"]
    assert [line["run_id"] for line in found] == started
    assert {line["user_id"] for line in found} == {str(alice.pk)}
    assert all(re.fullmatch("[0-9a-f]{32}", line["request_id"]) for line in found)
    assert all(line["message"].startswith(f"Run {line['run_id']}") for line in found)


def test_request_is_named_in_its_answer(visit: Visit, alice: User, settings: Settings) -> None:
    http = visit(alice).http
    given = "0a1b2c3d-from-our-proxy"
    for trusted, sent, taken in (
        (0, given, False),
        (1, given, True),
        (1, "short", False),
        (1, "x" * 65, False),
        (1, "a forged line", False),
    ):
        settings.TRUSTED_PROXIES = trusted
        named = http.get("/threads", headers={"x-request-id": sent}).headers
        assert (named["x-request-id"] == sent) is taken, sent
        assert taken or re.fullmatch("[0-9a-f]{32}", named["x-request-id"])
    answers = {http.get("/nowhere").headers["x-request-id"] for _ in range(3)}
    assert len(answers) == 3
