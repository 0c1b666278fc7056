/** A chat that leaves nothing behind: how one is begun, and what is said while in one. */

import type { Conversation } from "../state/conversation";
import { Icon } from "./icon";

/** Shown until the first message; then the choice is made. */
export function TemporaryToggle({ conversation }: { conversation: Conversation }) {
  const { wantsTemporary } = conversation;
  if (!conversation.isNew || conversation.transcript.entries.value.length > 0) return null;
  return (
    <button class="topbar-temporary button button-quiet button-small" type="button" aria-pressed={wantsTemporary.value} onClick={() => (wantsTemporary.value = !wantsTemporary.value)}>
      <Icon name="temporary" small />
      Temporary<span class="visually-hidden"> chat</span>
    </button>
  );
}

export function TemporaryNotice({ hours }: { hours: number }) {
  return (
    <p class="temporary-notice" role="note">
      <Icon name="temporary" small />
      <span>
        Temporary chat: no memories are used or kept, it is in no list, and it is deleted {hours === 1 ? "an hour" : `${hours.toLocaleString()} hours`} after it began.
      </span>
    </p>
  );
}
