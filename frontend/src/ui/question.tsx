/** A message of the user's: what was written, and how far it has got. */

import { useState } from "preact/hooks";
import { now } from "../clock";
import type { App } from "../state/app";
import type { Conversation } from "../state/conversation";
import type { Entry } from "../state/entry";
import { exactTime, relativeTime } from "../times";
import { CopyButton } from "./copy-button";
import { focusOn } from "./focus";
import { Icon } from "./icon";

/** Longer texts are folded until someone wants them. */
const FOLD_CHARS = 1_600;
const FOLD_LINES = 18;

export function Question({ app, conversation, entry }: { app: App; conversation: Conversation; entry: Entry }) {
  const message = entry.message.value;
  const delivery = entry.delivery.value;
  const long = entry.text.length > FOLD_CHARS || entry.text.split("\n").length > FOLD_LINES;
  const [folded, setFolded] = useState(long);
  const queued = delivery.kind === "sent" && message.status === "queued";
  const sendAgain = () => {
    focusOn();
    conversation.sendAgain(entry);
  };
  return (
    <article class="question" id={`m-${entry.id}`} data-state={queued ? "queued" : delivery.kind}>
      <h2 class="visually-hidden">You</h2>
      <div class="question-text" data-folded={folded}>
        {entry.text}
      </div>
      {long && (
        <button class="question-fold" type="button" aria-expanded={!folded} onClick={() => setFolded(!folded)}>
          {folded ? "Show all" : "Show less"}
        </button>
      )}
      <div class="message-actions">
        {delivery.kind === "sent" && !queued && (
          <>
            <time class="message-time" dateTime={message.created_at} title={exactTime(message.created_at)}>
              {relativeTime(message.created_at, now.value)}
            </time>
            <CopyButton text={() => entry.text} label="Copy message" />
          </>
        )}
        {delivery.kind === "sending" && <span class="question-state">{conversation.away.value ? "Will be sent" : "Sending"}</span>}
        {queued && <span class="question-state">Queued</span>}
        {(queued || (delivery.kind === "sending" && conversation.away.value)) && <Withdraw app={app} conversation={conversation} entry={entry} />}
      </div>
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

/** Takes the message back into the composer. */
function Withdraw({ app, conversation, entry }: { app: App; conversation: Conversation; entry: Entry }) {
  const withdraw = async () => {
    try {
      const text = await conversation.withdraw(entry);
      const draft = app.drafts.get(app.draftKey);
      conversation.returned.value = draft ? `${draft}\n\n${text}` : text;
      focusOn();
    } catch {
      app.toasts.say("The message could not be taken back. It may have been answered already.");
    }
  };
  return (
    <button class="text-button" type="button" onClick={() => void withdraw()}>
      Take back
    </button>
  );
}
