/** Messages and states as a server tells them. */

import type { Message, ThreadItem, ThreadState } from "../src/wire";

export const THREAD: ThreadItem = { id: "t", title: "", updated_at: "", running: false, waiting: false, unread: false, temporary: false, head: null };

export function message(id: string, role: Message["role"], change: Partial<Message> = {}): Message {
  const unknown = { error: null, run: null, model: null, usage: null, memory: null, siblings: null, label: null };
  return { id, parent: null, role, text: id, status: "done", created_at: "2026-01-01T00:00:00Z", ...unknown, ...change };
}

export function state(messages: Message[], change: Partial<ThreadState> = {}): ThreadState {
  return { thread: THREAD, head: messages.at(-1)?.id ?? null, messages, more: false, run: null, last_seq: 1, continues: 0, restores: [], ...change };
}
