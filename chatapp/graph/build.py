"""The chat graph, compiled once; each run gets a shallow copy with a saver of its own."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any, TypeAlias

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from chatapp.graph.nodes import respond
from chatapp.graph.state import Context, State

ANSWERING = "respond"
Graph: TypeAlias = CompiledStateGraph[State, Context, State, State]


@cache
def compiled() -> Graph:
    """The graph without a checkpointer."""
    builder = StateGraph(State, context_schema=Context)
    builder.add_node(ANSWERING, respond)
    builder.add_edge(START, ANSWERING)
    builder.add_edge(ANSWERING, END)
    return builder.compile()


def graph(saver: BaseCheckpointSaver[Any]) -> Graph:
    """The graph with this saver. `Graph.copy()` would drop the serializer's allowlist; a shallow copy does not."""
    made = copy.copy(compiled())
    made.checkpointer = saver
    return made
