/** An answer: its text as it comes, how it ended, and what can be done with it. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { now } from "../clock";
import type { Entry } from "../state/entry";
import { exactTime, relativeTime } from "../times";
import { CopyButton } from "./copy-button";
import { Icon } from "./icon";

export function Answer({ entry, onRetry }: { entry: Entry; onRetry: (() => void) | null }) {
  const text = useRef<HTMLDivElement>(null);
  const { status, error, created_at } = entry.message.value;
  // The text is drawn outside of this component: it changes too often.
  useLayoutEffect(() => {
    text.current?.replaceChildren(entry.view.host);
  }, [entry]);
  const running = status === "running";
  return (
    <article class="answer" id={`m-${entry.id}`} aria-busy={running}>
      <h2 class="visually-hidden">Everthread</h2>
      <div ref={text} />
      {running && entry.empty.value && <Waiting word={entry.thinking.value ? "Thinking" : ""} />}
      {status === "stopped" && <p class="answer-end">Stopped</p>}
      {status === "failed" && (
        <div class="answer-failed notice notice-bad">
          <Icon name="warning" />
          <span>{error?.text ?? "The answer could not be finished."}</span>
          {onRetry && (
            <button class="button button-small" type="button" onClick={onRetry}>
              Try again
            </button>
          )}
        </div>
      )}
      <div class="message-actions">
        {!running && (
          <>
            {!entry.empty.value && <CopyButton text={() => entry.text} label="Copy answer" />}
            {onRetry && status !== "failed" && (
              <button class="icon-button message-action" type="button" aria-label="Answer again" title="Answer again" onClick={onRetry}>
                <Icon name="retry" small />
              </button>
            )}
            <time class="message-time" dateTime={created_at} title={exactTime(created_at)}>
              {relativeTime(created_at, now.value)}
            </time>
          </>
        )}
      </div>
    </article>
  );
}

/** Before the first word. */
export function Waiting({ word = "" }: { word?: string }) {
  return (
    <p class="waiting">
      <span class="waiting-dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {word ? word : <span class="visually-hidden">Waiting for the answer</span>}
    </p>
  );
}
