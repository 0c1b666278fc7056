/** What the user does with the branches of a thread: turn to another, begin one, name one, take one into a new chat. */

import { computed, signal } from "@preact/signals";
import { type Api, ApiError } from "../api";
import type { ThreadItem, ThreadState } from "../wire";
import { type Entry, written } from "./entry";
import { following } from "./path";
import { configured, starting } from "./sender";
import type { Transcript } from "./transcript";

export type Way = "before" | "after";

export interface BranchesOptions {
  thread: string;
  api: Api;
  transcript: Transcript;
  command(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** A state that the server has just told. */
  take(state: ThreadState): void;
  /** Says what went wrong; the sentence is for when there is no connection. */
  trouble(error: unknown, offline: string): void;
}

export class Branches {
  /** The message that is being turned to, and by which arrow. */
  readonly turning = signal<{ to: string; way: Way } | null>(null);
  readonly busy = signal(false);
  /** Something is being answered, or about to be: until then the thread stays on its branch. */
  readonly waits;
  /** Whether the thread can be turned to another branch, or begin one. */
  readonly free;
  /** The map is open. */
  readonly map = signal(false);
  readonly #options: BranchesOptions;
  readonly #sent = new WeakMap<Entry, { id: string; text: string }>();

  constructor(options: BranchesOptions) {
    this.#options = options;
    const { run, firstQueued } = options.transcript;
    this.waits = computed(() => run.value !== null || firstQueued.value !== null);
    this.free = computed(() => !this.busy.value && !this.waits.value);
  }

  /** Turns to the sibling before or after a message, and to what was shown below it last. */
  async turn(entry: Entry, way: Way): Promise<void> {
    const to = entry.message.value.siblings?.[way];
    if (!to || !this.free.value) return;
    this.turning.value = { to, way };
    if (!(await this.show(to, true))) this.turning.value = null;
  }

  /** Shows a branch up to a message, or from there on to its end; returns whether it does. */
  async show(message: string, end: boolean): Promise<boolean> {
    const { api, thread, take } = this.#options;
    const done = await this.#asked(async () => {
      take(await api.show(thread, message, end));
      return true;
    });
    return done ?? false;
  }

  /** Asks a question anew, in other words and beside the first; returns whether the server has it. It can be repeated. */
  async edit(entry: Entry, text: string, model: string | null): Promise<boolean> {
    const { command, transcript, trouble } = this.#options;
    const { parent } = entry.message.value;
    const before = this.#sent.get(entry);
    const id = before?.text === text ? before.id : crypto.randomUUID();
    this.#sent.set(entry, { id, text });
    try {
      const result = await command("run.start", starting(id, text, model, { metadata: { parent } }));
      entry.draft.value = null;
      transcript.placed({ ...written(id, text, parent), siblings: following(entry) }, String(result["run_id"]));
      return true;
    } catch (error) {
      trouble(error, "Not sent, because there is no connection. What you wrote stays here.");
      return false;
    }
  }

  /** Answers a message once more. What was answered stays, beside it. */
  async again(message: string, model: string | null): Promise<void> {
    const { command, transcript, trouble } = this.#options;
    const params = { assistant_id: "chat", input: null, metadata: { retry: message }, ...configured(model) };
    try {
      const result = await command("run.start", params);
      transcript.retried(message, String(result["run_id"]));
    } catch (error) {
      trouble(error, "There is no connection. Try again when it is back.");
    }
  }

  /** Takes the branch that ends with a message into a new chat; null when that did not work. */
  fork(message: string): Promise<ThreadItem | null> {
    const { api, thread } = this.#options;
    return this.#asked(() => api.fork(thread, message));
  }

  /** The message that begins the branch a message is on, as far as the page reaches back. */
  beginning(message: string): Entry | undefined {
    const { entries, more } = this.#options.transcript;
    const path = entries.value.slice(0, entries.value.findIndex(({ id }) => id === message) + 1);
    return path.findLast((entry) => entry.message.value.siblings || entry.message.value.label) ?? (more.value ? undefined : path[0]);
  }

  /** Names the branch that a message begins; returns whether that worked. */
  async name(message: string, label: string): Promise<boolean> {
    const { api, thread, transcript } = this.#options;
    const done = await this.#asked(async () => {
      await api.label(thread, message, label);
      return true;
    });
    if (done) transcript.find(message)?.patch({ label: label || null });
    return done ?? false;
  }

  async #asked<T>(ask: () => Promise<T>): Promise<T | null> {
    if (this.busy.value) return null;
    this.busy.value = true;
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#options.trouble(error, error.message);
      return null;
    } finally {
      this.busy.value = false;
    }
  }
}
