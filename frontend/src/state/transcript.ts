/** The messages of one thread and the run that is active: what the state says, carried on by the events. */

import { batch, computed, signal } from "@preact/signals";
import type { Custom, EventMessage, InputRequested, Lifecycle, Message, MessageData, QueuedMessage, Restore, Run, Siblings, ThreadItem, ThreadState, WireEvent } from "../wire";
import { Aside } from "./aside";
import { Asks } from "./asks";
import { Entry } from "./entry";
import { type Fork, before, endingWith, following, isOf, isPartial, isQueued, isWaiting, onwards, parting } from "./path";
import { inLine } from "./queue";

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
  /** The last message of what is shown, as far as the server has told. */
  readonly head = signal<string | null>(null);
  /** So many messages follow it. */
  readonly continues = signal(0);
  readonly restores = signal<readonly Restore[]>([]);
  /** Where something else has just taken the place of what was shown. */
  readonly fork = signal<Fork | null>(null);
  /** The place that the answer to come will have among its siblings. */
  readonly place = signal<{ run: string; siblings: Siblings } | null>(null);
  readonly asks = new Asks();
  /** The run stands still until the user answers. */
  readonly waiting = computed(() => this.run.value?.state === "waiting");
  /** The message that comes next, while it waits. */
  readonly firstQueued = computed(() => this.entries.value.find(isQueued)?.id ?? null);
  readonly #listener: TranscriptListener;
  readonly #ended = new Set<string>();
  readonly #aside = new Aside();

  constructor(listener: TranscriptListener) {
    this.#listener = listener;
  }

  find(id: string): Entry | undefined {
    return this.entries.value.find((entry) => entry.id === id);
  }

  /** Replaces what is shown by the state. Known entries stay the same objects, unsent ones at the end. `back`: with all before. */
  load(state: ThreadState, back = false): void {
    const old = this.entries.value;
    const page = back || !this.more.value ? state.messages : onwards(old, state.messages);
    const fresh = page.map((message) => this.#renewed(message));
    const kept = before(old, page);
    const unsent = old.filter((entry) => entry.delivery.value.kind !== "sent" && !fresh.includes(entry));
    const partial = old.filter((entry) => isPartial(entry, state.run) && !fresh.includes(entry));
    const entries = [...kept, ...fresh, ...partial, ...unsent];
    const question = entries.find((entry) => entry.id === state.run?.message);
    batch(() => {
      this.#show(question && state.run ? this.#answering(entries, question, state.run.id) : entries);
      if (!kept.length && page.length === state.messages.length) this.more.value = state.more;
      this.run.value = state.run;
      this.head.value = state.head;
      this.continues.value = state.continues;
      this.restores.value = state.restores;
    });
    this.asks.only(state.run?.id ?? null);
  }

  /** Whether a notice tells that the thread shows something else by now. */
  isBehind({ head, running }: ThreadItem): boolean {
    return !running && this.run.value === null && head !== this.head.value;
  }

  /** Whether a fetched state is older than the page: it has a run still going whose end was seen here. */
  isAheadOf(state: ThreadState): boolean {
    const live = state.messages.filter(({ status }) => status === "queued" || status === "running").map(({ run }) => run);
    return [state.run?.id, ...live].some((run) => run && this.#ended.has(run));
  }

  /** Puts a page of older messages before the others. */
  prepend(messages: readonly Message[], more: boolean): void {
    const known = new Set(this.entries.value.map((entry) => entry.id));
    const older = messages.filter((message) => !known.has(message.id)).map((message) => this.#renewed(message));
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

  /** The server has taken a message that stands beside one that is shown. Its events may have come before. */
  placed(message: Message, run: string): void {
    if (!this.find(message.id)) this.#turn(run, { ...message, run, status: this.#ended.has(run) ? "done" : "running" });
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
    } else if (data.name === "answer") {
      this.head.value = data.payload.head;
      this.#stored(data.payload.run_id, data.payload.message);
    } else if (data.name === "turn") this.#turn(data.payload.run_id, data.payload.message);
    else if (data.name === "queue") this.#queue(data.payload.messages);
    else if (data.name === "refetch") this.#listener.onIncomplete();
  }

  #turn(run: string, message: EventMessage): void {
    const { parent, text } = message;
    const known = this.find(message.id) ?? this.#aside.get(message.id);
    const question = known ?? (text === null ? null : new Entry({ ...message, text }));
    if (!question || (parent !== null && !this.find(parent))) {
      this.#listener.onIncomplete();
      return;
    }
    question.delivery.value = { kind: "sent" };
    question.update(message);
    this.#show(endingWith(this.entries.value, question, parent, run));
    if (message.status === "running") this.#begin(run, message.id);
  }

  #stored(run: string, message: EventMessage): void {
    const streamed = this.#answerOf(run);
    if (streamed && streamed.id !== message.id) this.#replace(streamed, new Entry({ ...message, text: message.text ?? streamed.text }));
    else if (streamed) streamed.update(message);
    else if (message.text !== null) this.#answer(run, message.id, message.model, message.parent).update(message);
    else this.#listener.onIncomplete();
  }

  #queue(messages: readonly QueuedMessage[]): void {
    const active = this.run.value?.message ?? null;
    const { entries, complete } = inLine(this.entries.value, messages, { active, isOver: (run) => this.#ended.has(run) });
    this.entries.value = entries;
    if (!complete) this.#listener.onIncomplete();
  }

  /** A run has begun to answer a message: it is the last turn now, and what followed it before gives way. */
  #begin(run: string, message: string): void {
    const started = this.run.value?.id !== run || this.waiting.value;
    if (started && this.#ended.has(run)) return;
    this.run.value = { id: run, message, state: "running" };
    this.continues.value = 0;
    this.asks.only(run);
    const question = this.find(message);
    if (question && question.message.value.status !== "running") question.patch({ status: "running", run });
    if (question) this.#show(this.#answering(this.entries.value, question, run));
    if (started) this.#listener.onRunStarted();
  }

  /** What is shown while a run answers a question: nothing follows but its answer, which will stand beside those before. */
  #answering(entries: readonly Entry[], question: Entry, run: string): Entry[] {
    const parent = entries.slice(0, entries.indexOf(question)).findLast((entry) => !isWaiting(entry))?.id ?? null;
    const stale = entries.find((entry) => entry.message.value.parent === question.id && entry.role === "assistant" && !isOf(entry, run));
    if (stale) this.place.value = { run, siblings: following(stale) };
    return endingWith(entries, question, parent, run);
  }

  #answerOf(run: string): Entry | undefined {
    return this.entries.value.findLast((entry) => isOf(entry, run));
  }

  /** The entry of a run's answer, made after its question when it is not there yet. */
  #answer(run: string, id: string, model: string | null, parent = this.run.value?.message ?? null): Entry {
    const known = this.#answerOf(run);
    if (known) {
      if (known.id === id) return known;
      this.remove(known.id);
    }
    const created_at = new Date().toISOString();
    const siblings = this.place.value?.run === run ? this.place.value.siblings : null;
    const fresh = { text: "", status: "running", error: null, usage: null, memory: null, label: null } as const;
    const entry = new Entry({ id, parent, role: "assistant", run, model, created_at, siblings, ...fresh });
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
    const known = this.find(message.id) ?? this.#aside.get(message.id);
    if (!known) return new Entry(message);
    known.delivery.value = { kind: "sent" };
    known.update(message);
    return known;
  }

  /** Shows these. What gives way to them is kept for a while, and told of. */
  #show(entries: readonly Entry[]): void {
    const shown = this.entries.value;
    const fork = parting(shown, entries);
    this.#aside.turn(shown, entries);
    batch(() => {
      if (fork) this.fork.value = fork;
      this.entries.value = entries;
    });
  }
}
