/** One open thread: its transcript, its socket, and what the user does in it. */

import { batch, computed, signal } from "@preact/signals";
import { ApiError } from "../api";
import { CommandError } from "../stream/commands";
import { Link, type LinkState } from "../stream/link";
import type { Response, ThreadItem, ThreadState } from "../wire";
import { GONE, type PendingAsk, answer } from "./asks";
import { Branches } from "./branches";
import type { Entry } from "./entry";
import { Sender } from "./sender";
import type { Surroundings } from "./surroundings";
import { Transcript } from "./transcript";

/** The connection is worth a word only when it stays away. */
const SILENT_MS = 5_000;

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
  /** A new chat that is to be a temporary one. */
  readonly wantsTemporary = signal(false);
  readonly temporary = computed(() => this.thread.value?.temporary ?? this.wantsTemporary.value);
  readonly running = computed(() => this.transcript.run.value !== null);
  readonly branches: Branches;
  readonly #around: Surroundings;
  #link: Link | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #refetch: Promise<number> | undefined;
  readonly #sender: Sender;
  readonly #waiters: (() => void)[] = [];
  readonly #again = () => void this.refetch().catch(() => undefined);

  constructor(id: string, around: Surroundings) {
    this.id = id;
    this.#around = around;
    this.transcript = new Transcript({
      onRunStarted: () => this.#around.onRunStarted(this),
      onRunWaiting: () => this.#around.onRunWaiting(this),
      onRunEnded: (ending) => {
        this.stopping.value = false;
        this.#around.onRunEnded(this, ending);
      },
      onIncomplete: () => this.#again(),
    });
    const command = (method: string, params: Record<string, unknown>) => this.#command(method, params);
    this.#sender = new Sender({
      thread: id,
      outbox: around.outbox,
      transcript: this.transcript,
      isOpen: () => this.#link?.state.kind === "open",
      command,
      onTaken: () => {
        if (this.isNew) this.#around.onCreated(this);
      },
    });
    this.branches = new Branches({
      thread: id,
      api: around.api,
      transcript: this.transcript,
      command: async (method, params) => {
        await this.#soon();
        return command(method, params);
      },
      take: (state) => this.#take(state),
      trouble: (error, offline) => this.#trouble(error, offline),
    });
    this.wantsTemporary.value = around.outbox.list(id).some(({ temporary }) => temporary);
  }

  get isNew(): boolean {
    return this.thread.value === null;
  }

  get hasUnsent(): boolean {
    return this.#sender.waiting.length > 0;
  }

  /** Shows a state and connects from it. Without one the thread is new. */
  open(state: ThreadState | null): void {
    if (state) this.#load(state);
    this.#sender.showAll();
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

  /** A notice about this thread, which maybe shows something else by now. */
  noticed(item: ThreadItem): void {
    this.thread.value = item;
    if (this.#link && this.transcript.isBehind(item)) this.#again();
  }

  /** Loads the branch back to a message; returns whether the message is on it, and not too far. */
  async reach(message: string): Promise<boolean> {
    this.#take(await this.#around.api.state(this.id, message), true);
    return this.transcript.find(message) !== undefined;
  }

  /** Shows a message at once and sends it as soon as there is a connection. It survives a reload. */
  send(text: string, model: string | null): void {
    this.#sender.send(text, model, this.isNew && this.wantsTemporary.value);
  }

  /** Sends a refused message once more. */
  sendAgain(entry: Entry): void {
    this.#sender.again(entry);
  }

  /** Takes away a message that no server has. Returns its text. */
  withdraw(entry: Entry): string {
    return this.#sender.withdraw(entry);
  }

  /**
   * Answers what a run asks, all of it or nothing, as soon as there is a connection; returns whether that counted. What
   * was answered elsewhere meanwhile goes away quietly.
   */
  async respond(asks: readonly PendingAsk[], response: Response): Promise<boolean> {
    const command = async (method: string, params: Record<string, unknown>) => {
      await this.#opened();
      await this.#command(method, params);
    };
    const refusal = await answer(asks, response, command);
    if (refusal?.code === GONE) this.transcript.asks.drop(asks.map(({ id }) => id));
    else if (refusal) this.#around.onTrouble(refusal.message);
    return refusal === null;
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
      this.#again();
    } catch (error) {
      this.stopping.value = false;
      this.#trouble(error, "The answer could not be stopped, because there is no connection.");
    }
  }

  async loadOlder(): Promise<void> {
    const [first] = this.transcript.entries.value;
    if (!first || !this.transcript.more.value || this.loadingOlder.value) return;
    this.loadingOlder.value = true;
    try {
      const { messages, more } = await this.#around.api.olderMessages(this.id, first.id);
      if (this.transcript.entries.value[0] === first) this.transcript.prepend(messages, more);
    } finally {
      this.loadingOlder.value = false;
    }
  }

  async #loadAgain(): Promise<number> {
    let state = await this.#around.api.state(this.id);
    // A run may have ended while the answer was on its way: its events came already, and come no more.
    for (let times = 0; times < 5 && this.transcript.isAheadOf(state); times++) state = await this.#around.api.state(this.id);
    const asked = state.run?.message;
    if (asked && !state.messages.some(({ id }) => id === asked)) state = await this.#around.api.state(this.id, asked);
    this.#load(state);
    this.#link?.skipTo(state.last_seq);
    return state.last_seq;
  }

  /** A state that was asked for on the way: the page may know better by now. */
  #take(state: ThreadState, back = false): void {
    if (state.run === null && state.last_seq < (this.#link?.since ?? 0)) return this.#again();
    this.#load(state, back);
    this.#link?.skipTo(state.last_seq);
  }

  #load(state: ThreadState, back = false): void {
    batch(() => {
      this.thread.value = state.thread;
      this.transcript.load(state, back);
    });
  }

  #receive(event: Parameters<Transcript["apply"]>[0]): void {
    if (event.method === "custom") {
      const { name, payload } = event.params.data;
      if (name === "thread") {
        if (payload.id === this.id) this.noticed(payload);
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
      for (const go of this.#waiters.splice(0)) go();
      void this.#sender.flush();
    } else if (link.kind === "closed") {
      clearTimeout(this.#silence);
    } else {
      this.#silence ??= setTimeout(() => {
        this.away.value = true;
      }, SILENT_MS);
    }
  }

  /** Resolves when commands can be sent. */
  /** Waits a little for a connection that is being made; without one the command says so. */
  async #soon(): Promise<void> {
    await Promise.race([this.#opened(), new Promise((resolve) => setTimeout(resolve, SILENT_MS))]);
  }

  async #opened(): Promise<void> {
    if (this.#link?.state.kind !== "open") await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  async #command(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    if (!this.#link) throw new CommandError("offline", "There is no connection.");
    return this.#link.command(method, params);
  }

  #trouble(error: unknown, offline: string): void {
    if (!(error instanceof CommandError || error instanceof ApiError)) throw error;
    this.#around.onTrouble(error instanceof CommandError && error.unanswered ? offline : error.message);
  }
}
