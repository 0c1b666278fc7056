"""From the bytes of an OpenAI-compatible stream to few, whole, plain chunks.

`Lines` cuts server-sent events out of arbitrary byte pieces; `Chunks` tidies what providers do
differently and merges neighbouring deltas of the same kind, so that everything downstream runs once
per delivery and not once per token.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson

from chatapp.graph.failures import ModelFailure, failure, from_error

# A chunk is the provider's JSON: its values have no type of ours until they are looked at.
Chunk: TypeAlias = dict[str, Any]

_FIELDS: Final = (b":", b"event", b"id", b"retry", b"data", b"\xef\xbb\xbf")
MAX_LINE: Final = 8 * 1024 * 1024  # bytes; bounds what a broken endpoint can make us hold


class Lines:
    """Splits a byte stream into the JSON objects of its `data:` lines.

    Lines may be cut anywhere, end with LF or CRLF, and one object may span several `data:` lines.
    `done` becomes true at `[DONE]`; what follows it is ignored. `broken` becomes true at what is no such
    stream; nothing is read after it.
    """

    def __init__(self) -> None:
        self.done = False
        self.broken = False
        self._rest = b""
        self._seen = False  # an object has been found
        self._open: list[bytes] = []  # data lines of an object that is not complete yet

    def feed(self, data: bytes) -> list[Chunk]:
        """The objects completed by `data`."""
        data = self._rest + data if self._rest else data
        lines = data.split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MAX_LINE:
            self.broken = True
        return self._parse(lines)

    def end(self) -> list[Chunk]:
        """The object of a last line that had no line end."""
        lines, self._rest = [self._rest, b""], b""
        return self._parse(lines)

    def _parse(self, lines: list[bytes]) -> list[Chunk]:
        found: list[Chunk] = []
        for line in lines:
            if self.done or self.broken:
                break
            if line.startswith(b"data:"):
                self._take(line[5:].strip(), found)
            elif not line.strip():
                self.broken = bool(self._open)  # the event ended, its JSON did not
            elif line.startswith(b"{"):  # an error without the framing, as some proxies send it
                self._take(line.strip(), found)
            elif not (found or self._seen or line.startswith(_FIELDS)):
                self.broken = True  # a page or a text, not a stream of events
        return found

    def _take(self, payload: bytes, found: list[Chunk]) -> None:
        if payload == b"[DONE]":
            self.done = True
        elif payload:
            self._open.append(payload)
            value = _loads(b"\n".join(self._open))
            if value is not None:
                self._open.clear()
                self._seen = True
                found.append(value)
            elif len(self._open) > 64 or sum(map(len, self._open)) > MAX_LINE:
                self.broken = True


class Chunks:
    """Tidies and merges chunks of one answer; remembers what decides how the answer ended.

    `text` and `tools`: something of that kind has been seen. `finish`: the finish reason. `usage`: the
    last usage seen; it is taken out of the chunks, since some providers repeat it cumulatively and
    LangChain would add it up. `failed`: the error that was sent inside the stream.
    """

    def __init__(self) -> None:
        self.text = False
        self.tools = False
        self.failed: ModelFailure | None = None
        self.finish: str | None = None
        self.usage: Chunk | None = None
        self._ids: dict[object, object] = {}  # the provider's index -> id of its latest tool call
        self._numbers: dict[object, int] = {}  # the provider's index -> our number
        self._count = 0

    def merge(self, chunks: list[Chunk]) -> list[Chunk]:
        """`chunks` without the empty ones, neighbours of one kind joined, order kept."""
        merged: list[Chunk] = []
        last: _Piece | None = None
        parts: list[str] = []
        for chunk in chunks:
            if chunk.get("error"):
                self.failed = from_error(chunk["error"])
                break
            try:
                piece = self._piece(chunk)
            except (AttributeError, IndexError, KeyError, TypeError):  # JSON, but not of a chat answer's form
                self.failed = failure("malformed")
                break
            if piece is None:
                continue
            if last is not None and piece.key and piece.key == last.key:
                parts.append(piece.text)
                continue
            if last is not None:
                last.close(parts)
            merged.append(chunk)
            last, parts = piece, [piece.text]
        if last is not None:
            last.close(parts)
        return merged

    def _piece(self, chunk: Chunk) -> _Piece | None:
        """The part of `chunk` that goes on; None when nothing in it matters any more."""
        self.usage = chunk.pop("usage", None) or self.usage
        choices = chunk.get("choices")
        if not choices:
            return None
        choice = choices[0]
        # Some endpoints ignore `stream` and send the whole message at once.
        delta: Chunk = choice.get("delta") or choice.get("message") or {}
        choice["delta"] = delta
        piece = self._tool_piece(delta) if delta.get("tool_calls") else self._text_piece(delta)
        finish = choice.get("finish_reason")
        if finish:
            self.finish = str(finish)
            piece = piece or _Piece("", delta, "content", "")
            piece.key = ""
        return piece

    def _text_piece(self, delta: Chunk) -> _Piece | None:
        text = delta.get("content")
        if text:
            if not isinstance(text, str):
                text = delta["content"] = _flatten(text)
            self.text = True
            return _Piece("content", delta, "content", text)
        thought = delta.get("reasoning_content") or delta.get("reasoning")
        if isinstance(thought, str) and thought:
            delta["reasoning_content"] = thought
            return _Piece("reasoning", delta, "reasoning_content", thought)
        return None

    def _tool_piece(self, delta: Chunk) -> _Piece | None:
        """Numbers the calls (some providers omit the index, or send 0 for each call)."""
        self.tools = True
        calls = delta["tool_calls"]
        for call in calls:
            function = call["function"] = call.get("function") or {}
            if isinstance(function.get("arguments"), dict):
                function["arguments"] = orjson.dumps(function["arguments"]).decode()
            call["index"] = self._number(call.get("index"), call.get("id"))
        if len(calls) > 1 or calls[0].get("id") or calls[0]["function"].get("name"):
            return _Piece("", delta, "content", delta.get("content") or "")
        function = calls[0]["function"]
        return _Piece(f"call {calls[0]['index']}", function, "arguments", function.get("arguments") or "")

    def _number(self, index: object, call_id: object) -> int:
        if call_id and self._ids.get(index) != call_id:
            self._ids[index] = call_id
            self._count += 1
            self._numbers[index] = self._count - 1
        return self._numbers.setdefault(index, max(self._count - 1, 0))


@dataclass(slots=True)
class _Piece:
    """Where the text of a chunk lies; pieces with the same non-empty key may be joined."""

    key: str
    holder: Chunk
    field: str
    text: str

    def close(self, parts: list[str]) -> None:
        text = "".join(parts) if len(parts) > 1 else parts[0]
        # PostgreSQL refuses NUL and UTF-8 knows no lone surrogates: one would fail a batch of writes.
        if "\x00" in text or not _encodable(text):
            text = text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        self.holder[self.field] = text


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _flatten(content: object) -> str:
    """The text of a content list, e.g. `[{"type": "text", "text": "…"}]`."""
    parts = content if isinstance(content, list) else []
    return "".join(str(part.get("text") or "") for part in parts if isinstance(part, dict))


def _loads(payload: bytes) -> Chunk | None:
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError:
        # The standard library also takes escaped lone surrogates, which some tokenizers produce.
        try:
            value = json.loads(payload)
        except ValueError:
            return None
    return value if isinstance(value, dict) else {}
