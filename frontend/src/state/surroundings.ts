/** What a conversation needs of the page around it. */

import type { Api } from "../api";
import type { Outbox } from "../storage";
import type { ThreadItem } from "../wire";
import type { Conversation } from "./conversation";
import type { Ending } from "./transcript";

export interface Surroundings {
  api: Api;
  outbox: Outbox;
  socketUrl(thread: string): string;
  /** A thread of this user changed, maybe another one. */
  onThread(item: ThreadItem): void;
  onThreadRemoved(id: string): void;
  /** Notices come again from now on. */
  onConnected(): void;
  /** The first message of a new thread has been taken. */
  onCreated(conversation: Conversation): void;
  onRunStarted(conversation: Conversation): void;
  onRunWaiting(conversation: Conversation): void;
  onRunEnded(conversation: Conversation, ending: Ending): void;
  /** A sentence about something that did not work. */
  onTrouble(sentence: string): void;
}
