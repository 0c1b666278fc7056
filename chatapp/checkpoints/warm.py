"""Tips that runs of this process wrote last, still open: the next turn of the thread need not read and open its own.

Which checkpoint is the tip is decided by the fence, at the claim. What is kept here is used only when it is that one,
and a checkpoint never changes. So another process, a rollback or a retry simply finds nothing here.
"""

from collections import OrderedDict
from typing import Final, NamedTuple

from langgraph.checkpoint.base import CheckpointTuple

from chatapp.checkpoints.rows import KnownItems
from chatapp.checkpoints.weight import of_values

MOST: Final = 256
MOST_BYTES: Final = 32 * 1024 * 1024


class Tip(NamedTuple):
    """A checkpoint of the root namespace as a reader would get it, and where its channels' messages are stored."""

    found: CheckpointTuple
    items: dict[str, KnownItems]


class WarmTips:
    """At most `MOST` tips and about `MOST_BYTES` of them, the least used dropped first. Used on one event loop only."""

    def __init__(self) -> None:
        self._tips: OrderedDict[str, tuple[Tip, int]] = OrderedDict()
        self._bytes = 0

    def keep(self, thread_id: str, tip: Tip | None) -> None:
        """Keep the thread's tip in place of an older one."""
        self.drop(thread_id)
        if tip is None:
            return
        size = of_values(tip.found.checkpoint["channel_values"].values())
        self._tips[thread_id] = tip, size
        self._bytes += size
        while len(self._tips) > MOST or self._bytes > MOST_BYTES:
            self.drop(next(iter(self._tips)))

    def take(self, thread_id: str, checkpoint_id: str | None) -> Tip | None:
        """Take the thread's tip out, if it is this checkpoint. Whoever takes it may change it."""
        kept = self._tips.get(thread_id)
        self.drop(thread_id)
        if kept is None or kept[0].found.checkpoint["id"] != checkpoint_id:
            return None
        return kept[0]

    def peek(self, thread_id: str, checkpoint_id: str) -> CheckpointTuple | None:
        """The thread's tip, if it is this checkpoint; to be read at once and not changed."""
        kept = self._tips.get(thread_id)
        return kept[0].found if kept is not None and kept[0].found.checkpoint["id"] == checkpoint_id else None

    def drop(self, thread_id: str) -> None:
        """Forget the thread."""
        if (kept := self._tips.pop(thread_id, None)) is not None:
            self._bytes -= kept[1]
