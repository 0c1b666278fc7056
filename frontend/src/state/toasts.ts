/** Short sentences at the edge of the page that go away by themselves. */

import { signal } from "@preact/signals";

export interface Toast {
  id: number;
  text: string;
  action: { label: string; run(): void } | null;
}

const SHOWN_MS = 6_000;
/** Whoever has to decide something gets more time. */
const SHOWN_WITH_ACTION_MS = 10_000;

export class Toasts {
  readonly list = signal<readonly Toast[]>([]);
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #last = 0;

  say(text: string, action: Toast["action"] = null): void {
    this.#last += 1;
    const toast = { id: this.#last, text, action };
    this.list.value = [...this.list.value.slice(-2), toast];
    this.resume(toast);
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.list.value = this.list.value.filter((toast) => toast.id !== id);
  }

  /** Pointing at a toast keeps it. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
  }

  resume(toast: Toast): void {
    this.hold(toast.id);
    this.#timers.set(toast.id, setTimeout(() => this.dismiss(toast.id), toast.action ? SHOWN_WITH_ACTION_MS : SHOWN_MS));
  }
}
