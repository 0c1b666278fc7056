import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Entry } from "../src/state/entry";
import { isWaiting } from "../src/state/path";
import { type Ending, Transcript } from "../src/state/transcript";
import type { Ask, Custom, EventMessage, InputRequested, Lifecycle, MessageData, Run, WireEvent } from "../src/wire";
import { message, state } from "./messages";

let transcript: Transcript;
let endings: Ending[];
let incomplete: number;
let told: string[];

beforeEach(() => {
  [endings, told, incomplete] = [[], [], 0];
  transcript = new Transcript({
    onRunStarted: () => told.push("started"),
    onRunWaiting: () => told.push("waiting"),
    onRunEnded: (ending) => endings.push(ending),
    onIncomplete: () => (incomplete += 1),
  });
});

function event(method: WireEvent["method"], data: Lifecycle | MessageData | InputRequested | Custom): void {
  transcript.apply({ type: "event", seq: 1, method, params: { data } } as WireEvent);
}

/** The beginning of a run, whose question goes on from the last message that is shown. */
function begin(run: string, question: string): void {
  const placed = transcript.entries.value.filter((entry) => entry.id !== question && !isWaiting(entry));
  const known = placed.findIndex(({ message: { value } }) => value.parent === question);
  const parent = (known < 0 ? placed : placed.slice(0, known)).at(-1)?.id ?? null;
  attempt(run, question);
  turn(run, message(question, "user", { parent, status: "running", run }));
}

function attempt(run: string, question: string): void {
  event("custom", { name: "attempt", payload: { run_id: run, message_id: question, attempt: 1 } });
  event("lifecycle", { event: "running", run_id: run, message_id: question });
}

function turn(run: string, question: EventMessage): void {
  event("custom", { name: "turn", payload: { run_id: run, message: question, parent: question.parent } });
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
  transcript.load(state([message("q1", "user"), message("a", "assistant", { parent: "q1", run: "r1" })]));
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
  transcript.load(state([message("q1", "user"), message("a1", "assistant")], { more: true }));
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
  const long = message("c", "user", { text: "long", status: "queued", run: "r3", version: "1" });
  const run = { id: "r1", message: "q1", state: "running" as const };
  transcript.load(state([message("q1", "user", { status: "running" }), long], { run }));
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

test("a fetched state that has a run going whose end was seen here is older than the page", () => {
  const run: Run = { id: "r1", message: "q1", state: "running" };
  const running = state([message("q1", "user", { status: "running", run: "r1" })], { run });
  const queued = state([message("q1", "user", { run: "r1" }), message("q2", "user", { status: "queued", run: "r2" })]);
  begin("r1", "q1");
  assert.equal(transcript.isAheadOf(running), false);
  end("r1", "q1");
  assert.equal(transcript.isAheadOf(running), true);
  assert.equal(transcript.isAheadOf({ ...running, run: null }), true, "the question's own status says so too");
  assert.equal(transcript.isAheadOf(state([message("q1", "user", { run: "r1" })], { run })), true, "so does the run alone");
  assert.equal(transcript.isAheadOf(queued), false);
  begin("r2", "q2");
  end("r2", "q2", "interrupted");
  assert.equal(transcript.isAheadOf(queued), true);
  assert.equal(transcript.isAheadOf(state([message("q1", "user", { run: "r1" })])), false);
});

test("loading the state keeps what was streamed of the answer that goes on, after its question", () => {
  begin("r1", "q1");
  stream("r1", "half an ans");
  const question = message("q1", "user", { status: "running", run: "r1" });
  const waits = message("q2", "user", { status: "queued", run: "r2" });
  transcript.load(state([question, waits], { run: { id: "r1", message: "q1", state: "running" } }));
  assert.deepEqual(shown(), ["Q:q1", "A:half an ans", "Q:q2"]);
  transcript.load(state([{ ...question, status: "done" }]));
  assert.deepEqual(shown(), ["Q:q1"], "a run that is not there any more has no partial answer");
});

function ask(id: string, text = id): void {
  const payload: Ask = { kind: "memory", action: "remember", text, before: null, memory: null };
  event("input.requested", { interrupt_id: id, payload });
}

const pause = (run: string) => event("lifecycle", { event: "interrupted", reason: "input", run_id: run });
const asked = () => transcript.asks.list.value.map(({ id }) => id);

test("a run that asks is not over, and nothing is asked any more when it ends", () => {
  begin("r1", "q1");
  stream("r1", "Let me see.");
  ask("a");
  ask("b");
  ask("a");
  pause("r1");
  assert.deepEqual(asked(), ["a", "b"]);
  assert.equal(transcript.waiting.value, true);
  assert.deepEqual(endings, []);
  assert.equal(transcript.find("answer-r1")?.message.value.status, "running");
  end("r1", "q1", "interrupted");
  assert.deepEqual(asked(), []);
  assert.equal(transcript.run.value, null);
});

test("an attempt voids what was asked; what is still open comes again, with what was written for it", () => {
  begin("r1", "q1");
  ask("a");
  ask("b");
  pause("r1");
  const [, other] = transcript.asks.list.value;
  if (other) other.draft.value = "b, but better";
  begin("r1", "q1");
  assert.deepEqual(asked(), []);
  assert.equal(transcript.waiting.value, false);
  ask("b");
  pause("r1");
  assert.equal(transcript.asks.list.value[0]?.draft.value, "b, but better");
  assert.deepEqual(told, ["started", "waiting", "started", "waiting"]);
});

test("a message instead of an answer is the next turn at once, and takes the cards away", () => {
  begin("r1", "q1");
  ask("a");
  pause("r1");
  const entry = new Entry(message("q2", "user"), { kind: "sending" });
  transcript.add(entry);
  transcript.accepted(entry, "r2", false);
  assert.equal(entry.message.value.status, "running");
  assert.equal(transcript.run.value?.id, "r2");
  assert.deepEqual(asked(), []);
  end("r1", "q1", "interrupted", { status: "stopped" });
  assert.equal(transcript.run.value?.id, "r2");
});

test("loading the state of a run that waits keeps its cards, and another run's state takes them away", () => {
  begin("r1", "q1");
  ask("a");
  pause("r1");
  const question = message("q1", "user", { status: "running", run: "r1" });
  transcript.load(state([question], { run: { id: "r1", message: "q1", state: "waiting" } }));
  assert.deepEqual(asked(), ["a"]);
  transcript.load(state([{ ...question, status: "done" }]));
  assert.deepEqual(asked(), []);
});

test("an answer says what it used and changed, as soon as it is stored", () => {
  begin("r1", "q1");
  stream("r1", "Kept.");
  const memory = { used: ["m1"], preferences: true, effects: [{ kind: "saved" as const, memory: "m2", version: 1 }] };
  end("r1", "q1", "completed", { memory });
  assert.deepEqual(transcript.find("answer-r1")?.message.value.memory, memory);
});
