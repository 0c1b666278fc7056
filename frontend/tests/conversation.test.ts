import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, test } from "node:test";
import { WebSocket as Client, WebSocketServer, type WebSocket as Peer } from "ws";
import type { Api } from "../src/api";
import { Conversation } from "../src/state/conversation";
import { Outbox } from "../src/storage";

type Frame = { id: number; method: string; params: { responses?: { interrupt_id: string; response: object }[] } };

let server: WebSocketServer;
let peers: Peer[];
let responses: Frame[];
let answer: (frame: Frame, peer: Peer) => void;
let troubles: string[];
let conversation: Conversation;

beforeEach(async () => {
  Object.assign(globalThis, { WebSocket: Client });
  peers = [];
  responses = [];
  troubles = [];
  answer = (frame, peer) => peer.send(JSON.stringify({ type: "success", id: frame.id, result: { run_id: "r1" } }));
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (peer) => {
    peers.push(peer);
    peer.on("message", (data) => {
      const frame = JSON.parse(String(data)) as Frame;
      if (frame.method === "input.respond") {
        responses.push(frame);
        answer(frame, peer);
        return;
      }
      peer.send(JSON.stringify({ type: "success", id: frame.id, result: {} }));
      if (peers.length === 1) asks(peer);
    });
  });
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const nothing = () => undefined;
  conversation = new Conversation("t", {
    api: {} as Api,
    outbox: new Outbox(null, "alice"),
    socketUrl: () => `ws://127.0.0.1:${port}`,
    onThread: nothing,
    onThreadRemoved: nothing,
    onConnected: nothing,
    onCreated: nothing,
    onRunStarted: nothing,
    onRunWaiting: nothing,
    onRunEnded: nothing,
    onTrouble: (sentence) => troubles.push(sentence),
  });
  conversation.open(null);
  while (!conversation.transcript.waiting.value) await new Promise(setImmediate);
});

afterEach(async () => {
  conversation.close();
  for (const peer of peers) peer.terminate();
  server.close();
  await once(server, "close");
});

/** A run that asks two things. */
function asks(peer: Peer): void {
  const ask = (text: string) => ({ kind: "memory", action: "remember", text, before: null, memory: null });
  const events = [
    ["custom", { name: "attempt", payload: { run_id: "r1", message_id: "q1", attempt: 1 } }],
    ["input.requested", { interrupt_id: "a", payload: ask("A") }],
    ["input.requested", { interrupt_id: "b", payload: ask("B") }],
    ["lifecycle", { event: "interrupted", reason: "input", run_id: "r1" }],
  ];
  events.forEach(([method, data], at) => peer.send(JSON.stringify({ type: "event", seq: at + 1, method, params: { data } })));
}

function refuse(code: string): void {
  answer = (frame, peer) => peer.send(JSON.stringify({ type: "error", id: frame.id, error: code, message: "A sentence." }));
}

const asked = () => conversation.transcript.asks.list.value;
const shown = () => asked().map(({ id }) => id);

test("several are answered together in one command", async () => {
  assert.equal(await conversation.respond(asked(), { decision: "accept" }), true);
  const accepted = ["a", "b"].map((id) => ({ interrupt_id: id, response: { decision: "accept" } }));
  assert.deepEqual(responses.map(({ params }) => params.responses), [accepted]);
  assert.deepEqual(shown(), ["a", "b"], "the run's own events take them away");
});

test("an answer whose connection breaks is given again when there is one", async () => {
  answer = (_, peer) => {
    answer = (frame, next) => next.send(JSON.stringify({ type: "success", id: frame.id, result: {} }));
    peer.terminate();
  };
  assert.equal(await conversation.respond(asked().slice(0, 1), { decision: "decline" }), true);
  assert.equal(responses.length, 2);
  assert.deepEqual(responses[0]?.params, responses[1]?.params);
  assert.deepEqual(troubles, []);
});

test("what was answered elsewhere meanwhile goes away without a word", async () => {
  refuse("no_such_interrupt");
  assert.equal(await conversation.respond(asked().slice(0, 1), { decision: "accept" }), false);
  assert.deepEqual(shown(), ["b"]);
  assert.deepEqual(troubles, []);
});

test("any other refusal is said, and the card stays", async () => {
  refuse("invalid_argument");
  assert.equal(await conversation.respond(asked().slice(0, 1), { decision: "edit", text: "x" }), false);
  assert.deepEqual(shown(), ["a", "b"]);
  assert.deepEqual(troubles, ["A sentence."]);
});
