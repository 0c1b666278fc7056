"""What providers send, in all its forms, and the errors inside it."""

from __future__ import annotations

from typing import Any

from chatapp.graph.failures import from_error, from_status
from chatapp.graph.sse import Chunks, Lines


def test_lines_in_every_form() -> None:
    forms = b': ping\n\ndata:{"a":1}\ndata: {"b":\ndata: 2}\r\n\r\nevent: x\n{"c":3}\n'
    forms += b'data: [DONE]\ndata: {"d":4}\n'
    for size in (1, 2, 7, 1000):
        lines = Lines()
        found = [each for i in range(0, len(forms), size) for each in lines.feed(forms[i : i + size])]
        assert found == [{"a": 1}, {"b": 2}, {"c": 3}]
        assert (lines.done, lines.broken) == (True, False)


def _delta(**delta: Any) -> dict[str, Any]:
    return {"choices": [{"delta": delta}]}


def test_neighbours_are_joined_and_order_is_kept() -> None:
    chunks = Chunks()
    call = {"id": "x", "function": {"name": "f", "arguments": ""}}
    merged = chunks.merge(
        [
            _delta(role="assistant", content=""),
            _delta(reasoning="hm"),
            _delta(content="a"),
            {**_delta(content="b"), "usage": {"total_tokens": 1}},
            _delta(tool_calls=[call]),
            _delta(tool_calls=[{"function": {"arguments": '{"q"'}}]),
            _delta(tool_calls=[{"function": {"arguments": ":1}"}}]),
            _delta(content="c\x00\ud83d\ude00\ud800"),
            {"choices": [], "usage": {"total_tokens": 2}},
        ]
    )
    deltas = [chunk["choices"][0]["delta"] for chunk in merged]
    assert [delta.get("content") or delta.get("reasoning_content") for delta in deltas] == [
        "hm",
        "ab",
        None,
        None,
        "c😀\ufffd",
    ]
    assert deltas[3]["tool_calls"][0]["function"]["arguments"] == '{"q":1}'
    assert chunks.usage == {"total_tokens": 2}


def test_calls_that_share_an_index_are_told_apart_by_id() -> None:
    calls = [{"index": 0, "id": name, "function": {"name": name, "arguments": {"q": 1}}} for name in "ab"]
    merged = Chunks().merge([_delta(tool_calls=[call]) for call in calls])
    numbered = [chunk["choices"][0]["delta"]["tool_calls"][0] for chunk in merged]
    assert [(call["index"], call["function"]["arguments"]) for call in numbered] == [
        (0, '{"q":1}'),
        (1, '{"q":1}'),
    ]


def test_errors_inside_a_stream_are_told_apart() -> None:
    assert from_error({"code": 429, "message": "slow down"}).kind == "rate_limited"
    assert from_error({"code": "rate_limit_exceeded"}).kind == "rate_limited"
    assert from_error({"code": "context_length_exceeded"}).kind == "too_long"
    assert from_error("overloaded").kind == "unavailable"
    assert from_status(413, "").kind == "too_long"
    assert from_status(402, "").kind == "quota"
