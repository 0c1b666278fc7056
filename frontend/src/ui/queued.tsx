/** A message that waits for its turn: what can be done with it until then. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { App } from "../state/app";
import type { Conversation } from "../state/conversation";
import type { Entry } from "../state/entry";
import { CommandError } from "../stream/commands";
import { Editor } from "./editor";
import { focusOn } from "./focus";

const NAME_CHARS = 40;

interface QueuedProps {
  app: App;
  conversation: Conversation;
  entry: Entry;
}

interface ActionsProps extends QueuedProps {
  onEdit(): void;
}

export function QueuedActions({ app, conversation, entry, onEdit }: ActionsProps) {
  const [busy, setBusy] = useState(false);
  const ref = useRef<HTMLDivElement>(null);
  const about = shortened(entry.text);
  const first = conversation.transcript.firstQueued.value === entry.id;
  const active = conversation.running.value;
  const remove = async () => {
    const text = entry.text;
    const next = neighbour(ref.current);
    setBusy(true);
    const gone = await conversation.removeQueued(entry);
    setBusy(false);
    if (!gone) return;
    if (next?.isConnected) next.focus();
    else focusOn();
    const again = () => conversation.send(text, app.data.models.length > 1 ? app.model.value : null);
    app.toasts.say("Removed from the queue.", { label: "Undo", run: again });
  };
  const sendNow = async () => {
    setBusy(true);
    // The buttons go away when its answer begins.
    focusOn();
    await conversation.sendNow(entry);
    setBusy(false);
  };
  return (
    <div ref={ref} class="queued-actions" role="group" aria-label={`Queued message: ${about}`}>
      <span class="question-state">{first && !active ? "Queued until another answer ends" : "Queued"}</span>
      {(active || !first) && (
        <button class="text-button" type="button" disabled={busy} aria-label={`Send now: ${about}`} title="Stops the answer that is being written" onClick={() => void sendNow()}>
          Send now
        </button>
      )}
      <button class="text-button question-edit" type="button" disabled={busy} aria-label={`Edit: ${about}`} onClick={onEdit}>
        Edit
      </button>
      <button class="text-button queued-remove" type="button" disabled={busy} aria-label={`Remove: ${about}`} onClick={() => void remove()}>
        Remove
      </button>
    </div>
  );
}

interface EditorProps extends QueuedProps {
  /** The message waits still. When it does not any more, what was changed goes into the composer. */
  waits: boolean;
  onDone(): void;
}

export function QueuedEditor({ app, conversation, entry, waits, onDone }: EditorProps) {
  const [text, setText] = useState(entry.text);
  const [saving, setSaving] = useState(false);
  const done = useRef(false);
  const leave = () => {
    done.current = true;
    onDone();
  };
  const tooLate = () => {
    if (done.current) return;
    if (text !== entry.text && text.trim()) {
      const draft = app.drafts.get(app.draftKey);
      conversation.returned.value = draft ? `${draft}\n\n${text}` : text;
      app.toasts.say("This message does not wait any more. Your change is in the composer.");
    }
    focusOn();
    leave();
  };
  useEffect(() => {
    if (!waits && !saving) tooLate();
  }, [waits, saving]);
  const save = async () => {
    if (text === entry.text) {
      leave();
      return;
    }
    setSaving(true);
    try {
      await conversation.editQueued(entry, text);
      app.announcement.value = "The queued message was changed.";
      leave();
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      setSaving(false);
      if (error.code === "invalid_argument") tooLate();
      else app.toasts.say(error.unanswered ? "Not changed, because there is no connection." : error.message);
    }
  };
  return <Editor app={app} label="Queued message" text={text} saving={saving} onText={setText} onSave={() => void save()} onLeave={leave} />;
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > NAME_CHARS ? `${line.slice(0, NAME_CHARS)}…` : line;
}

/** The button that removes the next queued message, or the one before: where the focus goes when this one is gone. */
function neighbour(actions: HTMLElement | null): HTMLElement | undefined {
  const all = [...document.querySelectorAll<HTMLElement>(".queued-remove")];
  const at = all.findIndex((button) => actions?.contains(button));
  return all[at + 1] ?? all[at - 1];
}
