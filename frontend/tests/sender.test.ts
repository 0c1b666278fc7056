import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Sender } from "../src/state/sender";
import { Transcript } from "../src/state/transcript";
import { Outbox } from "../src/storage";
import { CommandError } from "../src/stream/commands";

type Params = Record<string, unknown>;

let sent: Params[];
let answers: (() => Record<string, unknown>)[];
let transcript: Transcript;
let outbox: Outbox;
let taken: number;

beforeEach(() => {
  sent = [];
  answers = [];
  taken = 0;
  outbox = new Outbox(null, "alice");
  const nothing = () => undefined;
  transcript = new Transcript({ onRunStarted: nothing, onRunWaiting: nothing, onRunEnded: nothing, onIncomplete: nothing });
});

function sender(): Sender {
  return new Sender({
    thread: "t",
    outbox,
    transcript,
    isOpen: () => true,
    command: async (method, params) => {
      assert.equal(method, "run.start");
      sent.push(params);
      return (answers.shift() ?? (() => ({ run_id: `r${sent.length}`, queued: sent.length > 1 })))();
    },
    onTaken: () => (taken += 1),
  });
}

const texts = () => sent.map((params) => (params["input"] as { messages: { content: string }[] }).messages[0]?.content);

test("messages go one after the other, and only those that begin a temporary chat say so", async () => {
  const one = sender();
  one.send("first", null, true);
  one.send("second", "m", false);
  await one.flush();
  await new Promise(setImmediate);
  assert.deepEqual(texts(), ["first", "second"]);
  assert.deepEqual(sent[0]?.["metadata"], { temporary: true });
  assert.equal("metadata" in (sent[1] ?? {}), false);
  assert.deepEqual(sent[1]?.["config"], { configurable: { model: "m" } });
  assert.equal(taken, 2);
  assert.deepEqual(outbox.list("t"), []);
});

test("a message whose acknowledgement was lost is sent again as it was, by whoever finds it", async () => {
  answers.push(() => {
    throw new CommandError("disconnected", "The connection was lost.");
  });
  sender().send("secret", null, true);
  await new Promise(setImmediate);
  assert.equal(taken, 0);
  const after = sender();
  after.showAll();
  assert.deepEqual(transcript.entries.value.map(({ text }) => text), ["secret"]);
  await after.flush();
  assert.equal(taken, 1);
  assert.deepEqual(sent[1], sent[0]);
});

test("a refused message stays, with the reason, and is not sent by itself", async () => {
  answers.push(() => {
    throw new CommandError("invalid_argument", "Too many messages are waiting.");
  });
  const one = sender();
  one.send("too much", null, false);
  await new Promise(setImmediate);
  const entry = transcript.entries.value[0];
  assert.deepEqual(entry?.delivery.value, { kind: "refused", reason: "Too many messages are waiting." });
  await one.flush();
  assert.equal(sent.length, 1);
  if (entry) one.again(entry);
  await new Promise(setImmediate);
  assert.equal(taken, 1);
});
