/** A message of the user's: what was written, and how far it has got. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { now } from "../clock";
import type { App } from "../state/app";
import type { Conversation } from "../state/conversation";
import type { Entry } from "../state/entry";
import { exactTime, relativeTime } from "../times";
import { CopyButton } from "./copy-button";
import { focusOn } from "./focus";
import { Fork } from "./fork";
import { Icon } from "./icon";
import { QuestionEditor } from "./question-editor";
import { QueuedActions, QueuedEditor } from "./queued";

/** Longer texts are folded until someone wants them. */
const FOLD_CHARS = 1_600;
const FOLD_LINES = 18;

export function Question({ app, conversation, entry }: { app: App; conversation: Conversation; entry: Entry }) {
  const message = entry.message.value;
  const delivery = entry.delivery.value;
  const long = entry.text.length > FOLD_CHARS || entry.text.split("\n").length > FOLD_LINES;
  const [folded, setFolded] = useState(long);
  const queued = delivery.kind === "sent" && message.status === "queued";
  const [changesQueued, setChangesQueued] = useState(false);
  const draft = entry.draft.value;
  const editing = changesQueued || draft !== null;
  const place = useRef<HTMLElement>(null);
  const was = useRef(editing);
  // Before anything is drawn: `keepFocus` waits for two frames only.
  useLayoutEffect(() => {
    // The field that had the focus is gone.
    if (was.current && !editing && document.activeElement === document.body) place.current?.querySelector<HTMLElement>(".question-edit")?.focus();
    was.current = editing;
  }, [editing]);
  const sendAgain = () => {
    focusOn();
    conversation.sendAgain(entry);
  };
  return (
    <article ref={place} class="question" id={`m-${entry.id}`} data-state={queued ? "queued" : delivery.kind}>
      <h2 class="visually-hidden">You</h2>
      <Fork app={app} conversation={conversation} entry={entry} />
      {changesQueued && <QueuedEditor app={app} conversation={conversation} entry={entry} waits={queued} onDone={() => setChangesQueued(false)} />}
      {!changesQueued && draft !== null && <QuestionEditor app={app} conversation={conversation} entry={entry} text={draft} />}
      {!editing && (
        <div class="question-text" data-folded={folded}>
          {entry.text}
        </div>
      )}
      {long && !editing && (
        <button class="question-fold" type="button" aria-expanded={!folded} onClick={() => setFolded(!folded)}>
          {folded ? "Show all" : "Show less"}
        </button>
      )}
      {!editing && (
        <div class="message-actions">
          {delivery.kind === "sent" && !queued && (
            <>
              <time class="message-time" dateTime={message.created_at} title={exactTime(message.created_at)}>
                {relativeTime(message.created_at, now.value)}
              </time>
              <EditButton conversation={conversation} entry={entry} />
              <CopyButton text={() => entry.text} label="Copy message" />
            </>
          )}
          {delivery.kind === "sending" && <span class="question-state">{conversation.away.value ? "Will be sent" : "Sending"}</span>}
          {queued && <QueuedActions app={app} conversation={conversation} entry={entry} onEdit={() => setChangesQueued(true)} />}
          {delivery.kind === "sending" && conversation.away.value && <Withdraw app={app} conversation={conversation} entry={entry} />}
        </div>
      )}
      {delivery.kind === "refused" && (
        <div class="question-refused" role="alert">
          <Icon name="warning" small />
          <span>Not sent. {delivery.reason}</span>
          <button class="text-button" type="button" onClick={sendAgain}>
            Send again
          </button>
          <Withdraw app={app} conversation={conversation} entry={entry} />
        </div>
      )}
    </article>
  );
}

/** Puts the question anew. Not while something is being answered. */
function EditButton({ conversation, entry }: { conversation: Conversation; entry: Entry }) {
  const free = conversation.branches.free.value;
  const edit = () => {
    if (free) entry.draft.value = entry.text;
  };
  return (
    <button class="icon-button message-action question-edit" type="button" aria-label="Edit message" title="Edit" aria-disabled={!free} onClick={edit}>
      <Icon name="pencil" small />
    </button>
  );
}

/** Takes the message back into the composer. */
function Withdraw({ app, conversation, entry }: { app: App; conversation: Conversation; entry: Entry }) {
  const withdraw = () => {
    const text = conversation.withdraw(entry);
    const draft = app.drafts.get(app.draftKey);
    conversation.returned.value = draft ? `${draft}\n\n${text}` : text;
    focusOn();
  };
  return (
    <button class="text-button" type="button" onClick={withdraw}>
      Take back
    </button>
  );
}
