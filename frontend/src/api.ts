/** The page's own JSON endpoints. */

import type { Branches, Effect, MemoryItem, Message, ThreadItem, ThreadState } from "./wire";

const MEMORIES_AT_ONCE = 100;

/** The server refused, or could not be reached (`status` 0). The message is a sentence to show. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

export class Api {
  readonly #csrfToken: string;

  constructor(csrfToken: string) {
    this.#csrfToken = csrfToken;
  }

  /** The thread as it is now: its last page, or so much of it that it begins with a message. */
  state(thread: string, through?: string): Promise<ThreadState> {
    return this.#json(through === undefined ? `/t/${thread}/state` : `/t/${thread}/state?through=${through}`);
  }

  /** Turns the thread to a message, or to the end of its branch. Returns the state from that message on. */
  show(thread: string, message: string, end: boolean): Promise<ThreadState> {
    return this.#json(`/t/${thread}/show`, { message_id: message, end });
  }

  branches(thread: string): Promise<Branches> {
    return this.#json(`/t/${thread}/branches`);
  }

  /** Names the branch that a message begins; an empty name takes it away. */
  async label(thread: string, message: string, label: string): Promise<void> {
    await this.#request(`/t/${thread}/label`, { message_id: message, label });
  }

  /** Copies the branch that ends with a message into a new thread. */
  async fork(thread: string, message: string): Promise<ThreadItem> {
    return (await this.#json<{ thread: ThreadItem }>(`/t/${thread}/fork`, { message_id: message })).thread;
  }

  /** A page of messages strictly before the one given, oldest first. */
  olderMessages(thread: string, before: string): Promise<{ messages: Message[]; more: boolean }> {
    return this.#json(`/t/${thread}/messages?before=${encodeURIComponent(before)}`);
  }

  /** A page of threads, newest first: the first one without a cursor. */
  threads(cursor?: string): Promise<{ threads: ThreadItem[]; next: string | null }> {
    return this.#json(cursor === undefined ? "/threads" : `/threads?cursor=${encodeURIComponent(cursor)}`);
  }

  rename(thread: string, title: string): Promise<ThreadItem> {
    return this.#json(`/t/${thread}/rename`, { title });
  }

  restore(thread: string): Promise<ThreadItem> {
    return this.#json(`/t/${thread}/restore`, {});
  }

  async trash(thread: string): Promise<void> {
    await this.#request(`/t/${thread}/trash`, {});
  }

  async seen(thread: string): Promise<void> {
    await this.#request(`/t/${thread}/seen`, {});
  }

  /** Of these memories those that are there still. */
  async memories(ids: readonly string[]): Promise<MemoryItem[]> {
    const found: MemoryItem[] = [];
    for (let at = 0; at < ids.length; at += MEMORIES_AT_ONCE) {
      const asked = ids.slice(at, at + MEMORIES_AT_ONCE).join(",");
      found.push(...(await this.#json<{ items: MemoryItem[] }>(`/memory/items?ids=${asked}`)).items);
    }
    return found;
  }

  /** Takes back what an answer did to a memory. */
  async undo(effect: Effect): Promise<void> {
    await this.#request("/memory/undo", effect);
  }

  async #json<T>(path: string, body?: object): Promise<T> {
    const response = await this.#request(path, body);
    return (await response.json()) as T;
  }

  async #request(path: string, body?: object): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
    const options: RequestInit = { headers, credentials: "same-origin" };
    if (body) {
      headers["Content-Type"] = "application/json";
      headers["X-CSRFToken"] = this.#csrfToken;
      Object.assign(options, { method: "POST", body: JSON.stringify(body) });
    }
    const response = await fetch(path, options).catch((error: unknown) => {
      if (error instanceof TypeError) throw new ApiError(0, "The server cannot be reached. Try again in a moment.");
      throw error;
    });
    // A session that ended answers with the login page.
    if (response.redirected || response.status === 401) throw new ApiError(401, "You were signed out.");
    if (!response.ok) throw new ApiError(response.status, await reason(response));
    return response;
  }
}

async function reason(response: Response): Promise<string> {
  if (response.headers.get("Content-Type")?.includes("json")) {
    const body = (await response.json()) as { detail?: unknown };
    if (typeof body.detail === "string") return body.detail;
  }
  if (response.status === 404) return "This thread does not exist any more.";
  return "The server could not do this. Try again in a moment.";
}
