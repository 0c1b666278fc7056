/**
 * One thread's socket: it connects, subscribes from the last event seen, comes back after a loss, and hands on every
 * event once, in order. Knows the wire, nothing of the page.
 */

import type { Reply, WireEvent } from "../wire";
import { Backoff } from "./backoff";
import { CommandError, Commands } from "./commands";

const CHANNELS = ["messages", "lifecycle", "input", "custom"];
const OPEN = 1;
const RESTARTING = 1012;
const TOO_MANY_COMMANDS = 4429;
const PROBE_MS = 5_000;
const CONNECT_MS = 15_000;

/** `closed` is final; everything but `open` means that commands are refused for now. */
export type LinkState = { kind: "connecting" } | { kind: "open" } | { kind: "waiting" } | { kind: "closed"; code: number };

export interface LinkOptions {
  url: string;
  /** Number of the last event the page knows; events above it are asked for. */
  since: number;
  onEvent(event: WireEvent): void;
  onState(state: LinkState): void;
  /** The server cannot replay from `since` any more: load the state anew, return its number. */
  onGap(): Promise<number>;
  makeSocket?: (url: string) => WebSocket;
  backoff?: Backoff;
}

export class Link {
  readonly #options: LinkOptions;
  readonly #backoff: Backoff;
  readonly #commands = new Commands();
  #socket: WebSocket | null = null;
  #state: LinkState = { kind: "waiting" };
  #since: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
    this.#since = options.since;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Number of the last event handed on. */
  get since(): number {
    return this.#since;
  }

  /** Opens the socket now, whatever the back-off says. No effect while one is open or after a final close. */
  connect(): void {
    if (this.#state.kind === "closed" || this.#socket) return;
    clearTimeout(this.#timer);
    this.#setState({ kind: "connecting" });
    const make = this.#options.makeSocket ?? ((url: string) => new WebSocket(url));
    const socket = make(this.#options.url);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#lose(socket, 0), CONNECT_MS);
    socket.onopen = () => void this.#subscribe(socket);
    socket.onmessage = (message: MessageEvent<unknown>) => this.#receive(socket, message.data);
    socket.onclose = (event: CloseEvent) => this.#lose(socket, event.code);
  }

  /** Ends the link for good. Waiting commands are rejected. */
  close(): void {
    this.#finish(1000);
  }

  /**
   * Sends one command and resolves to its result. Rejects with `CommandError`: the server's code, or `offline` (not
   * sent), `disconnected` or `timeout` (sent, outcome unknown).
   */
  async command(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
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
  wake(): void {
    if (this.#state.kind === "waiting") this.connect();
    else if (this.#state.kind === "open") void this.#probe();
  }

  /** Loads again what the page knows, after its state was fetched: events up to `seq` are not wanted any more. */
  skipTo(seq: number): void {
    this.#since = Math.max(this.#since, seq);
  }

  async #probe(): Promise<void> {
    const socket = this.#socket;
    if (!socket) return;
    try {
      await this.#commands.send(socket, "ping", {}, PROBE_MS);
    } catch (error) {
      // Any answer proves that the socket lives, a refusal as well.
      if (error instanceof CommandError && error.code === "timeout") this.#lose(socket, 0);
    }
  }

  async #subscribe(socket: WebSocket): Promise<void> {
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

  async #refill(socket: WebSocket): Promise<void> {
    try {
      const seq = await this.#options.onGap();
      if (socket !== this.#socket) return;
      this.#since = seq;
    } catch {
      // The state could not be loaded either: the next connection tries both again.
      this.#lose(socket, 0);
      return;
    }
    await this.#subscribe(socket);
  }

  #receive(socket: WebSocket, data: unknown): void {
    if (socket !== this.#socket || typeof data !== "string") return;
    const frame = JSON.parse(data) as WireEvent | Reply;
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

  #lose(socket: WebSocket, code: number): void {
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

  #finish(code: number): void {
    this.#drop();
    if (this.#state.kind !== "closed") this.#setState({ kind: "closed", code });
  }

  #drop(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      // Closing a socket that still connects would be an error on the console.
      if (socket.readyState === OPEN) socket.close();
      else if (socket.readyState < OPEN) socket.onopen = () => socket.close();
    }
    this.#commands.rejectAll();
  }

  #setState(state: LinkState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

function isFinal(code: number): boolean {
  return code >= 4400 && code < 4500 && code !== 4408 && code !== TOO_MANY_COMMANDS;
}
