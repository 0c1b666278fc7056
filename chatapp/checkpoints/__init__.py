"""Checkpoints: the sealed and fenced saver of the graph's state."""

from chatapp.checkpoints.fence import ReadOnly, StaleEpoch
from chatapp.checkpoints.saver import SealedPostgresSaver, require_sealed
from chatapp.checkpoints.serializer import StrictSerializer
from chatapp.checkpoints.warm import WarmTips

__all__ = ["ReadOnly", "SealedPostgresSaver", "StaleEpoch", "StrictSerializer", "WarmTips", "require_sealed"]
