/** The branch that is shown, as a list of entries: what is put where, and where one branch leaves another. */

import type { Message, Run, Siblings } from "../wire";
import type { Entry } from "./entry";

/** Where what was shown has given way to something else: after this message, or from the beginning on. */
export interface Fork {
  after: string | null;
}

/** It waits in the queue. */
export function isQueued(entry: Entry): boolean {
  return entry.role === "user" && entry.message.value.status === "queued" && entry.delivery.value.kind === "sent";
}

/** It has no place on the branch yet. */
export function isWaiting(entry: Entry): boolean {
  return entry.role === "user" && (entry.message.value.status === "queued" || entry.delivery.value.kind !== "sent");
}

/** What was streamed of an answer that goes on: a state does not have it, and its events come no more. */
export function isPartial(entry: Entry, run: Run | null): boolean {
  return entry.role === "assistant" && run !== null && isOf(entry, run.id) && entry.message.value.status === "running";
}

/** An answer that this run gives. */
export function isOf(entry: Entry, run: string): boolean {
  return entry.role === "assistant" && entry.message.value.run === run;
}

/** A page from the first message on that is shown: what lies before it would push away what one reads. */
export function onwards(shown: readonly Entry[], page: readonly Message[]): readonly Message[] {
  return page.slice(Math.max(0, page.findIndex(({ id }) => id === shown[0]?.id)));
}

/** What is known of the branch before a page of it, which begins with something that is shown, or right after it. */
export function before(shown: readonly Entry[], page: readonly Message[]): Entry[] {
  const first = page.find(({ status }) => status !== "queued");
  if (!first) return [];
  const same = shown.findIndex(({ id }) => id === first.id);
  if (same >= 0) return shown.slice(0, same);
  return shown.slice(0, shown.findIndex(({ id }) => id === first.parent) + 1);
}

/** The branch that ends with this question and what its run has answered so far; messages that wait stay behind it. */
export function endingWith(shown: readonly Entry[], question: Entry, parent: string | null, run: string): Entry[] {
  const placed = shown.filter((entry) => !isWaiting(entry) && entry !== question);
  const own = placed.filter((entry) => isOf(entry, run));
  const ahead = placed.slice(0, placed.findIndex(({ id }) => id === parent) + 1);
  return [...ahead, question, ...own, ...shown.filter((entry) => isWaiting(entry) && entry !== question)];
}

/** Where a branch leaves the one that was shown: null when all of that is still there. */
export function parting(shown: readonly Entry[], next: readonly Entry[]): Fork | null {
  const there = new Set(next.map(({ id }) => id));
  const placed = shown.filter((entry) => !isWaiting(entry));
  const last = placed.findLastIndex(({ id }) => there.has(id));
  if (last === placed.length - 1) return null;
  const common = placed[last];
  if (common) return { after: common.id };
  const beginning = isRoot(placed[0]) && isRoot(next[0]);
  // Other pages of the thread altogether: one goes on at their end.
  return { after: beginning ? null : (next.at(-1)?.id ?? null) };
}

/** The place that the next message below this one's parent will have. */
export function following(entry: Entry): Siblings {
  const known = entry.message.value.siblings;
  const of = (known?.of ?? 1) + 1;
  return { at: of, of, before: known?.after ? null : entry.id, after: null };
}

function isRoot(entry: Entry | undefined): boolean {
  return entry?.message.value.parent === null;
}
