/** A question that is put anew, in other words: it gets a branch of its own beside the first. */

import { useState } from "preact/hooks";
import type { App } from "../state/app";
import type { Conversation } from "../state/conversation";
import type { Entry } from "../state/entry";
import { Editor } from "./editor";
import { focusOn } from "./focus";

interface QuestionEditorProps {
  app: App;
  conversation: Conversation;
  entry: Entry;
  text: string;
}

export function QuestionEditor({ app, conversation, entry, text }: QuestionEditorProps) {
  const [saving, setSaving] = useState(false);
  const held = conversation.branches.waits.value;
  const leave = () => {
    entry.draft.value = null;
  };
  const save = async () => {
    if (text.trim() === entry.text.trim()) {
      leave();
      return;
    }
    setSaving(true);
    // The editor goes away with the message.
    if (await conversation.branches.edit(entry, text, app.data.models.length > 1 ? app.model.value : null)) focusOn();
    setSaving(false);
  };
  return (
    <Editor
      app={app}
      label="Message to be changed"
      text={text}
      saving={saving}
      held={held}
      note={held ? "Wait until the answer is complete." : "What was here stays, on a branch of its own."}
      onText={(changed) => (entry.draft.value = changed)}
      onSave={() => void save()}
      onLeave={leave}
    />
  );
}
