"""A message's way through the running server: socket, run, model, events, tree."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.db import connection

from chatapp import jobs
from chatapp.models import EventBatch, Fence, Message, ModelCall, Run, Summary, Thread, User
from tests.scripted_model import Script, ScriptedModel
from tests.sockets import ALL, Json, Visitor

Visit = Callable[[User | None], Visitor]


def delta_with(text: str) -> Callable[[Json], bool]:
    """Whether a frame brings this text."""
    return lambda frame: frame.get("method") == "messages" and text in str(frame["params"])


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Until something that no socket tells has happened."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def wait_for_summaries(thread_id: UUID, count: int) -> None:
    wait_until(lambda: Summary.objects.filter(thread_id=thread_id).count() == count)


def texts(state: Json) -> list[tuple[object, object, object]]:
    return [(each["role"], each["text"], each["status"]) for each in state["messages"]]


def test_message_is_answered(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    endpoint.script(Script("Hello Alice, how are you?"))
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    assert socket.say("Hello")["type"] == "success"
    assert socket.ended()["event"] == "completed"
    assert socket.text() == "Hello Alice, how are you?"
    state = visitor.state(thread_id)
    assert texts(state) == [("user", "Hello", "done"), ("assistant", "Hello Alice, how are you?", "done")]
    assert state["run"] is None
    assert state["last_seq"] == socket.events[-1]["seq"]
    assert state["messages"][1]["usage"]["output_tokens"] > 0


def test_model_is_sent_the_conversation(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    endpoint.script(Script("Nice to meet you."), Script("Alice."))
    socket = visit(alice).open(uuid4(), subscribe=0)
    socket.say("My name is Alice")
    socket.ended()
    socket.say("What is my name?")
    socket.ended()
    sent = [(each["role"], each["content"]) for each in endpoint.requests_for("What is my name?")[0].messages]
    assert sent[0][0] == "system"
    assert sent[1:] == [
        ("user", "My name is Alice"),
        ("assistant", "Nice to meet you."),
        ("user", "What is my name?"),
    ]


def test_repeated_frame_is_the_same_message(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    endpoint.script(Script("an answer", held=True))
    thread_id, message_id = uuid4(), uuid4()
    socket = visit(alice).open(thread_id, subscribe=0)
    answers = [socket.say("Once", message_id) for _ in range(3)]
    assert len({each["result"]["run_id"] for each in answers}) == 1
    endpoint.release()
    socket.ended()
    assert Message.objects.filter(thread_id=thread_id).count() == 2
    assert len(endpoint.requests_for("Once")) == 1


def test_same_id_with_other_text_is_refused(visit: Visit, alice: User) -> None:
    message_id = uuid4()
    socket = visit(alice).open(uuid4(), subscribe=0)
    socket.say("One thing", message_id)
    assert socket.say("Another thing", message_id)["error"] == "invalid_argument"


def test_late_tab_sees_the_whole_answer_once(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    endpoint.script(Script("one two three four five six", held=True))
    visitor, thread_id = visit(alice), uuid4()
    first = visitor.open(thread_id, subscribe=0)
    first.say("Count")
    endpoint.wait_for(lambda: endpoint.requests)
    endpoint.release(3)
    first.until(delta_with("three"))
    state = visitor.state(thread_id)
    assert state["run"] is not None
    second = visitor.open(thread_id, subscribe=state["last_seq"])
    endpoint.release()
    first.ended()
    second.ended()
    assert first.text() == second.text() == "one two three four five six"
    numbers = [event["seq"] for event in second.events]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("lost", [1, 4, 7])
def test_resubscribing_with_since_gives_what_was_missed(
    visit: Visit, alice: User, endpoint: ScriptedModel, lost: int
) -> None:
    visitor, thread_id = visit(alice), uuid4()
    first = visitor.open(thread_id, subscribe=0)
    endpoint.script(Script("alpha beta gamma delta", rate=60))
    first.say("Letters")
    first.ended()
    whole = [event["seq"] for event in first.events]
    again = visitor.open(thread_id)
    again.command("subscription.subscribe", channels=ALL, since=whole[lost])
    again.until(lambda frame: frame.get("seq") == whole[-1]) if not again.events else None
    assert [event["seq"] for event in again.events] == whole[lost + 1 :]


def test_stop_keeps_the_partial_answer_and_closes_the_request(
    visit: Visit, alice: User, endpoint: ScriptedModel
) -> None:
    endpoint.script(Script("one two three four five", held=True))
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    run_id = socket.say("Count")["result"]["run_id"]
    endpoint.wait_for(lambda: endpoint.requests)
    endpoint.release(2)
    socket.until(delta_with("two"))
    assert socket.command("run.stop", run_id=run_id)["type"] == "success"
    assert socket.ended()["event"] == "interrupted"
    endpoint.wait_for(lambda: endpoint.requests[0].disconnected, seconds=2)
    assert texts(visitor.state(thread_id)) == [("user", "Count", "done"), ("assistant", "one two ", "stopped")]
    endpoint.script(Script("ok"))
    socket.say("Go on")
    assert socket.ended()["event"] == "completed"
    sent = [(each["role"], each["content"].strip()) for each in endpoint.requests_for("Go on")[0].messages[1:]]
    assert sent == [("user", "Count"), ("assistant", "one two"), ("user", "Go on")]


@pytest.mark.parametrize(
    "case",
    [
        (Script(status=401), "unauthorized", ""),
        (Script(status=404), "not_found", ""),
        (Script("one two three", cut_after=2), "cut", "one two"),
        (Script(""), "empty", ""),
        (Script(status=400, body='{"error": {"code": "context_length_exceeded"}}'), "too_long", ""),
    ],
    ids=["401", "404", "cut", "empty", "too long"],
)
def test_failure_is_said_and_can_be_tried_again(
    visit: Visit, alice: User, endpoint: ScriptedModel, case: tuple[Script, str, str]
) -> None:
    script, kind, partial = case
    endpoint.script(script)
    visitor, thread_id, message_id = visit(alice), uuid4(), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("Try", message_id)
    ended = socket.ended()
    assert (ended["event"], ended["kind"]) == ("failed", kind)
    failed = visitor.state(thread_id)["messages"][-1]
    assert (failed["status"], failed["text"].strip(), failed["error"]["kind"]) == ("failed", partial, kind)
    assert failed["error"]["text"] == ended["error"]
    endpoint.script(Script("Now it works."))
    answer = socket.command("run.start", assistant_id="chat", input=None, metadata={"retry": str(message_id)})
    assert answer["type"] == "success", answer
    assert socket.ended()["event"] == "completed"
    assert texts(visitor.state(thread_id)) == [("user", "Try", "done"), ("assistant", "Now it works.", "done")]
    sent = [(each["role"], each["content"]) for each in endpoint.requests_for("Try")[-1].messages[1:]]
    assert sent == [("user", "Try")]


def test_messages_sent_meanwhile_are_queued_and_answered_in_order(
    visit: Visit, alice: User, endpoint: ScriptedModel
) -> None:
    endpoint.script(Script("first answer", held=True))
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("One")
    endpoint.wait_for(lambda: endpoint.requests)
    for text in ("Two", "Three"):
        assert socket.say(text)["type"] == "success"
    waiting = visitor.state(thread_id)
    assert [(each["text"], each["status"]) for each in waiting["messages"]] == [
        ("One", "running"),
        ("Two", "queued"),
        ("Three", "queued"),
    ]
    endpoint.release()
    for _ in range(3):
        assert socket.ended()["event"] == "completed"
    assert [each["text"] for each in visitor.state(thread_id)["messages"]] == [
        "One",
        "first answer",
        "Two",
        "Answer to: Two",
        "Three",
        "Answer to: Three",
    ]


def test_queue_is_bounded_and_a_message_can_be_taken_back(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    endpoint.script(Script("answer", held=True))
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("One")
    endpoint.wait_for(lambda: endpoint.requests)
    queued = [socket.say(f"Queued {number}") for number in range(5)]
    assert all(each["type"] == "success" for each in queued)
    refused = socket.say("One too many")
    assert (refused["type"], refused["error"]) == ("error", "invalid_argument")
    assert "Too many" in refused["message"]
    socket.command("run.stop", run_id=queued[2]["result"]["run_id"])
    texts_now = [each["text"] for each in visitor.state(thread_id)["messages"]]
    assert texts_now == ["One", "Queued 0", "Queued 1", "Queued 3", "Queued 4"]
    endpoint.release()
    for _ in range(5):
        socket.ended()
    assert "Queued 2" not in [request.last for request in endpoint.requests]


def test_title_comes_after_the_first_answer(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    endpoint.rule("Assistant:", Script('"Sourdough for beginners."'))
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("How do I bake bread?")
    notice = socket.until(
        lambda frame: (
            frame.get("method") == "custom"
            and frame["params"]["data"]["name"] == "thread"
            and frame["params"]["data"]["payload"]["title"] == "Sourdough for beginners"
        )
    )
    assert notice["seq"] is None
    assert ModelCall.objects.filter(thread_id=thread_id, purpose="title", output_tokens__gt=0).count() == 1


def test_thread_is_listed_under_its_question_until_it_has_a_title(
    visit: Visit, alice: User, endpoint: ScriptedModel
) -> None:
    endpoint.script(Script("answer", held=True))
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    socket.say("How do I bake bread?\nWith a crust.")
    listed = visitor.http.get("/threads").json()["threads"]
    assert [(each["title"], each["running"]) for each in listed] == [("How do I bake bread? With a crust.", True)]
    endpoint.release()
    socket.ended()


def test_full_window_is_summarised_to_half_and_at_most_once_in_ten_turns(
    visit: Visit, alice: User, endpoint: ScriptedModel
) -> None:
    endpoint.rule("Summary so far", Script("LATER SUMMARY"))
    endpoint.rule("User: message 0", Script("FIRST SUMMARY"))
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    sent = []
    for number in range(45):
        socket.say(f"message {number}")
        assert socket.ended()["event"] == "completed"
        sent.append(endpoint.requests_for(f"message {number}")[0].messages)
        if number in (19, 29, 39):  # the window is full: the summary is there before the next question
            wait_for_summaries(thread_id, (number - 9) // 10)
    sizes = [len(messages) - 1 for messages in sent]
    assert sizes[19] == 39, "the whole conversation is sent while it fits"
    assert sizes[20:31] == [21, 23, 25, 27, 29, 31, 33, 35, 37, 39, 21]
    assert "FIRST SUMMARY" in sent[20][0]["content"]
    assert "LATER SUMMARY" in sent[44][0]["content"]
    assert ModelCall.objects.filter(thread_id=thread_id, purpose="summary", output_tokens__gt=0).count() == 3
    assert Message.objects.filter(thread_id=thread_id).count() == 90


def test_run_of_a_dead_holder_is_taken_up(visit: Visit, alice: User, endpoint: ScriptedModel) -> None:
    """What a kill -9 leaves: a running run whose lease runs out. Its old holder is refused afterwards."""
    endpoint.script(Script("half an", held=True))
    visitor, thread_id = visit(alice), uuid4()
    socket = visitor.open(thread_id, subscribe=0)
    run_id = UUID(socket.say("Question")["result"]["run_id"])
    endpoint.wait_for(lambda: endpoint.requests)
    endpoint.release(1)
    socket.until(delta_with("half"))
    with connection.cursor() as cursor:  # as if it belonged to another process, which died
        cursor.execute(
            "UPDATE chatapp_fence SET epoch = epoch + 1, holder = %s, lease_until = now() WHERE thread_id = %s",
            (uuid4(), thread_id),
        )
    endpoint.script(Script("the whole answer"))
    assert socket.ended(20)["event"] == "completed"
    assert socket.text(str(run_id)) == "the whole answer"
    assert texts(visitor.state(thread_id))[1:] == [("assistant", "the whole answer", "done")]
    assert Run.objects.get(id=run_id).attempt == 2
    endpoint.release()


def test_finished_run_leaves_no_job_and_no_holder(visit: Visit, alice: User) -> None:
    thread_id = uuid4()
    socket = visit(alice).open(thread_id, subscribe=0)
    socket.say("Hello")
    socket.ended()
    fence = Fence.objects.get(thread_id=thread_id)
    assert (fence.holder, fence.run_id, fence.lease_until) == (None, None, None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s", [jobs.CLAIM])
        assert cursor.fetchone() == (0,)


def test_log_has_every_event_that_was_sent(visit: Visit, alice: User) -> None:
    thread_id = uuid4()
    socket = visit(alice).open(thread_id, subscribe=0)
    socket.say("Hello")
    socket.ended()
    logged = [
        n
        for batch in EventBatch.objects.filter(thread_id=thread_id)
        for n in range(batch.first_seq, batch.last_seq + 1)
    ]
    assert sorted(logged) == [event["seq"] for event in socket.events]


def test_stranger_starts_nothing_in_anothers_thread(visit: Visit, alice: User, charlie: User) -> None:
    thread_id = uuid4()
    waiting = visit(charlie).open(thread_id, subscribe=0)  # before it exists
    socket = visit(alice).open(thread_id, subscribe=0)
    socket.say("Private")
    socket.ended()
    refused = waiting.say("Let me in")
    assert (refused["error"], refused["message"][:3]) == ("unknown_error", "404")
    assert waiting.events == []
    assert Thread.objects.get(id=thread_id).owner == alice
