// frontend/tests/link.test.ts
import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, test } from "node:test";
import { WebSocket as Client, WebSocketServer } from "ws";

// frontend/src/stream/backoff.ts
var FIRST = 250;
var LIMIT = 5e3;
var Backoff = class {
  #attempt = 0;
  #random;
  /** `random` gives numbers in [0, 1), like Math.random. */
  constructor(random = Math.random) {
    this.#random = random;
  }
  /**
   * Milliseconds until the next attempt: 250 doubling to 5,000, of which the upper half is random, so that the
   * browsers of a restarted server do not come back all at once.
   */
  next() {
    const full = Math.min(LIMIT, FIRST * 2 ** this.#attempt);
    this.#attempt += 1;
    return full / 2 + full / 2 * this.#random();
  }
  reset() {
    this.#attempt = 0;
  }
};

// frontend/src/stream/commands.ts
var TIMEOUT_MS = 15e3;
var CommandError = class extends Error {
  code;
  constructor(code, message) {
    super(message);
    this.name = "CommandError";
    this.code = code;
  }
  /** True when the command may be repeated as it is: it was not refused, only not answered. */
  get unanswered() {
    return this.code === "offline" || this.code === "disconnected" || this.code === "timeout";
  }
};
var Commands = class {
  #last = 0;
  #waiting = /* @__PURE__ */ new Map();
  /** Sends a frame and resolves to its result; rejects with `CommandError`. */
  send(socket, method, params, timeout = TIMEOUT_MS) {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.delete(id);
        reject(new CommandError("timeout", "The server did not answer in time."));
      };
      this.#waiting.set(id, { resolve, reject, timer: setTimeout(giveUp, timeout) });
      socket.send(JSON.stringify({ id, method, params }));
    });
  }
  /** Hands an answer to whom it belongs. Answers without a known number are ignored. */
  settle(reply2) {
    const waiting = reply2.id === null ? void 0 : this.#waiting.get(reply2.id);
    if (!waiting || reply2.id === null) return;
    this.#waiting.delete(reply2.id);
    clearTimeout(waiting.timer);
    if (reply2.type === "success") waiting.resolve(reply2.result);
    else waiting.reject(new CommandError(reply2.error, reply2.message));
  }
  /** The connection is gone: nobody will answer any more. */
  rejectAll() {
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, timer } of lost) {
      clearTimeout(timer);
      reject(new CommandError("disconnected", "The connection was lost."));
    }
  }
};

// frontend/src/stream/link.ts
var CHANNELS = ["messages", "lifecycle", "custom"];
var OPEN = 1;
var RESTARTING = 1012;
var TOO_MANY_COMMANDS = 4429;
var PROBE_MS = 5e3;
var CONNECT_MS = 15e3;
var Link = class {
  #options;
  #backoff;
  #commands = new Commands();
  #socket = null;
  #state = { kind: "waiting" };
  #since;
  #timer;
  constructor(options) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
    this.#since = options.since;
  }
  get state() {
    return this.#state;
  }
  /** Number of the last event handed on. */
  get since() {
    return this.#since;
  }
  /** Opens the socket now, whatever the back-off says. No effect while one is open or after a final close. */
  connect() {
    if (this.#state.kind === "closed" || this.#socket) return;
    clearTimeout(this.#timer);
    this.#setState({ kind: "connecting" });
    const make = this.#options.makeSocket ?? ((url) => new WebSocket(url));
    const socket = make(this.#options.url);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#lose(socket, 0), CONNECT_MS);
    socket.onopen = () => void this.#subscribe(socket);
    socket.onmessage = (message) => this.#receive(socket, message.data);
    socket.onclose = (event) => this.#lose(socket, event.code);
  }
  /** Ends the link for good. Waiting commands are rejected. */
  close() {
    this.#finish(1e3);
  }
  /**
   * Sends one command and resolves to its result. Rejects with `CommandError`: the server's code, or `offline` (not
   * sent), `disconnected` or `timeout` (sent, outcome unknown).
   */
  async command(method, params) {
    const socket = this.#socket;
    if (!socket || this.#state.kind !== "open") throw new CommandError("offline", "There is no connection.");
    try {
      return await this.#commands.send(socket, method, params);
    } catch (error) {
      if (error instanceof CommandError && error.code === "timeout") this.#lose(socket, 0);
      throw error;
    }
  }
  /** The network or the tab came back: connects at once, or finds out whether the open socket is still alive. */
  wake() {
    if (this.#state.kind === "waiting") this.connect();
    else if (this.#state.kind === "open") void this.#probe();
  }
  /** Loads again what the page knows, after its state was fetched: events up to `seq` are not wanted any more. */
  skipTo(seq) {
    this.#since = Math.max(this.#since, seq);
  }
  async #probe() {
    const socket = this.#socket;
    if (!socket) return;
    try {
      await this.#commands.send(socket, "ping", {}, PROBE_MS);
    } catch (error) {
      if (error instanceof CommandError && error.code === "timeout") this.#lose(socket, 0);
    }
  }
  async #subscribe(socket) {
    try {
      await this.#commands.send(socket, "subscription.subscribe", { channels: CHANNELS, since: this.#since });
      if (socket !== this.#socket) return;
      clearTimeout(this.#timer);
      this.#backoff.reset();
      this.#setState({ kind: "open" });
    } catch (error) {
      if (socket !== this.#socket) return;
      if (error instanceof CommandError && error.code === "resume_gap") await this.#refill(socket);
      else this.#lose(socket, 0);
    }
  }
  async #refill(socket) {
    try {
      const seq = await this.#options.onGap();
      if (socket !== this.#socket) return;
      this.#since = seq;
    } catch {
      this.#lose(socket, 0);
      return;
    }
    await this.#subscribe(socket);
  }
  #receive(socket, data) {
    if (socket !== this.#socket || typeof data !== "string") return;
    const frame = JSON.parse(data);
    if (frame.type !== "event") {
      this.#commands.settle(frame);
      return;
    }
    if (frame.seq !== null) {
      if (frame.seq <= this.#since) return;
      this.#since = frame.seq;
    }
    this.#options.onEvent(frame);
  }
  #lose(socket, code) {
    if (socket !== this.#socket) return;
    if (isFinal(code)) {
      this.#finish(code);
      return;
    }
    this.#drop();
    if (code === RESTARTING) this.#backoff.reset();
    if (code === TOO_MANY_COMMANDS) for (let i = 0; i < 4; i += 1) this.#backoff.next();
    this.#setState({ kind: "waiting" });
    this.#timer = setTimeout(() => this.connect(), this.#backoff.next());
  }
  #finish(code) {
    this.#drop();
    if (this.#state.kind !== "closed") this.#setState({ kind: "closed", code });
  }
  #drop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      if (socket.readyState <= OPEN) socket.close();
    }
    this.#commands.rejectAll();
  }
  #setState(state) {
    this.#state = state;
    this.#options.onState(state);
  }
};
function isFinal(code) {
  return code >= 4400 && code < 4500 && code !== 4408 && code !== TOO_MANY_COMMANDS;
}

// frontend/tests/link.test.ts
var Server = class {
  frames = [];
  #server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  peers = [];
  answer = (frame, peer) => reply(peer, frame.id);
  constructor() {
    this.#server.on("connection", (peer) => {
      this.peers.push(peer);
      peer.on("message", (data) => {
        const frame = JSON.parse(String(data));
        this.frames.push(frame);
        this.answer(frame, peer);
      });
    });
  }
  get url() {
    return `ws://127.0.0.1:${this.#server.address().port}`;
  }
  get last() {
    const peer = this.peers.at(-1);
    assert.ok(peer);
    return peer;
  }
  subscriptions() {
    return this.frames.filter((frame) => frame.method === "subscription.subscribe").map((frame) => frame.params["since"]);
  }
  async stop() {
    for (const peer of this.peers) peer.terminate();
    this.#server.close();
    await once(this.#server, "close");
  }
};
function reply(peer, id, result = {}) {
  peer.send(JSON.stringify({ type: "success", id, result }));
}
function send(peer, seq, text = "") {
  const data = { event: "content-block-delta", run_id: "r", index: 0, delta: { type: "text-delta", text } };
  peer.send(JSON.stringify({ type: "event", event_id: String(seq), seq, method: "messages", params: { namespace: [], data } }));
}
var Page = class {
  events = [];
  states = [];
  link;
  gaps = 0;
  #watchers = [];
  constructor(url, since = 0) {
    this.link = new Link({
      url,
      since,
      onEvent: (event) => this.#add(() => this.events.push(event)),
      onState: (state) => this.#add(() => this.states.push(state)),
      onGap: () => Promise.resolve((this.gaps += 1, 500)),
      makeSocket: (address) => new Client(address),
      backoff: new Backoff(() => 0)
    });
  }
  get numbers() {
    return this.events.map((event) => event.seq);
  }
  /** Resolves as soon as the condition holds, checked whenever something happened. */
  until(condition) {
    return new Promise((resolve) => {
      const check = () => {
        if (condition()) resolve();
        else this.#watchers.push(check);
      };
      check();
    });
  }
  opened(times) {
    return this.until(() => this.states.filter((state) => state.kind === "open").length === times);
  }
  #add(change) {
    change();
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watch of watchers) watch();
  }
};
var server;
var page;
beforeEach(() => {
  server = new Server();
});
afterEach(async () => {
  page.link.close();
  await server.stop();
});
test("it subscribes from the last event it knows and takes events once, in order", async () => {
  page = new Page(server.url, 7);
  page.link.connect();
  await page.opened(1);
  assert.deepEqual(server.subscriptions(), [7]);
  for (const seq of [7, 8, 9, 9, 8, null, 12]) send(server.last, seq);
  await page.until(() => page.numbers.at(-1) === 12);
  assert.deepEqual(page.numbers, [8, 9, null, 12]);
});
test("after a lost connection it comes back by itself, from the last event, without gap or repeat", async () => {
  page = new Page(server.url);
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
  page = new Page(server.url);
  page.link.connect();
  await page.opened(1);
  page.link.close();
  send(server.last, 1);
  await once(server.last, "close");
  assert.deepEqual(page.numbers, []);
});
for (const code of [4401, 4403, 4404]) {
  test(`a close with ${code} is final`, async () => {
    page = new Page(server.url);
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
    page = new Page(server.url);
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
  page = new Page(server.url, 3);
  page.link.connect();
  await page.opened(1);
  assert.equal(page.gaps, 1);
  assert.deepEqual(server.subscriptions(), [3, 500]);
});
test("a command resolves to its result, a refusal keeps its code and sentence", async () => {
  page = new Page(server.url);
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
  page = new Page(server.url);
  await assert.rejects(page.link.command("run.start", {}), { code: "offline" });
  page.link.connect();
  await page.opened(1);
  server.answer = (frame, peer) => frame.method === "run.start" ? peer.terminate() : reply(peer, frame.id);
  await assert.rejects(page.link.command("run.start", {}), (error) => error instanceof CommandError && error.unanswered);
  await page.opened(2);
});
test("waking connects at once", async () => {
  page = new Page(server.url);
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
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7].map(() => shortest.next()), [125, 250, 500, 1e3, 2e3, 2500, 2500]);
  const longest = new Backoff(() => 1);
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7].map(() => longest.next()), [250, 500, 1e3, 2e3, 4e3, 5e3, 5e3]);
  longest.reset();
  assert.equal(longest.next(), 250);
});
//# sourceMappingURL=data:application/json;base64,ewogICJ2ZXJzaW9uIjogMywKICAic291cmNlcyI6IFsiLi4vdGVzdHMvbGluay50ZXN0LnRzIiwgIi4uL3NyYy9zdHJlYW0vYmFja29mZi50cyIsICIuLi9zcmMvc3RyZWFtL2NvbW1hbmRzLnRzIiwgIi4uL3NyYy9zdHJlYW0vbGluay50cyJdLAogICJzb3VyY2VzQ29udGVudCI6IFsiaW1wb3J0IGFzc2VydCBmcm9tIFwibm9kZTphc3NlcnQvc3RyaWN0XCI7XG5pbXBvcnQgeyBvbmNlIH0gZnJvbSBcIm5vZGU6ZXZlbnRzXCI7XG5pbXBvcnQgeyBhZnRlckVhY2gsIGJlZm9yZUVhY2gsIHRlc3QgfSBmcm9tIFwibm9kZTp0ZXN0XCI7XG5pbXBvcnQgeyBXZWJTb2NrZXQgYXMgQ2xpZW50LCBXZWJTb2NrZXRTZXJ2ZXIsIHR5cGUgV2ViU29ja2V0IGFzIFBlZXIgfSBmcm9tIFwid3NcIjtcbmltcG9ydCB7IEJhY2tvZmYgfSBmcm9tIFwiLi4vc3JjL3N0cmVhbS9iYWNrb2ZmXCI7XG5pbXBvcnQgeyBDb21tYW5kRXJyb3IgfSBmcm9tIFwiLi4vc3JjL3N0cmVhbS9jb21tYW5kc1wiO1xuaW1wb3J0IHsgTGluaywgdHlwZSBMaW5rU3RhdGUgfSBmcm9tIFwiLi4vc3JjL3N0cmVhbS9saW5rXCI7XG5pbXBvcnQgdHlwZSB7IFdpcmVFdmVudCB9IGZyb20gXCIuLi9zcmMvd2lyZVwiO1xuXG50eXBlIEZyYW1lID0geyBpZDogbnVtYmVyOyBtZXRob2Q6IHN0cmluZzsgcGFyYW1zOiBSZWNvcmQ8c3RyaW5nLCB1bmtub3duPiB9O1xuXG4vKiogQSByZWFsIHNlcnZlciB0aGF0IHNwZWFrcyBqdXN0IGVub3VnaCBvZiB0aGUgcHJvdG9jb2w7IGVhY2ggdGVzdCBzYXlzIGhvdyBpdCBhbnN3ZXJzLiAqL1xuY2xhc3MgU2VydmVyIHtcbiAgcmVhZG9ubHkgZnJhbWVzOiBGcmFtZVtdID0gW107XG4gIHJlYWRvbmx5ICNzZXJ2ZXIgPSBuZXcgV2ViU29ja2V0U2VydmVyKHsgcG9ydDogMCwgaG9zdDogXCIxMjcuMC4wLjFcIiB9KTtcbiAgcmVhZG9ubHkgcGVlcnM6IFBlZXJbXSA9IFtdO1xuICBhbnN3ZXI6IChmcmFtZTogRnJhbWUsIHBlZXI6IFBlZXIpID0+IHZvaWQgPSAoZnJhbWUsIHBlZXIpID0+IHJlcGx5KHBlZXIsIGZyYW1lLmlkKTtcblxuICBjb25zdHJ1Y3RvcigpIHtcbiAgICB0aGlzLiNzZXJ2ZXIub24oXCJjb25uZWN0aW9uXCIsIChwZWVyKSA9PiB7XG4gICAgICB0aGlzLnBlZXJzLnB1c2gocGVlcik7XG4gICAgICBwZWVyLm9uKFwibWVzc2FnZVwiLCAoZGF0YSkgPT4ge1xuICAgICAgICBjb25zdCBmcmFtZSA9IEpTT04ucGFyc2UoU3RyaW5nKGRhdGEpKSBhcyBGcmFtZTtcbiAgICAgICAgdGhpcy5mcmFtZXMucHVzaChmcmFtZSk7XG4gICAgICAgIHRoaXMuYW5zd2VyKGZyYW1lLCBwZWVyKTtcbiAgICAgIH0pO1xuICAgIH0pO1xuICB9XG5cbiAgZ2V0IHVybCgpOiBzdHJpbmcge1xuICAgIHJldHVybiBgd3M6Ly8xMjcuMC4wLjE6JHsodGhpcy4jc2VydmVyLmFkZHJlc3MoKSBhcyB7IHBvcnQ6IG51bWJlciB9KS5wb3J0fWA7XG4gIH1cblxuICBnZXQgbGFzdCgpOiBQZWVyIHtcbiAgICBjb25zdCBwZWVyID0gdGhpcy5wZWVycy5hdCgtMSk7XG4gICAgYXNzZXJ0Lm9rKHBlZXIpO1xuICAgIHJldHVybiBwZWVyO1xuICB9XG5cbiAgc3Vic2NyaXB0aW9ucygpOiB1bmtub3duW10ge1xuICAgIHJldHVybiB0aGlzLmZyYW1lcy5maWx0ZXIoKGZyYW1lKSA9PiBmcmFtZS5tZXRob2QgPT09IFwic3Vic2NyaXB0aW9uLnN1YnNjcmliZVwiKS5tYXAoKGZyYW1lKSA9PiBmcmFtZS5wYXJhbXNbXCJzaW5jZVwiXSk7XG4gIH1cblxuICBhc3luYyBzdG9wKCk6IFByb21pc2U8dm9pZD4ge1xuICAgIGZvciAoY29uc3QgcGVlciBvZiB0aGlzLnBlZXJzKSBwZWVyLnRlcm1pbmF0ZSgpO1xuICAgIHRoaXMuI3NlcnZlci5jbG9zZSgpO1xuICAgIGF3YWl0IG9uY2UodGhpcy4jc2VydmVyLCBcImNsb3NlXCIpO1xuICB9XG59XG5cbmZ1bmN0aW9uIHJlcGx5KHBlZXI6IFBlZXIsIGlkOiBudW1iZXIsIHJlc3VsdDogb2JqZWN0ID0ge30pOiB2b2lkIHtcbiAgcGVlci5zZW5kKEpTT04uc3RyaW5naWZ5KHsgdHlwZTogXCJzdWNjZXNzXCIsIGlkLCByZXN1bHQgfSkpO1xufVxuXG5mdW5jdGlvbiBzZW5kKHBlZXI6IFBlZXIsIHNlcTogbnVtYmVyIHwgbnVsbCwgdGV4dCA9IFwiXCIpOiB2b2lkIHtcbiAgY29uc3QgZGF0YSA9IHsgZXZlbnQ6IFwiY29udGVudC1ibG9jay1kZWx0YVwiLCBydW5faWQ6IFwiclwiLCBpbmRleDogMCwgZGVsdGE6IHsgdHlwZTogXCJ0ZXh0LWRlbHRhXCIsIHRleHQgfSB9O1xuICBwZWVyLnNlbmQoSlNPTi5zdHJpbmdpZnkoeyB0eXBlOiBcImV2ZW50XCIsIGV2ZW50X2lkOiBTdHJpbmcoc2VxKSwgc2VxLCBtZXRob2Q6IFwibWVzc2FnZXNcIiwgcGFyYW1zOiB7IG5hbWVzcGFjZTogW10sIGRhdGEgfSB9KSk7XG59XG5cbi8qKiBXaGF0IGEgcGFnZSB3b3VsZCBzZWUgb2YgYSBsaW5rOiBpdHMgZXZlbnRzIGFuZCBzdGF0ZXMsIGFuZCBhIHdheSB0byB3YWl0IGZvciBlaXRoZXIuICovXG5jbGFzcyBQYWdlIHtcbiAgcmVhZG9ubHkgZXZlbnRzOiBXaXJlRXZlbnRbXSA9IFtdO1xuICByZWFkb25seSBzdGF0ZXM6IExpbmtTdGF0ZVtdID0gW107XG4gIHJlYWRvbmx5IGxpbms6IExpbms7XG4gIGdhcHMgPSAwO1xuICAjd2F0Y2hlcnM6ICgoKSA9PiB2b2lkKVtdID0gW107XG5cbiAgY29uc3RydWN0b3IodXJsOiBzdHJpbmcsIHNpbmNlID0gMCkge1xuICAgIHRoaXMubGluayA9IG5ldyBMaW5rKHtcbiAgICAgIHVybCxcbiAgICAgIHNpbmNlLFxuICAgICAgb25FdmVudDogKGV2ZW50KSA9PiB0aGlzLiNhZGQoKCkgPT4gdGhpcy5ldmVudHMucHVzaChldmVudCkpLFxuICAgICAgb25TdGF0ZTogKHN0YXRlKSA9PiB0aGlzLiNhZGQoKCkgPT4gdGhpcy5zdGF0ZXMucHVzaChzdGF0ZSkpLFxuICAgICAgb25HYXA6ICgpID0+IFByb21pc2UucmVzb2x2ZSgodGhpcy5nYXBzICs9IDEsIDUwMCkpLFxuICAgICAgbWFrZVNvY2tldDogKGFkZHJlc3MpID0+IG5ldyBDbGllbnQoYWRkcmVzcykgYXMgdW5rbm93biBhcyBXZWJTb2NrZXQsXG4gICAgICBiYWNrb2ZmOiBuZXcgQmFja29mZigoKSA9PiAwKSxcbiAgICB9KTtcbiAgfVxuXG4gIGdldCBudW1iZXJzKCk6IChudW1iZXIgfCBudWxsKVtdIHtcbiAgICByZXR1cm4gdGhpcy5ldmVudHMubWFwKChldmVudCkgPT4gZXZlbnQuc2VxKTtcbiAgfVxuXG4gIC8qKiBSZXNvbHZlcyBhcyBzb29uIGFzIHRoZSBjb25kaXRpb24gaG9sZHMsIGNoZWNrZWQgd2hlbmV2ZXIgc29tZXRoaW5nIGhhcHBlbmVkLiAqL1xuICB1bnRpbChjb25kaXRpb246ICgpID0+IGJvb2xlYW4pOiBQcm9taXNlPHZvaWQ+IHtcbiAgICByZXR1cm4gbmV3IFByb21pc2UoKHJlc29sdmUpID0+IHtcbiAgICAgIGNvbnN0IGNoZWNrID0gKCkgPT4ge1xuICAgICAgICBpZiAoY29uZGl0aW9uKCkpIHJlc29sdmUoKTtcbiAgICAgICAgZWxzZSB0aGlzLiN3YXRjaGVycy5wdXNoKGNoZWNrKTtcbiAgICAgIH07XG4gICAgICBjaGVjaygpO1xuICAgIH0pO1xuICB9XG5cbiAgb3BlbmVkKHRpbWVzOiBudW1iZXIpOiBQcm9taXNlPHZvaWQ+IHtcbiAgICByZXR1cm4gdGhpcy51bnRpbCgoKSA9PiB0aGlzLnN0YXRlcy5maWx0ZXIoKHN0YXRlKSA9PiBzdGF0ZS5raW5kID09PSBcIm9wZW5cIikubGVuZ3RoID09PSB0aW1lcyk7XG4gIH1cblxuICAjYWRkKGNoYW5nZTogKCkgPT4gdm9pZCk6IHZvaWQge1xuICAgIGNoYW5nZSgpO1xuICAgIGNvbnN0IHdhdGNoZXJzID0gdGhpcy4jd2F0Y2hlcnM7XG4gICAgdGhpcy4jd2F0Y2hlcnMgPSBbXTtcbiAgICBmb3IgKGNvbnN0IHdhdGNoIG9mIHdhdGNoZXJzKSB3YXRjaCgpO1xuICB9XG59XG5cbmxldCBzZXJ2ZXI6IFNlcnZlcjtcbmxldCBwYWdlOiBQYWdlO1xuXG5iZWZvcmVFYWNoKCgpID0+IHtcbiAgc2VydmVyID0gbmV3IFNlcnZlcigpO1xufSk7XG5cbmFmdGVyRWFjaChhc3luYyAoKSA9PiB7XG4gIHBhZ2UubGluay5jbG9zZSgpO1xuICBhd2FpdCBzZXJ2ZXIuc3RvcCgpO1xufSk7XG5cbnRlc3QoXCJpdCBzdWJzY3JpYmVzIGZyb20gdGhlIGxhc3QgZXZlbnQgaXQga25vd3MgYW5kIHRha2VzIGV2ZW50cyBvbmNlLCBpbiBvcmRlclwiLCBhc3luYyAoKSA9PiB7XG4gIHBhZ2UgPSBuZXcgUGFnZShzZXJ2ZXIudXJsLCA3KTtcbiAgcGFnZS5saW5rLmNvbm5lY3QoKTtcbiAgYXdhaXQgcGFnZS5vcGVuZWQoMSk7XG4gIGFzc2VydC5kZWVwRXF1YWwoc2VydmVyLnN1YnNjcmlwdGlvbnMoKSwgWzddKTtcbiAgZm9yIChjb25zdCBzZXEgb2YgWzcsIDgsIDksIDksIDgsIG51bGwsIDEyXSkgc2VuZChzZXJ2ZXIubGFzdCwgc2VxKTtcbiAgYXdhaXQgcGFnZS51bnRpbCgoKSA9PiBwYWdlLm51bWJlcnMuYXQoLTEpID09PSAxMik7XG4gIGFzc2VydC5kZWVwRXF1YWwocGFnZS5udW1iZXJzLCBbOCwgOSwgbnVsbCwgMTJdKTtcbn0pO1xuXG50ZXN0KFwiYWZ0ZXIgYSBsb3N0IGNvbm5lY3Rpb24gaXQgY29tZXMgYmFjayBieSBpdHNlbGYsIGZyb20gdGhlIGxhc3QgZXZlbnQsIHdpdGhvdXQgZ2FwIG9yIHJlcGVhdFwiLCBhc3luYyAoKSA9PiB7XG4gIHBhZ2UgPSBuZXcgUGFnZShzZXJ2ZXIudXJsKTtcbiAgcGFnZS5saW5rLmNvbm5lY3QoKTtcbiAgYXdhaXQgcGFnZS5vcGVuZWQoMSk7XG4gIHNlbmQoc2VydmVyLmxhc3QsIDEpO1xuICBzZW5kKHNlcnZlci5sYXN0LCAyKTtcbiAgYXdhaXQgcGFnZS51bnRpbCgoKSA9PiBwYWdlLm51bWJlcnMubGVuZ3RoID09PSAyKTtcbiAgc2VydmVyLmFuc3dlciA9IChmcmFtZSwgcGVlcikgPT4ge1xuICAgIGZvciAoY29uc3Qgc2VxIG9mIFsyLCAzLCA0XSkgc2VuZChwZWVyLCBzZXEpO1xuICAgIHJlcGx5KHBlZXIsIGZyYW1lLmlkKTtcbiAgfTtcbiAgc2VydmVyLmxhc3QudGVybWluYXRlKCk7XG4gIGF3YWl0IHBhZ2Uub3BlbmVkKDIpO1xuICBhc3NlcnQuZGVlcEVxdWFsKHNlcnZlci5zdWJzY3JpcHRpb25zKCksIFswLCAyXSk7XG4gIGFzc2VydC5kZWVwRXF1YWwocGFnZS5udW1iZXJzLCBbMSwgMiwgMywgNF0pO1xufSk7XG5cbnRlc3QoXCJldmVudHMgb2YgYSBjb25uZWN0aW9uIHRoYXQgd2FzIGdpdmVuIHVwIGFyZSBub3QgdGFrZW5cIiwgYXN5bmMgKCkgPT4ge1xuICBwYWdlID0gbmV3IFBhZ2Uoc2VydmVyLnVybCk7XG4gIHBhZ2UubGluay5jb25uZWN0KCk7XG4gIGF3YWl0IHBhZ2Uub3BlbmVkKDEpO1xuICBwYWdlLmxpbmsuY2xvc2UoKTtcbiAgc2VuZChzZXJ2ZXIubGFzdCwgMSk7XG4gIGF3YWl0IG9uY2Uoc2VydmVyLmxhc3QsIFwiY2xvc2VcIik7XG4gIGFzc2VydC5kZWVwRXF1YWwocGFnZS5udW1iZXJzLCBbXSk7XG59KTtcblxuZm9yIChjb25zdCBjb2RlIG9mIFs0NDAxLCA0NDAzLCA0NDA0XSkge1xuICB0ZXN0KGBhIGNsb3NlIHdpdGggJHtjb2RlfSBpcyBmaW5hbGAsIGFzeW5jICgpID0+IHtcbiAgICBwYWdlID0gbmV3IFBhZ2Uoc2VydmVyLnVybCk7XG4gICAgcGFnZS5saW5rLmNvbm5lY3QoKTtcbiAgICBhd2FpdCBwYWdlLm9wZW5lZCgxKTtcbiAgICBzZXJ2ZXIubGFzdC5jbG9zZShjb2RlKTtcbiAgICBhd2FpdCBwYWdlLnVudGlsKCgpID0+IHBhZ2Uuc3RhdGVzLmF0KC0xKT8ua2luZCA9PT0gXCJjbG9zZWRcIik7XG4gICAgYXNzZXJ0LmRlZXBFcXVhbChwYWdlLnN0YXRlcy5hdCgtMSksIHsga2luZDogXCJjbG9zZWRcIiwgY29kZSB9KTtcbiAgICBwYWdlLmxpbmsuY29ubmVjdCgpO1xuICAgIGFzc2VydC5lcXVhbChzZXJ2ZXIucGVlcnMubGVuZ3RoLCAxKTtcbiAgfSk7XG59XG5cbmZvciAoY29uc3QgY29kZSBvZiBbMTAxMiwgMTAxMSwgMTAwOSwgNDQwOF0pIHtcbiAgdGVzdChgYWZ0ZXIgYSBjbG9zZSB3aXRoICR7Y29kZX0gaXQgY29ubmVjdHMgYWdhaW5gLCBhc3luYyAoKSA9PiB7XG4gICAgcGFnZSA9IG5ldyBQYWdlKHNlcnZlci51cmwpO1xuICAgIHBhZ2UubGluay5jb25uZWN0KCk7XG4gICAgYXdhaXQgcGFnZS5vcGVuZWQoMSk7XG4gICAgc2VydmVyLmxhc3QuY2xvc2UoY29kZSk7XG4gICAgYXdhaXQgcGFnZS5vcGVuZWQoMik7XG4gICAgYXNzZXJ0LmVxdWFsKHNlcnZlci5wZWVycy5sZW5ndGgsIDIpO1xuICB9KTtcbn1cblxudGVzdChcIndoZW4gdGhlIHNlcnZlciBjYW5ub3QgcmVwbGF5LCB0aGUgc3RhdGUgaXMgbG9hZGVkIGFuZCBpdHMgbnVtYmVyIGlzIHVzZWRcIiwgYXN5bmMgKCkgPT4ge1xuICBzZXJ2ZXIuYW5zd2VyID0gKGZyYW1lLCBwZWVyKSA9PiB7XG4gICAgaWYgKGZyYW1lLnBhcmFtc1tcInNpbmNlXCJdID09PSA1MDApIHJlcGx5KHBlZXIsIGZyYW1lLmlkKTtcbiAgICBlbHNlIHBlZXIuc2VuZChKU09OLnN0cmluZ2lmeSh7IHR5cGU6IFwiZXJyb3JcIiwgaWQ6IGZyYW1lLmlkLCBlcnJvcjogXCJyZXN1bWVfZ2FwXCIsIG1lc3NhZ2U6IFwiVG9vIG9sZC5cIiB9KSk7XG4gIH07XG4gIHBhZ2UgPSBuZXcgUGFnZShzZXJ2ZXIudXJsLCAzKTtcbiAgcGFnZS5saW5rLmNvbm5lY3QoKTtcbiAgYXdhaXQgcGFnZS5vcGVuZWQoMSk7XG4gIGFzc2VydC5lcXVhbChwYWdlLmdhcHMsIDEpO1xuICBhc3NlcnQuZGVlcEVxdWFsKHNlcnZlci5zdWJzY3JpcHRpb25zKCksIFszLCA1MDBdKTtcbn0pO1xuXG50ZXN0KFwiYSBjb21tYW5kIHJlc29sdmVzIHRvIGl0cyByZXN1bHQsIGEgcmVmdXNhbCBrZWVwcyBpdHMgY29kZSBhbmQgc2VudGVuY2VcIiwgYXN5bmMgKCkgPT4ge1xuICBwYWdlID0gbmV3IFBhZ2Uoc2VydmVyLnVybCk7XG4gIHBhZ2UubGluay5jb25uZWN0KCk7XG4gIGF3YWl0IHBhZ2Uub3BlbmVkKDEpO1xuICBzZXJ2ZXIuYW5zd2VyID0gKGZyYW1lLCBwZWVyKSA9PiB7XG4gICAgaWYgKGZyYW1lLm1ldGhvZCA9PT0gXCJydW4uc3RhcnRcIikgcmVwbHkocGVlciwgZnJhbWUuaWQsIHsgcnVuX2lkOiBcInIxXCIgfSk7XG4gICAgZWxzZSBwZWVyLnNlbmQoSlNPTi5zdHJpbmdpZnkoeyB0eXBlOiBcImVycm9yXCIsIGlkOiBmcmFtZS5pZCwgZXJyb3I6IFwibm9fc3VjaF9ydW5cIiwgbWVzc2FnZTogXCJUaGVyZSBpcyBubyBzdWNoIHJ1bi5cIiB9KSk7XG4gIH07XG4gIGFzc2VydC5kZWVwRXF1YWwoYXdhaXQgcGFnZS5saW5rLmNvbW1hbmQoXCJydW4uc3RhcnRcIiwge30pLCB7IHJ1bl9pZDogXCJyMVwiIH0pO1xuICBhd2FpdCBhc3NlcnQucmVqZWN0cyhwYWdlLmxpbmsuY29tbWFuZChcInJ1bi5zdG9wXCIsIHt9KSwgeyBjb2RlOiBcIm5vX3N1Y2hfcnVuXCIsIG1lc3NhZ2U6IFwiVGhlcmUgaXMgbm8gc3VjaCBydW4uXCIgfSk7XG59KTtcblxudGVzdChcImEgY29tbWFuZCB3aXRob3V0IGNvbm5lY3Rpb24gaXMgcmVmdXNlZCBhdCBvbmNlLCBvbmUgdGhhdCBsb3NlcyBpdCBtYXkgYmUgcmVwZWF0ZWRcIiwgYXN5bmMgKCkgPT4ge1xuICBwYWdlID0gbmV3IFBhZ2Uoc2VydmVyLnVybCk7XG4gIGF3YWl0IGFzc2VydC5yZWplY3RzKHBhZ2UubGluay5jb21tYW5kKFwicnVuLnN0YXJ0XCIsIHt9KSwgeyBjb2RlOiBcIm9mZmxpbmVcIiB9KTtcbiAgcGFnZS5saW5rLmNvbm5lY3QoKTtcbiAgYXdhaXQgcGFnZS5vcGVuZWQoMSk7XG4gIHNlcnZlci5hbnN3ZXIgPSAoZnJhbWUsIHBlZXIpID0+IChmcmFtZS5tZXRob2QgPT09IFwicnVuLnN0YXJ0XCIgPyBwZWVyLnRlcm1pbmF0ZSgpIDogcmVwbHkocGVlciwgZnJhbWUuaWQpKTtcbiAgYXdhaXQgYXNzZXJ0LnJlamVjdHMocGFnZS5saW5rLmNvbW1hbmQoXCJydW4uc3RhcnRcIiwge30pLCAoZXJyb3IpID0+IGVycm9yIGluc3RhbmNlb2YgQ29tbWFuZEVycm9yICYmIGVycm9yLnVuYW5zd2VyZWQpO1xuICBhd2FpdCBwYWdlLm9wZW5lZCgyKTtcbn0pO1xuXG50ZXN0KFwid2FraW5nIGNvbm5lY3RzIGF0IG9uY2VcIiwgYXN5bmMgKCkgPT4ge1xuICBwYWdlID0gbmV3IFBhZ2Uoc2VydmVyLnVybCk7XG4gIHBhZ2UubGluay5jb25uZWN0KCk7XG4gIGF3YWl0IHBhZ2Uub3BlbmVkKDEpO1xuICBzZXJ2ZXIubGFzdC50ZXJtaW5hdGUoKTtcbiAgYXdhaXQgcGFnZS51bnRpbCgoKSA9PiBwYWdlLnN0YXRlcy5hdCgtMSk/LmtpbmQgPT09IFwid2FpdGluZ1wiKTtcbiAgcGFnZS5saW5rLndha2UoKTtcbiAgYXNzZXJ0LmVxdWFsKHBhZ2UubGluay5zdGF0ZS5raW5kLCBcImNvbm5lY3RpbmdcIik7XG4gIGF3YWl0IHBhZ2Uub3BlbmVkKDIpO1xufSk7XG5cbnRlc3QoXCJ0aGUgd2FpdHMgYmV0d2VlbiBhdHRlbXB0cyBkb3VibGUgdXAgdG8gZml2ZSBzZWNvbmRzLCBoYWxmIG9mIGVhY2ggaXMgcmFuZG9tXCIsICgpID0+IHtcbiAgY29uc3Qgc2hvcnRlc3QgPSBuZXcgQmFja29mZigoKSA9PiAwKTtcbiAgYXNzZXJ0LmRlZXBFcXVhbChbMSwgMiwgMywgNCwgNSwgNiwgN10ubWFwKCgpID0+IHNob3J0ZXN0Lm5leHQoKSksIFsxMjUsIDI1MCwgNTAwLCAxMDAwLCAyMDAwLCAyNTAwLCAyNTAwXSk7XG4gIGNvbnN0IGxvbmdlc3QgPSBuZXcgQmFja29mZigoKSA9PiAxKTtcbiAgYXNzZXJ0LmRlZXBFcXVhbChbMSwgMiwgMywgNCwgNSwgNiwgN10ubWFwKCgpID0+IGxvbmdlc3QubmV4dCgpKSwgWzI1MCwgNTAwLCAxMDAwLCAyMDAwLCA0MDAwLCA1MDAwLCA1MDAwXSk7XG4gIGxvbmdlc3QucmVzZXQoKTtcbiAgYXNzZXJ0LmVxdWFsKGxvbmdlc3QubmV4dCgpLCAyNTApO1xufSk7XG4iLCAiLyoqIEhvdyBsb25nIHRvIHdhaXQgYmVmb3JlIHRoZSBuZXh0IGF0dGVtcHQgdG8gY29ubmVjdC4gKi9cblxuY29uc3QgRklSU1QgPSAyNTA7XG5jb25zdCBMSU1JVCA9IDVfMDAwO1xuXG5leHBvcnQgY2xhc3MgQmFja29mZiB7XG4gICNhdHRlbXB0ID0gMDtcbiAgcmVhZG9ubHkgI3JhbmRvbTogKCkgPT4gbnVtYmVyO1xuXG4gIC8qKiBgcmFuZG9tYCBnaXZlcyBudW1iZXJzIGluIFswLCAxKSwgbGlrZSBNYXRoLnJhbmRvbS4gKi9cbiAgY29uc3RydWN0b3IocmFuZG9tOiAoKSA9PiBudW1iZXIgPSBNYXRoLnJhbmRvbSkge1xuICAgIHRoaXMuI3JhbmRvbSA9IHJhbmRvbTtcbiAgfVxuXG4gIC8qKlxuICAgKiBNaWxsaXNlY29uZHMgdW50aWwgdGhlIG5leHQgYXR0ZW1wdDogMjUwIGRvdWJsaW5nIHRvIDUsMDAwLCBvZiB3aGljaCB0aGUgdXBwZXIgaGFsZiBpcyByYW5kb20sIHNvIHRoYXQgdGhlXG4gICAqIGJyb3dzZXJzIG9mIGEgcmVzdGFydGVkIHNlcnZlciBkbyBub3QgY29tZSBiYWNrIGFsbCBhdCBvbmNlLlxuICAgKi9cbiAgbmV4dCgpOiBudW1iZXIge1xuICAgIGNvbnN0IGZ1bGwgPSBNYXRoLm1pbihMSU1JVCwgRklSU1QgKiAyICoqIHRoaXMuI2F0dGVtcHQpO1xuICAgIHRoaXMuI2F0dGVtcHQgKz0gMTtcbiAgICByZXR1cm4gZnVsbCAvIDIgKyAoZnVsbCAvIDIpICogdGhpcy4jcmFuZG9tKCk7XG4gIH1cblxuICByZXNldCgpOiB2b2lkIHtcbiAgICB0aGlzLiNhdHRlbXB0ID0gMDtcbiAgfVxufVxuIiwgIi8qKiBDb21tYW5kcyBvbiB0aGVpciB3YXk6IG51bWJlcnMgdGhlbSwgbWF0Y2hlcyB0aGUgYW5zd2VycywgZ2l2ZXMgdXAgYWZ0ZXIgYSB3aGlsZS4gKi9cblxuaW1wb3J0IHR5cGUgeyBSZXBseSB9IGZyb20gXCIuLi93aXJlXCI7XG5cbmNvbnN0IFRJTUVPVVRfTVMgPSAxNV8wMDA7XG5cbi8qKiBBIGNvbW1hbmQgdGhhdCB3YXMgcmVmdXNlZCAodGhlIHNlcnZlcidzIGNvZGUgYW5kIHNlbnRlbmNlKSBvciB3aG9zZSBhbnN3ZXIgZGlkIG5vdCBjb21lLiAqL1xuZXhwb3J0IGNsYXNzIENvbW1hbmRFcnJvciBleHRlbmRzIEVycm9yIHtcbiAgcmVhZG9ubHkgY29kZTogc3RyaW5nO1xuXG4gIGNvbnN0cnVjdG9yKGNvZGU6IHN0cmluZywgbWVzc2FnZTogc3RyaW5nKSB7XG4gICAgc3VwZXIobWVzc2FnZSk7XG4gICAgdGhpcy5uYW1lID0gXCJDb21tYW5kRXJyb3JcIjtcbiAgICB0aGlzLmNvZGUgPSBjb2RlO1xuICB9XG5cbiAgLyoqIFRydWUgd2hlbiB0aGUgY29tbWFuZCBtYXkgYmUgcmVwZWF0ZWQgYXMgaXQgaXM6IGl0IHdhcyBub3QgcmVmdXNlZCwgb25seSBub3QgYW5zd2VyZWQuICovXG4gIGdldCB1bmFuc3dlcmVkKCk6IGJvb2xlYW4ge1xuICAgIHJldHVybiB0aGlzLmNvZGUgPT09IFwib2ZmbGluZVwiIHx8IHRoaXMuY29kZSA9PT0gXCJkaXNjb25uZWN0ZWRcIiB8fCB0aGlzLmNvZGUgPT09IFwidGltZW91dFwiO1xuICB9XG59XG5cbmludGVyZmFjZSBXYWl0aW5nIHtcbiAgcmVzb2x2ZShyZXN1bHQ6IFJlY29yZDxzdHJpbmcsIHVua25vd24+KTogdm9pZDtcbiAgcmVqZWN0KGVycm9yOiBDb21tYW5kRXJyb3IpOiB2b2lkO1xuICB0aW1lcjogUmV0dXJuVHlwZTx0eXBlb2Ygc2V0VGltZW91dD47XG59XG5cbmV4cG9ydCBjbGFzcyBDb21tYW5kcyB7XG4gICNsYXN0ID0gMDtcbiAgcmVhZG9ubHkgI3dhaXRpbmcgPSBuZXcgTWFwPG51bWJlciwgV2FpdGluZz4oKTtcblxuICAvKiogU2VuZHMgYSBmcmFtZSBhbmQgcmVzb2x2ZXMgdG8gaXRzIHJlc3VsdDsgcmVqZWN0cyB3aXRoIGBDb21tYW5kRXJyb3JgLiAqL1xuICBzZW5kKFxuICAgIHNvY2tldDogV2ViU29ja2V0LFxuICAgIG1ldGhvZDogc3RyaW5nLFxuICAgIHBhcmFtczogUmVjb3JkPHN0cmluZywgdW5rbm93bj4sXG4gICAgdGltZW91dDogbnVtYmVyID0gVElNRU9VVF9NUyxcbiAgKTogUHJvbWlzZTxSZWNvcmQ8c3RyaW5nLCB1bmtub3duPj4ge1xuICAgIHRoaXMuI2xhc3QgKz0gMTtcbiAgICBjb25zdCBpZCA9IHRoaXMuI2xhc3Q7XG4gICAgcmV0dXJuIG5ldyBQcm9taXNlKChyZXNvbHZlLCByZWplY3QpID0+IHtcbiAgICAgIGNvbnN0IGdpdmVVcCA9ICgpID0+IHtcbiAgICAgICAgdGhpcy4jd2FpdGluZy5kZWxldGUoaWQpO1xuICAgICAgICByZWplY3QobmV3IENvbW1hbmRFcnJvcihcInRpbWVvdXRcIiwgXCJUaGUgc2VydmVyIGRpZCBub3QgYW5zd2VyIGluIHRpbWUuXCIpKTtcbiAgICAgIH07XG4gICAgICB0aGlzLiN3YWl0aW5nLnNldChpZCwgeyByZXNvbHZlLCByZWplY3QsIHRpbWVyOiBzZXRUaW1lb3V0KGdpdmVVcCwgdGltZW91dCkgfSk7XG4gICAgICBzb2NrZXQuc2VuZChKU09OLnN0cmluZ2lmeSh7IGlkLCBtZXRob2QsIHBhcmFtcyB9KSk7XG4gICAgfSk7XG4gIH1cblxuICAvKiogSGFuZHMgYW4gYW5zd2VyIHRvIHdob20gaXQgYmVsb25ncy4gQW5zd2VycyB3aXRob3V0IGEga25vd24gbnVtYmVyIGFyZSBpZ25vcmVkLiAqL1xuICBzZXR0bGUocmVwbHk6IFJlcGx5KTogdm9pZCB7XG4gICAgY29uc3Qgd2FpdGluZyA9IHJlcGx5LmlkID09PSBudWxsID8gdW5kZWZpbmVkIDogdGhpcy4jd2FpdGluZy5nZXQocmVwbHkuaWQpO1xuICAgIGlmICghd2FpdGluZyB8fCByZXBseS5pZCA9PT0gbnVsbCkgcmV0dXJuO1xuICAgIHRoaXMuI3dhaXRpbmcuZGVsZXRlKHJlcGx5LmlkKTtcbiAgICBjbGVhclRpbWVvdXQod2FpdGluZy50aW1lcik7XG4gICAgaWYgKHJlcGx5LnR5cGUgPT09IFwic3VjY2Vzc1wiKSB3YWl0aW5nLnJlc29sdmUocmVwbHkucmVzdWx0KTtcbiAgICBlbHNlIHdhaXRpbmcucmVqZWN0KG5ldyBDb21tYW5kRXJyb3IocmVwbHkuZXJyb3IsIHJlcGx5Lm1lc3NhZ2UpKTtcbiAgfVxuXG4gIC8qKiBUaGUgY29ubmVjdGlvbiBpcyBnb25lOiBub2JvZHkgd2lsbCBhbnN3ZXIgYW55IG1vcmUuICovXG4gIHJlamVjdEFsbCgpOiB2b2lkIHtcbiAgICBjb25zdCBsb3N0ID0gWy4uLnRoaXMuI3dhaXRpbmcudmFsdWVzKCldO1xuICAgIHRoaXMuI3dhaXRpbmcuY2xlYXIoKTtcbiAgICBmb3IgKGNvbnN0IHsgcmVqZWN0LCB0aW1lciB9IG9mIGxvc3QpIHtcbiAgICAgIGNsZWFyVGltZW91dCh0aW1lcik7XG4gICAgICByZWplY3QobmV3IENvbW1hbmRFcnJvcihcImRpc2Nvbm5lY3RlZFwiLCBcIlRoZSBjb25uZWN0aW9uIHdhcyBsb3N0LlwiKSk7XG4gICAgfVxuICB9XG59XG4iLCAiLyoqXG4gKiBPbmUgdGhyZWFkJ3Mgc29ja2V0OiBpdCBjb25uZWN0cywgc3Vic2NyaWJlcyBmcm9tIHRoZSBsYXN0IGV2ZW50IHNlZW4sIGNvbWVzIGJhY2sgYWZ0ZXIgYSBsb3NzLCBhbmQgaGFuZHMgb24gZXZlcnlcbiAqIGV2ZW50IG9uY2UsIGluIG9yZGVyLiBLbm93cyB0aGUgd2lyZSwgbm90aGluZyBvZiB0aGUgcGFnZS5cbiAqL1xuXG5pbXBvcnQgdHlwZSB7IFJlcGx5LCBXaXJlRXZlbnQgfSBmcm9tIFwiLi4vd2lyZVwiO1xuaW1wb3J0IHsgQmFja29mZiB9IGZyb20gXCIuL2JhY2tvZmZcIjtcbmltcG9ydCB7IENvbW1hbmRFcnJvciwgQ29tbWFuZHMgfSBmcm9tIFwiLi9jb21tYW5kc1wiO1xuXG5jb25zdCBDSEFOTkVMUyA9IFtcIm1lc3NhZ2VzXCIsIFwibGlmZWN5Y2xlXCIsIFwiY3VzdG9tXCJdO1xuY29uc3QgT1BFTiA9IDE7XG5jb25zdCBSRVNUQVJUSU5HID0gMTAxMjtcbmNvbnN0IFRPT19NQU5ZX0NPTU1BTkRTID0gNDQyOTtcbmNvbnN0IFBST0JFX01TID0gNV8wMDA7XG5jb25zdCBDT05ORUNUX01TID0gMTVfMDAwO1xuXG4vKiogYGNsb3NlZGAgaXMgZmluYWw7IGV2ZXJ5dGhpbmcgYnV0IGBvcGVuYCBtZWFucyB0aGF0IGNvbW1hbmRzIGFyZSByZWZ1c2VkIGZvciBub3cuICovXG5leHBvcnQgdHlwZSBMaW5rU3RhdGUgPSB7IGtpbmQ6IFwiY29ubmVjdGluZ1wiIH0gfCB7IGtpbmQ6IFwib3BlblwiIH0gfCB7IGtpbmQ6IFwid2FpdGluZ1wiIH0gfCB7IGtpbmQ6IFwiY2xvc2VkXCI7IGNvZGU6IG51bWJlciB9O1xuXG5leHBvcnQgaW50ZXJmYWNlIExpbmtPcHRpb25zIHtcbiAgdXJsOiBzdHJpbmc7XG4gIC8qKiBOdW1iZXIgb2YgdGhlIGxhc3QgZXZlbnQgdGhlIHBhZ2Uga25vd3M7IGV2ZW50cyBhYm92ZSBpdCBhcmUgYXNrZWQgZm9yLiAqL1xuICBzaW5jZTogbnVtYmVyO1xuICBvbkV2ZW50KGV2ZW50OiBXaXJlRXZlbnQpOiB2b2lkO1xuICBvblN0YXRlKHN0YXRlOiBMaW5rU3RhdGUpOiB2b2lkO1xuICAvKiogVGhlIHNlcnZlciBjYW5ub3QgcmVwbGF5IGZyb20gYHNpbmNlYCBhbnkgbW9yZTogbG9hZCB0aGUgc3RhdGUgYW5ldywgcmV0dXJuIGl0cyBudW1iZXIuICovXG4gIG9uR2FwKCk6IFByb21pc2U8bnVtYmVyPjtcbiAgbWFrZVNvY2tldD86ICh1cmw6IHN0cmluZykgPT4gV2ViU29ja2V0O1xuICBiYWNrb2ZmPzogQmFja29mZjtcbn1cblxuZXhwb3J0IGNsYXNzIExpbmsge1xuICByZWFkb25seSAjb3B0aW9uczogTGlua09wdGlvbnM7XG4gIHJlYWRvbmx5ICNiYWNrb2ZmOiBCYWNrb2ZmO1xuICByZWFkb25seSAjY29tbWFuZHMgPSBuZXcgQ29tbWFuZHMoKTtcbiAgI3NvY2tldDogV2ViU29ja2V0IHwgbnVsbCA9IG51bGw7XG4gICNzdGF0ZTogTGlua1N0YXRlID0geyBraW5kOiBcIndhaXRpbmdcIiB9O1xuICAjc2luY2U6IG51bWJlcjtcbiAgI3RpbWVyOiBSZXR1cm5UeXBlPHR5cGVvZiBzZXRUaW1lb3V0PiB8IHVuZGVmaW5lZDtcblxuICBjb25zdHJ1Y3RvcihvcHRpb25zOiBMaW5rT3B0aW9ucykge1xuICAgIHRoaXMuI29wdGlvbnMgPSBvcHRpb25zO1xuICAgIHRoaXMuI2JhY2tvZmYgPSBvcHRpb25zLmJhY2tvZmYgPz8gbmV3IEJhY2tvZmYoKTtcbiAgICB0aGlzLiNzaW5jZSA9IG9wdGlvbnMuc2luY2U7XG4gIH1cblxuICBnZXQgc3RhdGUoKTogTGlua1N0YXRlIHtcbiAgICByZXR1cm4gdGhpcy4jc3RhdGU7XG4gIH1cblxuICAvKiogTnVtYmVyIG9mIHRoZSBsYXN0IGV2ZW50IGhhbmRlZCBvbi4gKi9cbiAgZ2V0IHNpbmNlKCk6IG51bWJlciB7XG4gICAgcmV0dXJuIHRoaXMuI3NpbmNlO1xuICB9XG5cbiAgLyoqIE9wZW5zIHRoZSBzb2NrZXQgbm93LCB3aGF0ZXZlciB0aGUgYmFjay1vZmYgc2F5cy4gTm8gZWZmZWN0IHdoaWxlIG9uZSBpcyBvcGVuIG9yIGFmdGVyIGEgZmluYWwgY2xvc2UuICovXG4gIGNvbm5lY3QoKTogdm9pZCB7XG4gICAgaWYgKHRoaXMuI3N0YXRlLmtpbmQgPT09IFwiY2xvc2VkXCIgfHwgdGhpcy4jc29ja2V0KSByZXR1cm47XG4gICAgY2xlYXJUaW1lb3V0KHRoaXMuI3RpbWVyKTtcbiAgICB0aGlzLiNzZXRTdGF0ZSh7IGtpbmQ6IFwiY29ubmVjdGluZ1wiIH0pO1xuICAgIGNvbnN0IG1ha2UgPSB0aGlzLiNvcHRpb25zLm1ha2VTb2NrZXQgPz8gKCh1cmw6IHN0cmluZykgPT4gbmV3IFdlYlNvY2tldCh1cmwpKTtcbiAgICBjb25zdCBzb2NrZXQgPSBtYWtlKHRoaXMuI29wdGlvbnMudXJsKTtcbiAgICB0aGlzLiNzb2NrZXQgPSBzb2NrZXQ7XG4gICAgdGhpcy4jdGltZXIgPSBzZXRUaW1lb3V0KCgpID0+IHRoaXMuI2xvc2Uoc29ja2V0LCAwKSwgQ09OTkVDVF9NUyk7XG4gICAgc29ja2V0Lm9ub3BlbiA9ICgpID0+IHZvaWQgdGhpcy4jc3Vic2NyaWJlKHNvY2tldCk7XG4gICAgc29ja2V0Lm9ubWVzc2FnZSA9IChtZXNzYWdlOiBNZXNzYWdlRXZlbnQ8dW5rbm93bj4pID0+IHRoaXMuI3JlY2VpdmUoc29ja2V0LCBtZXNzYWdlLmRhdGEpO1xuICAgIHNvY2tldC5vbmNsb3NlID0gKGV2ZW50OiBDbG9zZUV2ZW50KSA9PiB0aGlzLiNsb3NlKHNvY2tldCwgZXZlbnQuY29kZSk7XG4gIH1cblxuICAvKiogRW5kcyB0aGUgbGluayBmb3IgZ29vZC4gV2FpdGluZyBjb21tYW5kcyBhcmUgcmVqZWN0ZWQuICovXG4gIGNsb3NlKCk6IHZvaWQge1xuICAgIHRoaXMuI2ZpbmlzaCgxMDAwKTtcbiAgfVxuXG4gIC8qKlxuICAgKiBTZW5kcyBvbmUgY29tbWFuZCBhbmQgcmVzb2x2ZXMgdG8gaXRzIHJlc3VsdC4gUmVqZWN0cyB3aXRoIGBDb21tYW5kRXJyb3JgOiB0aGUgc2VydmVyJ3MgY29kZSwgb3IgYG9mZmxpbmVgIChub3RcbiAgICogc2VudCksIGBkaXNjb25uZWN0ZWRgIG9yIGB0aW1lb3V0YCAoc2VudCwgb3V0Y29tZSB1bmtub3duKS5cbiAgICovXG4gIGFzeW5jIGNvbW1hbmQobWV0aG9kOiBzdHJpbmcsIHBhcmFtczogUmVjb3JkPHN0cmluZywgdW5rbm93bj4pOiBQcm9taXNlPFJlY29yZDxzdHJpbmcsIHVua25vd24+PiB7XG4gICAgY29uc3Qgc29ja2V0ID0gdGhpcy4jc29ja2V0O1xuICAgIGlmICghc29ja2V0IHx8IHRoaXMuI3N0YXRlLmtpbmQgIT09IFwib3BlblwiKSB0aHJvdyBuZXcgQ29tbWFuZEVycm9yKFwib2ZmbGluZVwiLCBcIlRoZXJlIGlzIG5vIGNvbm5lY3Rpb24uXCIpO1xuICAgIHRyeSB7XG4gICAgICByZXR1cm4gYXdhaXQgdGhpcy4jY29tbWFuZHMuc2VuZChzb2NrZXQsIG1ldGhvZCwgcGFyYW1zKTtcbiAgICB9IGNhdGNoIChlcnJvcikge1xuICAgICAgaWYgKGVycm9yIGluc3RhbmNlb2YgQ29tbWFuZEVycm9yICYmIGVycm9yLmNvZGUgPT09IFwidGltZW91dFwiKSB0aGlzLiNsb3NlKHNvY2tldCwgMCk7XG4gICAgICB0aHJvdyBlcnJvcjtcbiAgICB9XG4gIH1cblxuICAvKiogVGhlIG5ldHdvcmsgb3IgdGhlIHRhYiBjYW1lIGJhY2s6IGNvbm5lY3RzIGF0IG9uY2UsIG9yIGZpbmRzIG91dCB3aGV0aGVyIHRoZSBvcGVuIHNvY2tldCBpcyBzdGlsbCBhbGl2ZS4gKi9cbiAgd2FrZSgpOiB2b2lkIHtcbiAgICBpZiAodGhpcy4jc3RhdGUua2luZCA9PT0gXCJ3YWl0aW5nXCIpIHRoaXMuY29ubmVjdCgpO1xuICAgIGVsc2UgaWYgKHRoaXMuI3N0YXRlLmtpbmQgPT09IFwib3BlblwiKSB2b2lkIHRoaXMuI3Byb2JlKCk7XG4gIH1cblxuICAvKiogTG9hZHMgYWdhaW4gd2hhdCB0aGUgcGFnZSBrbm93cywgYWZ0ZXIgaXRzIHN0YXRlIHdhcyBmZXRjaGVkOiBldmVudHMgdXAgdG8gYHNlcWAgYXJlIG5vdCB3YW50ZWQgYW55IG1vcmUuICovXG4gIHNraXBUbyhzZXE6IG51bWJlcik6IHZvaWQge1xuICAgIHRoaXMuI3NpbmNlID0gTWF0aC5tYXgodGhpcy4jc2luY2UsIHNlcSk7XG4gIH1cblxuICBhc3luYyAjcHJvYmUoKTogUHJvbWlzZTx2b2lkPiB7XG4gICAgY29uc3Qgc29ja2V0ID0gdGhpcy4jc29ja2V0O1xuICAgIGlmICghc29ja2V0KSByZXR1cm47XG4gICAgdHJ5IHtcbiAgICAgIGF3YWl0IHRoaXMuI2NvbW1hbmRzLnNlbmQoc29ja2V0LCBcInBpbmdcIiwge30sIFBST0JFX01TKTtcbiAgICB9IGNhdGNoIChlcnJvcikge1xuICAgICAgLy8gQW55IGFuc3dlciBwcm92ZXMgdGhhdCB0aGUgc29ja2V0IGxpdmVzLCBhIHJlZnVzYWwgYXMgd2VsbC5cbiAgICAgIGlmIChlcnJvciBpbnN0YW5jZW9mIENvbW1hbmRFcnJvciAmJiBlcnJvci5jb2RlID09PSBcInRpbWVvdXRcIikgdGhpcy4jbG9zZShzb2NrZXQsIDApO1xuICAgIH1cbiAgfVxuXG4gIGFzeW5jICNzdWJzY3JpYmUoc29ja2V0OiBXZWJTb2NrZXQpOiBQcm9taXNlPHZvaWQ+IHtcbiAgICB0cnkge1xuICAgICAgYXdhaXQgdGhpcy4jY29tbWFuZHMuc2VuZChzb2NrZXQsIFwic3Vic2NyaXB0aW9uLnN1YnNjcmliZVwiLCB7IGNoYW5uZWxzOiBDSEFOTkVMUywgc2luY2U6IHRoaXMuI3NpbmNlIH0pO1xuICAgICAgaWYgKHNvY2tldCAhPT0gdGhpcy4jc29ja2V0KSByZXR1cm47XG4gICAgICBjbGVhclRpbWVvdXQodGhpcy4jdGltZXIpO1xuICAgICAgdGhpcy4jYmFja29mZi5yZXNldCgpO1xuICAgICAgdGhpcy4jc2V0U3RhdGUoeyBraW5kOiBcIm9wZW5cIiB9KTtcbiAgICB9IGNhdGNoIChlcnJvcikge1xuICAgICAgaWYgKHNvY2tldCAhPT0gdGhpcy4jc29ja2V0KSByZXR1cm47XG4gICAgICBpZiAoZXJyb3IgaW5zdGFuY2VvZiBDb21tYW5kRXJyb3IgJiYgZXJyb3IuY29kZSA9PT0gXCJyZXN1bWVfZ2FwXCIpIGF3YWl0IHRoaXMuI3JlZmlsbChzb2NrZXQpO1xuICAgICAgZWxzZSB0aGlzLiNsb3NlKHNvY2tldCwgMCk7XG4gICAgfVxuICB9XG5cbiAgYXN5bmMgI3JlZmlsbChzb2NrZXQ6IFdlYlNvY2tldCk6IFByb21pc2U8dm9pZD4ge1xuICAgIHRyeSB7XG4gICAgICBjb25zdCBzZXEgPSBhd2FpdCB0aGlzLiNvcHRpb25zLm9uR2FwKCk7XG4gICAgICBpZiAoc29ja2V0ICE9PSB0aGlzLiNzb2NrZXQpIHJldHVybjtcbiAgICAgIHRoaXMuI3NpbmNlID0gc2VxO1xuICAgIH0gY2F0Y2gge1xuICAgICAgLy8gVGhlIHN0YXRlIGNvdWxkIG5vdCBiZSBsb2FkZWQgZWl0aGVyOiB0aGUgbmV4dCBjb25uZWN0aW9uIHRyaWVzIGJvdGggYWdhaW4uXG4gICAgICB0aGlzLiNsb3NlKHNvY2tldCwgMCk7XG4gICAgICByZXR1cm47XG4gICAgfVxuICAgIGF3YWl0IHRoaXMuI3N1YnNjcmliZShzb2NrZXQpO1xuICB9XG5cbiAgI3JlY2VpdmUoc29ja2V0OiBXZWJTb2NrZXQsIGRhdGE6IHVua25vd24pOiB2b2lkIHtcbiAgICBpZiAoc29ja2V0ICE9PSB0aGlzLiNzb2NrZXQgfHwgdHlwZW9mIGRhdGEgIT09IFwic3RyaW5nXCIpIHJldHVybjtcbiAgICBjb25zdCBmcmFtZSA9IEpTT04ucGFyc2UoZGF0YSkgYXMgV2lyZUV2ZW50IHwgUmVwbHk7XG4gICAgaWYgKGZyYW1lLnR5cGUgIT09IFwiZXZlbnRcIikge1xuICAgICAgdGhpcy4jY29tbWFuZHMuc2V0dGxlKGZyYW1lKTtcbiAgICAgIHJldHVybjtcbiAgICB9XG4gICAgaWYgKGZyYW1lLnNlcSAhPT0gbnVsbCkge1xuICAgICAgaWYgKGZyYW1lLnNlcSA8PSB0aGlzLiNzaW5jZSkgcmV0dXJuO1xuICAgICAgdGhpcy4jc2luY2UgPSBmcmFtZS5zZXE7XG4gICAgfVxuICAgIHRoaXMuI29wdGlvbnMub25FdmVudChmcmFtZSk7XG4gIH1cblxuICAjbG9zZShzb2NrZXQ6IFdlYlNvY2tldCwgY29kZTogbnVtYmVyKTogdm9pZCB7XG4gICAgaWYgKHNvY2tldCAhPT0gdGhpcy4jc29ja2V0KSByZXR1cm47XG4gICAgaWYgKGlzRmluYWwoY29kZSkpIHtcbiAgICAgIHRoaXMuI2ZpbmlzaChjb2RlKTtcbiAgICAgIHJldHVybjtcbiAgICB9XG4gICAgdGhpcy4jZHJvcCgpO1xuICAgIGlmIChjb2RlID09PSBSRVNUQVJUSU5HKSB0aGlzLiNiYWNrb2ZmLnJlc2V0KCk7XG4gICAgaWYgKGNvZGUgPT09IFRPT19NQU5ZX0NPTU1BTkRTKSBmb3IgKGxldCBpID0gMDsgaSA8IDQ7IGkgKz0gMSkgdGhpcy4jYmFja29mZi5uZXh0KCk7XG4gICAgdGhpcy4jc2V0U3RhdGUoeyBraW5kOiBcIndhaXRpbmdcIiB9KTtcbiAgICB0aGlzLiN0aW1lciA9IHNldFRpbWVvdXQoKCkgPT4gdGhpcy5jb25uZWN0KCksIHRoaXMuI2JhY2tvZmYubmV4dCgpKTtcbiAgfVxuXG4gICNmaW5pc2goY29kZTogbnVtYmVyKTogdm9pZCB7XG4gICAgdGhpcy4jZHJvcCgpO1xuICAgIGlmICh0aGlzLiNzdGF0ZS5raW5kICE9PSBcImNsb3NlZFwiKSB0aGlzLiNzZXRTdGF0ZSh7IGtpbmQ6IFwiY2xvc2VkXCIsIGNvZGUgfSk7XG4gIH1cblxuICAjZHJvcCgpOiB2b2lkIHtcbiAgICBjbGVhclRpbWVvdXQodGhpcy4jdGltZXIpO1xuICAgIGNvbnN0IHNvY2tldCA9IHRoaXMuI3NvY2tldDtcbiAgICB0aGlzLiNzb2NrZXQgPSBudWxsO1xuICAgIGlmIChzb2NrZXQpIHtcbiAgICAgIHNvY2tldC5vbm9wZW4gPSBzb2NrZXQub25tZXNzYWdlID0gc29ja2V0Lm9uY2xvc2UgPSBudWxsO1xuICAgICAgaWYgKHNvY2tldC5yZWFkeVN0YXRlIDw9IE9QRU4pIHNvY2tldC5jbG9zZSgpO1xuICAgIH1cbiAgICB0aGlzLiNjb21tYW5kcy5yZWplY3RBbGwoKTtcbiAgfVxuXG4gICNzZXRTdGF0ZShzdGF0ZTogTGlua1N0YXRlKTogdm9pZCB7XG4gICAgdGhpcy4jc3RhdGUgPSBzdGF0ZTtcbiAgICB0aGlzLiNvcHRpb25zLm9uU3RhdGUoc3RhdGUpO1xuICB9XG59XG5cbmZ1bmN0aW9uIGlzRmluYWwoY29kZTogbnVtYmVyKTogYm9vbGVhbiB7XG4gIHJldHVybiBjb2RlID49IDQ0MDAgJiYgY29kZSA8IDQ1MDAgJiYgY29kZSAhPT0gNDQwOCAmJiBjb2RlICE9PSBUT09fTUFOWV9DT01NQU5EUztcbn1cbiJdLAogICJtYXBwaW5ncyI6ICI7QUFBQSxPQUFPLFlBQVk7QUFDbkIsU0FBUyxZQUFZO0FBQ3JCLFNBQVMsV0FBVyxZQUFZLFlBQVk7QUFDNUMsU0FBUyxhQUFhLFFBQVEsdUJBQStDOzs7QUNEN0UsSUFBTSxRQUFRO0FBQ2QsSUFBTSxRQUFRO0FBRVAsSUFBTSxVQUFOLE1BQWM7QUFBQSxFQUNuQixXQUFXO0FBQUEsRUFDRjtBQUFBO0FBQUEsRUFHVCxZQUFZLFNBQXVCLEtBQUssUUFBUTtBQUM5QyxTQUFLLFVBQVU7QUFBQSxFQUNqQjtBQUFBO0FBQUE7QUFBQTtBQUFBO0FBQUEsRUFNQSxPQUFlO0FBQ2IsVUFBTSxPQUFPLEtBQUssSUFBSSxPQUFPLFFBQVEsS0FBSyxLQUFLLFFBQVE7QUFDdkQsU0FBSyxZQUFZO0FBQ2pCLFdBQU8sT0FBTyxJQUFLLE9BQU8sSUFBSyxLQUFLLFFBQVE7QUFBQSxFQUM5QztBQUFBLEVBRUEsUUFBYztBQUNaLFNBQUssV0FBVztBQUFBLEVBQ2xCO0FBQ0Y7OztBQ3ZCQSxJQUFNLGFBQWE7QUFHWixJQUFNLGVBQU4sY0FBMkIsTUFBTTtBQUFBLEVBQzdCO0FBQUEsRUFFVCxZQUFZLE1BQWMsU0FBaUI7QUFDekMsVUFBTSxPQUFPO0FBQ2IsU0FBSyxPQUFPO0FBQ1osU0FBSyxPQUFPO0FBQUEsRUFDZDtBQUFBO0FBQUEsRUFHQSxJQUFJLGFBQXNCO0FBQ3hCLFdBQU8sS0FBSyxTQUFTLGFBQWEsS0FBSyxTQUFTLGtCQUFrQixLQUFLLFNBQVM7QUFBQSxFQUNsRjtBQUNGO0FBUU8sSUFBTSxXQUFOLE1BQWU7QUFBQSxFQUNwQixRQUFRO0FBQUEsRUFDQyxXQUFXLG9CQUFJLElBQXFCO0FBQUE7QUFBQSxFQUc3QyxLQUNFLFFBQ0EsUUFDQSxRQUNBLFVBQWtCLFlBQ2dCO0FBQ2xDLFNBQUssU0FBUztBQUNkLFVBQU0sS0FBSyxLQUFLO0FBQ2hCLFdBQU8sSUFBSSxRQUFRLENBQUMsU0FBUyxXQUFXO0FBQ3RDLFlBQU0sU0FBUyxNQUFNO0FBQ25CLGFBQUssU0FBUyxPQUFPLEVBQUU7QUFDdkIsZUFBTyxJQUFJLGFBQWEsV0FBVyxvQ0FBb0MsQ0FBQztBQUFBLE1BQzFFO0FBQ0EsV0FBSyxTQUFTLElBQUksSUFBSSxFQUFFLFNBQVMsUUFBUSxPQUFPLFdBQVcsUUFBUSxPQUFPLEVBQUUsQ0FBQztBQUM3RSxhQUFPLEtBQUssS0FBSyxVQUFVLEVBQUUsSUFBSSxRQUFRLE9BQU8sQ0FBQyxDQUFDO0FBQUEsSUFDcEQsQ0FBQztBQUFBLEVBQ0g7QUFBQTtBQUFBLEVBR0EsT0FBT0EsUUFBb0I7QUFDekIsVUFBTSxVQUFVQSxPQUFNLE9BQU8sT0FBTyxTQUFZLEtBQUssU0FBUyxJQUFJQSxPQUFNLEVBQUU7QUFDMUUsUUFBSSxDQUFDLFdBQVdBLE9BQU0sT0FBTyxLQUFNO0FBQ25DLFNBQUssU0FBUyxPQUFPQSxPQUFNLEVBQUU7QUFDN0IsaUJBQWEsUUFBUSxLQUFLO0FBQzFCLFFBQUlBLE9BQU0sU0FBUyxVQUFXLFNBQVEsUUFBUUEsT0FBTSxNQUFNO0FBQUEsUUFDckQsU0FBUSxPQUFPLElBQUksYUFBYUEsT0FBTSxPQUFPQSxPQUFNLE9BQU8sQ0FBQztBQUFBLEVBQ2xFO0FBQUE7QUFBQSxFQUdBLFlBQWtCO0FBQ2hCLFVBQU0sT0FBTyxDQUFDLEdBQUcsS0FBSyxTQUFTLE9BQU8sQ0FBQztBQUN2QyxTQUFLLFNBQVMsTUFBTTtBQUNwQixlQUFXLEVBQUUsUUFBUSxNQUFNLEtBQUssTUFBTTtBQUNwQyxtQkFBYSxLQUFLO0FBQ2xCLGFBQU8sSUFBSSxhQUFhLGdCQUFnQiwwQkFBMEIsQ0FBQztBQUFBLElBQ3JFO0FBQUEsRUFDRjtBQUNGOzs7QUM3REEsSUFBTSxXQUFXLENBQUMsWUFBWSxhQUFhLFFBQVE7QUFDbkQsSUFBTSxPQUFPO0FBQ2IsSUFBTSxhQUFhO0FBQ25CLElBQU0sb0JBQW9CO0FBQzFCLElBQU0sV0FBVztBQUNqQixJQUFNLGFBQWE7QUFpQlosSUFBTSxPQUFOLE1BQVc7QUFBQSxFQUNQO0FBQUEsRUFDQTtBQUFBLEVBQ0EsWUFBWSxJQUFJLFNBQVM7QUFBQSxFQUNsQyxVQUE0QjtBQUFBLEVBQzVCLFNBQW9CLEVBQUUsTUFBTSxVQUFVO0FBQUEsRUFDdEM7QUFBQSxFQUNBO0FBQUEsRUFFQSxZQUFZLFNBQXNCO0FBQ2hDLFNBQUssV0FBVztBQUNoQixTQUFLLFdBQVcsUUFBUSxXQUFXLElBQUksUUFBUTtBQUMvQyxTQUFLLFNBQVMsUUFBUTtBQUFBLEVBQ3hCO0FBQUEsRUFFQSxJQUFJLFFBQW1CO0FBQ3JCLFdBQU8sS0FBSztBQUFBLEVBQ2Q7QUFBQTtBQUFBLEVBR0EsSUFBSSxRQUFnQjtBQUNsQixXQUFPLEtBQUs7QUFBQSxFQUNkO0FBQUE7QUFBQSxFQUdBLFVBQWdCO0FBQ2QsUUFBSSxLQUFLLE9BQU8sU0FBUyxZQUFZLEtBQUssUUFBUztBQUNuRCxpQkFBYSxLQUFLLE1BQU07QUFDeEIsU0FBSyxVQUFVLEVBQUUsTUFBTSxhQUFhLENBQUM7QUFDckMsVUFBTSxPQUFPLEtBQUssU0FBUyxlQUFlLENBQUMsUUFBZ0IsSUFBSSxVQUFVLEdBQUc7QUFDNUUsVUFBTSxTQUFTLEtBQUssS0FBSyxTQUFTLEdBQUc7QUFDckMsU0FBSyxVQUFVO0FBQ2YsU0FBSyxTQUFTLFdBQVcsTUFBTSxLQUFLLE1BQU0sUUFBUSxDQUFDLEdBQUcsVUFBVTtBQUNoRSxXQUFPLFNBQVMsTUFBTSxLQUFLLEtBQUssV0FBVyxNQUFNO0FBQ2pELFdBQU8sWUFBWSxDQUFDLFlBQW1DLEtBQUssU0FBUyxRQUFRLFFBQVEsSUFBSTtBQUN6RixXQUFPLFVBQVUsQ0FBQyxVQUFzQixLQUFLLE1BQU0sUUFBUSxNQUFNLElBQUk7QUFBQSxFQUN2RTtBQUFBO0FBQUEsRUFHQSxRQUFjO0FBQ1osU0FBSyxRQUFRLEdBQUk7QUFBQSxFQUNuQjtBQUFBO0FBQUE7QUFBQTtBQUFBO0FBQUEsRUFNQSxNQUFNLFFBQVEsUUFBZ0IsUUFBbUU7QUFDL0YsVUFBTSxTQUFTLEtBQUs7QUFDcEIsUUFBSSxDQUFDLFVBQVUsS0FBSyxPQUFPLFNBQVMsT0FBUSxPQUFNLElBQUksYUFBYSxXQUFXLHlCQUF5QjtBQUN2RyxRQUFJO0FBQ0YsYUFBTyxNQUFNLEtBQUssVUFBVSxLQUFLLFFBQVEsUUFBUSxNQUFNO0FBQUEsSUFDekQsU0FBUyxPQUFPO0FBQ2QsVUFBSSxpQkFBaUIsZ0JBQWdCLE1BQU0sU0FBUyxVQUFXLE1BQUssTUFBTSxRQUFRLENBQUM7QUFDbkYsWUFBTTtBQUFBLElBQ1I7QUFBQSxFQUNGO0FBQUE7QUFBQSxFQUdBLE9BQWE7QUFDWCxRQUFJLEtBQUssT0FBTyxTQUFTLFVBQVcsTUFBSyxRQUFRO0FBQUEsYUFDeEMsS0FBSyxPQUFPLFNBQVMsT0FBUSxNQUFLLEtBQUssT0FBTztBQUFBLEVBQ3pEO0FBQUE7QUFBQSxFQUdBLE9BQU8sS0FBbUI7QUFDeEIsU0FBSyxTQUFTLEtBQUssSUFBSSxLQUFLLFFBQVEsR0FBRztBQUFBLEVBQ3pDO0FBQUEsRUFFQSxNQUFNLFNBQXdCO0FBQzVCLFVBQU0sU0FBUyxLQUFLO0FBQ3BCLFFBQUksQ0FBQyxPQUFRO0FBQ2IsUUFBSTtBQUNGLFlBQU0sS0FBSyxVQUFVLEtBQUssUUFBUSxRQUFRLENBQUMsR0FBRyxRQUFRO0FBQUEsSUFDeEQsU0FBUyxPQUFPO0FBRWQsVUFBSSxpQkFBaUIsZ0JBQWdCLE1BQU0sU0FBUyxVQUFXLE1BQUssTUFBTSxRQUFRLENBQUM7QUFBQSxJQUNyRjtBQUFBLEVBQ0Y7QUFBQSxFQUVBLE1BQU0sV0FBVyxRQUFrQztBQUNqRCxRQUFJO0FBQ0YsWUFBTSxLQUFLLFVBQVUsS0FBSyxRQUFRLDBCQUEwQixFQUFFLFVBQVUsVUFBVSxPQUFPLEtBQUssT0FBTyxDQUFDO0FBQ3RHLFVBQUksV0FBVyxLQUFLLFFBQVM7QUFDN0IsbUJBQWEsS0FBSyxNQUFNO0FBQ3hCLFdBQUssU0FBUyxNQUFNO0FBQ3BCLFdBQUssVUFBVSxFQUFFLE1BQU0sT0FBTyxDQUFDO0FBQUEsSUFDakMsU0FBUyxPQUFPO0FBQ2QsVUFBSSxXQUFXLEtBQUssUUFBUztBQUM3QixVQUFJLGlCQUFpQixnQkFBZ0IsTUFBTSxTQUFTLGFBQWMsT0FBTSxLQUFLLFFBQVEsTUFBTTtBQUFBLFVBQ3RGLE1BQUssTUFBTSxRQUFRLENBQUM7QUFBQSxJQUMzQjtBQUFBLEVBQ0Y7QUFBQSxFQUVBLE1BQU0sUUFBUSxRQUFrQztBQUM5QyxRQUFJO0FBQ0YsWUFBTSxNQUFNLE1BQU0sS0FBSyxTQUFTLE1BQU07QUFDdEMsVUFBSSxXQUFXLEtBQUssUUFBUztBQUM3QixXQUFLLFNBQVM7QUFBQSxJQUNoQixRQUFRO0FBRU4sV0FBSyxNQUFNLFFBQVEsQ0FBQztBQUNwQjtBQUFBLElBQ0Y7QUFDQSxVQUFNLEtBQUssV0FBVyxNQUFNO0FBQUEsRUFDOUI7QUFBQSxFQUVBLFNBQVMsUUFBbUIsTUFBcUI7QUFDL0MsUUFBSSxXQUFXLEtBQUssV0FBVyxPQUFPLFNBQVMsU0FBVTtBQUN6RCxVQUFNLFFBQVEsS0FBSyxNQUFNLElBQUk7QUFDN0IsUUFBSSxNQUFNLFNBQVMsU0FBUztBQUMxQixXQUFLLFVBQVUsT0FBTyxLQUFLO0FBQzNCO0FBQUEsSUFDRjtBQUNBLFFBQUksTUFBTSxRQUFRLE1BQU07QUFDdEIsVUFBSSxNQUFNLE9BQU8sS0FBSyxPQUFRO0FBQzlCLFdBQUssU0FBUyxNQUFNO0FBQUEsSUFDdEI7QUFDQSxTQUFLLFNBQVMsUUFBUSxLQUFLO0FBQUEsRUFDN0I7QUFBQSxFQUVBLE1BQU0sUUFBbUIsTUFBb0I7QUFDM0MsUUFBSSxXQUFXLEtBQUssUUFBUztBQUM3QixRQUFJLFFBQVEsSUFBSSxHQUFHO0FBQ2pCLFdBQUssUUFBUSxJQUFJO0FBQ2pCO0FBQUEsSUFDRjtBQUNBLFNBQUssTUFBTTtBQUNYLFFBQUksU0FBUyxXQUFZLE1BQUssU0FBUyxNQUFNO0FBQzdDLFFBQUksU0FBUyxrQkFBbUIsVUFBUyxJQUFJLEdBQUcsSUFBSSxHQUFHLEtBQUssRUFBRyxNQUFLLFNBQVMsS0FBSztBQUNsRixTQUFLLFVBQVUsRUFBRSxNQUFNLFVBQVUsQ0FBQztBQUNsQyxTQUFLLFNBQVMsV0FBVyxNQUFNLEtBQUssUUFBUSxHQUFHLEtBQUssU0FBUyxLQUFLLENBQUM7QUFBQSxFQUNyRTtBQUFBLEVBRUEsUUFBUSxNQUFvQjtBQUMxQixTQUFLLE1BQU07QUFDWCxRQUFJLEtBQUssT0FBTyxTQUFTLFNBQVUsTUFBSyxVQUFVLEVBQUUsTUFBTSxVQUFVLEtBQUssQ0FBQztBQUFBLEVBQzVFO0FBQUEsRUFFQSxRQUFjO0FBQ1osaUJBQWEsS0FBSyxNQUFNO0FBQ3hCLFVBQU0sU0FBUyxLQUFLO0FBQ3BCLFNBQUssVUFBVTtBQUNmLFFBQUksUUFBUTtBQUNWLGFBQU8sU0FBUyxPQUFPLFlBQVksT0FBTyxVQUFVO0FBQ3BELFVBQUksT0FBTyxjQUFjLEtBQU0sUUFBTyxNQUFNO0FBQUEsSUFDOUM7QUFDQSxTQUFLLFVBQVUsVUFBVTtBQUFBLEVBQzNCO0FBQUEsRUFFQSxVQUFVLE9BQXdCO0FBQ2hDLFNBQUssU0FBUztBQUNkLFNBQUssU0FBUyxRQUFRLEtBQUs7QUFBQSxFQUM3QjtBQUNGO0FBRUEsU0FBUyxRQUFRLE1BQXVCO0FBQ3RDLFNBQU8sUUFBUSxRQUFRLE9BQU8sUUFBUSxTQUFTLFFBQVEsU0FBUztBQUNsRTs7O0FIakxBLElBQU0sU0FBTixNQUFhO0FBQUEsRUFDRixTQUFrQixDQUFDO0FBQUEsRUFDbkIsVUFBVSxJQUFJLGdCQUFnQixFQUFFLE1BQU0sR0FBRyxNQUFNLFlBQVksQ0FBQztBQUFBLEVBQzVELFFBQWdCLENBQUM7QUFBQSxFQUMxQixTQUE2QyxDQUFDLE9BQU8sU0FBUyxNQUFNLE1BQU0sTUFBTSxFQUFFO0FBQUEsRUFFbEYsY0FBYztBQUNaLFNBQUssUUFBUSxHQUFHLGNBQWMsQ0FBQyxTQUFTO0FBQ3RDLFdBQUssTUFBTSxLQUFLLElBQUk7QUFDcEIsV0FBSyxHQUFHLFdBQVcsQ0FBQyxTQUFTO0FBQzNCLGNBQU0sUUFBUSxLQUFLLE1BQU0sT0FBTyxJQUFJLENBQUM7QUFDckMsYUFBSyxPQUFPLEtBQUssS0FBSztBQUN0QixhQUFLLE9BQU8sT0FBTyxJQUFJO0FBQUEsTUFDekIsQ0FBQztBQUFBLElBQ0gsQ0FBQztBQUFBLEVBQ0g7QUFBQSxFQUVBLElBQUksTUFBYztBQUNoQixXQUFPLGtCQUFtQixLQUFLLFFBQVEsUUFBUSxFQUF1QixJQUFJO0FBQUEsRUFDNUU7QUFBQSxFQUVBLElBQUksT0FBYTtBQUNmLFVBQU0sT0FBTyxLQUFLLE1BQU0sR0FBRyxFQUFFO0FBQzdCLFdBQU8sR0FBRyxJQUFJO0FBQ2QsV0FBTztBQUFBLEVBQ1Q7QUFBQSxFQUVBLGdCQUEyQjtBQUN6QixXQUFPLEtBQUssT0FBTyxPQUFPLENBQUMsVUFBVSxNQUFNLFdBQVcsd0JBQXdCLEVBQUUsSUFBSSxDQUFDLFVBQVUsTUFBTSxPQUFPLE9BQU8sQ0FBQztBQUFBLEVBQ3RIO0FBQUEsRUFFQSxNQUFNLE9BQXNCO0FBQzFCLGVBQVcsUUFBUSxLQUFLLE1BQU8sTUFBSyxVQUFVO0FBQzlDLFNBQUssUUFBUSxNQUFNO0FBQ25CLFVBQU0sS0FBSyxLQUFLLFNBQVMsT0FBTztBQUFBLEVBQ2xDO0FBQ0Y7QUFFQSxTQUFTLE1BQU0sTUFBWSxJQUFZLFNBQWlCLENBQUMsR0FBUztBQUNoRSxPQUFLLEtBQUssS0FBSyxVQUFVLEVBQUUsTUFBTSxXQUFXLElBQUksT0FBTyxDQUFDLENBQUM7QUFDM0Q7QUFFQSxTQUFTLEtBQUssTUFBWSxLQUFvQixPQUFPLElBQVU7QUFDN0QsUUFBTSxPQUFPLEVBQUUsT0FBTyx1QkFBdUIsUUFBUSxLQUFLLE9BQU8sR0FBRyxPQUFPLEVBQUUsTUFBTSxjQUFjLEtBQUssRUFBRTtBQUN4RyxPQUFLLEtBQUssS0FBSyxVQUFVLEVBQUUsTUFBTSxTQUFTLFVBQVUsT0FBTyxHQUFHLEdBQUcsS0FBSyxRQUFRLFlBQVksUUFBUSxFQUFFLFdBQVcsQ0FBQyxHQUFHLEtBQUssRUFBRSxDQUFDLENBQUM7QUFDOUg7QUFHQSxJQUFNLE9BQU4sTUFBVztBQUFBLEVBQ0EsU0FBc0IsQ0FBQztBQUFBLEVBQ3ZCLFNBQXNCLENBQUM7QUFBQSxFQUN2QjtBQUFBLEVBQ1QsT0FBTztBQUFBLEVBQ1AsWUFBNEIsQ0FBQztBQUFBLEVBRTdCLFlBQVksS0FBYSxRQUFRLEdBQUc7QUFDbEMsU0FBSyxPQUFPLElBQUksS0FBSztBQUFBLE1BQ25CO0FBQUEsTUFDQTtBQUFBLE1BQ0EsU0FBUyxDQUFDLFVBQVUsS0FBSyxLQUFLLE1BQU0sS0FBSyxPQUFPLEtBQUssS0FBSyxDQUFDO0FBQUEsTUFDM0QsU0FBUyxDQUFDLFVBQVUsS0FBSyxLQUFLLE1BQU0sS0FBSyxPQUFPLEtBQUssS0FBSyxDQUFDO0FBQUEsTUFDM0QsT0FBTyxNQUFNLFFBQVEsU0FBUyxLQUFLLFFBQVEsR0FBRyxJQUFJO0FBQUEsTUFDbEQsWUFBWSxDQUFDLFlBQVksSUFBSSxPQUFPLE9BQU87QUFBQSxNQUMzQyxTQUFTLElBQUksUUFBUSxNQUFNLENBQUM7QUFBQSxJQUM5QixDQUFDO0FBQUEsRUFDSDtBQUFBLEVBRUEsSUFBSSxVQUE2QjtBQUMvQixXQUFPLEtBQUssT0FBTyxJQUFJLENBQUMsVUFBVSxNQUFNLEdBQUc7QUFBQSxFQUM3QztBQUFBO0FBQUEsRUFHQSxNQUFNLFdBQXlDO0FBQzdDLFdBQU8sSUFBSSxRQUFRLENBQUMsWUFBWTtBQUM5QixZQUFNLFFBQVEsTUFBTTtBQUNsQixZQUFJLFVBQVUsRUFBRyxTQUFRO0FBQUEsWUFDcEIsTUFBSyxVQUFVLEtBQUssS0FBSztBQUFBLE1BQ2hDO0FBQ0EsWUFBTTtBQUFBLElBQ1IsQ0FBQztBQUFBLEVBQ0g7QUFBQSxFQUVBLE9BQU8sT0FBOEI7QUFDbkMsV0FBTyxLQUFLLE1BQU0sTUFBTSxLQUFLLE9BQU8sT0FBTyxDQUFDLFVBQVUsTUFBTSxTQUFTLE1BQU0sRUFBRSxXQUFXLEtBQUs7QUFBQSxFQUMvRjtBQUFBLEVBRUEsS0FBSyxRQUEwQjtBQUM3QixXQUFPO0FBQ1AsVUFBTSxXQUFXLEtBQUs7QUFDdEIsU0FBSyxZQUFZLENBQUM7QUFDbEIsZUFBVyxTQUFTLFNBQVUsT0FBTTtBQUFBLEVBQ3RDO0FBQ0Y7QUFFQSxJQUFJO0FBQ0osSUFBSTtBQUVKLFdBQVcsTUFBTTtBQUNmLFdBQVMsSUFBSSxPQUFPO0FBQ3RCLENBQUM7QUFFRCxVQUFVLFlBQVk7QUFDcEIsT0FBSyxLQUFLLE1BQU07QUFDaEIsUUFBTSxPQUFPLEtBQUs7QUFDcEIsQ0FBQztBQUVELEtBQUssOEVBQThFLFlBQVk7QUFDN0YsU0FBTyxJQUFJLEtBQUssT0FBTyxLQUFLLENBQUM7QUFDN0IsT0FBSyxLQUFLLFFBQVE7QUFDbEIsUUFBTSxLQUFLLE9BQU8sQ0FBQztBQUNuQixTQUFPLFVBQVUsT0FBTyxjQUFjLEdBQUcsQ0FBQyxDQUFDLENBQUM7QUFDNUMsYUFBVyxPQUFPLENBQUMsR0FBRyxHQUFHLEdBQUcsR0FBRyxHQUFHLE1BQU0sRUFBRSxFQUFHLE1BQUssT0FBTyxNQUFNLEdBQUc7QUFDbEUsUUFBTSxLQUFLLE1BQU0sTUFBTSxLQUFLLFFBQVEsR0FBRyxFQUFFLE1BQU0sRUFBRTtBQUNqRCxTQUFPLFVBQVUsS0FBSyxTQUFTLENBQUMsR0FBRyxHQUFHLE1BQU0sRUFBRSxDQUFDO0FBQ2pELENBQUM7QUFFRCxLQUFLLCtGQUErRixZQUFZO0FBQzlHLFNBQU8sSUFBSSxLQUFLLE9BQU8sR0FBRztBQUMxQixPQUFLLEtBQUssUUFBUTtBQUNsQixRQUFNLEtBQUssT0FBTyxDQUFDO0FBQ25CLE9BQUssT0FBTyxNQUFNLENBQUM7QUFDbkIsT0FBSyxPQUFPLE1BQU0sQ0FBQztBQUNuQixRQUFNLEtBQUssTUFBTSxNQUFNLEtBQUssUUFBUSxXQUFXLENBQUM7QUFDaEQsU0FBTyxTQUFTLENBQUMsT0FBTyxTQUFTO0FBQy9CLGVBQVcsT0FBTyxDQUFDLEdBQUcsR0FBRyxDQUFDLEVBQUcsTUFBSyxNQUFNLEdBQUc7QUFDM0MsVUFBTSxNQUFNLE1BQU0sRUFBRTtBQUFBLEVBQ3RCO0FBQ0EsU0FBTyxLQUFLLFVBQVU7QUFDdEIsUUFBTSxLQUFLLE9BQU8sQ0FBQztBQUNuQixTQUFPLFVBQVUsT0FBTyxjQUFjLEdBQUcsQ0FBQyxHQUFHLENBQUMsQ0FBQztBQUMvQyxTQUFPLFVBQVUsS0FBSyxTQUFTLENBQUMsR0FBRyxHQUFHLEdBQUcsQ0FBQyxDQUFDO0FBQzdDLENBQUM7QUFFRCxLQUFLLDBEQUEwRCxZQUFZO0FBQ3pFLFNBQU8sSUFBSSxLQUFLLE9BQU8sR0FBRztBQUMxQixPQUFLLEtBQUssUUFBUTtBQUNsQixRQUFNLEtBQUssT0FBTyxDQUFDO0FBQ25CLE9BQUssS0FBSyxNQUFNO0FBQ2hCLE9BQUssT0FBTyxNQUFNLENBQUM7QUFDbkIsUUFBTSxLQUFLLE9BQU8sTUFBTSxPQUFPO0FBQy9CLFNBQU8sVUFBVSxLQUFLLFNBQVMsQ0FBQyxDQUFDO0FBQ25DLENBQUM7QUFFRCxXQUFXLFFBQVEsQ0FBQyxNQUFNLE1BQU0sSUFBSSxHQUFHO0FBQ3JDLE9BQUssZ0JBQWdCLElBQUksYUFBYSxZQUFZO0FBQ2hELFdBQU8sSUFBSSxLQUFLLE9BQU8sR0FBRztBQUMxQixTQUFLLEtBQUssUUFBUTtBQUNsQixVQUFNLEtBQUssT0FBTyxDQUFDO0FBQ25CLFdBQU8sS0FBSyxNQUFNLElBQUk7QUFDdEIsVUFBTSxLQUFLLE1BQU0sTUFBTSxLQUFLLE9BQU8sR0FBRyxFQUFFLEdBQUcsU0FBUyxRQUFRO0FBQzVELFdBQU8sVUFBVSxLQUFLLE9BQU8sR0FBRyxFQUFFLEdBQUcsRUFBRSxNQUFNLFVBQVUsS0FBSyxDQUFDO0FBQzdELFNBQUssS0FBSyxRQUFRO0FBQ2xCLFdBQU8sTUFBTSxPQUFPLE1BQU0sUUFBUSxDQUFDO0FBQUEsRUFDckMsQ0FBQztBQUNIO0FBRUEsV0FBVyxRQUFRLENBQUMsTUFBTSxNQUFNLE1BQU0sSUFBSSxHQUFHO0FBQzNDLE9BQUssc0JBQXNCLElBQUksc0JBQXNCLFlBQVk7QUFDL0QsV0FBTyxJQUFJLEtBQUssT0FBTyxHQUFHO0FBQzFCLFNBQUssS0FBSyxRQUFRO0FBQ2xCLFVBQU0sS0FBSyxPQUFPLENBQUM7QUFDbkIsV0FBTyxLQUFLLE1BQU0sSUFBSTtBQUN0QixVQUFNLEtBQUssT0FBTyxDQUFDO0FBQ25CLFdBQU8sTUFBTSxPQUFPLE1BQU0sUUFBUSxDQUFDO0FBQUEsRUFDckMsQ0FBQztBQUNIO0FBRUEsS0FBSyw2RUFBNkUsWUFBWTtBQUM1RixTQUFPLFNBQVMsQ0FBQyxPQUFPLFNBQVM7QUFDL0IsUUFBSSxNQUFNLE9BQU8sT0FBTyxNQUFNLElBQUssT0FBTSxNQUFNLE1BQU0sRUFBRTtBQUFBLFFBQ2xELE1BQUssS0FBSyxLQUFLLFVBQVUsRUFBRSxNQUFNLFNBQVMsSUFBSSxNQUFNLElBQUksT0FBTyxjQUFjLFNBQVMsV0FBVyxDQUFDLENBQUM7QUFBQSxFQUMxRztBQUNBLFNBQU8sSUFBSSxLQUFLLE9BQU8sS0FBSyxDQUFDO0FBQzdCLE9BQUssS0FBSyxRQUFRO0FBQ2xCLFFBQU0sS0FBSyxPQUFPLENBQUM7QUFDbkIsU0FBTyxNQUFNLEtBQUssTUFBTSxDQUFDO0FBQ3pCLFNBQU8sVUFBVSxPQUFPLGNBQWMsR0FBRyxDQUFDLEdBQUcsR0FBRyxDQUFDO0FBQ25ELENBQUM7QUFFRCxLQUFLLDJFQUEyRSxZQUFZO0FBQzFGLFNBQU8sSUFBSSxLQUFLLE9BQU8sR0FBRztBQUMxQixPQUFLLEtBQUssUUFBUTtBQUNsQixRQUFNLEtBQUssT0FBTyxDQUFDO0FBQ25CLFNBQU8sU0FBUyxDQUFDLE9BQU8sU0FBUztBQUMvQixRQUFJLE1BQU0sV0FBVyxZQUFhLE9BQU0sTUFBTSxNQUFNLElBQUksRUFBRSxRQUFRLEtBQUssQ0FBQztBQUFBLFFBQ25FLE1BQUssS0FBSyxLQUFLLFVBQVUsRUFBRSxNQUFNLFNBQVMsSUFBSSxNQUFNLElBQUksT0FBTyxlQUFlLFNBQVMsd0JBQXdCLENBQUMsQ0FBQztBQUFBLEVBQ3hIO0FBQ0EsU0FBTyxVQUFVLE1BQU0sS0FBSyxLQUFLLFFBQVEsYUFBYSxDQUFDLENBQUMsR0FBRyxFQUFFLFFBQVEsS0FBSyxDQUFDO0FBQzNFLFFBQU0sT0FBTyxRQUFRLEtBQUssS0FBSyxRQUFRLFlBQVksQ0FBQyxDQUFDLEdBQUcsRUFBRSxNQUFNLGVBQWUsU0FBUyx3QkFBd0IsQ0FBQztBQUNuSCxDQUFDO0FBRUQsS0FBSyxzRkFBc0YsWUFBWTtBQUNyRyxTQUFPLElBQUksS0FBSyxPQUFPLEdBQUc7QUFDMUIsUUFBTSxPQUFPLFFBQVEsS0FBSyxLQUFLLFFBQVEsYUFBYSxDQUFDLENBQUMsR0FBRyxFQUFFLE1BQU0sVUFBVSxDQUFDO0FBQzVFLE9BQUssS0FBSyxRQUFRO0FBQ2xCLFFBQU0sS0FBSyxPQUFPLENBQUM7QUFDbkIsU0FBTyxTQUFTLENBQUMsT0FBTyxTQUFVLE1BQU0sV0FBVyxjQUFjLEtBQUssVUFBVSxJQUFJLE1BQU0sTUFBTSxNQUFNLEVBQUU7QUFDeEcsUUFBTSxPQUFPLFFBQVEsS0FBSyxLQUFLLFFBQVEsYUFBYSxDQUFDLENBQUMsR0FBRyxDQUFDLFVBQVUsaUJBQWlCLGdCQUFnQixNQUFNLFVBQVU7QUFDckgsUUFBTSxLQUFLLE9BQU8sQ0FBQztBQUNyQixDQUFDO0FBRUQsS0FBSywyQkFBMkIsWUFBWTtBQUMxQyxTQUFPLElBQUksS0FBSyxPQUFPLEdBQUc7QUFDMUIsT0FBSyxLQUFLLFFBQVE7QUFDbEIsUUFBTSxLQUFLLE9BQU8sQ0FBQztBQUNuQixTQUFPLEtBQUssVUFBVTtBQUN0QixRQUFNLEtBQUssTUFBTSxNQUFNLEtBQUssT0FBTyxHQUFHLEVBQUUsR0FBRyxTQUFTLFNBQVM7QUFDN0QsT0FBSyxLQUFLLEtBQUs7QUFDZixTQUFPLE1BQU0sS0FBSyxLQUFLLE1BQU0sTUFBTSxZQUFZO0FBQy9DLFFBQU0sS0FBSyxPQUFPLENBQUM7QUFDckIsQ0FBQztBQUVELEtBQUssZ0ZBQWdGLE1BQU07QUFDekYsUUFBTSxXQUFXLElBQUksUUFBUSxNQUFNLENBQUM7QUFDcEMsU0FBTyxVQUFVLENBQUMsR0FBRyxHQUFHLEdBQUcsR0FBRyxHQUFHLEdBQUcsQ0FBQyxFQUFFLElBQUksTUFBTSxTQUFTLEtBQUssQ0FBQyxHQUFHLENBQUMsS0FBSyxLQUFLLEtBQUssS0FBTSxLQUFNLE1BQU0sSUFBSSxDQUFDO0FBQzFHLFFBQU0sVUFBVSxJQUFJLFFBQVEsTUFBTSxDQUFDO0FBQ25DLFNBQU8sVUFBVSxDQUFDLEdBQUcsR0FBRyxHQUFHLEdBQUcsR0FBRyxHQUFHLENBQUMsRUFBRSxJQUFJLE1BQU0sUUFBUSxLQUFLLENBQUMsR0FBRyxDQUFDLEtBQUssS0FBSyxLQUFNLEtBQU0sS0FBTSxLQUFNLEdBQUksQ0FBQztBQUMxRyxVQUFRLE1BQU07QUFDZCxTQUFPLE1BQU0sUUFBUSxLQUFLLEdBQUcsR0FBRztBQUNsQyxDQUFDOyIsCiAgIm5hbWVzIjogWyJyZXBseSJdCn0K
