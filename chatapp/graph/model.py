"""The model client: `ChatOpenAI` for any OpenAI-compatible endpoint, over our lean HTTP client.

With `lean_client` below it this is the only place that imports an LLM client.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeAlias

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from chatapp.graph.failures import Kind, ModelFailure
from chatapp.graph.lean_client import LeanCompletions, Limits, close
from chatapp.graph.sse import Chunk

__all__ = [
    "DEFAULT_LIMITS",
    "Endpoint",
    "Kind",
    "LeanChatOpenAI",
    "Limits",
    "ModelFailure",
    "chat_model",
    "close",
    "complete",
    "stream_answer",
]

Tool: TypeAlias = BaseTool | dict[str, Any]  # Any: a tool given by its JSON schema

DEFAULT_LIMITS: Final = Limits()
_NO_SYNC_CLIENT: Final = object()  # keeps ChatOpenAI from building openai's clients; we call async only


@dataclass(frozen=True)
class Endpoint:
    """Where answers come from: an OpenAI-compatible base URL (usually ending in `/v1`), its key, a model.

    `demo`: it is our own demo model.
    """

    base_url: str
    api_key: str = field(repr=False)
    model: str = ""
    demo: bool = False


class LeanChatOpenAI(ChatOpenAI):
    """`ChatOpenAI` that keeps the reasoning text too, under `additional_kwargs["reasoning_content"]`."""

    def payload(self, messages: Sequence[BaseMessage], tools: Sequence[Tool]) -> dict[str, Any]:
        """The JSON of a streamed request, made by `ChatOpenAI` itself."""
        options: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
        if tools:
            options["tools"] = [convert_to_openai_tool(tool) for tool in tools]
        return self._get_request_payload(list(messages), **options)

    def convert(self, chunk: Chunk) -> AIMessageChunk:
        """`chunk` as `ChatOpenAI` understands it."""
        made = self._convert_chunk_to_generation_chunk(chunk, AIMessageChunk, None)
        if made is None or not isinstance(made.message, AIMessageChunk):
            return AIMessageChunk(content="")
        made.message.response_metadata.update(made.generation_info or {})
        return made.message

    def _convert_chunk_to_generation_chunk(
        self, chunk: Chunk, default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        made = super()._convert_chunk_to_generation_chunk(chunk, default_chunk_class, base_generation_info)
        choices = chunk.get("choices")
        if made is not None and choices and choices[0]["delta"].get("reasoning_content"):
            made.message.additional_kwargs["reasoning_content"] = choices[0]["delta"]["reasoning_content"]
        return made


@lru_cache(maxsize=256)
def chat_model(
    endpoint: Endpoint,
    *,
    max_tokens: int | None = None,
    temperature: float | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> LeanChatOpenAI:
    """The model behind `endpoint`; the same arguments give the same object. Usable from any event loop."""
    client = LeanCompletions(endpoint.base_url, endpoint.api_key, limits)
    return LeanChatOpenAI(
        model=endpoint.model,
        base_url=endpoint.base_url,
        # Never empty: ChatOpenAI would look for a key in the environment. The client sends its own.
        api_key=SecretStr(endpoint.api_key or "none"),
        max_completion_tokens=max_tokens,
        temperature=temperature,
        client=_NO_SYNC_CLIENT,
        async_client=client,
        use_responses_api=False,
        stream_usage=True,
        stream_chunk_timeout=None,  # the client watches for stalls itself, without a task per chunk
        max_retries=0,
        cache=False,
    )


async def stream_answer(
    model: ChatOpenAI,
    messages: Sequence[BaseMessage],
    *,
    tools: Sequence[Tool] = (),
    on_text: Callable[[str], None],
    on_reasoning: Callable[[str], None] | None = None,
) -> AIMessage:
    """Streams one answer and returns it whole, with `usage_metadata` and `response_metadata`, without id.

    `on_text` and `on_reasoning` get each delta as it is delivered, about 30 times a second. Raises
    ModelFailure, with the text so far in `.partial`. Cancelling the caller closes the request. `model` comes
    from `chat_model`. Text goes past `model.astream`: its message objects and callbacks cost as much again
    as everything else here.
    """
    if not isinstance(model, LeanChatOpenAI):
        raise TypeError("a model made by chat_model() is needed")
    collected = _Collected()
    try:
        async with await model.async_client.create(**model.payload(messages, tools)) as stream:
            async for chunk in stream:
                text, thought = _plain_text(chunk)
                if not (text or thought):
                    text, thought = collected.take(model.convert(chunk))
                if text:
                    collected.texts.append(text)
                    on_text(text)
                if thought:
                    collected.thoughts.append(thought)
                    if on_reasoning is not None:
                        on_reasoning(thought)
    except ModelFailure as failed:
        failed.partial, failed.usage = "".join(collected.texts), collected.usage
        raise
    return collected.message()


async def complete(model: ChatOpenAI, messages: Sequence[BaseMessage]) -> AIMessage:
    """One answer, for titles and summaries; cap it by the model's `max_tokens`. Raises ModelFailure."""
    return await stream_answer(model, messages, on_text=lambda text: None)


def _plain_text(chunk: Chunk) -> tuple[str, str]:
    """Text and reasoning of a chunk that holds nothing else; else two empty strings."""
    choices = chunk["choices"]
    if not choices or choices[0].get("finish_reason") or choices[0]["delta"].get("tool_calls"):
        return "", ""
    delta = choices[0]["delta"]
    return delta.get("content") or "", delta.get("reasoning_content") or ""


class _Collected:
    """The pieces of an answer. Adding AIMessageChunks to each other would copy the text each time."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.thoughts: list[str] = []
        self.calls: list[AIMessageChunk] = []
        self.usage: UsageMetadata | None = None
        self.metadata: dict[str, Any] = {}  # Any: LangChain's own type for it

    def take(self, chunk: AIMessageChunk) -> tuple[str, str]:
        """Keeps all of `chunk` but its text and reasoning, which it returns."""
        if chunk.tool_call_chunks:
            self.calls.append(chunk)
        if chunk.usage_metadata:
            self.usage = chunk.usage_metadata
        for name in ("finish_reason", "model_name"):
            if name in chunk.response_metadata:
                self.metadata[name] = chunk.response_metadata[name]
        text = chunk.content if isinstance(chunk.content, str) else ""
        return text, str(chunk.additional_kwargs.get("reasoning_content") or "")

    def message(self) -> AIMessage:
        """The whole answer. Tool calls whose arguments are not JSON are in `invalid_tool_calls`."""
        called = AIMessageChunk(content="", tool_call_chunks=_joined(self.calls))
        return AIMessage(
            content="".join(self.texts),
            tool_calls=called.tool_calls,
            invalid_tool_calls=called.invalid_tool_calls,
            usage_metadata=self.usage,
            response_metadata=self.metadata,
            additional_kwargs={"reasoning_content": "".join(self.thoughts)} if self.thoughts else {},
        )


def _joined(chunks: Sequence[AIMessageChunk]) -> list[Any]:
    """Tool-call chunks, one for each call: names and arguments joined in their order."""
    calls: dict[int, dict[str, Any]] = {}  # Any: ToolCallChunk is a TypedDict of these
    for chunk in chunks:
        for piece in chunk.tool_call_chunks:
            number = piece["index"] or 0
            call = calls.setdefault(
                number, {"name": "", "args": [], "id": None, "index": number, "type": "tool_call_chunk"}
            )
            call["name"] += piece["name"] or ""
            call["args"].append(piece["args"] or "")
            call["id"] = call["id"] or piece["id"]
    return [{**call, "args": "".join(call["args"])} for call in calls.values()]
