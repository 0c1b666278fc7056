/** At an answer: what it changed in the user's memories, and what it was given of them. */

import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api";
import type { App } from "../state/app";
import type { Effect, MemoryItem, MemoryUse } from "../wire";
import { Icon } from "./icon";

export function MemoryChip({ app, effects }: { app: App; effects: readonly Effect[] }) {
  const [state, setState] = useState<"kept" | "undoing" | "undone">("kept");
  const manage = useRef<HTMLAnchorElement>(null);
  const undo = async () => {
    setState("undoing");
    const done = await app.undo(effects);
    // The button that had the focus goes away.
    if (done) manage.current?.focus();
    setState(done ? "undone" : "kept");
  };
  return (
    <p class="memory-chip">
      <Icon name="memory" small />
      <span role="status">{state === "undone" ? "Memory as it was before" : "Memory updated"}</span>
      {state !== "undone" && (
        <button class="text-button" type="button" disabled={state === "undoing"} onClick={() => void undo()}>
          Undo
        </button>
      )}
      <a ref={manage} class="text-button" href="/memory/">
        Manage
      </a>
    </p>
  );
}

/** The memories as they are now; those that are gone are counted. */
export function Used({ app, use }: { app: App; use: MemoryUse }) {
  const [items, setItems] = useState<readonly MemoryItem[] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    let wanted = true;
    app.api.memories(use.used).then(
      (found) => wanted && setItems(found),
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        if (wanted) setFailure(error.message);
      },
    );
    return () => {
      wanted = false;
    };
  }, [use]);
  const deleted = items ? use.used.length - items.length : 0;
  return (
    <section class="used" aria-label="What I used" aria-busy={items === null && failure === null}>
      {items === null && failure === null && <p>Loading</p>}
      {failure !== null && <p role="alert">{failure}</p>}
      {items !== null && items.length > 0 && (
        <ul>
          {items.map((item) => (
            <li key={item.id} dir="auto">
              {item.text}
            </li>
          ))}
        </ul>
      )}
      {deleted > 0 && <p>{deleted === 1 ? "One memory that was used has been deleted since." : `${deleted} memories that were used have been deleted since.`}</p>}
      {use.preferences && <p>How you want to be answered, from your preferences.</p>}
      <p class="used-links">
        {use.used.length > 0 && (
          <a class="text-button" href="/memory/">
            Manage memories
          </a>
        )}
        {use.preferences && (
          <a class="text-button" href="/preferences/">
            Preferences
          </a>
        )}
      </p>
    </section>
  );
}
