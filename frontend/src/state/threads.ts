/** The list of the user's threads, newest first. */

import { signal } from "@preact/signals";
import type { Api } from "../api";
import { type ThreadItem, sameThread } from "../wire";

export class ThreadList {
  readonly items = signal<readonly ThreadItem[]>([]);
  readonly loading = signal(false);
  readonly failed = signal(false);
  readonly #api: Api;
  #next: string | null;
  /** Removed here and not yet put back: a late notice must not bring them back. */
  readonly #removed = new Set<string>();
  /** Told or done since the last `refresh` was asked for. */
  #touched = new Set<string>();

  constructor(api: Api, items: readonly ThreadItem[], next: string | null) {
    this.#api = api;
    this.#next = next;
    this.items.value = items;
  }

  get complete(): boolean {
    return this.#next === null;
  }

  find(id: string): ThreadItem | undefined {
    return this.items.value.find((item) => item.id === id);
  }

  /** Adds or changes a thread and keeps the order. */
  put(item: ThreadItem): void {
    this.#touched.add(item.id);
    const known = this.find(item.id);
    if (this.#removed.has(item.id) || (known && sameThread(known, item))) return;
    const others = this.items.value.filter(({ id }) => id !== item.id);
    this.items.value = [...others, item].sort((a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at));
  }

  /** Changes what is known of a thread, if it is known. */
  patch(id: string, change: Partial<ThreadItem>): void {
    const known = this.find(id);
    if (known) this.put({ ...known, ...change });
  }

  remove(id: string): void {
    this.#touched.add(id);
    this.#removed.add(id);
    this.items.value = this.items.value.filter((item) => item.id !== id);
  }

  restore(item: ThreadItem): void {
    this.#removed.delete(item.id);
    this.put(item);
  }

  /**
   * Loads the first page anew, for notices that were missed. Returns the threads of it that are not known better: what was
   * told or done meanwhile is newer than the answer. Threads that are not where they were listed are gone; older pages stay.
   */
  async refresh(): Promise<readonly ThreadItem[]> {
    const touched = new Set<string>();
    this.#touched = touched;
    const { threads, next } = await this.#api.threads();
    // A later call has asked again.
    if (this.#touched !== touched) return [];
    const there = new Set(threads.map(({ id }) => id));
    const last = next === null ? -Infinity : Date.parse(threads.at(-1)?.updated_at ?? "");
    const gone = (item: ThreadItem) => !there.has(item.id) && !touched.has(item.id) && Date.parse(item.updated_at) > last;
    if (this.items.value.some(gone)) this.items.value = this.items.value.filter((item) => !gone(item));
    return threads.filter(({ id }) => !touched.has(id));
  }

  /** Loads the next page. Does nothing while one is loading or when there is none. */
  async loadMore(): Promise<void> {
    if (this.#next === null || this.loading.value) return;
    this.loading.value = true;
    this.failed.value = false;
    try {
      const { threads, next } = await this.#api.threads(this.#next);
      this.#next = next;
      const known = new Set(this.items.value.map(({ id }) => id));
      this.items.value = [...this.items.value, ...threads.filter(({ id }) => !known.has(id) && !this.#removed.has(id))];
    } catch {
      this.failed.value = true;
    } finally {
      this.loading.value = false;
    }
  }
}
