/** Where the line forks: arrows that turn to what else stands in this place. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { App } from "../state/app";
import type { Way } from "../state/branches";
import type { Conversation } from "../state/conversation";
import type { Entry } from "../state/entry";
import type { Siblings } from "../wire";
import { Icon } from "./icon";

interface ForkProps {
  app: App;
  conversation: Conversation;
  entry: Entry;
}

export function Fork({ app, conversation, entry }: ForkProps) {
  const place = useRef<HTMLDivElement>(null);
  const { siblings, label } = entry.message.value;
  const { branches } = conversation;
  const { at, of } = siblings ?? { at: 1, of: 1 };
  useLayoutEffect(() => {
    const turning = branches.turning.peek();
    if (turning?.to !== entry.id || !place.current) return;
    branches.turning.value = null;
    // The arrow that was pressed went away with the message before.
    place.current.querySelector<HTMLElement>(`[data-way="${turning.way}"]`)?.focus({ preventScroll: true });
    app.announcement.value = `Version ${at} of ${of}`;
  });
  if (!siblings) return null;
  const turn = (way: Way) => void branches.turn(entry, way);
  const free = branches.free.value;
  return (
    <div ref={place} class="fork" role="group" aria-label={entry.role === "user" ? "Versions of this message" : "Versions of this answer"}>
      <Strands siblings={siblings} />
      <Arrow way="before" label="Previous version" off={!free || siblings.before === null} onTurn={turn} />
      <span class="fork-count">
        <span aria-hidden="true">
          {at}/{of}
        </span>
        <span class="visually-hidden">
          {at} of {of}
        </span>
      </span>
      <Arrow way="after" label="Next version" off={!free || siblings.after === null} onTurn={turn} />
      {label && (
        <span class="fork-label" dir="auto" title={label}>
          {label}
        </span>
      )}
    </div>
  );
}

/** The same place before the answer begins, so that nothing moves when it does. */
export function ForkToCome({ siblings }: { siblings: Siblings }) {
  return (
    <div class="fork" aria-hidden="true">
      <Strands siblings={siblings} />
      <span class="fork-count fork-count-alone">
        {siblings.at}/{siblings.of}
      </span>
    </div>
  );
}

interface ArrowProps {
  way: Way;
  label: string;
  /** It cannot be used now, but keeps the focus. */
  off: boolean;
  onTurn(way: Way): void;
}

function Arrow({ way, label, off, onTurn }: ArrowProps) {
  return (
    <button class="icon-button fork-arrow" type="button" data-way={way} aria-label={label} title={label} aria-disabled={off} onClick={() => !off && onTurn(way)}>
      <Icon name={way === "before" ? "chevron-left" : "chevron-right"} small />
    </button>
  );
}

/** The line goes on; strands of the versions before it leave to one side, of those after it to the other. */
function Strands({ siblings: { at, of } }: { siblings: Siblings }) {
  return (
    <svg class="fork-strands" viewBox="0 0 24 32" aria-hidden="true" focusable="false">
      {at > 1 && <path d="M12 3C12 12 4.500 10 4.500 19" />}
      {at > 1 && <circle cx="4.5" cy="21.5" r="2.25" />}
      {at < of && <path d="M12 3C12 12 19.500 10 19.500 19" />}
      {at < of && <circle cx="19.5" cy="21.5" r="2.25" />}
    </svg>
  );
}
