import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Entry } from "../src/state/entry";
import { type Ending, Transcript } from "../src/state/transcript";
import type { Custom, EventMessage, Lifecycle, Message, MessageData, WireEvent } from "../src/wire";

let transcript: Transcript;
let endings: Ending[];
let incomplete: number;

beforeEach(() => {
  endings = [];
  incomplete = 0;
  transcript = new Transcript({
    onRunStarted: () => undefined,
    onRunEnded: (ending) => endings.push(ending),
    onIncomplete: () => (incomplete += 1),
  });
});

function message(id: string, role: Message["role"], change: Partial<Message> = {}): Message {
  const created_at = "2026-01-01T00:00:00Z";
  return { id, parent: null, role, text: id, status: "done", error: null, run: null, model: null, usage: null, created_at, ...change };
}

function event(method: WireEvent["method"], data: Lifecycle | MessageData | Custom): void {
  transcript.apply({ type: "event", seq: 1, method, params: { data } } as WireEvent);
}

function begin(run: string, question: string): void {
  event("custom", { name: "attempt", payload: { run_id: run, message_id: question, attempt: 1 } });
  event("lifecycle", { event: "running", run_id: run, message_id: question });
  const turn: EventMessage = message(question, "user", { status: "running", run });
  event("custom", { name: "turn", payload: { run_id: run, message: turn, parent: null } });
}

function stream(run: string, ...texts: string[]): void {
  event("messages", { event: "message-start", run_id: run, id: `answer-${run}`, role: "ai", metadata: { model: "m" } });
  for (const text of texts) event("messages", { event: "content-block-delta", run_id: run, index: 0, delta: { type: "text-delta", text } });
}

function end(run: string, question: string, ending: Ending = "completed", change: Partial<EventMessage> = {}): void {
  const answer: EventMessage = { ...message(`answer-${run}`, "assistant", { parent: question, run }), text: null, ...change };
  event("custom", { name: "answer", payload: { run_id: run, message: answer, head: answer.id, usage: null } });
  event("lifecycle", { event: ending, run_id: run, message_id: question });
}

const shown = () => transcript.entries.value.map((entry) => `${entry.role === "user" ? "Q" : "A"}:${entry.text}`);

test("another tab's question and its answer appear in order", () => {
  begin("r1", "q1");
  stream("r1", "Hel", "lo");
  assert.equal(transcript.run.value?.id, "r1");
  end("r1", "q1");
  assert.deepEqual(shown(), ["Q:q1", "A:Hello"]);
  assert.equal(transcript.run.value, null);
  assert.deepEqual(endings, ["completed"]);
});

test("a new attempt drops the partial answer of the one before", () => {
  begin("r1", "q1");
  stream("r1", "half an ans");
  begin("r1", "q1");
  stream("r1", "a whole answer");
  end("r1", "q1");
  assert.deepEqual(shown(), ["Q:q1", "A:a whole answer"]);
});

test("one's own message is shown once, whichever comes first: acknowledgement or event", () => {
  for (const early of [true, false]) {
    const id = `q-${early}`;
    const entry = new Entry(message(id, "user"), { kind: "sending" });
    transcript.add(entry);
    if (early) transcript.accepted(entry, `r-${early}`, false);
    begin(`r-${early}`, id);
    stream(`r-${early}`, "x");
    end(`r-${early}`, id);
    if (!early) transcript.accepted(entry, `r-${early}`, false);
    assert.equal(entry.delivery.value.kind, "sent");
    assert.equal(transcript.run.value, null);
  }
  assert.deepEqual(shown(), ["Q:q-true", "A:x", "Q:q-false", "A:x"]);
});

test("an answer comes before the messages that wait", () => {
  begin("r1", "q1");
  const waiting = new Entry(message("q2", "user"), { kind: "sending" });
  transcript.add(waiting);
  transcript.accepted(waiting, "r2", true);
  assert.equal(waiting.message.value.status, "queued");
  stream("r1", "one");
  end("r1", "q1");
  begin("r2", "q2");
  stream("r2", "two");
  assert.deepEqual(shown(), ["Q:q1", "A:one", "Q:q2", "A:two"]);
});

test("answering again replaces the answer before", () => {
  transcript.load({
    thread: { id: "t", title: "", updated_at: "", running: false, unread: false },
    head: "a",
    messages: [message("q1", "user"), message("a", "assistant", { parent: "q1", run: "r1" })],
    more: false,
    run: null,
    last_seq: 1,
  });
  transcript.retried("q1", "r2");
  stream("r2", "better");
  end("r2", "q1");
  assert.deepEqual(shown(), ["Q:q1", "A:better"]);
});

test("a failed answer keeps its text and says why", () => {
  begin("r1", "q1");
  stream("r1", "half");
  end("r1", "q1", "failed", { status: "failed", error: { kind: "cut", text: "The connection was cut." } });
  const answer = transcript.find("answer-r1");
  assert.equal(answer?.text, "half");
  assert.equal(answer?.message.value.error?.text, "The connection was cut.");
});

test("a failure before the first word is shown as well", () => {
  begin("r1", "q1");
  event("lifecycle", { event: "failed", run_id: "r1", message_id: "q1", error: "No model." });
  assert.equal(transcript.entries.value.at(-1)?.message.value.error?.text, "No model.");
});

test("what is known to be missing is asked for", () => {
  event("custom", { name: "turn", payload: { run_id: "r", message: { ...message("q", "user"), text: null }, parent: null } });
  event("custom", { name: "refetch", payload: {} });
  event("custom", { name: "queue", payload: { messages: [{ id: "unknown", text: null, version: "1" }] } });
  assert.equal(incomplete, 3);
});

test("loading the state keeps unsent messages and the objects of known ones", () => {
  const known = new Entry(message("q1", "user"));
  const unsent = new Entry(message("q2", "user"), { kind: "sending" });
  transcript.add(known);
  transcript.add(unsent);
  const thread = { id: "t", title: "", updated_at: "", running: false, unread: false };
  transcript.load({ thread, head: null, messages: [message("q1", "user"), message("a1", "assistant")], more: true, run: null, last_seq: 9 });
  assert.deepEqual(shown(), ["Q:q1", "A:a1", "Q:q2"]);
  assert.equal(transcript.entries.value[0], known);
  assert.equal(transcript.entries.value[2], unsent);
});

function queue(...messages: [id: string, text: string | null, version: string][]): void {
  event("custom", { name: "queue", payload: { messages: messages.map(([id, text, version]) => ({ id, text, version })) } });
}

test("a message beyond a limit waits although nothing is answered here", () => {
  const entry = new Entry(message("q1", "user"), { kind: "sending" });
  transcript.add(entry);
  transcript.accepted(entry, "r1", true);
  assert.equal(entry.message.value.status, "queued");
  assert.equal(transcript.run.value, null);
  assert.equal(transcript.firstQueued.value, "q1");
  begin("r1", "q1");
  assert.equal(entry.message.value.status, "running");
  assert.equal(transcript.firstQueued.value, null);
});

test("what another tab adds, changes and moves in the queue is shown without loading anything", () => {
  begin("r1", "q1");
  queue(["a", "A", "1"], ["b", "B", "1"]);
  assert.deepEqual(shown(), ["Q:q1", "Q:A", "Q:B"]);
  queue(["a", "A, better", "2"], ["b", "B", "1"]);
  assert.deepEqual(shown(), ["Q:q1", "Q:A, better", "Q:B"]);
  stream("r1", "answer");
  queue(["b", "B", "1"], ["a", "A, better", "2"]);
  assert.deepEqual(shown(), ["Q:q1", "A:answer", "Q:B", "Q:A, better"]);
  assert.equal(transcript.firstQueued.value, "b");
  assert.equal(incomplete, 0);
});

test("the queue is loaded again when something left it, or when a long text changed", () => {
  begin("r1", "q1");
  queue(["a", "A", "1"], ["b", "B", "1"]);
  queue(["b", "B", "1"]);
  assert.equal(incomplete, 1);
  const thread = { id: "t", title: "", updated_at: "", running: true, unread: false };
  const long = message("c", "user", { text: "long", status: "queued", run: "r3", version: "1" });
  const run = { id: "r1", message: "q1", state: "running" as const };
  transcript.load({ thread, head: "q1", messages: [message("q1", "user", { status: "running" }), long], more: false, run, last_seq: 1 });
  assert.deepEqual(shown(), ["Q:q1", "Q:long"]);
  queue(["c", null, "1"]);
  assert.equal(incomplete, 1);
  queue(["c", null, "2"]);
  assert.equal(incomplete, 2);
});

test("a late notice does not put an answered message back into the queue", () => {
  begin("r1", "q1");
  queue(["q1", "q1", "1"]);
  assert.equal(transcript.find("q1")?.message.value.status, "running");
  end("r1", "q1");
  queue(["q1", "q1", "1"]);
  assert.equal(transcript.find("q1")?.message.value.status, "done");
});
