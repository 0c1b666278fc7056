from __future__ import annotations
import asyncio, time, json
from uuid import uuid4, UUID
import pytest
from django.db import connection, OperationalError
from chatapp import process, runs, execution, tasks, keys, claims
from chatapp.models import *
from chatapp.streaming import events
from tests.scripted_model import Script
from tests.sockets import ALL
from tests.test_runs_live import wait_until, delta_with, texts

def here():
    loop = process._serving[0]
    return loop, process._processes[loop]

def on_loop(coro):
    loop, _ = here()
    return asyncio.run_coroutine_threadsafe(coro, loop).result(20)

def test_question_checkpoint(visit, alice, endpoint):
    t = uuid4(); s = visit(alice).open(t, subscribe=0); s.say("hello"); s.ended()
    print("CKPT", list(Message.objects.filter(thread_id=t).values_list("role", "checkpoint_id")))

def test_queued_zero(visit, alice, endpoint, settings):
    settings.QUEUED_MESSAGES = 0
    s = visit(alice).open(uuid4(), subscribe=0)
    print("QUEUED0", s.say("hello"))

def test_room_one(visit, alice, endpoint, settings):
    settings.CONCURRENT_RUNS = 1
    endpoint.script(Script("first", held=True))
    s = visit(alice).open(uuid4(), subscribe=0)
    s.say("one"); endpoint.wait_for(lambda: endpoint.requests); s.say("two"); endpoint.release()
    s.ended(); t0 = time.monotonic(); s.ended(20); print("ROOM1 follow-up took", time.monotonic() - t0)

def test_writer_dies(visit, alice, endpoint, monkeypatch):
    t = uuid4(); v = visit(alice); s = v.open(t)
    real = events.is_complete_after
    def broken(*a):
        monkeypatch.setattr(events, "is_complete_after", real)
        raise OperationalError("the connection is lost")
    monkeypatch.setattr(events, "is_complete_after", broken)
    s.send(json.dumps({"id": 900, "method": "subscription.subscribe", "params": {"channels": ALL, "since": 0}}))
    try:
        print("WRITER", s.until(lambda f: f.get("id") == 900, 3))
    except TimeoutError:
        print("WRITER no answer to subscribe in 3 s")
    print("WRITER say", s.say("hello"))
    s.send(json.dumps({"id": 901, "method": "subscription.subscribe", "params": {"channels": ALL, "since": 0}}))
    try:
        print("WRITER", s.until(lambda f: f.get("method"), 4))
    except TimeoutError:
        print("WRITER: socket open, no event, second subscribe unanswered either")
    wait_until(lambda: Run.objects.get(thread_id=t).state == "done")

def test_corrupt_tip(visit, alice, endpoint, settings):
    settings.LEASE_SECONDS = 1
    t = uuid4(); v = visit(alice); s = v.open(t, subscribe=0)
    s.say("one"); s.ended()
    with connection.cursor() as c:
        c.execute("DELETE FROM checkpoints WHERE thread_id=%s AND checkpoint_id=(SELECT tip_checkpoint_id FROM chatapp_fence WHERE thread_id=%s)", (str(t), t))
    r = s.say("two")["result"]["run_id"]
    t0 = time.monotonic()
    try:
        print("TIP ended", s.ended(30))
    except TimeoutError:
        run = Run.objects.get(id=r); print("TIP after 30 s:", run.state, "attempt", run.attempt)
    s.command("run.stop", run_id=r)
    try:
        print("TIP stop ended", s.ended(12))
    except TimeoutError:
        run = Run.objects.get(id=r); print("TIP after stop + 12 s:", run.state, run.attempt, run.stop_requested)
    threads_delete(alice, t)

def threads_delete(user, t):
    from chatapp import threads
    threads.delete(user.pk, t)

@pytest.mark.parametrize("script", [Script(status=401), Script("one two three four", cut_after=2)], ids=["401", "cut"])
def test_failed_then_died_before_finish(visit, alice, endpoint, settings, monkeypatch, script):
    """the process 'dies' between _write_partial and finish"""
    settings.LEASE_SECONDS = 1
    real = execution.Execution._finish
    async def die(self, outcome, question):
        monkeypatch.setattr(execution.Execution, "_finish", real)
        raise RuntimeError("killed here")
    monkeypatch.setattr(execution.Execution, "_finish", die)
    endpoint.script(script)
    t = uuid4(); v = visit(alice); s = v.open(t, subscribe=0)
    s.say("Where is my question?")
    print("DIED", s.ended(20), texts(v.state(t)), "requests", len(endpoint.requests_for("Where is my")))

def test_lost_hits_the_new_execution(visit, alice, endpoint, settings):
    """recover in the same process while the old execution still runs (after a long outage): flush of the old one -> lost(thread)"""
    endpoint.script(Script("one two three four five six seven eight", held=True), Script("the whole answer", held=True))
    t = uuid4(); v = visit(alice); s = v.open(t, subscribe=0)
    rid = UUID(s.say("Count")["result"]["run_id"])
    endpoint.wait_for(lambda: endpoint.requests); endpoint.release(1); s.until(delta_with("one"))
    loop, p = here()
    Fence.objects.filter(thread_id=t).update(lease_until=Now() - __import__("datetime").timedelta(seconds=5))
    claim = runs.recover(rid, p.runner.desk)
    assert claim is not None
    old = p.runner._executions[t]
    async def start():
        p.runner.start(claim)
        new = p.runner._executions[t]
        old.stream.on_text("late words of the old attempt")   # what its model stream brings next
        for _ in range(60):
            await asyncio.sleep(0.05)
            if new._abandoned: return "new execution was ABANDONED by the old one's stale flush", old._abandoned
        return "new survived", old._abandoned, new._abandoned
    print("LOST", on_loop(start()))
    endpoint.release()
    t0 = time.monotonic(); print(s.ended(25)["event"], "after", time.monotonic() - t0, "attempt", Run.objects.get(id=rid).attempt)

def test_title_each_turn(visit, alice, endpoint):
    endpoint.reset()
    endpoint.rule("\n\nAssistant: ", Script(""))
    t = uuid4(); s = visit(alice).open(t, subscribe=0)
    for n in range(4):
        s.say(f"turn {n}"); s.ended(); time.sleep(1.2)
    print("TITLES", len([r for r in endpoint.requests if "\n\nAssistant: " in r.last]), "after 4 turns; usage kept:", list(ModelCall.objects.filter(thread_id=t).values_list("purpose", flat=True)))

def test_usage_of_failed(visit, alice, endpoint):
    endpoint.script(Script(""))
    t = uuid4(); s = visit(alice).open(t, subscribe=0)
    s.say("x"); print("USAGE", s.ended()["kind"], ModelCall.objects.filter(thread_id=t).count(), endpoint.requests[0].body.get("stream_options"))

def test_drafts_before_commit(visit, alice, endpoint, monkeypatch):
    endpoint.script(Script("hello there"))
    real = runs.finish
    def slow(*a):
        time.sleep(2); return real(*a)
    monkeypatch.setattr(runs, "finish", slow)
    t = uuid4(); v = visit(alice); s = v.open(t, subscribe=0)
    s.say("x"); s.until(delta_with("hello")); time.sleep(0.7)
    late = v.open(t); late.command("subscription.subscribe", channels=ALL, since=0)
    got = [f["params"]["data"].get("event") for f in late.frames if f.get("method") == "lifecycle"]
    print("DRAFTS late subscriber before commit:", got, "row:", Run.objects.get(thread_id=t).state)
    s.ended()
