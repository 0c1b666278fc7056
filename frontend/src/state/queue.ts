/** The messages that wait, as a notice tells of them. */

import type { Message, QueuedMessage } from "../wire";
import { Entry, written } from "./entry";
import { isQueued } from "./path";

interface Around {
  /** The message that is being answered. */
  active: string | null;
  /** Whether the end of a run was seen here. */
  isOver(run: string): boolean;
}

/**
 * What is shown, with the queue as it is now: other tabs may have added, changed, removed or moved something. Says also
 * whether that is all of it.
 */
export function inLine(shown: readonly Entry[], messages: readonly QueuedMessage[], around: Around): { entries: readonly Entry[]; complete: boolean } {
  const places = new Map(messages.map(({ id }, place) => [id, place]));
  const added: Entry[] = [];
  const known = messages.map((message) => {
    if (around.active === message.id) return true;
    const entry = shown.find(({ id }) => id === message.id);
    if (entry) return renew(entry, message, around);
    if (message.text !== null) added.push(new Entry(waiting(message, message.text)));
    return message.text !== null;
  });
  const all = [...shown, ...added];
  const gone = all.some((entry) => isQueued(entry) && !places.has(entry.id));
  const moved = all.filter(isQueued).sort((a, b) => (places.get(a.id) ?? -1) - (places.get(b.id) ?? -1));
  const entries = all.map((entry) => (isQueued(entry) ? (moved.shift() ?? entry) : entry));
  const same = entries.length === shown.length && entries.every((entry, place) => entry === shown[place]);
  return { entries: same ? shown : entries, complete: !gone && known.every(Boolean) };
}

/** Returns false when the page does not know the text of the message any more. */
function renew(entry: Entry, { text, version }: QueuedMessage, around: Around): boolean {
  if (entry.role !== "user" || around.isOver(entry.message.value.run ?? "")) return true;
  const known = entry.message.value.version;
  entry.patch({ status: "queued", version });
  if (entry.delivery.value.kind !== "sent" || known === version) return true;
  if (text !== null) entry.reword(text);
  return text !== null;
}

function waiting({ id, version }: QueuedMessage, text: string): Message {
  return { ...written(id, text, null), status: "queued", version };
}
