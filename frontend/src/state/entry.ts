/** One message as the page knows it. */

import { signal } from "@preact/signals";
import { MarkdownView } from "../markdown/view";
import type { EventMessage, Message } from "../wire";

/** How far a message of the user's has got: `sending` until the server has it. */
export type Delivery = { kind: "sent" } | { kind: "sending" } | { kind: "refused"; reason: string };

export class Entry {
  readonly id: string;
  readonly role: Message["role"];
  /** Everything but the text of an answer, which `text` has. */
  readonly message;
  readonly delivery = signal<Delivery>({ kind: "sent" });
  readonly thinking = signal(false);
  /** What the user would rather have asked, while they write it. */
  readonly draft = signal<string | null>(null);
  readonly empty;
  #text: string;
  #view: MarkdownView | undefined;

  constructor(message: Message, delivery: Delivery = { kind: "sent" }) {
    this.id = message.id;
    this.role = message.role;
    this.message = signal(message);
    this.delivery.value = delivery;
    this.empty = signal(message.text === "");
    this.#text = message.text;
  }

  get text(): string {
    return this.#text;
  }

  /** The element that shows the answer. It lives as long as the entry, so that coming back to a thread costs nothing. */
  get view(): MarkdownView {
    if (!this.#view) {
      this.#view = new MarkdownView();
      this.#show();
    }
    return this.#view;
  }

  /** Takes what the server says now. A text of null is the one that is known already. */
  update(message: EventMessage | Message): void {
    this.message.value = { ...message, text: message.text ?? this.#text };
    this.thinking.value = false;
    this.setText(message.text ?? this.#text);
  }

  patch(change: Partial<Message>): void {
    this.message.value = { ...this.message.value, ...change };
    if (change.status) this.#show();
  }

  /** The user's message says something else now. */
  reword(text: string): void {
    this.setText(text);
    this.patch({ text });
  }

  append(text: string): void {
    this.thinking.value = false;
    this.#text += text;
    this.empty.value = this.#text === "";
    this.#show();
  }

  setText(text: string): void {
    this.#text = text;
    this.empty.value = text === "";
    this.#show();
  }

  #show(): void {
    this.#view?.show(this.#text, this.message.value.status !== "running");
  }
}

/** A message of the user's that no server has told of yet. */
export function written(id: string, text: string, parent: string | null, at = new Date()): Message {
  const unknown = { error: null, run: null, model: null, usage: null, memory: null, siblings: null, label: null };
  return { id, parent, role: "user", text, status: "done", created_at: at.toISOString(), ...unknown };
}
