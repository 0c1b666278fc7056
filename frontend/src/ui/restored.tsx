/** Quiet lines between turns: what an administrator did here, and what followed the place one has come back to. */

import { now } from "../clock";
import type { Conversation } from "../state/conversation";
import { exactTime, pointInTime } from "../times";
import type { Restore } from "../wire";
import { focusOn } from "./focus";

/** The server counts no further. */
const COUNTED = 1_000;

/** Those that are shown after a message: of several that removed the same, the newest. */
export function restoresAfter(conversation: Conversation, messages: readonly string[]): Restore[] {
  const here = conversation.transcript.restores.value.filter(({ message }) => message !== null && messages.includes(message));
  return here.filter(({ kind, removed }, at) => here.findIndex((other) => other.kind === kind && other.removed === removed) === at);
}

export function Restored({ conversation, restore }: { conversation: Conversation; restore: Restore }) {
  const { kind, at, said_at } = restore;
  const { branches } = conversation;
  const left = leftBy(conversation, restore);
  const see = async () => {
    if (left && (await branches.show(left, true))) focusOn();
  };
  return (
    <div class="restored">
      <svg class="restored-loop" viewBox="0 0 24 32" aria-hidden="true" focusable="false">
        <path d="M12 25.500C17.500 25.500 20.500 21.500 20.500 16.500C20.500 11 17 7.500 12.750 7.500M16 4.250L12.500 7.500L16 10.750" />
      </svg>
      <p>
        <span title={exactTime(at)}>
          {kind === "rollback" ? `Rolled back${said_at ? ` to ${pointInTime(said_at, now.value)}` : ""} by an administrator` : `Changed by an administrator, ${pointInTime(at, now.value)}`}
        </span>
        {left && (
          <button class="text-button" type="button" aria-disabled={!branches.free.value} onClick={() => void see()}>
            See what was removed
          </button>
        )}
      </p>
    </div>
  );
}

/** The end of what was removed, unless one sees it. */
function leftBy({ transcript }: Conversation, { removed }: Restore): string | null {
  return removed !== null && !transcript.find(removed) ? removed : null;
}

/** After the last message that is shown, when others follow it and nothing else leads to them. */
export function Continues({ conversation }: { conversation: Conversation }) {
  const { branches, transcript } = conversation;
  const count = transcript.continues.value;
  const head = transcript.head.value;
  if (count === 0 || head === null || transcript.run.value) return null;
  if (restoresAfter(conversation, [head]).some((restore) => leftBy(conversation, restore))) return null;
  const goOn = async () => {
    if (await branches.show(head, true)) focusOn();
  };
  return (
    <div class="continues">
      <svg class="fork-strands" viewBox="0 0 24 32" aria-hidden="true" focusable="false">
        <path d="M12 3C12 12 19.500 10 19.500 19" />
        <circle cx="19.5" cy="21.5" r="2.25" />
      </svg>
      <p>
        <span>{follow(count)} What you write next begins a new branch.</span>
        <button class="text-button" type="button" aria-disabled={!branches.free.value} onClick={() => void goOn()}>
          Go on with what followed
        </button>
      </p>
    </div>
  );
}

function follow(count: number): string {
  if (count >= COUNTED) return "Many messages follow.";
  return count === 1 ? "One message follows." : `${count.toLocaleString()} messages follow.`;
}
