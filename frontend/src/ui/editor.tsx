/** In place of a message's text: a field to change it in. Enter and the button save, Escape leaves it as it was. */

import { useId, useLayoutEffect, useRef } from "preact/hooks";
import type { App } from "../state/app";
import { isSending, useGrowth } from "./composer";

interface EditorProps {
  app: App;
  /** What is changed, for screen readers. */
  label: string;
  text: string;
  saving: boolean;
  /** Why it cannot be saved for now, or what saving does. */
  note?: string;
  /** It cannot be saved for now. */
  held?: boolean;
  onText(text: string): void;
  onSave(): void;
  onLeave(): void;
}

export function Editor({ app, label, text, saving, note, held = false, onText, onSave, onLeave }: EditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const over = text.length - app.data.limits.message_chars;
  const empty = text.trim() === "" || over > 0;
  const ready = !empty && !saving && !held;
  useGrowth(area, text);
  useLayoutEffect(() => {
    area.current?.focus({ preventScroll: true });
    area.current?.setSelectionRange(text.length, text.length);
  }, []);
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      onLeave();
    } else if (isSending(event)) {
      event.preventDefault();
      if (ready) onSave();
    }
  };
  return (
    <form
      class="editor"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) onSave();
      }}
    >
      <textarea
        ref={area}
        class="editor-text"
        rows={1}
        dir="auto"
        aria-label={`Text of the ${label.toLowerCase()}`}
        aria-describedby={note ? id : undefined}
        aria-invalid={over > 0}
        value={text}
        onInput={(event) => onText(event.currentTarget.value)}
        onKeyDown={pressed}
      />
      {over > 0 && (
        <p class="composer-limit" role="alert">
          This message is {over.toLocaleString()} {over === 1 ? "character" : "characters"} too long.
        </p>
      )}
      <div class="editor-row">
        {note && (
          <p id={id} class="editor-note">
            {note}
          </p>
        )}
        <button class="button button-quiet button-small" type="button" onClick={onLeave}>
          Cancel
        </button>
        <button class="button button-small" type="submit" disabled={empty} aria-disabled={!ready}>
          {saving ? "Saving" : "Save"}
        </button>
      </div>
    </form>
  );
}
