"""kill -9 in the middle of an answer, and the start after it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.scripted_model import Script, ScriptedModel
from tests.site import Site
from tests.sockets import Json, Socket, Visitor

WORDS = " ".join(f"word{number}" for number in range(40))


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as model:
        model.rule("\n\nAssistant: ", Script("A title"))
        yield model


@pytest.fixture
def site(tmp_path: Path, model: ScriptedModel) -> Iterator[Site]:
    with Site(tmp_path / "data", OPENAI_BASE_URL=model.url, OPENAI_API_KEY=model.key, OPENAI_MODEL="scripted") as site:
        yield site


class Tab:
    """What a page does with events: follows `since`, starts an answer anew at each attempt, reconnects."""

    def __init__(self, visitor: Visitor, thread_id: object) -> None:
        self.visitor, self.thread_id = visitor, thread_id
        self.seen: list[int] = []
        self.text = ""
        self.ended: str | None = None
        self._read: dict[Socket, int] = {}

    def follow(self, socket: Socket, until: str | None = None) -> None:
        """Take events until the run has ended, or a text has come."""
        taken = [self._take(frame) for frame in socket.frames[self._read.get(socket, 0) :]]
        done = True in taken
        if not done and not (until is not None and until in self.text):
            socket.until(lambda frame: self._take(frame) or (until is not None and until in self.text))
        self._read[socket] = len(socket.frames)

    def _take(self, frame: Json) -> bool:
        if frame.get("type") != "event" or frame["seq"] is None:
            return False
        assert not self.seen or frame["seq"] > self.seen[-1], "an event came twice or out of order"
        self.seen.append(frame["seq"])
        data = frame["params"]["data"]
        if data.get("name") == "attempt":
            self.text = ""
        self.text += data.get("delta", {}).get("text", "")
        if frame["method"] == "lifecycle" and data["event"] != "running":
            self.ended = data["event"]
        return self.ended is not None


def test_run_killed_in_the_middle_is_completed_once_in_both_tabs(site: Site, model: ScriptedModel) -> None:
    model.script(Script(WORDS, held=True))
    browser = site.sign_up("alice@example.org")
    visitor, thread_id = Visitor(site.port, browser.cookies["sessionid"]), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    assert socket.say("Count to forty")["type"] == "success"
    tabs = [Tab(visitor, thread_id), Tab(visitor, thread_id)]
    model.wait_for(lambda: model.requests)
    model.release(10)
    tabs[0].follow(socket, until="word9")
    tabs[1].follow(visitor.open(thread_id, subscribe=0), until="word9")

    site.kill()
    model.reset()
    model.rule("\n\nAssistant: ", Script("A title"))
    model.script(Script(WORDS))
    site.start()

    sockets = [visitor.open(thread_id, subscribe=tab.seen[-1]) for tab in tabs]
    threads = [threading.Thread(target=tab.follow, args=(socket,)) for tab, socket in zip(tabs, sockets, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [tab.ended for tab in tabs] == ["completed", "completed"]
    assert [tab.text for tab in tabs] == [WORDS, WORDS]
    state = visitor.state(thread_id)
    assert [(each["role"], each["text"]) for each in state["messages"]] == [
        ("user", "Count to forty"),
        ("assistant", WORDS),
    ]
    visitor.leave()


def test_conversation_goes_on_after_a_restart(site: Site, model: ScriptedModel) -> None:
    browser = site.sign_up("alice@example.org")
    visitor, thread_id = Visitor(site.port, browser.cookies["sessionid"]), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("My name is Alice")
    socket.ended()
    assert site.stop() == 0
    site.start()
    model.script(Script("Your name is Alice."))
    socket = visitor.open(thread_id, subscribe=visitor.state(thread_id)["last_seq"])
    socket.say("What is my name?")
    assert socket.ended()["event"] == "completed"
    sent = [(each["role"], each["content"]) for each in model.requests_for("What is my name?")[0].messages[1:]]
    assert sent == [
        ("user", "My name is Alice"),
        ("assistant", "Answer to: My name is Alice"),
        ("user", "What is my name?"),
    ]
    visitor.leave()


def test_demo_model_recalls_a_name_after_a_restart(tmp_path: Path) -> None:
    with Site(tmp_path / "data") as site:
        browser = site.sign_up("alice@example.org")
        visitor, thread_id = Visitor(site.port, browser.cookies["sessionid"]), uuid4()
        socket = visitor.open(thread_id, subscribe=0)
        socket.say("My name is Alice")
        socket.ended()
        site.kill()
        site.start()
        socket = visitor.open(thread_id, subscribe=visitor.state(thread_id)["last_seq"])
        socket.say("What is my name?")
        socket.ended()
        assert "Alice" in visitor.state(thread_id)["messages"][-1]["text"]
        visitor.leave()


def test_run_goes_on_through_a_restart_of_postgresql(site: Site, model: ScriptedModel) -> None:
    """A backend that is killed makes PostgreSQL drop every connection and recover: the same as a restart."""
    model.script(Script("one two three four", held=True))
    browser = site.sign_up("alice@example.org")
    visitor, thread_id = Visitor(site.port, browser.cookies["sessionid"]), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("Count")
    tab = Tab(visitor, thread_id)
    model.wait_for(lambda: model.requests)
    model.release(2)
    tab.follow(socket, until="two")
    kill_a_backend(site.data_dir)
    model.release()
    tab.follow(socket)
    assert (tab.ended, tab.text) == ("completed", "one two three four")
    assert socket.say("And then?")["type"] == "success"
    assert socket.ended()["event"] == "completed"
    texts = [each["text"] for each in visitor.state(thread_id)["messages"]]
    assert texts == ["Count", "one two three four", "And then?", "Answer to: And then?"]
    visitor.leave()


def kill_a_backend(data_dir: Path) -> None:
    """kill -9 the process behind a connection."""
    postmaster = int((data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    backends = [int(each) for each in children if b"idle" in Path(f"/proc/{each}/cmdline").read_bytes()]
    assert backends
    os.kill(backends[0], signal.SIGKILL)
