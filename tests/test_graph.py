"""The window and the prompt: pure functions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from chatapp.graph import prompt
from chatapp.graph.state import halve, is_full, tokens


def turns(count: int, size: int = 8) -> list[AnyMessage]:
    made: list[AnyMessage] = []
    for number in range(count):
        made += [HumanMessage("q" * size, id=f"q{number}"), AIMessage("a" * size, id=f"a{number}")]
    return made


def test_window_is_full_at_its_number_of_messages() -> None:
    assert not is_full({"messages": turns(19), "turns": 19}, 40, 10**9)
    assert is_full({"messages": turns(20), "turns": 20}, 40, 10**9)


def test_window_of_long_messages_is_full_by_tokens_but_not_before_ten_turns_have_passed() -> None:
    window = turns(12, 40_000)
    assert is_full({"messages": window, "turns": 10}, 40, 10_000)
    assert not is_full({"messages": window, "turns": 9}, 40, 10_000)


@given(st.integers(1, 60), st.integers(1, 5000))
def test_half_a_window_begins_with_a_question_and_keeps_the_last_turn(count: int, size: int) -> None:
    window = turns(count, size)
    start = halve(window, 40, 24_000)
    kept = window[start:]
    assert isinstance(kept[0], HumanMessage)
    assert 2 <= len(kept) <= 20
    assert kept[-1].id == window[-1].id


def test_prompt_holds_instructions_summary_and_window() -> None:
    made = prompt.answer("Be kind.", "", "Alice bakes bread.", turns(2), 10_000)
    assert "Be kind." in str(made[0].content)
    assert "Alice bakes bread." in str(made[0].content)
    assert [each.id for each in made[1:]] == ["q0", "a0", "q1", "a1"]


def test_prompt_keeps_the_newest_within_its_budget_and_the_question_always() -> None:
    window = turns(50, 400)[:-1]
    made = prompt.answer("", "", "", window, 1_000)
    assert made[-1].id == "q49"
    assert isinstance(made[1], HumanMessage)
    assert sum(map(tokens, made[1:])) <= 1_000
    assert [each.id for each in prompt.answer("", "", "", [HumanMessage("q" * 10**6, id="q")], 10)][1:] == ["q"]


def test_empty_answers_are_not_sent() -> None:
    window = [HumanMessage("one", id="1"), AIMessage("", id="2"), HumanMessage("two", id="3")]
    assert [each.id for each in prompt.answer("", "", "", window, 1000)[1:]] == ["1", "3"]


@pytest.mark.parametrize(
    ("given", "tidy"),
    [
        ('"Sourdough for beginners."', "Sourdough for beginners"),
        ("  A\n title ", "A title"),
        ("## The **bold** and the `code`", "The bold and the code"),
        ("x" * 200, "x" * 79 + "…"),
        ("", ""),
    ],
)
def test_title_is_one_short_line(given: str, tidy: str) -> None:
    assert prompt.tidy_title(given) == tidy
