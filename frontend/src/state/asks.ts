/** What a run asks before it goes on: each is shown until it is answered, here or elsewhere. */

import { type Signal, signal } from "@preact/signals";
import { CommandError } from "../stream/commands";
import type { Ask, Response } from "../wire";

/** The code of a refusal: what was asked has been answered already. */
export const GONE = "no_such_interrupt";

export interface PendingAsk {
  id: string;
  run: string;
  ask: Ask;
  /** What the user would rather have kept, while they write it. */
  draft: Signal<string | null>;
}

/** The question, before what it is about. */
export const QUESTIONS: Readonly<Record<Ask["action"], string>> = {
  remember: "Remember this?",
  update: "Change this memory?",
  forget: "Forget this?",
};

/** What is asked, to be read out. */
export function inWords(asks: readonly PendingAsk[]): string {
  return ["Your answer is needed.", ...asks.map(({ ask }) => `${QUESTIONS[ask.action]} ${ask.text}`)].join(" ");
}

/** Answers all of these or none. Tries until the server has said yes, which is null, or no, which is its refusal. */
export async function answer(
  asks: readonly PendingAsk[],
  response: Response,
  command: (method: string, params: Record<string, unknown>) => Promise<void>,
): Promise<CommandError | null> {
  const responses = asks.map(({ id }) => ({ interrupt_id: id, response }));
  for (;;) {
    try {
      await command("input.respond", { responses });
      return null;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (!error.unanswered) return error;
    }
  }
}

export class Asks {
  /** In the order in which they were asked. */
  readonly list = signal<readonly PendingAsk[]>([]);
  /** An answer to one makes the run ask the others again: what was written for them meanwhile stays. */
  readonly #known = new Map<string, PendingAsk>();

  add(id: string, run: string, ask: Ask): void {
    if (this.list.value.some((pending) => pending.id === id)) return;
    const known = this.#known.get(id) ?? { id, run, ask, draft: signal<string | null>(null) };
    this.#known.set(id, known);
    this.list.value = [...this.list.value, known];
  }

  /** These have been answered. */
  drop(ids: readonly string[]): void {
    this.#keep((pending) => !ids.includes(pending.id));
  }

  /** Nothing of this run is asked, for now. */
  void(run: string): void {
    this.#keep((pending) => pending.run !== run);
  }

  /** Only this run may still ask something. */
  only(run: string | null): void {
    this.#keep((pending) => pending.run === run);
    for (const [id, known] of this.#known) if (known.run !== run) this.#known.delete(id);
  }

  #keep(wanted: (pending: PendingAsk) => boolean): void {
    if (!this.list.value.every(wanted)) this.list.value = this.list.value.filter(wanted);
  }
}
