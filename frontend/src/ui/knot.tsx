/** The knot at a turn's end: a place one can come back to. Pointing at it tells when it was tied. */

import { useRef, useState } from "preact/hooks";
import { copy } from "../clipboard";
import type { App } from "../state/app";
import type { Entry } from "../state/entry";
import { exactTime } from "../times";
import { Floating } from "./floating";
import { Icon } from "./icon";

const LINGER_MS = 180;

export function Knot({ app, entry }: { app: App; entry: Entry }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const timer = useRef(0);
  const later = (next: boolean) => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setOpen(next), LINGER_MS);
  };
  const stay = () => clearTimeout(timer.current);
  return (
    <span class="knot-place">
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
        onBlur={() => later(false)}
        onKeyDown={(event) => event.key === "Escape" && setOpen(false)}
      >
        <svg viewBox="0 0 24 32" aria-hidden="true" focusable="false">
          <path d="M8 0C8 11 10.500 21 15.500 21C20.500 21 20.500 11 15.500 11C10.500 11 8 21 8 32" />
        </svg>
      </button>
      {open && button.current && (
        <Floating anchor={button.current} kind="card" label="About this turn" onClose={() => setOpen(false)} onPointerEnter={stay} onPointerLeave={() => later(false)}>
          <Facts app={app} entry={entry} onStay={stay} onLeave={() => later(false)} />
        </Floating>
      )}
    </span>
  );
}

interface FactsProps {
  app: App;
  entry: Entry;
  onStay(): void;
  onLeave(): void;
}

function Facts({ app, entry, onStay, onLeave }: FactsProps) {
  const { created_at, model, usage, memory } = entry.message.value;
  const label = app.data.models.find(({ id }) => id === model)?.label ?? model;
  const link = async () => {
    const address = `${location.origin}/t/${app.current.value.id}/#m-${entry.id}`;
    app.toasts.say((await copy(address)) ? "Link copied." : "The browser does not allow copying here.");
  };
  return (
    <div class="knot-card">
      <dl>
        <dt>Tied</dt>
        <dd>{exactTime(created_at)}</dd>
        {label && (
          <>
            <dt>Model</dt>
            <dd>{label}</dd>
          </>
        )}
        {usage && (
          <>
            <dt>Tokens</dt>
            <dd>
              {usage.input_tokens.toLocaleString()} read, {usage.output_tokens.toLocaleString()} written
            </dd>
          </>
        )}
        {memory && memory.used.length > 0 && (
          <>
            <dt>Memories</dt>
            <dd>{memory.used.length.toLocaleString()} used</dd>
          </>
        )}
      </dl>
      <button class="button button-quiet button-small" type="button" onFocus={onStay} onBlur={onLeave} onClick={() => void link()}>
        <Icon name="copy" small />
        Copy link
      </button>
    </div>
  );
}
