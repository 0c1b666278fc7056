/** A small button that has a question answered once more; with several models it lets one choose. */

import { useRef, useState } from "preact/hooks";
import type { App } from "../state/app";
import type { Conversation } from "../state/conversation";
import type { Entry } from "../state/entry";
import { Floating } from "./floating";
import { Icon } from "./icon";

interface AnswerAgainProps {
  app: App;
  conversation: Conversation;
  entry: Entry;
  onAgain(model?: string): void;
}

export function AnswerAgain({ app, conversation, entry, onAgain }: AnswerAgainProps) {
  const free = conversation.branches.free.value;
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const { models } = app.data;
  const several = models.length > 1;
  const press = () => {
    if (!free) return;
    if (several) setOpen(!open);
    else onAgain();
  };
  const choose = (model: string) => {
    setOpen(false);
    if (free) onAgain(model);
  };
  return (
    <>
      <button
        ref={button}
        class="icon-button message-action"
        type="button"
        aria-label="Answer again"
        title="Answer again"
        aria-disabled={!free}
        aria-haspopup={several ? "menu" : undefined}
        aria-expanded={several ? open : undefined}
        onClick={press}
      >
        <Icon name="retry" small />
      </button>
      {open && button.current && (
        <Floating anchor={button.current} kind="menu" label="Answer again with" onClose={() => setOpen(false)}>
          <p class="menu-heading" aria-hidden="true">
            Answer again with
          </p>
          {models.map(({ id, label }) => (
            <button key={id} class="menu-item menu-item-model" type="button" role="menuitem" onClick={() => choose(id)}>
              <span>{label}</span>
              {id === entry.message.value.model && <span class="menu-item-note">this answer</span>}
            </button>
          ))}
        </Floating>
      )}
    </>
  );
}
