/** What this browser keeps for one user: drafts and messages that no server has taken yet. */

/** A message that was written and not yet acknowledged. */
export interface Unsent {
  id: string;
  thread: string;
  text: string;
  model: string | null;
  /** The thread that it begins is a temporary one. */
  temporary: boolean;
  /** Milliseconds since 1970, for the order. */
  at: number;
  /** Why the server refused it; null while it may still be sent. */
  refused: string | null;
}

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** A storage that may be full or forbidden: then things live as long as the page. */
class Shelf {
  readonly #store: Store | null;
  readonly #memory = new Map<string, string>();
  readonly #prefix: string;

  constructor(store: Store | null, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  get(key: string): string | null {
    return this.#memory.get(key) ?? this.#attempt((store) => store.getItem(this.#prefix + key)) ?? null;
  }

  set(key: string, value: string): void {
    const kept = this.#attempt((store) => {
      store.setItem(this.#prefix + key, value);
      return true;
    });
    if (kept) this.#memory.delete(key);
    else this.#memory.set(key, value);
  }

  /** Keeps it for as long as the page lives, and nowhere else. */
  hold(key: string, text: string): void {
    this.delete(key);
    this.#memory.set(key, text);
  }

  delete(key: string): void {
    this.#memory.delete(key);
    this.#attempt((store) => store.removeItem(this.#prefix + key));
  }

  keys(): string[] {
    const stored = this.#attempt((store) => Array.from({ length: store.length }, (_, index) => store.key(index) ?? "")) ?? [];
    const own = stored.filter((key) => key.startsWith(this.#prefix)).map((key) => key.slice(this.#prefix.length));
    return [...new Set([...own, ...this.#memory.keys()])];
  }

  #attempt<T>(use: (store: Store) => T): T | undefined {
    if (!this.#store) return undefined;
    try {
      return use(this.#store);
    } catch (error) {
      // Full, or forbidden by the browser's settings. Anything else is a mistake of ours.
      if (error instanceof DOMException) return undefined;
      throw error;
    }
  }
}

/** Messages until their acknowledgement. One key each, so that two tabs never overwrite each other's. */
export class Outbox {
  readonly #shelf: Shelf;

  constructor(store: Store | null, user: string) {
    this.#shelf = new Shelf(store, `everthread:outbox:${user}:`);
  }

  /** The unsent messages of a thread, oldest first. */
  list(thread: string): Unsent[] {
    return this.#all().filter((unsent) => unsent.thread === thread);
  }

  /** Threads that have messages waiting to be sent. */
  threads(): string[] {
    return [...new Set(this.#all().filter((unsent) => unsent.refused === null).map((unsent) => unsent.thread))];
  }

  put(unsent: Unsent): void {
    this.#shelf.set(`${unsent.thread}:${unsent.id}`, JSON.stringify(unsent));
  }

  remove(thread: string, id: string): void {
    this.#shelf.delete(`${thread}:${id}`);
  }

  #all(): Unsent[] {
    return this.#shelf
      .keys()
      .flatMap((key) => parse(this.#shelf.get(key)) ?? [])
      .sort((a, b) => a.at - b.at);
  }
}

/** Texts begun and not sent, by thread. */
export class Drafts {
  readonly #shelf: Shelf;
  #closed = false;

  constructor(store: Store | null, user: string) {
    this.#shelf = new Shelf(store, `everthread:draft:${user}:`);
  }

  get(thread: string): string {
    return this.#shelf.get(thread) ?? "";
  }

  /** One that is not `stored` lives as long as the page. */
  set(thread: string, text: string, stored = true): void {
    if (!text || this.#closed) this.#shelf.delete(thread);
    else if (stored) this.#shelf.set(thread, text);
    else this.#shelf.hold(thread, text);
  }

  /** Forgets all of them and keeps no more, when the user logs out on purpose. */
  clear(): void {
    this.#closed = true;
    for (const key of this.#shelf.keys()) this.#shelf.delete(key);
  }
}

function parse(text: string | null): Unsent | null {
  try {
    return text === null ? null : (JSON.parse(text) as Unsent);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
