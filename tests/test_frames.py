"""The socket's boundary: whatever a frame or a handshake holds, it gets its answer and the server goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from pytest_django import Settings
from websockets.exceptions import InvalidStatus

from chatapp import threads, waiting
from chatapp.models import Message, Thread, User
from chatapp.streaming import protocol
from tests.planted_threads import plant
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import ALL, Json, Socket, Visitor

Visit = Callable[[User | None], Visitor]
ABSENT = object()
ID = "6f1f6b0e-6f5c-4b64-9d63-0d2f0a6f8a11"
HUMAN = {"id": ID, "type": "human", "content": "Hello"}
START = {"assistant_id": "chat", "input": {"messages": [HUMAN]}}

# Frames that are no command: neither JSON nor an object nor numbered, so nobody can be told which one it was.
FORMLESS = {
    "empty": "",
    "space": " ",
    "text": "hello",
    "cut": '{"id": 1, "method": "run.st',
    "comma": '{"id": 1, "method": "run.stop",}',
    "two": '{"id": 1, "method": "run.stop"} {"id": 2, "method": "run.stop"}',
    "NaN": '{"id": 1, "method": "run.stop", "params": {"a": NaN}}',
    "NUL": "\x00",
    "nested arrays": "[" * 2000 + "]" * 2000,
    "nested objects": '{"a":' * 2000 + "1" + "}" * 2000,
    "nested params": '{"id": 1, "method": "run.stop", "params": {"a": ' + "[" * 2000 + "]" * 2000 + "}}",
    "open nesting": "[" * 2000,
    "deep nesting with a lone surrogate": '["\\ud800",' + "[" * 2000 + "]" * 2001,
    "array": "[]",
    "command in an array": '[{"id": 1, "method": "run.stop"}]',
    "string": '"run.stop"',
    "number": "1",
    "true": "true",
    "null": "null",
    "no id": '{"method": "run.stop"}',
    "digits": '{"id": ' + "9" * 5000 + ', "method": "run.stop"}',
} | {
    f"id {each}": f'{{"id": {each}, "method": "run.stop"}}'
    for each in ("null", "true", '"1"', "1.5", "1e2", "-1", "[]", "{}", str(2**53), str(2**64), "1" * 400)
}

NOT_TEXT: list[object] = [None, 1, 1.5, True, [], {}]
NOT_OBJECT: list[object] = [None, 1, "x", True, []]
NOT_ID: list[object] = [ABSENT, *NOT_TEXT, "", "x", "z" * 36, ID[:-1], ID + "0"]

# Command → the place of a parameter → values that are refused there, everything else being right.
WRONG: dict[str, dict[str, list[object]]] = {
    "subscription.subscribe": {
        "channels": [ABSENT, *NOT_TEXT, "messages", [1], [None], [["messages"]], [{}], ["x"], ["custom:"], ALL * 22],
        "since": [None, "0", "x", 1.5, True, -1, 2**53, [], {}],
    },
    "subscription.reconnect": {
        "channels": [ABSENT, None, [], {}, "messages", [1]],
        "since": [ABSENT, None, "0", 1.5, True, -1],
        "subscription_id": [1, True, [], {}],
    },
    "subscription.unsubscribe": {"subscription_id": [ABSENT, *NOT_TEXT]},
    "run.start": {
        "assistant_id": [ABSENT, *NOT_TEXT, "other", ["chat"]],
        "input": [ABSENT, *NOT_OBJECT, {}],
        "input.messages": [*NOT_TEXT, "x", [1], [None], [[]], ["Hello"], [HUMAN, HUMAN]],
        "input.messages.0.type": [ABSENT, *NOT_TEXT, "ai", "system", "tool", ["human"]],
        "input.messages.0.content": [ABSENT, *NOT_TEXT, "", " ", "\n\u2003", "\x00", [{"type": "text"}]],
        "input.messages.0.id": NOT_ID,
        "config": NOT_OBJECT,
        "config.configurable": NOT_OBJECT,
        "config.configurable.model": [*NOT_TEXT, "", "gpt-nobody-offers", ["scripted"]],
    },
    "run.stop": {"run_id": [*NOT_ID[2:]]},
    "queue.edit": {"message_id": NOT_ID, "content": [ABSENT, *NOT_TEXT, "", " ", "\n\u2003", "\x00"]},
    "queue.remove": {"message_id": NOT_ID},
    "queue.send_now": {"message_id": NOT_ID},
}
RIGHT: dict[str, Json] = {
    "subscription.subscribe": {"channels": ALL, "since": 0},
    "subscription.reconnect": {"channels": ALL, "since": 0, "subscription_id": "s1"},
    "subscription.unsubscribe": {"subscription_id": "s2"},
    "run.start": START,
    "run.stop": {},
    "queue.edit": {"message_id": ID, "content": "Hello"},
    "queue.remove": {"message_id": ID},
    "queue.send_now": {"message_id": ID},
}


def with_value(params: Json, place: str, value: object) -> Json:
    """A copy of the parameters with another value at the place, or none."""
    made: Any = json.loads(json.dumps(params))  # Any: walked by the place's names
    at, *rest = made, *place.split(".")
    for step in rest[:-1]:
        at = at[int(step)] if step.isdigit() else at.setdefault(step, {})
    if value is ABSENT:
        del at[rest[-1]]
    else:
        at[rest[-1]] = value
    return dict(made)


def raw(socket: Socket, frame: str | bytes) -> Json:
    """Send a frame as it is; return the first frame that is no event."""
    socket.send(frame)
    return socket.until(lambda frame: frame["type"] != "event")


def goes_on(socket: Socket) -> bool:
    """Whether the socket still carries out a command, and answers only that."""
    answer = socket.command("subscription.subscribe", channels=["lifecycle"], since=0)
    socket.command("subscription.unsubscribe", subscription_id=answer["result"]["subscription_id"])
    return bool(answer["type"] == "success")


def is_refused(answer: Json, number: int | None, code: str = "invalid_argument") -> bool:
    """Whether this is the protocol's error with this id and code, and a sentence."""
    sentence = answer.get("message", "")
    return (answer["type"], answer["id"], answer["error"]) == ("error", number, code) and sentence.endswith(".")


@pytest.fixture(autouse=True)
def unhurried(settings: Settings) -> None:
    """As many commands a second as a test likes: tests/test_limits.py is about too many."""
    settings.COMMANDS_PER_SECOND = 0


@pytest.fixture
def socket(visit: Visit, alice: User) -> Socket:
    """Alice's, on a thread that does not exist yet."""
    return visit(alice).open(uuid4())


def test_formless_frame_is_refused_without_an_id(socket: Socket) -> None:
    for name, frame in FORMLESS.items():
        assert is_refused(raw(socket, frame), None), name
        assert goes_on(socket), name


def test_binary_frame_is_refused(socket: Socket) -> None:
    for frame in (b"", b"\x00\xff", json.dumps({"id": 1, "method": "run.stop"}).encode()):
        assert is_refused(raw(socket, frame), None)
        assert goes_on(socket)


def test_method_that_is_no_text_and_params_that_are_no_object_are_refused(socket: Socket) -> None:
    for value in NOT_TEXT:
        assert is_refused(raw(socket, json.dumps({"id": 7, "method": value})), 7), value
    assert is_refused(raw(socket, '{"id": 8}'), 8)
    for value in NOT_OBJECT:
        assert is_refused(raw(socket, json.dumps({"id": 9, "method": "run.stop", "params": value})), 9), value
    assert goes_on(socket)


def test_unknown_method_is_refused(socket: Socket) -> None:
    for method in ("", "run", "run.delete", "RUN.START", "__init__", "_carry_out", "\x00", "\ud800", "x" * 10_000):
        answer = raw(socket, json.dumps({"id": 5, "method": method, "params": {}}))
        assert is_refused(answer, 5, "unknown_command"), method
        assert goes_on(socket), method


def test_parameter_of_a_wrong_type_is_refused(socket: Socket) -> None:
    number = 1000
    for method, places in WRONG.items():
        for place, values in places.items():
            for value in values:
                number += 1
                params = with_value(RIGHT[method], place, value)
                answer = raw(socket, json.dumps({"id": number, "method": method, "params": params}))
                assert is_refused(answer, number), (method, place, value, answer)
        assert goes_on(socket), method
    assert not Thread.objects.exists()


def test_right_parameters_are_accepted(socket: Socket) -> None:
    """What gives the refusals above their meaning. No message waits; tests/test_waiting.py has those that do."""
    for method, params in RIGHT.items():
        answer = socket.command(method, **params)
        if method.startswith("queue."):
            assert answer["message"] == str(waiting.NotWaiting()), method
        else:
            assert answer["type"] == "success", method


def test_retry_without_a_message_is_refused(socket: Socket) -> None:
    for metadata in (ABSENT, *NOT_OBJECT, {}, *({"retry": value} for value in NOT_ID[1:])):
        params = with_value({"assistant_id": "chat", "input": None, "metadata": {}}, "metadata", metadata)
        assert is_refused(socket.command("run.start", **params), socket._number), metadata
    params = {"assistant_id": "chat", "input": None, "metadata": {"retry": ID}}
    assert is_refused(socket.command("run.start", **params), socket._number, "unknown_error")
    assert goes_on(socket)


def test_frame_over_the_limit_closes_the_socket_and_one_at_the_limit_does_not(visit: Visit, alice: User) -> None:
    visitor, thread_id = visit(alice), uuid4()
    frame = json.dumps({"id": 1, "method": "nonsense", "params": {}})
    at_limit, over = visitor.open(thread_id), visitor.open(thread_id)
    assert is_refused(raw(at_limit, frame + " " * (settings.FRAME_BYTES - len(frame))), 1, "unknown_command")
    over.send(frame + " " * (settings.FRAME_BYTES + 1 - len(frame)))
    assert over.closed() == 1009
    assert goes_on(at_limit)
    assert goes_on(visitor.open(thread_id))


# As a browser sends it, and as it is kept.
ODD = {
    "a\x00b": "ab",
    "a\ud800b\udc00\udfffc": "a\ufffdb\ufffd\ufffdc",
    "\ud83d": "\ufffd",
    "👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301": "👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301",
    "שלום \u202eعليكم\u202c": "שלום \u202eعليكم\u202c",
    "\ufeff\u2028\u2029\x01\x7f\uffff\U0010ffff": "\ufeff\u2028\u2029\x01\x7f\uffff\U0010ffff",
    "'; DROP TABLE chatapp_message; -- <script>": "'; DROP TABLE chatapp_message; -- <script>",
}


def test_odd_text_is_cleaned_stored_and_answered(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    expected = []
    for sent, kept in ODD.items():
        message_id = uuid4()
        first = socket.say(sent, message_id)
        assert first["type"] == "success", sent
        assert socket.ended()["event"] == "completed", sent
        assert kept in [request.last for request in endpoint.requests]
        # Sent again it is the same message: compared as it was cleaned.
        assert socket.say(sent, message_id)["result"] == first["result"], sent
        expected += [kept, f"Answer to: {kept}"]
    assert [each["text"] for each in visitor.state(thread_id)["messages"]] == expected


def test_longest_text_is_accepted_and_one_character_more_refused(
    visit: Visit, alice: User, endpoint: ScriptedModel
) -> None:
    endpoint.rule("", Script("Long."))
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    text = "漢" * settings.MESSAGE_CHARS
    start = with_value(START, "input.messages.0.content", text)
    answer = raw(socket, json.dumps({"id": 99, "method": "run.start", "params": start}, ensure_ascii=False))
    assert answer["type"] == "success"
    assert socket.ended()["event"] == "completed"
    assert visitor.state(thread_id)["messages"][0]["text"] == text
    refused = socket.say("x" * (settings.MESSAGE_CHARS + 1))
    assert is_refused(refused, refused["id"])
    assert "200,001" in refused["message"]
    assert "200,000" in refused["message"]
    assert goes_on(socket)
    assert Message.objects.count() == 2


def test_stranger_cannot_open_a_thread(visit: Visit, alice: User, charlie: User, administrator: User) -> None:
    thread = plant(alice)
    for stranger in (charlie, administrator):
        assert visit(stranger).open(thread.id).closed() == protocol.NOT_FOUND
        assert goes_on(visit(stranger).open(uuid4()))
    assert goes_on(visit(alice).open(thread.id))


def test_trashed_or_deleted_thread_cannot_be_opened(visit: Visit, alice: User) -> None:
    thread, visitor = plant(alice), visit(alice)
    threads.trash(alice.pk, thread.id)
    assert visitor.open(thread.id).closed() == protocol.NOT_FOUND
    threads.restore(alice.pk, thread.id)
    assert goes_on(visitor.open(thread.id))


def test_nobody_signed_in_is_told_so(visit: Visit, alice: User) -> None:
    thread = plant(alice)
    assert visit(None).open(thread.id).closed() == protocol.SIGNED_OUT
    assert visit(None).open(uuid4()).closed() == protocol.SIGNED_OUT
    forged = visit(None)
    forged.cookie = f"{settings.SESSION_COOKIE_NAME}={'a' * 32}"
    assert forged.open(thread.id).closed() == protocol.SIGNED_OUT
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert visit(alice).open(thread.id).closed() == protocol.SIGNED_OUT


def foreign_origins(port: int) -> list[str | None]:
    """Everything a page of another site may send, and what only looks like our own."""
    own = f"http://127.0.0.1:{port}"
    return [
        None,
        "",
        "null",
        "https://evil.example",
        f"http://127.0.0.1:{port + 1}",
        "http://127.0.0.1",
        f"http://localhost:{port}",
        f"ws://127.0.0.1:{port}",
        f"{own}.evil.example",
        f"{own}/",
        f"{own} https://evil.example",
        f"https://evil.example/{own}",
        f"http://evil.example@127.0.0.1:{port}",
        f"HTTP://127.0.0.1:{port}",
    ]


def test_handshake_of_another_site_is_refused(visit: Visit, alice: User) -> None:
    visitor, thread_id = visit(alice), uuid4()
    for origin in foreign_origins(visitor.port):
        with pytest.raises(InvalidStatus) as refused:
            visitor.open(thread_id, origin=origin)
        assert refused.value.response.status_code == 403, origin
    assert goes_on(visitor.open(thread_id))


def test_origin_that_is_no_address_is_refused(visit: Visit, alice: User) -> None:
    for origin in ("http://[", "http://[::1", "https://a]b"):
        with pytest.raises(InvalidStatus) as refused:
            visit(alice).open(uuid4(), origin=origin)
        assert refused.value.response.status_code == 403
