"""The demo model, asked over real HTTP through our own model client."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from chatapp import demo_model
from chatapp.demo_model import DemoServer
from chatapp.graph import model as models
from chatapp.graph.model import Endpoint, ModelFailure
from memory.tools import SCHEMAS

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def demo() -> AsyncIterator[DemoServer]:
    server = await demo_model.start(tokens_per_second=0)
    yield server
    await models.close()
    await server.stop()


async def ask(demo: DemoServer, *messages: str | BaseMessage, tools: Any = ()) -> AIMessage:
    given = [HumanMessage(each) if isinstance(each, str) else each for each in messages]
    model = models.chat_model(Endpoint(demo.url, demo.token, demo_model.MODEL, demo=True))
    texts: list[str] = []
    answer = await models.stream_answer(model, given, tools=tools, on_text=texts.append)
    assert answer.content == "".join(texts)
    return answer


async def text(demo: DemoServer, *messages: str | BaseMessage) -> str:
    return str((await ask(demo, *messages)).content)


@pytest.mark.parametrize(
    "told",
    ["My name is Alice", "Hi! my name's alice.", "I'm Alice, nice to meet you", "Please call me Alice."],
)
@pytest.mark.parametrize(
    "asked",
    [
        "What is my name?",
        "what's my name",
        "Do you remember my name?",
        "Who am I?",
        "Can you tell me my name?",
    ],
)
async def test_name_is_recalled(demo: DemoServer, told: str, asked: str) -> None:
    assert await text(demo, told, AIMessage("Nice to meet you!"), asked) == "Your name is Alice."


async def test_name_is_recalled_in_a_long_conversation(demo: DemoServer) -> None:
    talk: list[str | BaseMessage] = ["My name is Alice."]
    for number in range(200):
        talk += [AIMessage("Yes?"), f"Tell me about thing number {number}, I am tired"]
    assert await text(demo, *talk, AIMessage("Yes?"), "What is my name?") == "Your name is Alice."


async def test_name_is_not_invented(demo: DemoServer) -> None:
    assert "not told me" in await text(demo, SystemMessage("You are a helpful assistant."), "What is my name?")


@pytest.mark.parametrize(
    "prompt",
    [
        "Summary of the conversation before these messages:\nThe user's name is Alice. They like tea.",
        "- Name: Alice",
    ],
)
async def test_name_in_the_system_prompt_is_recalled(demo: DemoServer, prompt: str) -> None:
    assert await text(demo, SystemMessage(prompt), "What is my name?") == "Your name is Alice."


async def test_latest_name_wins(demo: DemoServer) -> None:
    talk = ("My name is Alice", AIMessage("Hello"), "Actually, call me Bob", AIMessage("Hello"))
    assert await text(demo, *talk, "What is my name?") == "Your name is Bob."


async def test_running_summary_keeps_name_and_facts(demo: DemoServer) -> None:
    order = SystemMessage("Write the running summary of this conversation. Keep names and facts.")
    said = "Summary so far:\nThe user's name is Alice.\n\nUser: I like climbing.\n\nAssistant: Nice."
    summary = await text(demo, order, HumanMessage(said))
    assert "climbing" in summary
    assert "running summary" not in summary.lower()
    assert await text(demo, SystemMessage(summary), "What is my name?") == "Your name is Alice."


@pytest.mark.parametrize(
    "messages",
    [
        [
            SystemMessage("Write a short title."),
            HumanMessage("User: How do I bake sourdough bread?\n\nAssistant: …"),
        ],
        [
            HumanMessage("How do I bake sourdough bread?"),
            AIMessage("Well"),
            HumanMessage("Give a short title."),
        ],
    ],
)
async def test_title_comes_from_the_first_message(demo: DemoServer, messages: list[BaseMessage]) -> None:
    title = await text(demo, *messages)
    assert "sourdough" in title
    assert 3 <= len(title.split()) <= 6


async def test_memory_decides_the_dinner(demo: DemoServer) -> None:
    plain = {await text(demo, f"Dinner idea number {n}, please") for n in range(12)}
    assert any("chicken" in dish or "beef" in dish or "salmon" in dish for dish in plain)
    for number in range(12):
        dish = await text(demo, SystemMessage("- User is vegetarian"), f"Dinner idea number {number}, please")
        assert "vegetarian" in dish
        assert not re.search("chicken|beef|salmon", dish)


async def test_facts_are_recalled(demo: DemoServer) -> None:
    talk = ("I live in Lisbon with two cats.", AIMessage("Nice."), "I like green tea.", AIMessage("Nice."))
    assert "Lisbon" in await text(demo, *talk, "Where do I live?")
    assert "green tea" in await text(demo, *talk, "What tea do I like?")
    assert "two cats" in await text(demo, *talk, "What do you know about me?")


async def test_tools_are_called_and_their_results_told(demo: DemoServer) -> None:
    said = "Remember that I am allergic to nuts and that I live in Lisbon."
    called = await ask(demo, said, tools=SCHEMAS)
    assert [(call["name"], call["args"]) for call in called.tool_calls] == [
        ("remember", {"text": "The user is allergic to nuts."}),
        ("remember", {"text": "The user lives in Lisbon."}),
    ]
    first, second = (call["id"] for call in called.tool_calls)
    results = ToolMessage("Saved.", tool_call_id=first), ToolMessage("The user declined.", tool_call_id=second)
    final = await ask(demo, said, called, *results, tools=SCHEMAS)
    assert not final.tool_calls
    assert final.text == "I will remember that you are allergic to nuts.\n\nAll right, I will not keep that."


async def test_other_tool_is_called_by_its_name(demo: DemoServer) -> None:
    function = {"name": "lookup", "parameters": {"type": "object", "properties": {"word": {"type": "string"}}}}
    called = await ask(demo, "Use lookup for tea", tools=[{"type": "function", "function": function}])
    assert [(call["name"], call["args"]) for call in called.tool_calls] == [("lookup", {"word": "Use lookup for tea"})]
    result = ToolMessage("A drink.", tool_call_id=called.tool_calls[0]["id"])
    assert "A drink." in (await ask(demo, "Use lookup for tea", called, result)).text


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Who are you?", "built-in demo model"),
        ("Hello!", "Hello"),
        ("Thank you", "welcome"),
        ("Guten Tag", "Demo-Modell"),
        ("what is 12*7", "**84**"),
        ("(1 + 2) / 4 =", "**0.75**"),
        ("What is 1/0?", "cannot"),
        ("Repeat after me: three blue boats", "three blue boats"),
        ("Write a Python function that computes fibonacci numbers", "```python\ndef fibonacci"),
        ("Show me a table of planets", "|---|"),
        ("maths: show the quadratic formula", "$$x = \\frac"),
        ("Give me 7 ideas for a birthday", "7. "),
        ("How do tides work?", "tides"),
    ],
)
async def test_each_request_has_its_answer(demo: DemoServer, said: str, expected: str) -> None:
    assert expected in await text(demo, said)


async def test_code_that_it_writes_runs(demo: DemoServer) -> None:
    for name in ("fibonacci", "factorial", "prime", "palindrome", "reverse", "sort", "fizzbuzz", "weather"):
        answer = await text(demo, f"Write a Python function for {name}")
        compile(answer.split("```python\n")[1].split("```")[0], name, "exec")


async def test_length_follows_the_request(demo: DemoServer) -> None:
    counts = [len((await text(demo, f"Write {n} words about the sea")).split()) for n in (100, 500, 3000)]
    assert [round(count / wanted, 1) for count, wanted in zip(counts, (100, 500, 3000), strict=True)] == [1.0] * 3
    assert len((await text(demo, "Tell me a long story")).split()) >= 500


async def test_same_conversation_same_answer(demo: DemoServer) -> None:
    said = "Tell me a long story about a lighthouse"
    assert await text(demo, said) == await text(demo, said) != await text(demo, said + " keeper")


async def test_summary_names_what_was_said(demo: DemoServer) -> None:
    talk = ("I like tulips", AIMessage("Nice"), "And roses too", AIMessage("Nice"))
    answer = await text(demo, *talk, "Summarise our conversation")
    assert "tulips" in answer
    assert "roses" in answer


async def test_usage_and_cap_are_those_of_the_protocol(demo: DemoServer) -> None:
    model = models.chat_model(Endpoint(demo.url, demo.token, "demo", demo=True), max_tokens=5)
    answer = await models.complete(model, [HumanMessage("Tell me a long story")])
    assert answer.response_metadata["finish_reason"] == "length"
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] == 5 == len(answer.text.split())
    whole = await model.ainvoke("Hello")
    assert whole.content
    assert whole.usage_metadata is not None


async def test_wrong_token_is_refused(demo: DemoServer) -> None:
    model = models.chat_model(Endpoint(demo.url, "guess", "demo", demo=True))
    with pytest.raises(ModelFailure) as caught:
        await models.complete(model, [HumanMessage("Hello")])
    assert caught.value.kind == "unauthorized"


async def test_models_and_embeddings(demo: DemoServer) -> None:
    headers = {"Authorization": f"Bearer {demo.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.get(f"{demo.url}/models") as response:
            assert (await response.json())["data"][0]["id"] == demo_model.MODEL
        given = {"input": ["I love cats", "A cat is lovely", "Quarterly tax report"], "model": "demo"}
        async with session.post(f"{demo.url}/embeddings", json=given) as response:
            vectors = [each["embedding"] for each in (await response.json())["data"]]
        async with session.post(f"{demo.url}/chat/completions", data=b"[]") as response:
            assert response.status == 400
    assert all(len(vector) == 256 and math.isclose(math.hypot(*vector), 1) for vector in vectors)
    near, far = (_dot(vectors[0], other) for other in vectors[1:])
    assert near > far


def _dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def test_words_leave_at_a_natural_speed() -> None:
    server = await demo_model.start(tokens_per_second=100)
    clock = asyncio.get_running_loop()
    times: list[float] = []
    started = clock.time()
    model = models.chat_model(Endpoint(server.url, server.token, "demo", demo=True))
    await models.stream_answer(
        model,
        [HumanMessage("Write 40 words about tea")],
        on_text=lambda _: times.append(clock.time() - started),
    )
    assert times[0] >= 0.15
    assert times[-1] - times[0] >= 0.3
    assert len(times) > 5
    await models.close()
    await server.stop()
