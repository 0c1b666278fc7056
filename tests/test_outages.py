"""The database refuses a message: what its sender is told, and that nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from django.db import connection

from chatapp.models import Message, User
from tests.sockets import Visitor

Visit = Callable[[User | None], Visitor]


@contextmanager
def refusing(code: str) -> Iterator[None]:
    """PostgreSQL itself refuses every new message with this code."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END $$;"
            " CREATE TRIGGER refuse BEFORE INSERT ON chatapp_message FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION refuse CASCADE")


def test_full_disk_is_said_and_the_same_message_can_be_sent_later(visit: Visit, alice: User) -> None:
    thread_id, message_id = uuid4(), uuid4()
    socket = visit(alice).open(thread_id, subscribe=0)
    with refusing("53100"):
        answer = socket.say("Hello", message_id)
        assert answer["type"] == "error"
        assert "disk is full" in answer["message"]
        assert not Message.objects.filter(thread_id=thread_id).exists()
    assert socket.say("Hello", message_id)["type"] == "success"
    assert socket.ended()["event"] == "completed"


def test_database_that_is_away_sends_the_client_away_to_come_back(visit: Visit, alice: User) -> None:
    visitor, thread_id, message_id = visit(alice), uuid4(), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    with refusing("57P01"):
        message = {"id": str(message_id), "type": "human", "content": "Hello"}
        socket.send(
            json.dumps(
                {"id": 7, "method": "run.start", "params": {"assistant_id": "chat", "input": {"messages": [message]}}}
            )
        )
        assert socket.closed() == 1012
    again = visitor.open(thread_id, subscribe=0)
    assert again.say("Hello", message_id)["type"] == "success"
    assert again.ended()["event"] == "completed"
    assert Message.objects.filter(thread_id=thread_id, role="user").count() == 1
