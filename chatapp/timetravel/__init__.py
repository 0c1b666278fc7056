"""What administrators do to a thread's course: roll back, undo, replay, update; answer, stop and retry its runs."""

from chatapp.holding import Moved, NotEnded, Occupied
from chatapp.timetravel.acts import NothingFollows, Preview, UnknownModel, preview, replay, roll_back, undo, update
from chatapp.timetravel.moves import Hidden, NoRestorePoint, Undone
from chatapp.timetravel.places import Apart, Gone, Unreadable
from chatapp.timetravel.runs import InvalidResponse, NotFailed, NothingRuns, cancel, respond, retry
from chatapp.timetravel.updates import InvalidUpdate

__all__ = [
    "Apart", "Gone", "Hidden", "InvalidResponse", "InvalidUpdate", "Moved", "NoRestorePoint", "NotEnded", "NotFailed",
    "NothingFollows", "NothingRuns", "Occupied", "Preview", "Undone", "UnknownModel", "Unreadable",
    "cancel", "preview", "replay", "respond", "retry", "roll_back", "undo", "update",
]  # fmt: skip
