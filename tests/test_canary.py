"""Marked text goes through every feature, and is found nowhere: not in a table, not in a log, not in a statement."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django_settings
from django.db import connection
from pytest_django.fixtures import Settings

from chatapp import content, keys, logs
from chatapp.graph import state
from chatapp.models import SEALED, EventBatch, Summary, Thread, User
from chatapp.sealing import OVERHEAD
from tests.database_dump import activity, columns, dump, forms, found_in
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import Json, Socket, Visitor
from tests.test_access_matrix import TOKEN
from tests.test_asking import asked, opened, remember, respond
from tests.test_branches_live import start
from tests.test_threads import is_idle, listed, post, soon

Visit = Callable[[User | None], Visitor]
MARKED = (
    *("question", "answer", "reasoning", "title", "renamed", "over_long_title", "partial", "error", "refusal", "page"),
    *("garbage", "nonsense", "stopped_question", "stopped", "queued", "withdrawn", "conflict", "summary", "retried"),
    *("unknown_command", "key", "late", "proposed", "kept", "looked_up", "pending"),
    *("edited", "label", "over_long_label"),
    *("looked_into", "changed", "malformed"),
)
# Bytes that are not content: wrapped keys and their ids. The checkpoint tables have tests of their own besides.
KEY_COLUMNS = {
    "chatapp_userkey": {"key_id", "wrapped"},
    "chatapp_threadkey": {"key_id", "wrapped"},
    "memory_shelf": {"key_id", "wrapped"},
    "chatapp_auditkey": {"wrapped"},
    "chatapp_auditentry": {"previous", "hash"},
    "checkpoint_blobs": {"blob"},
    "checkpoint_writes": {"blob"},
}


class Logs(logging.Handler):
    """Keeps everything that is logged, as any formatter could write it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[tuple[str, bytes]] = []
        self.objects: list[Json] = []
        self._structured = logs.Structured()

    def emit(self, record: logging.LogRecord) -> None:
        structured = self._structured.format(record)
        self.objects.append(json.loads(structured))
        line = f"{self.format(record)} {vars(record)!r} {structured}"
        self.lines.append((f"log of {record.name}", line.encode("utf-8", "backslashreplace")))


@dataclass
class Written:
    """What the scenario left behind."""

    marks: dict[str, str]
    logs: Logs
    thread_id: UUID
    visitor: Visitor
    shown: str = ""
    shown_asks: str = ""
    shown_branches: str = ""
    midway: list[tuple[str, bytes]] = field(default_factory=list)


@pytest.fixture
def logged() -> Iterator[Logs]:
    """What the application logs with LOG_LEVEL=DEBUG: loggers that the settings hold back stay held back."""
    root, handler = logging.getLogger(), Logs()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture
def written(
    visit: Visit,
    alice: User,
    administrator: User,
    endpoint: ScriptedModel,
    settings: Settings,
    logged: Logs,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Written]:
    """A user who uses everything, in words that occur nowhere else."""
    marks = {name: f"canary{uuid4().hex[:14]}" for name in MARKED}
    endpoint.reset()  # its rule for titles too
    settings.WINDOW_MESSAGES = 4
    monkeypatch.setattr(state, "TURNS_BETWEEN_SUMMARIES", 2)
    settings.OPENAI_API_KEY = marks["key"]
    made = Written(marks, logged, uuid4(), visit(alice))
    socket = made.visitor.open(made.thread_id, subscribe=0)
    answer_and_titles(made, socket, endpoint)
    failures(made, socket, endpoint)
    stops_and_queue(made, socket, endpoint)
    soon(is_idle)
    branching(made)
    administering(made, visit(administrator))
    remembering(made, endpoint)
    made.shown = json.dumps([made.visitor.state(made.thread_id), socket.frames, listed(made.visitor)])
    made.shown += (
        made.shown_asks
        + made.shown_branches
        + json.dumps([[request.messages, request.headers] for request in endpoint.requests])
    )
    yield made
    endpoint.release()


def answer_and_titles(made: Written, socket: Socket, endpoint: ScriptedModel) -> None:
    marks = made.marks
    script = Script(f"My {marks['answer']} is long.", reasoning=[f"Thinking {marks['reasoning']} "])
    endpoint.script(script, Script(f"Title {marks['title']}", held=True))
    socket.say(f"My {marks['question']} is this.")
    endpoint.wait_for(lambda: len(endpoint.requests) == 2)
    made.midway += dump()  # the title's job is in the queue
    endpoint.release(2)
    socket.until(lambda frame: marks["title"] in json.dumps(frame))
    # From now on only a summary is asked for with this question in its request.
    endpoint.rule(marks["question"], Script(f"Summary {marks['summary']}."))
    for text in ("The window is full after this.", "And this takes the summary up."):
        socket.say(text)
        assert socket.ended()["event"] == "completed"
        soon(is_idle)
    path = f"/t/{made.thread_id}/rename"
    assert post(made.visitor, path, {"title": f"Title {marks['renamed']}"}).status_code == 200
    assert post(made.visitor, path, {"title": marks["over_long_title"] * 20}).status_code == 400
    assert socket.command(marks["unknown_command"], note=marks["unknown_command"])["error"] == "unknown_command"


def failures(made: Written, socket: Socket, endpoint: ScriptedModel) -> None:
    """Every way in which a provider may hand back what it was sent."""
    marks = made.marks
    echo = f"{marks['error']} {marks['question']} {marks['key']}"
    nonsense = json.dumps({"choices": [{"delta": marks["nonsense"]}]}).encode()
    scripts = [
        Script(f"This {marks['partial']} breaks off here.", error_after=3, error={"message": echo, "code": echo}),
        Script(status=400, body=json.dumps({"error": {"message": f"{marks['refusal']} {echo}", "code": echo}})),
        Script(status=401, body=f"Incorrect API key provided: {marks['key']}"),
        Script(status=200, body=f"<html>{marks['page']}</html>", content_type="text/html"),
        Script(raw=[b"data: " + marks["garbage"].encode() + b"\n\n"]),
        Script(raw=[b"data: " + nonsense + b"\n\n"]),
    ]
    for number, script in enumerate(scripts):
        endpoint.script(script)
        started = socket.say(f"Number {number} {marks['retried']}")
        assert started["type"] == "success"
        assert socket.ended()["event"] == "failed", number
        soon(is_idle)
    asked = [each for each in made.visitor.state(made.thread_id)["messages"] if each["role"] == "user"]
    retry: Json = {"assistant_id": "chat", "input": None, "metadata": {"retry": asked[-1]["id"]}}
    assert socket.command("run.start", **retry)["type"] == "success"
    assert socket.ended()["event"] == "completed"
    soon(is_idle)


def stops_and_queue(made: Written, socket: Socket, endpoint: ScriptedModel) -> None:
    marks, first = made.marks, uuid4()
    endpoint.script(Script(f"This {marks['stopped']} goes on for long.", held=True))
    before = len(endpoint.requests)
    socket.say(f"Stop {marks['stopped_question']}", first)
    endpoint.wait_for(lambda: len(endpoint.requests) > before)
    endpoint.release(2)
    socket.until(lambda frame: marks["stopped"] in json.dumps(frame))
    assert socket.say(marks["conflict"], first)["error"] == "invalid_argument"
    assert socket.say(f"Queued {marks['queued']}")["type"] == "success"
    withdrawn = socket.say(f"Withdrawn {marks['withdrawn']}")["result"]["run_id"]
    soon(lambda: EventBatch.objects.filter(thread_id=made.thread_id, last_seq__gte=socket.events[-1]["seq"]).exists())
    made.midway += [*dump(), *(("activity", query) for query in activity())]
    assert socket.command("run.stop", run_id=withdrawn)["type"] == "success"
    assert socket.command("run.stop")["type"] == "success"
    assert socket.ended()["event"] == "interrupted"
    endpoint.release()
    assert socket.ended()["event"] == "completed"
    soon(is_idle)
    socket.say(f"And {marks['late']}")  # takes up a summary
    assert socket.ended()["event"] == "completed"


def branching(made: Written) -> None:
    """A question asked in other words, branches with a name, and one that is taken into a new thread."""
    marks, visitor, thread_id = made.marks, made.visitor, uuid4()
    socket = opened(visitor, thread_id)
    socket.say("In plain words")
    assert socket.ended()["event"] == "completed"
    soon(is_idle)
    assert start(socket, f"Edited {marks['edited']}", None)["type"] == "success"
    assert socket.ended()["event"] == "completed"
    soon(is_idle)
    first, last = (each["id"] for each in visitor.state(thread_id)["messages"])
    named = {"message_id": first, "label": f"Named {marks['label']}"}
    assert post(visitor, f"/t/{thread_id}/label", named).status_code == 204
    too_long = {"message_id": first, "label": marks["over_long_label"] * 10}
    assert post(visitor, f"/t/{thread_id}/label", too_long).status_code == 400
    assert post(visitor, f"/t/{thread_id}/show", {"message_id": first, "end": True}).status_code == 200
    forked = post(visitor, f"/t/{thread_id}/fork", {"message_id": last}).json()["thread"]
    made.shown_branches = json.dumps([visitor.http.get(f"/t/{thread_id}/branches").json(), forked, socket.frames])


def administering(made: Written, desk: Visitor) -> None:
    """An administrator reads a thread, changes it, and makes a fork and a copy of it."""
    marks, visitor, thread_id = made.marks, made.visitor, uuid4()
    socket = opened(visitor, thread_id)
    socket.say(f"Look into {marks['looked_into']}")
    assert socket.ended()["event"] == "completed"
    socket.connection.close()  # nobody reads it from now on
    soon(is_idle)
    (checkpoint,) = Thread.objects.filter(id=thread_id).values_list("head__checkpoint_id", flat=True)
    page = f"/admin/chatapp/thread/{thread_id}/checkpoint/{checkpoint}/"
    headers = {"cookie": f"{desk.cookie}; csrftoken={TOKEN}", "x-csrftoken": TOKEN}

    def send(act: str, **form: str) -> int:
        form = {"reason": "Ticket 1201", "once": str(uuid4()), **form}
        return desk.http.post(page + act, headers=headers, data=form).status_code

    reason = {"reason": "Ticket 1201"}
    assert desk.http.post(page, headers=headers, data=reason).status_code == 302
    read = desk.http.get(page, headers=headers).text
    assert send("fork/") == send("copy/") == 302
    for refused in (f'{{"{marks["malformed"]}": 1}}', f'{{"turns": "{marks["malformed"]}"}}', marks["malformed"]):
        assert send("update/?json", as_node="respond", update_json=refused) in (200, 409)
    change = json.dumps({"messages": [{"type": "assistant", "content": f"Changed {marks['changed']}"}]})
    assert send("update/?json", as_node="respond", update_json=change) == 302
    made.shown_branches += json.dumps([read, visitor.state(thread_id), socket.frames])


def remembering(made: Written, endpoint: ScriptedModel) -> None:
    """What the assistant would keep, what is kept instead, what it looks up; and a run that goes on waiting."""
    marks = made.marks
    socket = opened(made.visitor, uuid4())
    look_up = Script(calls=[("search_memories", json.dumps({"query": marks["looked_up"]}))])
    endpoint.script(remember(f"Keep {marks['proposed']}."), look_up, Script("Kept."))
    socket.say("Remember this")
    (interrupt_id,) = asked(socket)
    made.midway += dump()
    respond(socket, interrupt_id, "edit", text=f"Keep {marks['kept']}.")
    assert socket.ended()["event"] == "completed"
    soon(is_idle)
    endpoint.script(remember(f"Keep {marks['pending']}."))
    socket.say("Remember this too")
    asked(socket)
    made.shown_asks = json.dumps(socket.frames)


def summaries(thread_id: UUID) -> list[str]:
    """The running summaries of the thread, opened."""
    sealer = keys.thread_sealer(Thread.objects.get(id=thread_id).owner_id, thread_id)
    rows = Summary.objects.filter(thread_id=thread_id)
    return [content.unseal(sealer, row.body, "summary", "body", row.pk)["text"] for row in rows]


def test_marked_text_is_in_no_table_and_no_statement(written: Written, alice: User) -> None:
    marks = written.marks
    # The words were really there: shown, sent, streamed or summarised.
    handled = written.shown + " ".join(summaries(written.thread_id))
    answered_only = {
        "over_long_title",
        "unknown_command",
        "conflict",
        "withdrawn",
        "over_long_label",
        "malformed",
    }  # refused, taken back
    unseen = {"error", "refusal", "page", "garbage", "nonsense"}  # of the provider: shown to nobody
    assert {name for name, mark in marks.items() if mark not in handled} <= answered_only | unseen
    assert not [name for name in unseen if marks[name] in written.shown]
    assert summaries(written.thread_id)

    # The dump reads what is there: a plain column is found by it.
    User.objects.filter(pk=alice.pk).update(first_name=f"x{marks['question'].upper()}")
    assert found_in(dump(), marks.values()) == {("chatapp_user.first_name", marks["question"])}
    User.objects.filter(pk=alice.pk).update(first_name="Alice")
    places = {place for place, _ in dump()}
    assert {f"{table}.{column}" for table, names in SEALED.items() for column in names} <= places
    assert {"checkpoint_blobs.blob", "checkpoints.checkpoint", "django_session.session_data"} <= places

    assert found_in(written.midway, marks.values()) == set()
    assert {"procrastinate_jobs.args", "activity"} <= {place for place, _ in written.midway}
    assert found_in((("activity", query) for query in activity()), marks.values()) == set()
    own = django_settings.DATA_DIR / "postgres.log"
    if own.exists():
        assert found_in([("PostgreSQL's log", own.read_bytes())], marks.values()) == set()


def test_marked_text_is_in_no_log(written: Written) -> None:
    assert len(written.logs.lines) > 50
    assert found_in(written.logs.lines, written.marks.values()) == set()
    # The JSON lines are among them, say what they are about, and hold nothing besides.
    named = {"time", "level", "logger", "message", "process", "exception", *logs.IDS}
    assert set().union(*written.logs.objects) <= named
    of_runs = [line for line in written.logs.objects if line["logger"] == "chatapp.execution"]
    assert {line["thread_id"] for line in of_runs} == {str(written.thread_id)}
    assert all({"run_id", "user_id", "request_id"} <= set(line) for line in of_runs)
    # And each of these marks would have been found in one of them.
    record = logging.LogRecord("x", logging.ERROR, "", 1, written.marks["question"], (), None)
    assert found_in([("line", logs.Structured().format(record).encode())], written.marks.values())


def test_sealed_columns_hold_sealed_bytes(written: Written) -> None:
    threads = Thread.objects.values_list("owner_id", "id")
    key_ids = {keys.thread_sealer(*each).key_id for each in threads}
    for table, names in SEALED.items():
        for column in names:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")
                values = [bytes(value) for (value,) in cursor.fetchall()]
            assert values, table
            assert {value[2:10] for value in values} <= key_ids
            assert all(value[0] == 1 and len(value) > OVERHEAD for value in values)
            assert len({value[10:22] for value in values}) == len(values)  # a nonce each
            for value in values:
                assert len(set(value)) > min(len(value), 200) // 4, (table, value)


@pytest.mark.django_db
def test_every_column_of_bytes_is_accounted_for() -> None:
    known = {table: set(names) for table, names in SEALED.items()} | KEY_COLUMNS
    found: dict[str, set[str]] = {}
    for table, column, kind in columns():
        if kind == "bytea":
            found.setdefault(table, set()).add(column)
    assert found == known


def test_dump_finds_what_is_hidden() -> None:
    import base64
    import zlib

    import zstandard

    mark = b"canary0123456789"
    hidden = {
        "plain": b"..." + mark,
        "upper": mark.upper(),
        "hex": mark.hex().encode(),
        "base64": base64.b64encode(b"x" + mark + b"yz"),
        "base64 inside": b'{"a": "' + base64.urlsafe_b64encode(b"xy" + mark) + b'"}',
        "zstd": b"head" + zstandard.compress(mark * 20),
        "zlib": zlib.compress(mark * 20),
        "zlib in base64": b"." + base64.urlsafe_b64encode(zlib.compress(mark * 20)).rstrip(b"=") + b":1a:sig",
        "zstd in hex": b"\\x" + zstandard.compress(mark * 20).hex().encode(),
    }
    for name, value in hidden.items():
        assert found_in([(name, value)], [mark.decode()]) == {(name, mark.decode())}, name
    assert found_in([("", b"nothing"), *((name, b"") for name in hidden)], [mark.decode()]) == set()
    assert list(forms(b"short")) == [b"short"]
