/** One open thread: its transcript, its socket, and what the user does in it. */

import { batch, computed, signal } from "@preact/signals";
import type { Api } from "../api";
import type { Outbox, Unsent } from "../storage";
import { CommandError } from "../stream/commands";
import { Link, type LinkState } from "../stream/link";
import type { ThreadItem, ThreadState } from "../wire";
import { Entry } from "./entry";
import { type Ending, Transcript } from "./transcript";

/** What a conversation needs of the page around it. */
export interface Surroundings {
  api: Api;
  outbox: Outbox;
  socketUrl(thread: string): string;
  /** A thread of this user changed, maybe another one. */
  onThread(item: ThreadItem): void;
  onThreadRemoved(id: string): void;
  /** Notices come again from now on. */
  onConnected(): void;
  /** The first message of a new thread has been taken. */
  onCreated(conversation: Conversation): void;
  onRunStarted(conversation: Conversation): void;
  onRunEnded(conversation: Conversation, ending: Ending): void;
  /** A sentence about something that did not work. */
  onTrouble(sentence: string): void;
}

/** The connection is worth a word only when it stays away. */
const SILENT_MS = 5_000;
const FRAME_LIMIT = 1_000_000;
/** The server carries out no more commands for a moment: what was to be sent goes on its way a little later. */
const TOO_FAST = "too_many_commands";
const PAUSE_MS = 2_000;

export class Conversation {
  readonly id: string;
  readonly transcript: Transcript;
  /** null while the thread does not exist yet. */
  readonly thread = signal<ThreadItem | null>(null);
  readonly link = signal<LinkState>({ kind: "connecting" });
  /** The connection has been away for a while. */
  readonly away = signal(false);
  readonly loading = signal(false);
  readonly loadingOlder = signal(false);
  readonly stopping = signal(false);
  /** A text that goes back into the composer. */
  readonly returned = signal<string | null>(null);
  readonly running = computed(() => this.transcript.run.value !== null);
  readonly #around: Surroundings;
  #link: Link | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #refetch: Promise<number> | undefined;
  #flushing = false;

  constructor(id: string, around: Surroundings) {
    this.id = id;
    this.#around = around;
    this.transcript = new Transcript({
      onRunStarted: () => this.#around.onRunStarted(this),
      onRunEnded: (ending) => {
        this.stopping.value = false;
        this.#around.onRunEnded(this, ending);
      },
      onIncomplete: () => void this.refetch().catch(() => undefined),
    });
  }

  get isNew(): boolean {
    return this.thread.value === null;
  }

  get hasUnsent(): boolean {
    return this.#around.outbox.list(this.id).some((unsent) => unsent.refused === null);
  }

  /** Shows a state and connects from it. Without one the thread is new. */
  open(state: ThreadState | null): void {
    if (state) this.#load(state);
    for (const unsent of this.#around.outbox.list(this.id)) this.#showUnsent(unsent);
    this.#link?.close();
    this.#link = new Link({
      url: this.#around.socketUrl(this.id),
      since: state?.last_seq ?? 0,
      onEvent: (event) => this.#receive(event),
      onState: (link) => this.#linkChanged(link),
      onGap: () => this.refetch(),
    });
    this.#link.connect();
  }

  close(): void {
    this.#link?.close();
    this.#link = undefined;
    clearTimeout(this.#silence);
  }

  wake(): void {
    this.#link?.wake();
  }

  /** Loads the state anew and shows it; several calls at once are one. Returns the number to go on from. */
  refetch(): Promise<number> {
    this.#refetch ??= this.#loadAgain().finally(() => {
      this.#refetch = undefined;
    });
    return this.#refetch;
  }

  /** Shows a message at once and sends it as soon as there is a connection. It survives a reload. */
  send(text: string, model: string | null): void {
    const unsent: Unsent = { id: crypto.randomUUID(), thread: this.id, text, model, at: Date.now(), refused: null };
    this.#around.outbox.put(unsent);
    this.#showUnsent(unsent);
    void this.#flush();
  }

  /** Sends a refused message once more. */
  sendAgain(entry: Entry): void {
    const unsent = this.#around.outbox.list(this.id).find(({ id }) => id === entry.id);
    if (!unsent) return;
    this.#around.outbox.put({ ...unsent, refused: null });
    entry.delivery.value = { kind: "sending" };
    void this.#flush();
  }

  /** Takes away a message that no server has. Returns its text. */
  withdraw(entry: Entry): string {
    this.#around.outbox.remove(this.id, entry.id);
    this.transcript.remove(entry.id);
    return entry.text;
  }

  /** Changes a queued message. Rejects with `CommandError`, for example when it is being answered already. */
  async editQueued(entry: Entry, text: string): Promise<void> {
    await this.#command("queue.edit", { message_id: entry.id, content: text });
    entry.reword(text);
  }

  /** Removes a queued message; returns whether it is gone. */
  async removeQueued(entry: Entry): Promise<boolean> {
    try {
      await this.#command("queue.remove", { message_id: entry.id });
    } catch (error) {
      this.#trouble(error, "Not removed, because there is no connection.");
      return false;
    }
    this.transcript.remove(entry.id);
    return true;
  }

  /** Stops the answer that is being written and lets a queued message be the next. */
  async sendNow(entry: Entry): Promise<void> {
    const stops = this.running.value;
    if (stops) this.stopping.value = true;
    try {
      await this.#command("queue.send_now", { message_id: entry.id });
    } catch (error) {
      if (stops) this.stopping.value = false;
      this.#trouble(error, "Not sent yet, because there is no connection. The message stays in the queue.");
    }
  }

  async stop(): Promise<void> {
    const run = this.transcript.run.value;
    if (!run || this.stopping.value) return;
    this.stopping.value = true;
    try {
      const { stopping } = await this.#command("run.stop", { run_id: run.id });
      if (stopping !== false) return;
      // It had not begun, or has just ended: no event will say so.
      this.stopping.value = false;
      void this.refetch().catch(() => undefined);
    } catch (error) {
      this.stopping.value = false;
      this.#trouble(error, "The answer could not be stopped, because there is no connection.");
    }
  }

  /** Answers a message once more. */
  async retry(message: string, model: string | null): Promise<void> {
    const params = { assistant_id: "chat", input: null, metadata: { retry: message }, ...configured(model) };
    try {
      const result = await this.#command("run.start", params);
      this.transcript.retried(message, String(result["run_id"]));
    } catch (error) {
      this.#trouble(error, "There is no connection. Try again when it is back.");
    }
  }

  async loadOlder(): Promise<void> {
    const first = this.transcript.entries.value[0];
    if (!first || !this.transcript.more.value || this.loadingOlder.value) return;
    this.loadingOlder.value = true;
    try {
      const { messages, more } = await this.#around.api.olderMessages(this.id, first.id);
      this.transcript.prepend(messages, more);
    } finally {
      this.loadingOlder.value = false;
    }
  }

  async #loadAgain(): Promise<number> {
    let state = await this.#around.api.state(this.id);
    // A run may have ended while the answer was on its way: its events came already, and come no more.
    for (let times = 0; times < 5 && this.transcript.isAheadOf(state); times++) state = await this.#around.api.state(this.id);
    this.#load(state);
    this.#link?.skipTo(state.last_seq);
    return state.last_seq;
  }

  #load(state: ThreadState): void {
    batch(() => {
      this.thread.value = state.thread;
      this.transcript.load(state);
    });
  }

  #receive(event: Parameters<Transcript["apply"]>[0]): void {
    if (event.method === "custom") {
      const { name, payload } = event.params.data;
      if (name === "thread") {
        if (payload.id === this.id) this.thread.value = payload;
        this.#around.onThread(payload);
        return;
      }
      if (name === "threads.removed") {
        this.#around.onThreadRemoved(payload.id);
        return;
      }
    }
    batch(() => this.transcript.apply(event));
  }

  #linkChanged(link: LinkState): void {
    this.link.value = link;
    if (link.kind === "open") {
      clearTimeout(this.#silence);
      this.#silence = undefined;
      this.away.value = false;
      this.#around.onConnected();
      void this.#flush();
    } else if (link.kind === "closed") {
      clearTimeout(this.#silence);
    } else {
      this.#silence ??= setTimeout(() => {
        this.away.value = true;
      }, SILENT_MS);
    }
  }

  #showUnsent(unsent: Unsent): void {
    if (this.transcript.find(unsent.id)) return;
    const entry = new Entry(
      {
        id: unsent.id,
        parent: null,
        role: "user",
        text: unsent.text,
        status: "done",
        error: null,
        run: null,
        model: null,
        usage: null,
        created_at: new Date(unsent.at).toISOString(),
      },
      unsent.refused === null ? { kind: "sending" } : { kind: "refused", reason: unsent.refused },
    );
    this.transcript.add(entry);
  }

  /** Sends what waits, one after the other, so that the order stays. */
  async #flush(): Promise<void> {
    if (this.#flushing) return;
    this.#flushing = true;
    try {
      for (let next = this.#nextUnsent(); next && this.#link?.state.kind === "open"; next = this.#nextUnsent()) {
        if (!(await this.#deliver(next))) break;
      }
    } finally {
      this.#flushing = false;
    }
  }

  #nextUnsent(): Unsent | undefined {
    return this.#around.outbox.list(this.id).find((unsent) => unsent.refused === null);
  }

  /** Returns false when the connection went away: the message stays, and is sent with the same id later. */
  async #deliver(unsent: Unsent): Promise<boolean> {
    const entry = this.transcript.find(unsent.id);
    const input = { messages: [{ id: unsent.id, type: "human", content: unsent.text }] };
    const params = { assistant_id: "chat", input, ...configured(unsent.model) };
    try {
      if (byteLength(params) > FRAME_LIMIT) throw new CommandError("invalid_argument", "This message is too long to be sent.");
      const result = await this.#command("run.start", params);
      this.#around.outbox.remove(this.id, unsent.id);
      if (entry) batch(() => this.transcript.accepted(entry, String(result["run_id"]), result["queued"] === true));
      if (this.isNew) this.#around.onCreated(this);
      return true;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (error.unanswered) return false;
      if (error.code === TOO_FAST) {
        setTimeout(() => void this.#flush(), PAUSE_MS);
        return false;
      }
      this.#around.outbox.put({ ...unsent, refused: error.message });
      if (entry) entry.delivery.value = { kind: "refused", reason: error.message };
      return true;
    }
  }

  async #command(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    if (!this.#link) throw new CommandError("offline", "There is no connection.");
    return this.#link.command(method, params);
  }

  #trouble(error: unknown, offline: string): void {
    if (!(error instanceof CommandError)) throw error;
    this.#around.onTrouble(error.unanswered ? offline : error.message);
  }
}

function configured(model: string | null): { config?: object } {
  return model ? { config: { configurable: { model } } } : {};
}

function byteLength(params: object): number {
  return new TextEncoder().encode(JSON.stringify(params)).length;
}
