"""How values become bytes before they are sealed: msgpack with a closed list of types, never pickle or JSON.

LangGraph's serializer imports and calls whatever a stored value names unless it is given a list. Ours always
has one, whatever LANGGRAPH_STRICT_MSGPACK says: LangGraph's own safe types (messages, Send, Interrupt, dates,
UUIDs …) and those named here. A type beyond the list comes back as its plain data.
"""

from collections.abc import Iterable
from typing import Any, Final, Self

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

ENCODINGS: Final = frozenset({"null", "bytes", "bytearray", "msgpack"})

# (module, name) of types of our own that may stand in a state. Messages and LangGraph's types are in its safe
# list.
ALLOWED_TYPES: Final[tuple[tuple[str, str], ...]] = ()


class StrictSerializer(JsonPlusSerializer):
    """LangGraph's serializer, closed: no pickle, no JSON constructors, no types beyond the list."""

    def __init__(self) -> None:
        super().__init__(
            pickle_fallback=False, allowed_json_modules=None, allowed_msgpack_modules=ALLOWED_TYPES or None
        )

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Load `(encoding, bytes)`; raises ValueError for an encoding we never write."""
        if data[0] not in ENCODINGS:
            raise ValueError(f"Values are never stored as {data[0]!r}.")
        return super().loads_typed(data)

    def with_msgpack_allowlist(self, extra_allowlist: Iterable[tuple[str, ...] | type]) -> Self:
        """Return itself: compiling a graph must not widen the list."""
        return self
