/** Where one writes. The draft stays over reloads; Enter sends, except on touch keyboards and while an IME composes. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { App } from "../state/app";
import type { Conversation } from "../state/conversation";
import { TOUCH, focusOn } from "./focus";
import { Icon } from "./icon";

const SAVE_MS = 250;
/** keyCode of a key that an input method handles: Safari reports the end of a composition only so. */
const COMPOSING = 229;

interface ComposerProps {
  app: App;
  conversation: Conversation;
  onSend(text: string): void;
}

export function Composer({ app, conversation, onSend }: ComposerProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useDraft(app, conversation);
  const limit = app.data.limits.message_chars;
  const tooLong = text.length > limit;
  const ready = text.trim() !== "" && !tooLong && !app.signedOut.value;
  const send = whatSendingDoes(conversation);
  useGrowth(area, text);
  useFocus(area, conversation);
  const submit = () => {
    if (!ready) return;
    onSend(text);
    setText("");
    area.current?.focus();
  };
  const stop = () => {
    // The button goes away with the answer.
    focusOn();
    void conversation.stop();
  };
  const pressed = (event: KeyboardEvent) => {
    if (!isSending(event)) return;
    event.preventDefault();
    submit();
  };
  return (
    <form
      class="composer"
      aria-label="Message"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      onClick={(event) => event.target === event.currentTarget && area.current?.focus()}
    >
      <textarea
        ref={area}
        class="composer-text"
        rows={1}
        dir="auto"
        placeholder="Message"
        aria-label="Message"
        aria-describedby={tooLong ? "composer-limit" : undefined}
        aria-invalid={tooLong}
        enterkeyhint={matchMedia(TOUCH).matches ? "enter" : "send"}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={pressed}
      />
      {tooLong && (
        <p id="composer-limit" class="composer-limit" role="alert">
          This message is {counted(text.length - limit)} too long. Up to {limit.toLocaleString()} can be sent at once.
        </p>
      )}
      <div class="composer-row">
        <ModelPicker app={app} />
        {app.data.demo && <DemoLabel />}
        <span class="composer-space" />
        {conversation.running.value && (
          <button class="composer-stop" type="button" disabled={conversation.stopping.value} onClick={stop}>
            <Icon name="stop" small />
            {conversation.stopping.value ? "Stopping" : "Stop"}
          </button>
        )}
        <button class="composer-send" type="submit" disabled={!ready} aria-label={send} title={send}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

/** Whether a key sends what was written: Enter does, except on touch keyboards and while an input method composes. */
export function isSending(event: KeyboardEvent): boolean {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === COMPOSING) return false;
  return !matchMedia(TOUCH).matches;
}

function whatSendingDoes(conversation: Conversation): string {
  if (!conversation.running.value) return "Send";
  return conversation.transcript.waiting.value ? "Send, and decline what is asked" : "Send after this answer";
}

function counted(characters: number): string {
  return `${characters.toLocaleString()} ${characters === 1 ? "character" : "characters"}`;
}

function ModelPicker({ app }: { app: App }) {
  if (app.data.models.length < 2) return null;
  return (
    <label class="model-picker">
      <span class="visually-hidden">Model</span>
      <select value={app.model.value} onChange={(event) => (app.model.value = event.currentTarget.value)}>
        {app.data.models.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
      <Icon name="chevron-down" small />
    </label>
  );
}

function DemoLabel() {
  return (
    <details class="demo">
      <summary>Demo model</summary>
      <p class="floating">Answers are made on this machine without AI. Set OPENAI_API_KEY, or OPENAI_BASE_URL for another provider, and start again.</p>
    </details>
  );
}

/** The text of the composer, kept in the browser until it is sent; of a temporary chat only in the page. */
function useDraft(app: App, conversation: Conversation): [string, (text: string) => void] {
  const key = conversation.isNew ? "new" : conversation.id;
  const stored = !conversation.temporary.value;
  const [text, setText] = useState(() => app.drafts.get(key));
  const kept = useRef({ text, key, stored });
  const returned = conversation.returned.value;
  useEffect(() => {
    if (returned === null) return;
    setText(returned);
    conversation.returned.value = null;
  }, [returned]);
  kept.current = { text, key, stored };
  useEffect(() => {
    const timer = setTimeout(() => app.drafts.set(key, text, stored), SAVE_MS);
    if (!text) app.drafts.set(key, "");
    return () => clearTimeout(timer);
  }, [text, key, stored]);
  // A new chat that has become a thread leaves no draft behind for the next one.
  useEffect(() => () => void (kept.current.key !== key && app.drafts.set(key, "")), [key]);
  useEffect(() => {
    const save = () => app.drafts.set(kept.current.key, kept.current.text, kept.current.stored);
    window.addEventListener("pagehide", save);
    return () => {
      window.removeEventListener("pagehide", save);
      save();
    };
  }, []);
  return [text, setText];
}

/** As tall as its text, up to the limit that the style sheet sets. */
export function useGrowth(area: preact.RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [text]);
}

/** Going to another thread puts the cursor into the composer, except on touch screens, where the keyboard would rise. */
function useFocus(area: preact.RefObject<HTMLTextAreaElement | null>, conversation: Conversation): void {
  useEffect(() => {
    if (!matchMedia(TOUCH).matches) area.current?.focus({ preventScroll: true });
  }, [conversation]);
}
