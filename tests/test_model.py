"""The model client over real HTTP against the scripted endpoint."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from langchain_core.messages import AIMessageChunk, HumanMessage

from chatapp import connections
from chatapp.connections import proxy_for
from chatapp.graph import model as models
from chatapp.graph.failures import SENTENCES
from chatapp.graph.model import Endpoint, LeanChatOpenAI, Limits, ModelFailure
from tests.scripted_model import Script, ScriptedModel

pytestmark = pytest.mark.asyncio
QUICK = Limits(connect=2, first_byte=2, stall=0.3, backoff=0.01)
ASK = [HumanMessage("Hello?")]


@pytest.fixture
def endpoint() -> Iterator[ScriptedModel]:
    with ScriptedModel() as running:
        yield running


@pytest_asyncio.fixture(autouse=True)
async def closed_connections() -> AsyncIterator[None]:
    yield
    await models.close()


def model_at(endpoint: ScriptedModel, limits: Limits = QUICK) -> LeanChatOpenAI:
    # A name of its own: what one test's endpoint refuses must not be remembered for the next.
    return models.chat_model(Endpoint(endpoint.url, endpoint.key, "scripted", demo=False), limits=limits)


async def ask(endpoint: ScriptedModel, *, limits: Limits = QUICK, into: list[str] | None = None, **options: Any) -> Any:
    texts = [] if into is None else into
    return await models.stream_answer(model_at(endpoint, limits), ASK, on_text=texts.append, **options)


async def failing(endpoint: ScriptedModel, *scripts: Script, limits: Limits = QUICK) -> ModelFailure:
    endpoint.script(*scripts)
    with pytest.raises(ModelFailure) as caught:
        await ask(endpoint, limits=limits)
    return caught.value


async def test_answer_is_whole_with_usage_and_reason(endpoint: ScriptedModel) -> None:
    endpoint.script(Script("one two three"))
    texts: list[str] = []
    answer = await ask(endpoint, into=texts)
    assert answer.content == "one two three" == "".join(texts)
    assert answer.usage_metadata["output_tokens"] == 3
    assert answer.response_metadata == {"finish_reason": "stop", "model_name": "scripted"}
    request = endpoint.requests[0]
    assert request.headers["Authorization"] == "Bearer scripted-key"
    assert request.body["stream_options"] == {"include_usage": True}
    assert request.messages == [{"role": "user", "content": "Hello?"}]


async def test_first_token_comes_at_once_and_later_ones_together(endpoint: ScriptedModel) -> None:
    words = [f"{number} " for number in range(20)]
    endpoint.script(Script(words, held=True))
    texts: list[str] = []
    first = asyncio.Event()

    def on_text(text: str) -> None:
        texts.append(text)
        first.set()

    model = model_at(endpoint, Limits(interval=0.4))
    running = asyncio.create_task(models.stream_answer(model, ASK, on_text=on_text))
    endpoint.release(1)
    await asyncio.wait_for(first.wait(), 5)
    assert texts == ["0 "]
    for sent in range(1, 20):  # one packet each
        await endpoint.until(partial(lambda count: endpoint.requests[0].sent == count, sent))
        endpoint.release(1)
    answer = await running
    assert answer.content == "".join(words) == "".join(texts)
    assert len(texts) <= 5


async def test_what_arrived_is_delivered_while_upstream_pauses(endpoint: ScriptedModel) -> None:
    endpoint.script(Script("a b c d", held=True))
    delivered: asyncio.Queue[str] = asyncio.Queue()
    model = model_at(endpoint)
    running = asyncio.create_task(models.stream_answer(model, ASK, on_text=delivered.put_nowait))
    for token in ("a ", "b ", "c ", "d"):
        endpoint.release(1)
        assert await asyncio.wait_for(delivered.get(), 5) == token
    assert (await running).content == "a b c d"


async def test_characters_cut_between_packets_arrive_whole(endpoint: ScriptedModel) -> None:
    body = 'data: {"choices":[{"delta":{"content":"Grüße 🧵"},"finish_reason":"stop"}]}\r\n\r\n'.encode()
    endpoint.script(Script(raw=[body[i : i + 1] for i in range(len(body))] + [b"data: [DONE]\r\n\r\n"]))
    assert (await ask(endpoint)).content == "Grüße 🧵"


async def test_answer_of_a_megabyte(endpoint: ScriptedModel) -> None:
    text = "0123456789abcde " * 65536
    endpoint.script(Script(text))
    texts: list[str] = []
    answer = await ask(endpoint, into=texts)
    assert answer.content == text
    assert len(texts) < 1000


async def test_tool_calls_are_put_together(endpoint: ScriptedModel) -> None:
    endpoint.script(Script(calls=[("remember", '{"content": "likes tea"}'), ("forget", '{"query": "coffee"}')]))
    tool = {"type": "function", "function": {"name": "remember", "parameters": {"type": "object"}}}
    answer = await ask(endpoint, tools=[tool])
    assert [(call["name"], call["args"], call["id"]) for call in answer.tool_calls] == [
        ("remember", {"content": "likes tea"}, "call_0"),
        ("forget", {"query": "coffee"}, "call_1"),
    ]
    assert endpoint.requests[0].body["tools"][0]["function"]["name"] == "remember"
    assert answer.response_metadata["finish_reason"] == "tool_calls"


async def test_reasoning_goes_its_own_way(endpoint: ScriptedModel) -> None:
    endpoint.script(Script("42", reasoning=["Hm, ", "well."]))
    thoughts: list[str] = []
    answer = await ask(endpoint, on_reasoning=thoughts.append)
    assert (answer.content, "".join(thoughts)) == ("42", "Hm, well.")
    assert answer.additional_kwargs["reasoning_content"] == "Hm, well."


async def test_stop_reaches_upstream(endpoint: ScriptedModel) -> None:
    endpoint.script(Script("a b c d", held=True))
    running = asyncio.create_task(ask(endpoint))
    endpoint.release(2)
    await endpoint.until(lambda: endpoint.requests and endpoint.requests[0].sent == 2)
    stopped = time.monotonic()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await endpoint.until(lambda: endpoint.requests[0].disconnected)
    assert (endpoint.requests[0].disconnected or 0) - stopped < 1


async def test_stop_before_the_first_token_reaches_upstream(endpoint: ScriptedModel) -> None:
    endpoint.hold()
    running = asyncio.create_task(ask(endpoint))
    await endpoint.until(lambda: endpoint.requests)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await endpoint.until(lambda: endpoint.requests[0].disconnected)


async def test_connection_is_used_again(endpoint: ScriptedModel) -> None:
    for _ in range(3):
        await ask(endpoint)
        await asyncio.gather(*connections._draining)  # the end of the last answer, if it is not there yet
    assert len({request.peer for request in endpoint.requests}) == 1


@pytest.mark.parametrize(
    ("script", "kind", "requests"),
    [
        (Script(status=401), "unauthorized", 1),
        (Script(status=403), "unauthorized", 1),
        (Script(status=404), "not_found", 1),
        (Script(status=308, body="elsewhere"), "not_found", 1),
        (Script(status=429), "rate_limited", 3),
        (Script(status=429, retry_after="120"), "rate_limited", 1),
        (Script(status=429, body='{"error": {"code": "insufficient_quota"}}'), "quota", 1),
        (Script(status=500), "unavailable", 3),
        (Script(status=503), "unavailable", 3),
        (Script(status=400), "refused", 1),
        (Script(status=400, body='{"error": {"code": "context_length_exceeded"}}'), "too_long", 1),
        (Script("a b", cut_after=0), "cut", 3),
        (Script("a b", cut_after=1), "cut", 1),
        (Script("a b", finish=None, done=False), "cut", 1),
        (Script("a b", stall_after=1), "stalled", 1),
        (Script(""), "empty", 1),
        (Script("", finish="content_filter"), "refused", 1),
        (Script("a b", error_after=1), "unavailable", 1),
        (Script(body="<html>Hello</html>", content_type="text/html"), "malformed", 1),
        (Script(body="{]"), "malformed", 1),
        (Script(raw=[b"data: {]\n\n"]), "malformed", 1),
        (Script(raw=[b"what is this\n\n"]), "malformed", 1),
    ],
)
async def test_each_failure_has_its_kind(endpoint: ScriptedModel, script: Script, kind: str, requests: int) -> None:
    failed = await failing(endpoint, *[script] * 4)
    assert failed.kind == kind
    assert str(failed) == SENTENCES[failed.kind]
    assert len(endpoint.requests) == requests


async def test_nobody_listening_is_unavailable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        model = models.chat_model(Endpoint(f"http://127.0.0.1:{port}/v1", "k", "m", demo=False), limits=QUICK)
        with pytest.raises(ModelFailure) as caught:
            await models.complete(model, ASK)
    assert caught.value.kind == "unavailable"


@pytest.mark.parametrize(
    "script",
    [
        Script("a b c d", held=True, cut_after=3),
        Script("a b c d", held=True, stall_after=3),
        Script("a b c d", held=True, error_after=3),
    ],
)
async def test_partial_text_is_kept(endpoint: ScriptedModel, script: Script) -> None:
    endpoint.script(script)
    texts: asyncio.Queue[str] = asyncio.Queue()
    # The interval is long enough for text and failure to arrive before either is read.
    model = model_at(endpoint, Limits(stall=0.5, interval=0.4))
    running = asyncio.create_task(models.stream_answer(model, ASK, on_text=texts.put_nowait))
    endpoint.release(1)
    assert await asyncio.wait_for(texts.get(), 5) == "a "
    endpoint.release()
    with pytest.raises(ModelFailure) as caught:
        await running
    assert caught.value.partial == "a b c "


async def test_silence_before_the_first_byte_is_a_stall(endpoint: ScriptedModel) -> None:
    endpoint.hold()
    with pytest.raises(ModelFailure) as caught:
        await ask(endpoint, limits=Limits(first_byte=0.2, stall=0.2))
    assert caught.value.kind == "stalled"
    await endpoint.until(lambda: endpoint.requests[0].disconnected)


async def test_trouble_that_passes_is_not_seen(endpoint: ScriptedModel) -> None:
    endpoint.script(Script(status=503), Script(status=429, retry_after="0.02"), Script("fine"))
    assert (await ask(endpoint)).content == "fine"
    assert len(endpoint.requests) == 3


async def test_retry_after_is_honoured(endpoint: ScriptedModel) -> None:
    endpoint.script(Script(status=429, retry_after="0.3"), Script("fine"))
    await ask(endpoint)
    first, second = endpoint.requests
    assert second.started - first.started >= 0.3


async def test_pauses_between_tries_grow(endpoint: ScriptedModel) -> None:
    await failing(endpoint, *[Script(status=500)] * 3, limits=Limits(backoff=0.1))
    first, second, third = (request.started for request in endpoint.requests)
    assert 0.1 <= second - first < third - second


async def test_refused_settings_are_left_out_and_remembered(endpoint: ScriptedModel) -> None:
    refusal = Script(status=400, body='{"error": {"message": "unknown field stream_options"}}')
    endpoint.script(refusal, Script("fine"), Script("again"))
    assert (await ask(endpoint)).content == "fine"
    assert (await ask(endpoint)).content == "again"
    assert ["stream_options" in request.body for request in endpoint.requests] == [True, False, False]


async def test_length_cap_is_named_as_the_endpoint_wants_it(endpoint: ScriptedModel) -> None:
    refusal = Script(status=400, body='{"error": {"message": "use max_completion_tokens, not max_tokens"}}')
    model = models.chat_model(Endpoint(endpoint.url, "", "capped", demo=False), max_tokens=20, limits=QUICK)
    endpoint.script(refusal, Script("fine"))
    await models.complete(model, ASK)
    first, second = (request.body for request in endpoint.requests)
    assert (first.get("max_tokens"), first.get("max_completion_tokens")) == (20, None)
    assert (second.get("max_tokens"), second.get("max_completion_tokens")) == (None, 20)
    assert "Authorization" not in endpoint.requests[0].headers


async def test_endpoint_that_does_not_stream(endpoint: ScriptedModel) -> None:
    body = '{"choices":[{"message":{"content":"all at once"},"finish_reason":"stop"}],"usage":%s}'
    endpoint.script(Script(body=body % '{"prompt_tokens":1,"completion_tokens":3,"total_tokens":4}'))
    answer = await ask(endpoint)
    assert answer.content == "all at once"
    assert answer.usage_metadata["total_tokens"] == 4


async def test_stream_without_done_or_without_reason_is_whole(endpoint: ScriptedModel) -> None:
    endpoint.script(Script("a b", done=False), Script("a b", finish=None))
    assert (await ask(endpoint)).content == "a b"
    assert (await ask(endpoint)).content == "a b"


async def test_langchains_own_methods_work_on_the_lean_client(endpoint: ScriptedModel) -> None:
    model = model_at(endpoint)
    whole = await model.ainvoke(ASK)
    parts: list[AIMessageChunk] = [part async for part in model.astream(ASK)]
    assert whole.content == "Answer to: Hello?" == "".join(str(part.content) for part in parts)
    assert [bool(request.body.get("stream")) for request in endpoint.requests] == [False, True]


async def test_key_and_provider_text_stay_out_of_failures_and_logs(
    endpoint: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    failed = await failing(endpoint, *[Script(status=500, body="CANARY Hello? scripted-key")] * 3)
    assert "500" in caplog.text
    for canary in ("CANARY", "Hello?", "scripted-key"):
        assert canary not in f"{caplog.text}{failed!r}{failed}{failed.__cause__!r}"
    assert "scripted-key" not in repr(Endpoint(endpoint.url, "scripted-key", "m", demo=False))


async def test_models_are_made_once_without_openai_clients_or_tiktoken_tables() -> None:
    program = (
        "import sys; from chatapp.graph.model import Endpoint, chat_model;"
        "e = Endpoint('http://127.0.0.1:1/v1', 'k', 'gpt-4o', False); m = chat_model(e);"
        "assert m is chat_model(e) and m.root_client is None and m.http_async_client is None;"
        "import tiktoken.registry; assert not tiktoken.registry.ENCODINGS;"
        "assert not {'tiktoken_ext.openai_public', 'django'} & set(sys.modules)"
    )
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program], check=True, timeout=60)


async def test_loopback_never_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    assert proxy_for("http://models.invalid/v1") == "http://proxy.invalid:3128"
    assert proxy_for("http://127.0.0.1:9/v1") is None
