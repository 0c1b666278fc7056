/** The messages of one thread and the run that is active: what the state says, carried on by the events. */

import { computed, signal } from "@preact/signals";
import type { Custom, EventMessage, InputRequested, Lifecycle, Message, MessageData, QueuedMessage, Run, ThreadState, WireEvent } from "../wire";
import { Asks } from "./asks";
import { Entry } from "./entry";

export type Ending = "completed" | "failed" | "interrupted";

export interface TranscriptListener {
  /** A run began, or goes on after it has asked. */
  onRunStarted(): void;
  /** The run asks the user, and goes on when it is answered. */
  onRunWaiting(): void;
  onRunEnded(ending: Ending): void;
  /** Something is known to be missing here: the state has to be loaded again. */
  onIncomplete(): void;
}

const FAILED = "The answer could not be finished. What was written so far is kept.";

export class Transcript {
  readonly entries = signal<readonly Entry[]>([]);
  readonly run = signal<Run | null>(null);
  readonly more = signal(false);
  readonly asks = new Asks();
  /** The run stands still until the user answers. */
  readonly waiting = computed(() => this.run.value?.state === "waiting");
  /** The message that comes next, while it waits. */
  readonly firstQueued = computed(() => this.entries.value.find(isQueued)?.id ?? null);
  readonly #listener: TranscriptListener;
  readonly #ended = new Set<string>();

  constructor(listener: TranscriptListener) {
    this.#listener = listener;
  }

  find(id: string): Entry | undefined {
    return this.entries.value.find((entry) => entry.id === id);
  }

  /** Replaces what is shown by the state. Known entries stay the same objects, unsent ones stay at the end. */
  load(state: ThreadState): void {
    const old = this.entries.value;
    const fresh = state.messages.map((message) => this.#renewed(message));
    const first = state.messages[0];
    const before = first ? old.findIndex((entry) => entry.id === first.id) : -1;
    const kept = before > 0 ? old.slice(0, before) : [];
    const unsent = old.filter((entry) => entry.delivery.value.kind !== "sent" && !fresh.includes(entry));
    const partial = old.filter((entry) => isPartial(entry, state.run) && !fresh.includes(entry));
    const next = fresh.findIndex((entry) => entry.id === state.run?.message) + 1 || fresh.length;
    this.entries.value = [...kept, ...fresh.slice(0, next), ...partial, ...fresh.slice(next), ...unsent];
    if (!kept.length) this.more.value = state.more;
    this.run.value = state.run;
    this.asks.only(state.run?.id ?? null);
  }

  /** Whether a fetched state is older than the page: it has a run still going whose end was seen here. */
  isAheadOf(state: ThreadState): boolean {
    const live = state.messages.filter(({ status }) => status === "queued" || status === "running").map(({ run }) => run);
    return [state.run?.id, ...live].some((run) => run && this.#ended.has(run));
  }

  /** Puts a page of older messages before the others. */
  prepend(messages: readonly Message[], more: boolean): void {
    const known = new Set(this.entries.value.map((entry) => entry.id));
    const older = messages.filter((message) => !known.has(message.id)).map((message) => new Entry(message));
    this.entries.value = [...older, ...this.entries.value];
    this.more.value = more;
  }

  add(entry: Entry): void {
    this.entries.value = [...this.entries.value, entry];
  }

  remove(id: string): void {
    this.entries.value = this.entries.value.filter((entry) => entry.id !== id);
  }

  /** The server has taken a message of this page, to be answered at once or later. The events of its run may have come before. */
  accepted(entry: Entry, run: string, queued: boolean): void {
    entry.delivery.value = { kind: "sent" };
    const active = this.run.value;
    if (this.#ended.has(run) || active?.id === run) return;
    // What is said instead of an answer to what a run asks ends that run.
    const waits = queued || (active !== null && active.state !== "waiting");
    entry.patch({ run, status: waits ? "queued" : "running" });
    if (!waits) this.#begin(run, entry.id);
  }

  /** A retry was accepted: the answer before gives way to the one that comes. */
  retried(message: string, run: string): void {
    if (!this.#ended.has(run) && !this.run.value) this.#begin(run, message);
  }

  apply(event: WireEvent): void {
    if (event.method === "lifecycle") this.#lifecycle(event.params.data);
    else if (event.method === "messages") this.#message(event.params.data);
    else if (event.method === "custom") this.#custom(event.params.data);
    else if (event.method === "input.requested") this.#asked(event.params.data);
  }

  #asked({ interrupt_id, payload }: InputRequested): void {
    if (this.run.value) this.asks.add(interrupt_id, this.run.value.id, payload);
  }

  #pause(run: string): void {
    if (this.run.value?.id !== run) return;
    this.run.value = { ...this.run.value, state: "waiting" };
    this.#listener.onRunWaiting();
  }

  #lifecycle(data: Lifecycle): void {
    if (data.event === "running") {
      if (data.message_id) this.#begin(data.run_id, data.message_id);
      return;
    }
    if (data.event === "interrupted" && data.reason === "input") {
      this.#pause(data.run_id);
      return;
    }
    this.#ended.add(data.run_id);
    this.asks.void(data.run_id);
    const answer = this.#answerOf(data.run_id) ?? this.#missingAnswer(data);
    if (answer?.message.value.status === "running") {
      const status = data.event === "completed" ? "done" : data.event === "failed" ? "failed" : "stopped";
      const error = status === "failed" ? { kind: data.kind ?? "failed", text: data.error ?? FAILED } : null;
      answer.patch({ status, error });
    }
    const question = answer?.message.value.parent ?? data.message_id;
    if (question) this.find(question)?.patch({ status: "done" });
    if (this.run.value?.id === data.run_id) {
      this.run.value = null;
      this.#listener.onRunEnded(data.event);
    }
  }

  /** A run that failed before its first word still says why. */
  #missingAnswer(data: Lifecycle): Entry | undefined {
    if (data.event !== "failed" || !data.message_id) return undefined;
    return this.#answer(data.run_id, `failed-${data.run_id}`, null);
  }

  #message(data: MessageData): void {
    if (data.event === "message-start") {
      this.#answer(data.run_id, data.id, data.metadata?.model ?? null);
      return;
    }
    const answer = this.#answerOf(data.run_id);
    if (!answer) return;
    if (data.event === "content-block-delta") {
      if (data.delta.type === "text-delta") answer.append(data.delta.text);
      else if (answer.empty.value) answer.thinking.value = true;
    } else if (data.event === "content-block-finish") {
      const { type, text } = data.content;
      if (type === "text" && text !== undefined && text !== answer.text) answer.setText(text);
    } else if (data.event === "message-finish" && data.usage) {
      answer.patch({ usage: data.usage });
    }
  }

  #custom(data: Custom): void {
    if (data.name === "attempt") {
      this.#begin(data.payload.run_id, data.payload.message_id);
      this.asks.void(data.payload.run_id);
      const partial = this.#answerOf(data.payload.run_id);
      partial?.patch({ status: "running", error: null });
      partial?.setText("");
    } else if (data.name === "turn") {
      this.#turn(data.payload.run_id, data.payload.message);
    } else if (data.name === "answer") {
      this.#stored(data.payload.run_id, data.payload.message);
    } else if (data.name === "queue") {
      this.#queue(data.payload.messages);
    } else if (data.name === "refetch") {
      this.#listener.onIncomplete();
    }
  }

  #turn(run: string, message: EventMessage): void {
    const entry = this.find(message.id);
    if (entry) {
      entry.delivery.value = { kind: "sent" };
      entry.update(message);
    } else if (message.text !== null) {
      this.add(new Entry({ ...message, text: message.text }));
    } else {
      this.#listener.onIncomplete();
      return;
    }
    if (message.status === "running") this.#begin(run, message.id);
  }

  #stored(run: string, message: EventMessage): void {
    const streamed = this.#answerOf(run);
    if (streamed && streamed.id !== message.id) this.#replace(streamed, new Entry({ ...message, text: message.text ?? streamed.text }));
    else if (streamed) streamed.update(message);
    else if (message.text !== null) this.#answer(run, message.id, message.model, message.parent).update(message);
    else this.#listener.onIncomplete();
  }

  /** What waits now, in this order: other tabs may have added, changed, removed or moved something. */
  #queue(messages: readonly QueuedMessage[]): void {
    const places = new Map(messages.map(({ id }, place) => [id, place]));
    const complete = messages.map((message) => this.#waits(message)).every(Boolean);
    const gone = this.entries.value.some((entry) => isQueued(entry) && !places.has(entry.id));
    const moved = this.entries.value.filter(isQueued).sort((a, b) => (places.get(a.id) ?? -1) - (places.get(b.id) ?? -1));
    const entries = this.entries.value.map((entry) => (isQueued(entry) ? (moved.shift() ?? entry) : entry));
    if (entries.some((entry, place) => entry !== this.entries.value[place])) this.entries.value = entries;
    if (gone || !complete) this.#listener.onIncomplete();
  }

  /** Shows one message that waits. Returns false when the page does not know its text. */
  #waits({ id, text, version }: QueuedMessage): boolean {
    if (this.run.value?.message === id) return true;
    const entry = this.find(id);
    if (!entry) {
      if (text === null) return false;
      const created_at = new Date().toISOString();
      const message: Message = { id, parent: null, role: "user", text, status: "queued", error: null, run: null, model: null, usage: null, memory: null, created_at, version };
      this.add(new Entry(message));
      return true;
    }
    if (entry.role !== "user" || this.#ended.has(entry.message.value.run ?? "")) return true;
    const known = entry.message.value.version;
    entry.patch({ status: "queued", version });
    if (entry.delivery.value.kind !== "sent" || known === version) return true;
    if (text !== null) entry.reword(text);
    return text !== null;
  }

  /** A run has begun to answer a message: it is the last turn now, and earlier answers to it give way. */
  #begin(run: string, message: string): void {
    const started = this.run.value?.id !== run || this.waiting.value;
    if (started && this.#ended.has(run)) return;
    this.run.value = { id: run, message, state: "running" };
    this.asks.only(run);
    const question = this.find(message);
    if (question && question.message.value.status !== "running") question.patch({ status: "running", run });
    const stale = (entry: Entry) => entry.message.value.parent === message && entry.message.value.run !== run && entry.role === "assistant";
    const rest = this.entries.value.filter((entry) => !stale(entry));
    const waiting = rest.filter((entry) => isWaiting(entry) && entry.id !== message);
    this.entries.value = [...rest.filter((entry) => !waiting.includes(entry)), ...waiting];
    if (started) this.#listener.onRunStarted();
  }

  #answerOf(run: string): Entry | undefined {
    return this.entries.value.findLast((entry) => entry.role === "assistant" && entry.message.value.run === run);
  }

  /** The entry of a run's answer, made after its question when it is not there yet. */
  #answer(run: string, id: string, model: string | null, parent = this.run.value?.message ?? null): Entry {
    const known = this.#answerOf(run);
    if (known) {
      if (known.id === id) return known;
      this.remove(known.id);
    }
    const created_at = new Date().toISOString();
    const entry = new Entry({ id, parent, role: "assistant", text: "", status: "running", error: null, run, model, usage: null, memory: null, created_at });
    const entries = [...this.entries.value];
    const after = entries.findIndex((other) => other.id === parent);
    entries.splice(after < 0 ? entries.length : after + 1, 0, entry);
    this.entries.value = entries;
    return entry;
  }

  #replace(old: Entry, entry: Entry): void {
    this.entries.value = this.entries.value.map((other) => (other === old ? entry : other));
  }

  #renewed(message: Message): Entry {
    const known = this.find(message.id);
    if (!known) return new Entry(message);
    known.delivery.value = { kind: "sent" };
    known.update(message);
    return known;
  }
}

function isQueued(entry: Entry): boolean {
  return entry.role === "user" && entry.message.value.status === "queued" && entry.delivery.value.kind === "sent";
}

function isWaiting(entry: Entry): boolean {
  return entry.role === "user" && (entry.message.value.status === "queued" || entry.delivery.value.kind !== "sent");
}

/** What was streamed of an answer that goes on: a state does not have it, and its events come no more. */
function isPartial(entry: Entry, run: Run | null): boolean {
  return entry.role === "assistant" && run !== null && entry.message.value.run === run.id && entry.message.value.status === "running";
}
