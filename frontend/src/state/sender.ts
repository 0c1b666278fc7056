/** Messages on their way to the server: they wait in the outbox until it has taken them, one after the other. */

import { batch } from "@preact/signals";
import type { Outbox, Unsent } from "../storage";
import { CommandError } from "../stream/commands";
import { Entry, written } from "./entry";
import type { Transcript } from "./transcript";

export interface SenderOptions {
  thread: string;
  outbox: Outbox;
  transcript: Transcript;
  isOpen(): boolean;
  command(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** The server has taken a message. */
  onTaken(): void;
}

const FRAME_LIMIT = 1_000_000;
/** The server carries out no more commands for a moment: what was to be sent goes on its way a little later. */
const TOO_FAST = "too_many_commands";
const PAUSE_MS = 2_000;

export class Sender {
  readonly #options: SenderOptions;
  #flushing = false;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  get waiting(): readonly Unsent[] {
    return this.#list().filter((unsent) => unsent.refused === null);
  }

  /** Shows a message at once and sends it as soon as there is a connection. It survives a reload. */
  send(text: string, model: string | null, temporary: boolean): void {
    const { thread, outbox } = this.#options;
    const unsent: Unsent = { id: crypto.randomUUID(), thread, text, model, temporary, at: Date.now(), refused: null };
    outbox.put(unsent);
    this.#show(unsent);
    void this.flush();
  }

  /** Sends a refused message once more. */
  again(entry: Entry): void {
    const unsent = this.#list().find(({ id }) => id === entry.id);
    if (!unsent) return;
    this.#options.outbox.put({ ...unsent, refused: null });
    entry.delivery.value = { kind: "sending" };
    void this.flush();
  }

  /** Takes away a message that no server has. Returns its text. */
  withdraw(entry: Entry): string {
    this.#options.outbox.remove(this.#options.thread, entry.id);
    this.#options.transcript.remove(entry.id);
    return entry.text;
  }

  /** Shows what waits still, for example since before a reload. */
  showAll(): void {
    for (const unsent of this.#list()) this.#show(unsent);
  }

  /** Sends what waits, one after the other, so that the order stays. */
  async flush(): Promise<void> {
    if (this.#flushing) return;
    this.#flushing = true;
    try {
      for (let next = this.waiting[0]; next && this.#options.isOpen(); next = this.waiting[0]) {
        if (!(await this.#deliver(next))) break;
      }
    } finally {
      this.#flushing = false;
    }
  }

  #list(): Unsent[] {
    return this.#options.outbox.list(this.#options.thread);
  }

  #show(unsent: Unsent): void {
    if (this.#options.transcript.find(unsent.id)) return;
    const entry = new Entry(
      written(unsent.id, unsent.text, null, new Date(unsent.at)),
      unsent.refused === null ? { kind: "sending" } : { kind: "refused", reason: unsent.refused },
    );
    this.#options.transcript.add(entry);
  }

  /** Returns false when the connection went away: the message stays, and is sent with the same id later. */
  async #deliver(unsent: Unsent): Promise<boolean> {
    const { thread, outbox, transcript, command, onTaken } = this.#options;
    const entry = transcript.find(unsent.id);
    try {
      const result = await command("run.start", started(unsent));
      outbox.remove(thread, unsent.id);
      if (entry) batch(() => transcript.accepted(entry, String(result["run_id"]), result["queued"] === true));
      onTaken();
      return true;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (error.unanswered) return false;
      if (error.code === TOO_FAST) {
        setTimeout(() => void this.flush(), PAUSE_MS);
        return false;
      }
      outbox.put({ ...unsent, refused: error.message });
      if (entry) entry.delivery.value = { kind: "refused", reason: error.message };
      return true;
    }
  }
}

/** The model that was chosen, as a command says it. */
export function configured(model: string | null): { config?: object } {
  return model ? { config: { configurable: { model } } } : {};
}

function started({ id, text, model, temporary }: Unsent): Record<string, unknown> {
  return starting(id, text, model, temporary ? { metadata: { temporary: true } } : {});
}

/** What begins a run with one message. */
export function starting(id: string, text: string, model: string | null, more: { metadata?: object }): Record<string, unknown> {
  const input = { messages: [{ id, type: "human", content: text }] };
  const params = { assistant_id: "chat", input, ...more, ...configured(model) };
  if (byteLength(params) > FRAME_LIMIT) throw new CommandError("invalid_argument", "This message is too long to be sent.");
  return params;
}

function byteLength(params: object): number {
  return new TextEncoder().encode(JSON.stringify(params)).length;
}
