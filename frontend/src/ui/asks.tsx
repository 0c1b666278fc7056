/** What the answer waits for: what would be kept, changed or forgotten, to be decided one by one or together. */

import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { App } from "../state/app";
import { type PendingAsk, QUESTIONS } from "../state/asks";
import type { Conversation } from "../state/conversation";
import type { Response } from "../wire";
import { isSending, useGrowth } from "./composer";
import { focusOn } from "./focus";
import { Icon } from "./icon";

/** As much as one memory holds. */
const MEMORY_CHARS = 1_000;
const ALWAYS = "Accepts this, and from now on memories are kept without asking. Preferences take it back.";

type Answer = (asks: readonly PendingAsk[], response: Response) => Promise<void>;

export function AskCards({ app, conversation }: { app: App; conversation: Conversation }) {
  const asks = conversation.transcript.asks.list.value;
  const [sent, setSent] = useState<readonly PendingAsk[]>([]);
  const place = useRef<HTMLElement>(null);
  const next = useRef(false);
  useEffect(() => {
    if (asks.length === 0) {
      setSent([]);
    } else if (next.current) {
      next.current = false;
      if (!isWriting()) place.current?.querySelector("button")?.focus();
    }
  }, [asks]);
  if (asks.length === 0) return null;
  const answer: Answer = async (given, response) => {
    if (place.current?.contains(document.activeElement)) {
      // The button goes away; when the others are asked again, the first of them is next.
      next.current = given.length < asks.length;
      focusOn();
    }
    setSent((before) => [...before, ...given]);
    const counted = await conversation.respond(given, response);
    if (!counted) setSent((before) => before.filter((pending) => !given.includes(pending)));
    else if (response.decision === "always") saysSo(app);
  };
  const open = asks.filter((pending) => !sent.includes(pending));
  const together = asks.length > 1;
  return (
    <section ref={place} class="asks" aria-label="Needs your answer">
      {asks.map((pending) => (
        <AskCard key={pending.id} pending={pending} alone={!together} busy={!open.includes(pending)} onAnswer={answer} />
      ))}
      {together && (
        <div class="ask-row asks-all" role="group" aria-label="All of these">
          <button class="button button-primary button-small" type="button" disabled={open.length === 0} onClick={() => void answer(open, { decision: "accept" })}>
            Accept all
          </button>
          <button class="button button-small" type="button" disabled={open.length === 0} onClick={() => void answer(open, { decision: "decline" })}>
            Decline all
          </button>
          <AlwaysButton disabled={open.length === 0} onClick={() => void answer(open, { decision: "always" })} />
        </div>
      )}
    </section>
  );
}

interface AskCardProps {
  pending: PendingAsk;
  /** Nothing else is asked. */
  alone: boolean;
  /** Its answer is on the way. */
  busy: boolean;
  onAnswer: Answer;
}

function AskCard({ pending, alone, busy, onAnswer }: AskCardProps) {
  const { ask, draft } = pending;
  const id = useId();
  const answer = (response: Response) => void onAnswer([pending], response);
  return (
    <div class="ask" role="group" aria-labelledby={`${id}-question`} aria-describedby={`${id}-text`} aria-busy={busy}>
      <h3 class="ask-question" id={`${id}-question`}>
        <Icon name="memory" small />
        {QUESTIONS[ask.action]}
      </h3>
      <div id={`${id}-text`}>
        {ask.action === "update" && ask.before !== null && (
          <p class="ask-text" dir="auto">
            <span class="visually-hidden">Until now: </span>
            <del>{ask.before}</del>
          </p>
        )}
        {draft.value === null && (
          <p class="ask-text" dir="auto">
            {ask.text}
          </p>
        )}
      </div>
      {draft.value === null ? (
        <div class="ask-row">
          <button class={`button button-small${alone ? " button-primary" : ""}`} type="button" disabled={busy} onClick={() => answer({ decision: "accept" })}>
            Accept
          </button>
          {ask.action !== "forget" && (
            <button class="button button-small" type="button" disabled={busy} onClick={() => (draft.value = ask.text)}>
              Edit
            </button>
          )}
          <button class="button button-small" type="button" disabled={busy} onClick={() => answer({ decision: "decline" })}>
            Decline
          </button>
          {alone && <AlwaysButton disabled={busy} onClick={() => answer({ decision: "always" })} />}
        </div>
      ) : (
        <AskEditor pending={pending} text={draft.value} alone={alone} busy={busy} onAnswer={onAnswer} />
      )}
    </div>
  );
}

function AlwaysButton({ disabled, onClick }: { disabled: boolean; onClick(): void }) {
  return (
    <button class="button button-quiet button-small" type="button" disabled={disabled} title={ALWAYS} onClick={onClick}>
      Always allow
    </button>
  );
}

/** In place of the text. Enter and the button accept what is written, Escape leaves it as it was. */
function AskEditor({ pending, text, alone, busy, onAnswer }: AskCardProps & { text: string }) {
  const { ask, draft } = pending;
  const area = useRef<HTMLTextAreaElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const ready = text.trim() !== "" && !busy;
  useGrowth(area, text);
  useLayoutEffect(() => {
    area.current?.focus({ preventScroll: true });
    area.current?.setSelectionRange(text.length, text.length);
  }, []);
  const accept = () => {
    const same = text.trim() === ask.text;
    if (ready) void onAnswer([pending], same ? { decision: "accept" } : { decision: "edit", text: text.trim() });
  };
  const leave = () => {
    const card = form.current?.parentElement;
    draft.value = null;
    // The field that had the focus goes away.
    requestAnimationFrame(() => card?.querySelector("button")?.focus());
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      leave();
    } else if (isSending(event)) {
      event.preventDefault();
      accept();
    }
  };
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        accept();
      }}
    >
      <textarea
        ref={area}
        class="input ask-field"
        rows={1}
        dir="auto"
        maxLength={MEMORY_CHARS}
        aria-label="What is kept"
        value={text}
        onInput={(event) => (draft.value = event.currentTarget.value)}
        onKeyDown={pressed}
      />
      <div class="ask-row">
        <button class={`button button-small${alone ? " button-primary" : ""}`} type="submit" disabled={!ready}>
          Accept
        </button>
        <button class="button button-quiet button-small" type="button" disabled={busy} onClick={leave}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function saysSo(app: App): void {
  const action = { label: "Preferences", run: () => location.assign("/preferences/") };
  app.toasts.say("From now on memories are kept without asking.", action);
}

/** Whether the focus is in a text that has been begun: it must not be taken from there. */
function isWriting(): boolean {
  return document.activeElement instanceof HTMLTextAreaElement && document.activeElement.value !== "";
}
