/** The page as a whole: which thread is open, where one goes, and what is said at the edge. */

import { batch, computed, signal } from "@preact/signals";
import { Api, ApiError } from "../api";
import { Drafts, Outbox } from "../storage";
import type { Effect, PageData, ThreadItem, ThreadState } from "../wire";
import { inWords } from "./asks";
import { Conversation } from "./conversation";
import type { Surroundings } from "./surroundings";
import { ThreadList } from "./threads";
import { Toasts } from "./toasts";
import type { Ending } from "./transcript";

/** So many threads stay in memory: coming back to one of them is immediate. */
const KEPT = 8;
const NEW_KEY = "everthread:new";

export class App {
  readonly data: PageData;
  readonly api: Api;
  readonly threads: ThreadList;
  readonly drafts: Drafts;
  readonly outbox: Outbox;
  readonly toasts = new Toasts();
  readonly current;
  /** The thread of the address could not be shown; a sentence says why. */
  readonly missing = signal<string | null>(null);
  readonly signedOut = signal(false);
  readonly drawer = signal(false);
  /** Read out by screen readers. */
  readonly announcement = signal("");
  readonly model;
  /** An answer ended while the tab was hidden. */
  readonly unseen = signal(false);
  readonly title = computed(() => {
    const { thread, temporary } = this.current.value;
    return thread.value?.title || (temporary.value ? "Temporary chat" : "New chat");
  });
  readonly #conversations = new Map<string, Conversation>();
  readonly #around: Surroundings;
  #connected = false;

  constructor(data: PageData, csrfToken: string, storage: Storage | null) {
    this.data = data;
    this.api = new Api(csrfToken);
    this.threads = new ThreadList(this.api, data.threads, data.threads_next);
    this.drafts = new Drafts(storage, data.user.email);
    this.outbox = new Outbox(storage, data.user.email);
    this.model = signal(data.default_model);
    this.#around = this.#surroundings();
    this.current = signal(data.state ? this.#conversation(data.state.thread.id) : this.#blank());
    this.current.value.open(data.state);
    this.#sendLeftovers();
  }

  /** Key under which the open thread's draft is kept: all new chats share one. */
  get draftKey(): string {
    return this.current.value.isNew ? "new" : this.current.value.id;
  }

  /** Opens a new chat. */
  startNew(): void {
    if (!this.current.value.isNew || this.missing.value) {
      this.#show(this.#blank());
      this.current.value.open(null);
    }
    if (!this.current.value.hasUnsent) this.current.value.wantsTemporary.value = false;
    history.pushState(null, "", "/");
  }

  /** Opens a thread and gives it the address. */
  go(id: string): void {
    const path = `/t/${id}/`;
    if (location.pathname !== path) history.pushState(null, "", path);
    void this.openThread(id);
  }

  /** Shows what the address says, after the browser went back or forward. */
  followAddress(): void {
    const id = /^\/t\/([0-9a-f-]{36})\//.exec(location.pathname)?.[1];
    if (id) void this.openThread(id);
    else if (!this.current.value.isNew) {
      this.#show(this.#blank());
      this.current.value.open(null);
    }
  }

  /** Shows a thread: at once what is known of it, then what the server says. A later choice wins over a slow answer. */
  async openThread(id: string): Promise<void> {
    const conversation = this.#conversation(id);
    this.#show(conversation);
    conversation.thread.value ??= this.threads.find(id) ?? null;
    conversation.loading.value = true;
    try {
      const state: ThreadState = await this.api.state(id);
      if (this.current.value !== conversation) return;
      conversation.open(state);
      this.markSeen();
    } catch (error) {
      if (this.current.value === conversation) this.#openFailed(error);
    } finally {
      conversation.loading.value = false;
    }
  }

  /** The open thread has been looked at. */
  markSeen(): void {
    const { thread, id } = this.current.value;
    if (!thread.value || document.hidden) return;
    this.unseen.value = false;
    if (!thread.value.unread && !this.threads.find(id)?.unread) return;
    thread.value = { ...thread.value, unread: false };
    this.threads.patch(id, { unread: false });
    void this.api.seen(id).catch(() => undefined);
  }

  async rename(item: ThreadItem, title: string): Promise<void> {
    this.#changed({ ...item, title });
    try {
      this.#changed(await this.api.rename(item.id, title));
    } catch (error) {
      this.#changed(item);
      this.#say(error);
    }
  }

  /** Moves a thread to the trash and offers to take that back. */
  async trash(item: ThreadItem): Promise<void> {
    this.threads.remove(item.id);
    if (this.current.value.id === item.id) this.startNew();
    try {
      await this.api.trash(item.id);
      this.#conversations.delete(item.id);
      this.toasts.say("Moved to trash.", { label: "Undo", run: () => void this.#restore(item) });
    } catch (error) {
      this.threads.restore(item);
      this.#say(error);
    }
  }

  /** Takes back what an answer did to memories; returns whether that worked. */
  async undo(effects: readonly Effect[]): Promise<boolean> {
    try {
      // The last one first: two of them may be about the same memory.
      for (const effect of [...effects].reverse()) await this.api.undo(effect);
      return true;
    } catch (error) {
      this.#say(error);
      return false;
    }
  }

  async #restore(item: ThreadItem): Promise<void> {
    try {
      this.threads.restore(await this.api.restore(item.id));
    } catch (error) {
      this.#say(error);
    }
  }

  #changed(item: ThreadItem): void {
    this.threads.put(item);
    const conversation = this.#conversations.get(item.id);
    if (conversation) conversation.thread.value = item;
  }

  #conversation(id: string): Conversation {
    const known = this.#conversations.get(id) ?? new Conversation(id, this.#around);
    this.#conversations.delete(id);
    this.#conversations.set(id, known);
    for (const [old, conversation] of this.#conversations) {
      if (this.#conversations.size <= KEPT) break;
      if (conversation.hasUnsent) continue;
      conversation.close();
      this.#conversations.delete(old);
    }
    return known;
  }

  /** A chat that exists nowhere yet. After a reload it is the same one, if something in it waits to be sent. */
  #blank(): Conversation {
    const before = sessionStorage.getItem(NEW_KEY);
    const id = before && this.outbox.list(before).length ? before : crypto.randomUUID();
    sessionStorage.setItem(NEW_KEY, id);
    return this.#conversation(id);
  }

  #show(conversation: Conversation): void {
    const old = this.current.value;
    if (old === conversation) return;
    if (!old.hasUnsent) old.close();
    this.missing.value = null;
    this.drawer.value = false;
    this.current.value = conversation;
  }

  #openFailed(error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) this.signedOut.value = true;
    else this.missing.value = error.status === 404 ? "This thread does not exist, or it was deleted." : error.message;
  }

  /** Messages of threads that are not open and that no server took, for example before a reload. */
  #sendLeftovers(): void {
    for (const id of this.outbox.threads()) {
      if (id === this.current.value.id) continue;
      this.#conversation(id).open(null);
    }
  }

  #surroundings(): Surroundings {
    return {
      api: this.api,
      outbox: this.outbox,
      socketUrl: (id) => `${location.origin.replace(/^http/, "ws")}/api/threads/${id}/stream/events`,
      onThread: (item) => this.#noticed(item),
      onThreadRemoved: (id) => this.#removed(id),
      onConnected: () => void this.#catchUp(),
      onCreated: (conversation) => this.#created(conversation),
      onRunStarted: (conversation) => {
        this.threads.patch(conversation.id, { running: true, waiting: false });
        if (conversation === this.current.value) this.announcement.value = "Everthread is answering.";
      },
      onRunWaiting: (conversation) => this.#runWaiting(conversation),
      onRunEnded: (conversation, ending) => this.#runEnded(conversation, ending),
      onTrouble: (sentence) => this.toasts.say(sentence),
    };
  }

  /** A thread notice: what is open and looked at is never unread. */
  #noticed(item: ThreadItem): void {
    if (!item.temporary) this.threads.put(item);
    const conversation = this.#conversations.get(item.id);
    if (conversation && !conversation.isNew) conversation.noticed(item);
    if (item.unread && item.id === this.current.value.id && !item.running) this.markSeen();
  }

  /** What was told while no socket was open: the page itself brought the list that the first one goes on from. */
  async #catchUp(): Promise<void> {
    const first = !this.#connected;
    this.#connected = true;
    if (first) return;
    try {
      const items = await this.threads.refresh();
      batch(() => items.forEach((item) => this.#noticed(item)));
    } catch (error) {
      // The list stays as it was; a lost connection is reported where it matters, and the next one asks again.
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) this.signedOut.value = true;
    }
  }

  #removed(id: string): void {
    this.threads.remove(id);
    if (id === this.current.value.id) this.missing.value = "This thread was moved to the trash.";
  }

  #created(conversation: Conversation): void {
    const item = this.threads.find(conversation.id) ?? {
      id: conversation.id,
      title: "",
      updated_at: new Date().toISOString(),
      running: conversation.running.value,
      waiting: conversation.transcript.waiting.value,
      unread: false,
      temporary: conversation.temporary.value,
      head: null,
    };
    if (!item.temporary) this.threads.put(item);
    conversation.thread.value = item;
    if (conversation !== this.current.value) return;
    sessionStorage.removeItem(NEW_KEY);
    history.replaceState(null, "", `/t/${conversation.id}/`);
  }

  #runWaiting(conversation: Conversation): void {
    this.threads.patch(conversation.id, { waiting: true });
    if (conversation !== this.current.value) return;
    if (document.hidden) this.unseen.value = true;
    this.announcement.value = inWords(conversation.transcript.asks.list.value);
  }

  #runEnded(conversation: Conversation, ending: Ending): void {
    this.threads.patch(conversation.id, { running: false, waiting: false });
    if (conversation !== this.current.value) return;
    if (document.hidden) this.unseen.value = true;
    else this.markSeen();
    const words = { completed: "The answer is complete.", failed: "The answer failed.", interrupted: "The answer was stopped." };
    this.announcement.value = words[ending];
  }

  #say(error: unknown): void {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) this.signedOut.value = true;
    else this.toasts.say(error.message);
  }
}
