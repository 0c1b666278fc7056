/** An answer: its text as it comes, how it ended, and what can be done with it. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { now } from "../clock";
import type { App } from "../state/app";
import type { Conversation } from "../state/conversation";
import type { Entry } from "../state/entry";
import { exactTime, relativeTime } from "../times";
import { AnswerAgain } from "./answer-again";
import { CopyButton } from "./copy-button";
import { Fork } from "./fork";
import { Icon } from "./icon";
import { MemoryChip, Used } from "./memories";

interface AnswerProps {
  app: App;
  conversation: Conversation;
  entry: Entry;
  /** It waits for the user's answer. */
  asked: boolean;
  /** Nothing comes after it. */
  last: boolean;
  /** With another model, if one is named. Without this it cannot be answered again. */
  onAgain: ((model?: string) => void) | null;
}

export function Answer({ app, conversation, entry, asked, last, onAgain }: AnswerProps) {
  const text = useRef<HTMLDivElement>(null);
  const [showsUsed, setShowsUsed] = useState(false);
  const { status, error, created_at, memory } = entry.message.value;
  const used = memory && (memory.used.length > 0 || memory.preferences) ? memory : null;
  // The text is drawn outside of this component: it changes too often.
  useLayoutEffect(() => {
    text.current?.replaceChildren(entry.view.host);
  }, [entry]);
  const running = status === "running";
  const tries = status === "failed" && last && conversation.branches.free.value ? onAgain : null;
  return (
    <article class="answer" id={`m-${entry.id}`} aria-busy={running && !asked}>
      <h2 class="visually-hidden">Everthread</h2>
      <Fork app={app} conversation={conversation} entry={entry} />
      <div ref={text} />
      {running && !asked && entry.empty.value && <Waiting word={entry.thinking.value ? "Thinking" : ""} />}
      {status === "stopped" && <p class="answer-end">Stopped</p>}
      {status === "failed" && (
        <div class="answer-failed notice notice-bad">
          <Icon name="warning" />
          <span>{error?.text ?? "The answer could not be finished."}</span>
          {tries && (
            <button class="button button-small" type="button" onClick={() => tries()}>
              Try again
            </button>
          )}
        </div>
      )}
      {memory && memory.effects.length > 0 && <MemoryChip app={app} effects={memory.effects} />}
      <div class="message-actions">
        {!running && (
          <>
            {!entry.empty.value && <CopyButton text={() => entry.text} label="Copy answer" />}
            {onAgain && !tries && <AnswerAgain app={app} conversation={conversation} entry={entry} onAgain={onAgain} />}
            {used && (
              <button class="text-button message-action message-used" type="button" aria-expanded={showsUsed} onClick={() => setShowsUsed(!showsUsed)}>
                <Icon name="memory" small />
                What I used
              </button>
            )}
            <time class="message-time" dateTime={created_at} title={exactTime(created_at)}>
              {relativeTime(created_at, now.value)}
            </time>
          </>
        )}
      </div>
      {used && showsUsed && <Used app={app} use={used} />}
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
