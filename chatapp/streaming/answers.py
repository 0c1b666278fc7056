"""The events of one answer, from the claim to its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chatapp import metrics
from chatapp.claims import Claim
from chatapp.streaming.events import EventLog, RunStream
from chatapp.streaming.hub import Hub
from chatapp.streaming.protocol import Event

GRAPH = "chat"
# A longer question is not repeated in the event: other tabs fetch it.
TURN_CHARS = 16_000


class AnswerStream:
    """Turns what happens in a run into protocol events. Used on one event loop only."""

    def __init__(self, claim: Claim, hub: Hub, log: EventLog) -> None:
        self._claim = claim
        self._log = log
        self.events = RunStream(
            claim.owner_id, claim.thread_id, claim.run_id, claim.epoch, claim.base_seq, claim.sealer, hub, log
        )
        self._parts: list[str] = []
        self._started = False
        self._block: str | None = None
        self._index = -1
        self._drafts: list[Event] = []
        log.open(self.events)

    @property
    def text(self) -> str:
        """The answer's text so far in this attempt."""
        return "".join(self._parts)

    def begin(self, attempt: int) -> None:
        """Open an attempt: whatever of this run was seen before is void. Names the question for other tabs."""
        claim = self._claim
        self._parts.clear()
        self._started, self._block, self._index = False, None, -1
        run = {"run_id": str(claim.run_id), "message_id": str(claim.message_id)}
        self._custom("attempt", {**run, "attempt": attempt})
        self.events.emit("lifecycle", {"event": "running", "graph_name": GRAPH, **run})
        parent = str(claim.parent_id) if claim.parent_id else None
        question = {
            "id": str(claim.message_id),
            "parent": parent,
            "role": "user",
            "text": claim.question if len(claim.question) <= TURN_CHARS else None,
            "status": "running",
            "error": None,
            "run": str(claim.run_id),
            "model": None,
            "usage": None,
            "memory": None,
            "created_at": claim.asked_at.isoformat(),
            "siblings": claim.siblings,
            "label": claim.label,
        }
        self._custom("turn", {"run_id": str(claim.run_id), "message": question, "parent": parent})

    def on_text(self, delta: str) -> None:
        """A piece of the answer."""
        if not self._parts and self._claim.attempt == 1:
            metrics.FIRST_TEXT.observe(self._claim.waited + time.monotonic() - self._claim.claimed)
        self._parts.append(delta)
        self._delta("text", {"type": "text-delta", "text": delta})

    def on_reasoning(self, delta: str) -> None:
        """A piece of what a reasoning model thinks aloud. It is shown while it streams and not kept."""
        self._delta("reasoning", {"type": "reasoning-delta", "reasoning": delta})

    def whole(self, text: str) -> None:
        """The answer's whole text: sent now if an attempt before this one streamed it."""
        if text and not self._parts:
            self.on_text(text)

    def end(
        self,
        *,
        event: str,
        status: str,
        failure: tuple[str, str] | None,
        usage: dict[str, int] | None,
        memory: Mapping[str, Any] | None = None,
    ) -> tuple[int, int, bytes]:
        """Number the last events without sending them; return everything unwritten as one row of the log.

        `failure` is a kind and the sentence for it. Send them by `publish` once the run's end is committed.
        """
        claim = self._claim
        run = {"run_id": str(claim.run_id), "message_id": str(claim.message_id)}
        error = {"kind": failure[0], "text": failure[1]} if failure else None
        if self._started and event == "completed":
            self._finish_block(draft=True)
            self._draft("messages", {"event": "message-finish", "run_id": run["run_id"], "usage": usage or {}})
        answer = {
            "id": str(claim.answer_id),
            "parent": str(claim.message_id),
            "role": "assistant",
            "text": None,
            "status": status,
            "error": error,
            "run": run["run_id"],
            "model": claim.model,
            "usage": usage,
            "memory": memory,
            "created_at": datetime.now(UTC).isoformat(),
            "siblings": claim.answer_siblings,
            "label": None,
        }
        payload = {"run_id": run["run_id"], "message": answer, "head": str(claim.answer_id), "usage": usage}
        self._draft("custom", {"name": "answer", "payload": payload})
        ended: dict[str, Any] = {"event": event, "graph_name": GRAPH, **run}
        if error:
            ended |= {"error": error["text"], "kind": error["kind"]}
        self._draft("lifecycle", ended)
        return self.events.sealed([*self.events.unwritten, *self._drafts])

    def ask(self, asks: Mapping[str, Any]) -> tuple[int, int, bytes]:  # Any: JSON
        """Number what the run asks its owner, as the last events before it waits. Returned and sent as with `end`."""
        self._finish_block(draft=True)
        for interrupt_id, ask in asks.items():
            # Clients differ in where they look for it.
            data = {"interrupt_id": interrupt_id, "namespace": [], "payload": ask, "value": ask}
            self._draft("input.requested", data)
        run = {"run_id": str(self._claim.run_id), "message_id": str(self._claim.message_id)}
        self._draft("lifecycle", {"event": "interrupted", "reason": "input", "graph_name": GRAPH, **run})
        return self.events.sealed([*self.events.unwritten, *self._drafts])

    def publish(self) -> None:
        """Send the events that `end` or `ask` prepared: they are in the log now."""
        for event in self._drafts:
            self.events.hub.publish(self._claim.owner_id, self._claim.thread_id, event)
        self.events.unwritten.clear()
        self._log.close(self.events)

    def _delta(self, block: str, delta: dict[str, str]) -> None:
        run_id = str(self._claim.run_id)
        if not self._started:
            self._started = True
            self.events.emit(
                "messages",
                {
                    "event": "message-start",
                    "role": "ai",
                    "id": str(self._claim.answer_id),
                    "run_id": run_id,
                    "metadata": {"model": self._claim.model},
                },
            )
        if self._block != block:
            self._finish_block()
            self._block, self._index = block, self._index + 1
            empty = {"type": block, block: ""}
            self.events.emit(
                "messages",
                {"event": "content-block-start", "index": self._index, "content": empty, "run_id": run_id},
            )
        self.events.emit(
            "messages",
            {"event": "content-block-delta", "index": self._index, "delta": delta, "run_id": run_id},
        )

    def _finish_block(self, *, draft: bool = False) -> None:
        if self._block is None:
            return
        content = {"type": self._block, self._block: self.text if self._block == "text" else ""}
        data = {
            "event": "content-block-finish",
            "index": self._index,
            "content": content,
            "run_id": str(self._claim.run_id),
        }
        if draft:
            self._draft("messages", data)
        else:
            self.events.emit("messages", data)

    def _custom(self, name: str, payload: dict[str, Any]) -> None:
        self.events.emit("custom", {"name": name, "payload": payload})

    def _draft(self, channel: str, data: dict[str, Any]) -> None:
        self._drafts.append(self.events.draft(channel, data))
