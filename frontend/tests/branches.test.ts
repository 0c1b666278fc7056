import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { type Api, ApiError } from "../src/api";
import { Branches } from "../src/state/branches";
import { Transcript } from "../src/state/transcript";
import { CommandError } from "../src/stream/commands";
import type { Custom, Lifecycle, Message, MessageData, WireEvent } from "../src/wire";
import { THREAD, state, message as written } from "./messages";

let transcript: Transcript;
let branches: Branches;
let incomplete: number;
let commands: Record<string, unknown>[];
let asked: unknown[][];
let answers: (() => unknown)[];
let troubles: string[];

beforeEach(() => {
  incomplete = 0;
  commands = [];
  asked = [];
  answers = [];
  troubles = [];
  const nothing = () => undefined;
  transcript = new Transcript({ onRunStarted: nothing, onRunWaiting: nothing, onRunEnded: nothing, onIncomplete: () => (incomplete += 1) });
  const next = async (...call: unknown[]) => {
    asked.push(call);
    return (answers.shift() ?? (() => undefined))();
  };
  branches = new Branches({
    thread: "t",
    api: { show: next, label: next, fork: next } as unknown as Api,
    transcript,
    command: async (_method, params) => {
      commands.push(params);
      return (answers.shift() ?? (() => ({ run_id: `r${commands.length}` })))() as Record<string, unknown>;
    },
    take: (state) => transcript.load(state),
    trouble: (error, offline) => troubles.push(error instanceof CommandError && error.unanswered ? offline : (error as Error).message),
  });
});

/** A message; questions have ids with a q. */
function message(id: string, parent: string | null, change: Partial<Message> = {}): Message {
  return written(id, id.startsWith("q") ? "user" : "assistant", { parent, ...change });
}

/** A branch: every message below the one before it. */
function path(...ids: string[]): Message[] {
  return ids.map((id, at) => message(id, ids[at - 1] ?? null));
}

function event(method: WireEvent["method"], data: Lifecycle | MessageData | Custom): void {
  transcript.apply({ type: "event", seq: 1, method, params: { data } } as WireEvent);
}

function turn(run: string, question: Message): void {
  event("custom", { name: "attempt", payload: { run_id: run, message_id: question.id, attempt: 1 } });
  event("custom", { name: "turn", payload: { run_id: run, message: { ...question, run, status: "running" }, parent: question.parent } });
}

function answer(run: string, id: string): void {
  event("messages", { event: "message-start", run_id: run, id, role: "ai" });
  event("messages", { event: "content-block-delta", run_id: run, index: 0, delta: { type: "text-delta", text: id } });
}

function end(run: string, id: string, question: string): void {
  event("custom", { name: "answer", payload: { run_id: run, message: { ...message(id, question, { run }), text: null }, head: id, usage: null } });
  event("lifecycle", { event: "completed", run_id: run, message_id: question });
}

const shown = () => transcript.entries.value.map(({ id }) => id);

test("an edited question takes the place of everything that followed its parent", () => {
  transcript.load(state(path("q1", "a1", "q2", "a2")));
  turn("r", message("q2b", "a1"));
  assert.deepEqual(shown(), ["q1", "a1", "q2b"]);
  assert.deepEqual(transcript.fork.value, { after: "a1" });
  answer("r", "a2b");
  end("r", "a2b", "q2b");
  assert.deepEqual(shown(), ["q1", "a1", "q2b", "a2b"]);
  assert.equal(transcript.head.value, "a2b");
});

test("another beginning takes the place of everything", () => {
  transcript.load(state(path("q1", "a1")));
  turn("r", message("q1b", null));
  assert.deepEqual(shown(), ["q1b"]);
  assert.deepEqual(transcript.fork.value, { after: null });
});

test("a turn below a message that is not loaded asks for the state, and changes nothing", () => {
  transcript.load(state(path("q1", "a1")));
  turn("r", message("q9", "a8"));
  assert.equal(incomplete, 1);
  assert.deepEqual(shown(), ["q1", "a1"]);
});

test("messages that wait stay behind an edited question", () => {
  transcript.load(state([...path("q1", "a1", "q2"), message("q3", null, { status: "queued", run: "r3" })]));
  turn("r", message("q2b", "a1"));
  assert.deepEqual(shown(), ["q1", "a1", "q2b", "q3"]);
});

test("answering an earlier question again cuts what followed, and the answer knows its place at once", () => {
  const [q1, a1, ...rest] = path("q1", "a1", "q2", "a2");
  assert.ok(q1 && a1);
  transcript.load(state([q1, { ...a1, siblings: { at: 2, of: 2, before: "a0", after: null } }, ...rest]));
  transcript.retried("q1", "r");
  assert.deepEqual(shown(), ["q1"]);
  assert.deepEqual(transcript.fork.value, { after: "q1" });
  answer("r", "a1b");
  assert.deepEqual(transcript.find("a1b")?.message.value.siblings, { at: 3, of: 3, before: "a1", after: null });
});

test("a state of a run that answers an earlier question again ends with that question", () => {
  transcript.load(state(path("q1", "a1", "q2", "a2"), { run: { id: "r", message: "q1", state: "running" } }));
  assert.deepEqual(shown(), ["q1"]);
  assert.deepEqual(transcript.place.value, { run: "r", siblings: { at: 2, of: 2, before: "a1", after: null } });
});

test("a state that begins right after what is shown is joined to it, and the place where they part is told", () => {
  transcript.load(state(path("q1", "a1", "q2", "a2")));
  const first = transcript.entries.value[0];
  transcript.load(state([message("q2b", "a1"), message("a2b", "q2b")], { more: true }));
  assert.deepEqual(shown(), ["q1", "a1", "q2b", "a2b"]);
  assert.equal(transcript.entries.value[0], first);
  assert.equal(transcript.more.value, false, "what lies before is what it was");
  assert.deepEqual(transcript.fork.value, { after: "a1" });
});

test("loading the same branch again parts nothing, and a longer one neither", () => {
  transcript.load(state(path("q1", "a1")));
  transcript.load(state(path("q1", "a1", "q2", "a2")));
  transcript.load(state(path("q1", "a1", "q2", "a2")));
  assert.equal(transcript.fork.value, null);
});

test("other pages of the thread altogether are shown instead, and begin with what they begin", () => {
  transcript.load(state(path("q1", "a1")));
  transcript.load(state([message("q8", "a7"), message("a8", "q8")], { more: true }));
  assert.deepEqual(shown(), ["q8", "a8"]);
  assert.equal(transcript.more.value, true);
  assert.deepEqual(transcript.fork.value, { after: "a8" });
});

test("a page that reaches farther back than what is shown adds nothing before it, unless that was asked for", () => {
  const all = path("q1", "a1", "q2", "a2");
  transcript.load(state(all.slice(2), { more: true }));
  transcript.load(state([...all.slice(0, 3), message("a2b", "q2")]));
  assert.deepEqual(shown(), ["q2", "a2b"]);
  assert.equal(transcript.more.value, true);
  transcript.load(state(all), true);
  assert.deepEqual(shown(), ["q1", "a1", "q2", "a2"]);
  assert.equal(transcript.more.value, false);
});

test("what was shown before the thread was loaded hides nothing of it", () => {
  turn("r", message("q2", null));
  transcript.load(state(path("q1", "a1", "q2", "a2")));
  assert.deepEqual(shown(), ["q1", "a1", "q2", "a2"]);
});

test("what was begun on another branch is there when one comes back", () => {
  transcript.load(state(path("q1", "a1", "q2", "a2")));
  const entry = transcript.find("q2");
  assert.ok(entry);
  entry.draft.value = "begun";
  transcript.load(state(path("q1", "a1", "q2b", "a2b")));
  assert.equal(transcript.find("q2"), undefined);
  transcript.load(state(path("q1", "a1", "q2", "a2")));
  assert.equal(transcript.find("q2"), entry);
  assert.equal(transcript.find("q2")?.draft.value, "begun");
});

test("a notice of another head is news only while nothing is being answered", () => {
  transcript.load(state(path("q1", "a1")));
  assert.equal(transcript.isBehind({ ...THREAD, head: "a1" }), false);
  assert.equal(transcript.isBehind({ ...THREAD, head: "a1b" }), true);
  assert.equal(transcript.isBehind({ ...THREAD, head: "a1b", running: true }), false);
  transcript.retried("q1", "r");
  assert.equal(transcript.isBehind({ ...THREAD, head: "a1b" }), false);
});

test("what follows the head is offered until something is written there", () => {
  transcript.load(state(path("q1", "a1"), { continues: 4 }));
  assert.equal(transcript.continues.value, 4);
  turn("r", message("q2b", "a1"));
  assert.equal(transcript.continues.value, 0);
});

test("an arrow turns to the sibling and to what was shown below it", async () => {
  transcript.load(state([message("q1", null, { siblings: { at: 2, of: 3, before: "q0", after: "q2" } })]));
  const entry = transcript.find("q1");
  assert.ok(entry);
  answers.push(() => state([message("q2", null), message("a2", "q2")]));
  await branches.turn(entry, "after");
  assert.deepEqual(asked, [["t", "q2", true]]);
  assert.deepEqual(shown(), ["q2", "a2"]);
});

test("an arrow does nothing where there is no sibling, and while something is being answered", async () => {
  transcript.load(state([message("q1", null, { siblings: { at: 2, of: 2, before: "q0", after: null } })]));
  const entry = transcript.find("q1");
  assert.ok(entry);
  await branches.turn(entry, "after");
  transcript.retried("q1", "r");
  await branches.turn(entry, "before");
  assert.deepEqual(asked, []);
  assert.equal(branches.free.value, false);
});

test("a refusal is said, and the arrows can be used again", async () => {
  transcript.load(state([message("q1", null, { siblings: { at: 2, of: 2, before: "q0", after: null } })]));
  const entry = transcript.find("q1");
  assert.ok(entry);
  answers.push(() => {
    throw new ApiError(409, "Busy.");
  });
  await branches.turn(entry, "before");
  assert.deepEqual(troubles, ["Busy."]);
  assert.equal(branches.turning.value, null);
  assert.equal(branches.free.value, true);
});

test("an edit names the parent, a first message none, and the new message is shown as the last of its siblings", async () => {
  transcript.load(state(path("q1", "a1", "q2", "a2")));
  for (const id of ["q2", "q1"]) {
    const entry = transcript.find(id);
    assert.ok(entry);
    assert.equal(await branches.edit(entry, `${id}, better`, null), true);
    const [run] = [`r${commands.length}`];
    const written = transcript.entries.value.at(-1);
    assert.equal(written?.text, `${id}, better`);
    assert.deepEqual(written?.message.value.siblings, { at: 2, of: 2, before: id, after: null });
    end(run, `a-${run}`, written?.id ?? "");
  }
  assert.deepEqual(commands.map(({ metadata }) => metadata), [{ parent: "a1" }, { parent: null }]);
});

test("an edit whose acknowledgement was lost is sent again as it was, one with other words is another message", async () => {
  transcript.load(state(path("q1", "a1")));
  const entry = transcript.find("q1");
  assert.ok(entry);
  entry.draft.value = "better";
  const lost = () => {
    throw new CommandError("disconnected", "The connection was lost.");
  };
  answers.push(lost, lost);
  assert.equal(await branches.edit(entry, "better", null), false);
  assert.equal(entry.draft.value, "better", "the editor keeps it");
  assert.match(troubles[0] ?? "", /no connection/);
  await branches.edit(entry, "best", null);
  await branches.edit(entry, "best", null);
  const ids = commands.map(({ input }) => (input as { messages: { id: string }[] }).messages[0]?.id);
  assert.notEqual(ids[0], ids[1]);
  assert.equal(ids[1], ids[2]);
  assert.equal(entry.draft.value, null);
});

test("an edit whose run began and ended before the acknowledgement cuts nothing that came since", async () => {
  transcript.load(state(path("q1", "a1")));
  const entry = transcript.find("q1");
  assert.ok(entry);
  answers.push(() => {
    const { id } = (commands[0]?.["input"] as { messages: { id: string }[] }).messages[0] ?? { id: "" };
    turn("r1", message(id, null, { role: "user", text: "better" }));
    answer("r1", "a1b");
    end("r1", "a1b", id);
    turn("r2", message("q2", "a1b"));
    return { run_id: "r1" };
  });
  await branches.edit(entry, "better", null);
  assert.equal(shown().length, 3);
  assert.equal(transcript.run.value?.id, "r2");
});

test("a branch begins with the last message that has siblings or a name, else with the thread", () => {
  const [q1, a1, q2, a2] = path("q1", "a1", "q2", "a2");
  assert.ok(q1 && a1 && q2 && a2);
  transcript.load(state([q1, a1, q2, a2]));
  assert.equal(branches.beginning("a2")?.id, "q1");
  transcript.load(state([q1, { ...a1, label: "Named" }, q2, a2]));
  assert.equal(branches.beginning("a2")?.id, "a1");
  transcript.load(state([q1, { ...a1, label: "Named" }, { ...q2, siblings: { at: 1, of: 2, before: null, after: "x" } }, a2]));
  assert.equal(branches.beginning("a2")?.id, "q2");
  assert.equal(branches.beginning("a1")?.id, "a1");
  transcript.load(state([message("q8", "a7"), message("a8", "q8")], { more: true }));
  assert.equal(branches.beginning("a8"), undefined, "it may lie farther back");
});

test("a name is shown at once where it was given", async () => {
  transcript.load(state(path("q1", "a1")));
  await branches.name("q1", "Short");
  assert.deepEqual(asked, [["t", "q1", "Short"]]);
  assert.equal(transcript.find("q1")?.message.value.label, "Short");
  await branches.name("q1", "");
  assert.equal(transcript.find("q1")?.message.value.label, null);
});
