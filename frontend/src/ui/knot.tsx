/** The knot at a turn's end: a place one can come back to. Pointing at it tells when it was tied, and what can be done from here. */

import { useRef, useState } from "preact/hooks";
import type { App } from "../state/app";
import type { Conversation } from "../state/conversation";
import type { Entry } from "../state/entry";
import { Floating } from "./floating";
import { KnotCard } from "./knot-card";

const LINGER_MS = 180;

interface KnotProps {
  app: App;
  conversation: Conversation;
  entry: Entry;
}

export function Knot({ app, conversation, entry }: KnotProps) {
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const timer = useRef(0);
  const stay = () => clearTimeout(timer.current);
  const later = (next: boolean) => {
    stay();
    timer.current = window.setTimeout(() => {
      // Someone writes a name in it, or goes through it by keys.
      if (next || !place.current?.contains(document.activeElement)) setOpen(next);
    }, LINGER_MS);
  };
  const close = () => {
    stay();
    if (place.current?.contains(document.activeElement)) button.current?.focus({ preventScroll: true });
    setOpen(false);
  };
  return (
    <span ref={place} class="knot-place" onFocusOut={() => later(false)} onKeyDown={(event) => event.key === "Escape" && open && close()}>
      <button
        ref={button}
        class="turn-knot"
        type="button"
        aria-label="About this turn"
        aria-expanded={open}
        onPointerEnter={(event) => event.pointerType === "mouse" && later(true)}
        onPointerLeave={(event) => event.pointerType === "mouse" && later(false)}
        onClick={() => {
          stay();
          setOpen(true);
        }}
      >
        <svg viewBox="0 0 24 32" aria-hidden="true" focusable="false">
          <path d="M8 0C8 11 10.500 21 15.500 21C20.500 21 20.500 11 15.500 11C10.500 11 8 21 8 32" />
        </svg>
      </button>
      {open && button.current && (
        <Floating anchor={button.current} kind="card" label="About this turn" onClose={() => setOpen(false)} onPointerEnter={stay} onPointerLeave={() => later(false)}>
          <KnotCard app={app} conversation={conversation} entry={entry} onDone={close} />
        </Floating>
      )}
    </span>
  );
}
