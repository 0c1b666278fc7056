"""A message's way through the running server: socket, run, model, events, tree."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from chatapp.models import User
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import Visitor

Visit = Callable[[User | None], Visitor]


def test_message_is_answered(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    endpoint.script(Script("Hello Alice, how are you?"))
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    assert socket.say("Hello")["type"] == "success"
    assert socket.ended()["event"] == "completed"
    assert socket.text() == "Hello Alice, how are you?"
    state = visitor.state(thread_id)
    assert [(each["role"], each["text"]) for each in state["messages"]] == [
        ("user", "Hello"),
        ("assistant", "Hello Alice, how are you?"),
    ]
