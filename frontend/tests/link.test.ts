import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, test } from "node:test";
import { WebSocket as Client, WebSocketServer, type WebSocket as Peer } from "ws";
import { Backoff } from "../src/stream/backoff";
import { CommandError } from "../src/stream/commands";
import { Link, type LinkState } from "../src/stream/link";
import type { WireEvent } from "../src/wire";

type Frame = { id: number; method: string; params: Record<string, unknown> };

/** A real server that speaks just enough of the protocol; each test says how it answers. */
class Server {
  readonly frames: Frame[] = [];
  readonly #server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  readonly peers: Peer[] = [];
  answer: (frame: Frame, peer: Peer) => void = (frame, peer) => reply(peer, frame.id);

  constructor() {
    this.#server.on("connection", (peer) => {
      this.peers.push(peer);
      peer.on("message", (data) => {
        const frame = JSON.parse(String(data)) as Frame;
        this.frames.push(frame);
        this.answer(frame, peer);
      });
    });
  }

  async listening(): Promise<this> {
    await once(this.#server, "listening");
    return this;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  get last(): Peer {
    const peer = this.peers.at(-1);
    assert.ok(peer);
    return peer;
  }

  subscriptions(): unknown[] {
    return this.frames.filter((frame) => frame.method === "subscription.subscribe").map((frame) => frame.params["since"]);
  }

  async stop(): Promise<void> {
    for (const peer of this.peers) peer.terminate();
    this.#server.close();
    await once(this.#server, "close");
  }
}

function reply(peer: Peer, id: number, result: object = {}): void {
  peer.send(JSON.stringify({ type: "success", id, result }));
}

function send(peer: Peer, seq: number | null, text = ""): void {
  const data = { event: "content-block-delta", run_id: "r", index: 0, delta: { type: "text-delta", text } };
  peer.send(JSON.stringify({ type: "event", event_id: String(seq), seq, method: "messages", params: { namespace: [], data } }));
}

/** What a page would see of a link: its events and states, and a way to wait for either. */
class Page {
  readonly events: WireEvent[] = [];
  readonly states: LinkState[] = [];
  readonly link: Link;
  gaps = 0;
  #watchers: (() => void)[] = [];

  constructor(url: string, since = 0) {
    this.link = new Link({
      url,
      since,
      onEvent: (event) => this.#add(() => this.events.push(event)),
      onState: (state) => this.#add(() => this.states.push(state)),
      onGap: () => Promise.resolve((this.gaps += 1, 500)),
      makeSocket: (address) => new Client(address) as unknown as WebSocket,
      backoff: new Backoff(() => 0),
    });
  }

  get numbers(): (number | null)[] {
    return this.events.map((event) => event.seq);
  }

  /** Resolves as soon as the condition holds, checked whenever something happened. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (condition()) resolve();
        else this.#watchers.push(check);
      };
      check();
    });
  }

  opened(times: number): Promise<void> {
    return this.until(() => this.states.filter((state) => state.kind === "open").length === times);
  }

  #add(change: () => void): void {
    change();
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watch of watchers) watch();
  }
}

let server: Server;
let opened: Page | undefined;

beforeEach(async () => {
  server = await new Server().listening();
});

afterEach(async () => {
  opened?.link.close();
  opened = undefined;
  await server.stop();
});

/** A page on the server of this test, closed after it. */
function open(since = 0): Page {
  opened = new Page(server.url, since);
  return opened;
}

test("it subscribes from the last event it knows and takes events once, in order", async () => {
  const page = open(7);
  page.link.connect();
  await page.opened(1);
  assert.deepEqual(server.subscriptions(), [7]);
  for (const seq of [7, 8, 9, 9, 8, null, 12]) send(server.last, seq);
  await page.until(() => page.numbers.at(-1) === 12);
  assert.deepEqual(page.numbers, [8, 9, null, 12]);
});

test("after a lost connection it comes back by itself, from the last event, without gap or repeat", async () => {
  const page = open();
  page.link.connect();
  await page.opened(1);
  send(server.last, 1);
  send(server.last, 2);
  await page.until(() => page.numbers.length === 2);
  server.answer = (frame, peer) => {
    for (const seq of [2, 3, 4]) send(peer, seq);
    reply(peer, frame.id);
  };
  server.last.terminate();
  await page.opened(2);
  assert.deepEqual(server.subscriptions(), [0, 2]);
  assert.deepEqual(page.numbers, [1, 2, 3, 4]);
});

test("events of a connection that was given up are not taken", async () => {
  const page = open();
  page.link.connect();
  await page.opened(1);
  page.link.close();
  send(server.last, 1);
  await once(server.last, "close");
  assert.deepEqual(page.numbers, []);
});

for (const code of [4401, 4403, 4404]) {
  test(`a close with ${code} is final`, async () => {
    const page = open();
    page.link.connect();
    await page.opened(1);
    server.last.close(code);
    await page.until(() => page.states.at(-1)?.kind === "closed");
    assert.deepEqual(page.states.at(-1), { kind: "closed", code });
    page.link.connect();
    assert.equal(server.peers.length, 1);
  });
}

for (const code of [1012, 1011, 1009, 4408]) {
  test(`after a close with ${code} it connects again`, async () => {
    const page = open();
    page.link.connect();
    await page.opened(1);
    server.last.close(code);
    await page.opened(2);
    assert.equal(server.peers.length, 2);
  });
}

test("when the server cannot replay, the state is loaded and its number is used", async () => {
  server.answer = (frame, peer) => {
    if (frame.params["since"] === 500) reply(peer, frame.id);
    else peer.send(JSON.stringify({ type: "error", id: frame.id, error: "resume_gap", message: "Too old." }));
  };
  const page = open(3);
  page.link.connect();
  await page.opened(1);
  assert.equal(page.gaps, 1);
  assert.deepEqual(server.subscriptions(), [3, 500]);
});

test("a command resolves to its result, a refusal keeps its code and sentence", async () => {
  const page = open();
  page.link.connect();
  await page.opened(1);
  server.answer = (frame, peer) => {
    if (frame.method === "run.start") reply(peer, frame.id, { run_id: "r1" });
    else peer.send(JSON.stringify({ type: "error", id: frame.id, error: "no_such_run", message: "There is no such run." }));
  };
  assert.deepEqual(await page.link.command("run.start", {}), { run_id: "r1" });
  await assert.rejects(page.link.command("run.stop", {}), { code: "no_such_run", message: "There is no such run." });
});

test("a command without connection is refused at once, one that loses it may be repeated", async () => {
  const page = open();
  await assert.rejects(page.link.command("run.start", {}), { code: "offline" });
  page.link.connect();
  await page.opened(1);
  server.answer = (frame, peer) => (frame.method === "run.start" ? peer.terminate() : reply(peer, frame.id));
  await assert.rejects(page.link.command("run.start", {}), (error) => error instanceof CommandError && error.unanswered);
  await page.opened(2);
});

test("waking connects at once", async () => {
  const page = open();
  page.link.connect();
  await page.opened(1);
  server.last.terminate();
  await page.until(() => page.states.at(-1)?.kind === "waiting");
  page.link.wake();
  assert.equal(page.link.state.kind, "connecting");
  await page.opened(2);
});

test("the waits between attempts double up to five seconds, half of each is random", () => {
  const shortest = new Backoff(() => 0);
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7].map(() => shortest.next()), [125, 250, 500, 1000, 2000, 2500, 2500]);
  const longest = new Backoff(() => 1);
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7].map(() => longest.next()), [250, 500, 1000, 2000, 4000, 5000, 5000]);
  longest.reset();
  assert.equal(longest.next(), 250);
});
