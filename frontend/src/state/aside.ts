/** Messages of other branches, as they were drawn: turning back to them is immediate, and what was begun there is kept. */

import type { Entry } from "./entry";

/** The ones that gave way first go when there are more. */
const MOST = 400;

export class Aside {
  readonly #entries = new Map<string, Entry>();

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  /** `next` takes the place of what was shown. */
  turn(shown: readonly Entry[], next: readonly Entry[]): void {
    const there = new Set(next);
    for (const entry of shown) if (!there.has(entry)) this.#entries.set(entry.id, entry);
    for (const { id } of next) this.#entries.delete(id);
    for (const id of [...this.#entries.keys()].slice(0, Math.max(0, this.#entries.size - MOST))) this.#entries.delete(id);
  }
}
