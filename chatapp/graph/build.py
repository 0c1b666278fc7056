"""The chat graph, compiled once; each run gets a shallow copy with a saver of its own."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any, TypeAlias

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.store.base import BaseStore

from chatapp.graph.nodes import TOOLS, after_respond, respond, use_tool
from chatapp.graph.state import Context, State

ANSWERING = "respond"
Graph: TypeAlias = CompiledStateGraph[State, Context, State, State]


@cache
def compiled() -> Graph:
    """The graph without a checkpointer and a store."""
    builder = StateGraph(State, context_schema=Context)
    builder.add_node(ANSWERING, respond)
    sent: Any = use_tool  # it gets one call, which is no channel of the state
    builder.add_node(TOOLS, sent, input_schema=State)
    builder.add_edge(START, ANSWERING)
    builder.add_conditional_edges(ANSWERING, after_respond, [TOOLS, END])
    builder.add_edge(TOOLS, ANSWERING)
    return builder.compile()


def graph(saver: BaseCheckpointSaver[Any], store: BaseStore | None = None) -> Graph:
    """The graph with this saver and store. `Graph.copy()` would drop the serializer's allowlist; a shallow copy does
    not.
    """
    made = copy.copy(compiled())
    made.checkpointer = saver
    made.store = store
    return made
