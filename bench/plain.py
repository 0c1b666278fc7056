"""Variant (b): the plain loop, as the tutorials build it. LangGraph, ChatOpenAI, AsyncPostgresSaver, one WebSocket.

    OPENAI_BASE_URL=… DATABASE_URL=… python -m bench.plain

No encryption, no message tree, no log to resume from, every message in the state: what people start with.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.runnables import RunnableConfig
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic import SecretStr

from bench.serving import Application, serve

PAGE = 50


class Plain:
    """The application's one graph over its one pool."""

    graph: CompiledStateGraph[MessagesState, None, MessagesState, MessagesState]

    async def start(self) -> None:
        """Open the pool, make the tables, compile the graph."""
        pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
            os.environ["DATABASE_URL"],
            kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row},
            min_size=2,
            max_size=20,
            open=False,
        )
        await pool.open()
        saver = AsyncPostgresSaver(pool)
        await saver.setup()
        model = ChatOpenAI(
            model="bench", base_url=os.environ["OPENAI_BASE_URL"], api_key=SecretStr("bench"), stream_usage=True
        )

        async def call_model(state: MessagesState) -> dict[str, Any]:
            return {"messages": [await model.ainvoke(state["messages"])]}

        builder = StateGraph(MessagesState)
        builder.add_node("model", call_model)
        builder.add_edge(START, "model")
        builder.add_edge("model", END)
        self.graph = builder.compile(checkpointer=saver)

    async def answer(self, thread: str, text: str) -> AsyncIterator[str]:
        """Run the graph and hand on what the model says."""
        config: RunnableConfig = {"configurable": {"thread_id": thread}}
        asked: MessagesState = {"messages": [HumanMessage(text)]}
        async for chunk, _ in self.graph.astream(asked, config, stream_mode="messages"):
            if isinstance(chunk, AIMessageChunk) and chunk.content:
                yield str(chunk.content)

    async def opened(self, thread: str) -> list[dict[str, str]]:
        """The last page of a thread."""
        state = await self.graph.aget_state({"configurable": {"thread_id": thread}})
        return [{"role": each.type, "text": str(each.content)} for each in state.values["messages"][-PAGE:]]


if __name__ == "__main__":
    plain = Plain()
    serve(Application(plain.start, plain.answer, plain.opened))
