"""Long threads put into the tables as their turns would have written them: messages, runs, and real checkpoints.

A turn writes three checkpoints, as the chat's graph does without tools: its input, the one that ends with the question,
and the one that ends with the answer; with the values that are new in each, messages shared, and pending writes. They
are made by the saver's own `RowSeals` and copied in, so they open through the saver and the graph goes on from them.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import orjson
from django.db import connection, transaction
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from chatapp import content, keys
from chatapp.checkpoints import StrictSerializer, leftovers
from chatapp.checkpoints.rows import Place, RowSeals
from chatapp.graph.build import ANSWERING
from chatapp.models import Fence, Message, Run, Thread, User
from chatapp.sealing import Sealer
from tests.planted_threads import Planted

WINDOW = 40
WORDS = 120
BRANCH = f"branch:to:{ANSWERING}"
PULL = "~__pregel_pull, "
MODEL = "scripted"
COLUMNS = {
    "chatapp_message": "id, thread_id, parent_id, run_id, role, status, body, model, checkpoint_id, input_tokens,"
    " output_tokens, shown_at, created_at",
    "chatapp_run": "id, owner_id, thread_id, message_id, state, model, attempt, retry, stop_requested, failure,"
    " created_at, started_at, finished_at",
    "checkpoints": "thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata",
    "checkpoint_blobs": "thread_id, checkpoint_ns, channel, version, type, blob",
    "checkpoint_writes": "thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, task_path, type, blob",
}


@dataclass(frozen=True)
class PlantedLong(Planted):
    """A thread of many turns. `checkpoints`: of each turn those of its input, its question and its answer.

    `messages` and `checkpoints` are those of its trunk; `branches` has the messages of each fork.
    """

    checkpoints: list[tuple[str, str, str]]
    branches: list[list[UUID]]


def plant_long(
    owner: User, turns: int, *, days: float = 0, forks: Sequence[int] = (), title: str = "A long thread"
) -> PlantedLong:
    """A thread with so many turns, "Question 0 …", "Answer 0 …", spread over the last `days` days.

    `forks`: numbers of turns, each of whose answers another turn follows, in a branch of its own. The trunk is shown.
    """
    with transaction.atomic():
        keys.create_user_key(owner.pk)
        thread = Thread.objects.create(owner=owner, titled=True)
        sealer = keys.create_thread_key(owner.pk, thread.id)
        planter = _Planter(owner.pk, thread.id, sealer)
        now = datetime.now(UTC)
        places: dict[int, _Planter] = {}
        for number in range(turns):
            at = now - timedelta(days=days) * (1 - (number + 0.5) / turns) - timedelta(minutes=turns - number)
            planter.turn(number, at)
            if number in forks:
                places[number] = planter.fork(at + timedelta(seconds=30))
        branches = [places[number].branch(number) for number in forks]
        planter.write()
        Fence.objects.create(
            thread=thread, epoch=2 * turns, base_seq=9 * turns, last_seq=9 * turns, tip_checkpoint_id=planter.tip
        )
        Thread.objects.filter(id=thread.id).update(
            title=content.seal(sealer, title, "thread", "title", thread.id),
            head=planter.messages[-1] if turns else None,
            created_at=now - timedelta(days=days, minutes=turns),
        )
    return PlantedLong(owner.pk, thread.id, planter.messages, planter.checkpoints, branches)


@dataclass
class _Planter:
    owner: int
    thread: UUID
    sealer: Sealer
    messages: list[UUID] = field(default_factory=list)
    checkpoints: list[tuple[str, str, str]] = field(default_factory=list)
    tip: str | None = None

    def __post_init__(self) -> None:
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in COLUMNS}
        self._seals = RowSeals(self.sealer, StrictSerializer())
        self._stored: set[Place] = set()
        self._random = random.Random(1)
        self._step = -1
        self._window: list[AnyMessage] = []
        self._values: dict[str, Any] = {}
        self._versions: dict[str, str] = {}
        self._seen: dict[str, dict[str, str]] = {"__input__": {}}
        self._forked_at = datetime.now(UTC)

    def turn(self, number: int, at: datetime) -> None:
        """One turn: its message, run and answer, and its three checkpoints."""
        asked, run = uuid4(), uuid4()
        answered = uuid5(run, "answer")
        said, reply = self._text(f"Question {number}", WORDS // 5), self._text(f"Answer {number}", WORDS)
        question = HumanMessage(said, id=str(asked))
        given = (number + 1) * 40
        usage = {"input_tokens": given, "output_tokens": WORDS, "total_tokens": given + WORDS}
        about = {"finish_reason": "stop", "model_name": MODEL}
        answer = AIMessage(reply, id=str(answered), response_metadata=about, usage_metadata=usage)
        self.checkpoints.append(self._checkpoints(number, at, question, answer))
        _, ends_question, ends_answer = self.checkpoints[-1]
        parent = self.messages[-1] if self.messages else None
        self.messages += [asked, answered]
        later = at + timedelta(seconds=2)
        self._message(asked, parent, None, "user", said, ends_question, at)
        self._message(answered, asked, run, "assistant", reply, ends_answer, later, MODEL, given, WORDS)
        self._rows["chatapp_run"].append(
            (run, self.owner, self.thread, asked, Run.State.DONE.value, MODEL, 1, False, False, "", at, at, later)
        )

    def fork(self, at: datetime) -> _Planter:
        """Another one that goes on from here, at this time."""
        made = copy.copy(self)
        made.messages, made.checkpoints, made._forked_at = self.messages[-1:], [], at
        made._values, made._versions, made._seen = dict(self._values), dict(self._versions), dict(self._seen)
        return made

    def branch(self, number: int) -> list[UUID]:
        """The turn of a fork, after the turn of this number; its messages."""
        self.turn(number + 1, self._forked_at)
        return self.messages[1:]

    def write(self) -> None:
        """Write all rows."""
        with connection.cursor() as cursor:
            for table, rows in self._rows.items():
                with cursor.copy(f"COPY {table} ({COLUMNS[table]}) FROM STDIN") as into:
                    for row in rows:
                        into.write_row(row)
                cursor.execute(f"ANALYZE {table}")

    def _checkpoints(self, number: int, at: datetime, question: AnyMessage, answer: AnyMessage) -> tuple[str, str, str]:
        """The three checkpoints of a turn, and the writes that led from one to the next."""
        start = self._put(at, "input", {"__start__": {"messages": [question]}}, 0)
        self._pending(start, "__start__", [("messages", [question]), (BRANCH, None)])
        self._window = [*self._window, question][-WINDOW + 1 :]
        self._seen["__start__"] = {"__start__": self._versions["__start__"]}
        middle = self._put(at, "loop", {"messages": self._window, BRANCH: None}, 1, over="__start__")
        self._pending(middle, ANSWERING, [("messages", [answer]), ("turns", number + 1)])
        self._window = [*self._window, answer]
        self._seen[ANSWERING] = {BRANCH: self._versions[BRANCH]}
        end = self._put(at, "loop", {"messages": self._window, "turns": number + 1}, 2000, over=BRANCH)
        return start, middle, end

    def _put(self, at: datetime, source: str, values: dict[str, Any], after: int, over: str | None = None) -> str:
        """A checkpoint below the tip with these values new, and the value of `over` gone."""
        at += timedelta(milliseconds=after)
        version = f"{self._step + 2:032}.{self._random.random():016}"  # as many as there were steps
        self._values = {name: one for name, one in self._values.items() if name != over} | values
        self._versions |= dict.fromkeys([*values, *([over] if over else ())], version)
        made = _id(at, self._step)
        checkpoint = {
            "v": 4,
            "id": made,
            "ts": at.isoformat(),
            "channel_values": self._values,
            "channel_versions": self._versions,
            "versions_seen": self._seen,
            "updated_channels": sorted(values),
        }
        metadata = {"source": source, "step": self._step, "parents": {}}
        thread = str(self.thread)
        blobs = self._seals.seal_channels("", self._values, self._versions, self._stored.__contains__)
        self._stored.update(blob.place for blob in blobs)
        self._rows["checkpoint_blobs"] += [(thread, *blob.place, blob.type, blob.sealed) for blob in blobs]
        plain = self._seals.seal_checkpoint("", self.tip, checkpoint, metadata)
        self._rows["checkpoints"].append((thread, "", made, self.tip, _json(plain), _json(metadata)))
        self.tip = made
        self._step += 1
        return made

    def _pending(self, checkpoint_id: str, node: str, writes: Sequence[tuple[str, Any]]) -> None:
        rows = self._seals.seal_writes("", checkpoint_id, writes, str(uuid4()), PULL + node)
        self._rows["checkpoint_writes"] += [(str(self.thread), "", checkpoint_id, *row) for row in rows]

    def _message(
        self,
        each: UUID,
        parent: UUID | None,
        run: UUID | None,
        role: str,
        text: str,
        checkpoint_id: str,
        at: datetime,
        model: str = "",
        *tokens: int,
    ) -> None:
        body = content.seal(self.sealer, {"text": text}, "message", "body", each)
        given, made = tokens or (None, None)
        done = Message.Status.DONE.value
        self._rows["chatapp_message"].append(
            (each, self.thread, parent, run, role, done, body, model, checkpoint_id, given, made, at, at)
        )

    def _text(self, beginning: str, words: int) -> str:
        return f"{beginning}: {' '.join(self._random.choices(VOCABULARY, k=words))}."


def _vocabulary() -> list[str]:
    """Enough words for texts that hardly repeat themselves: what is sealed is compressed before."""
    source, letters = random.Random(2), "aeioubcdfghlmnprst"
    return ["".join(source.choices(letters, k=source.randint(2, 9))) for _ in range(4_000)]


VOCABULARY = _vocabulary()


def _id(at: datetime, step: int) -> str:
    """A checkpoint's id as LangGraph makes it for this time and step."""
    return f"{leftovers.first_id(at)[:19]}{0x8000 | step & 0x3FFF:04x}-{random.getrandbits(48):012x}"


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
