/** What floats beside a knot: when it was tied, and what can be done from here. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { copy } from "../clipboard";
import type { App } from "../state/app";
import type { Conversation } from "../state/conversation";
import type { Entry } from "../state/entry";
import { exactTime } from "../times";
import { focusOnComposer } from "./focus";
import { Icon } from "./icon";
import { NameField } from "./name-field";

/** As long as the name of a branch may be. */
export const NAME_CHARS = 60;

interface KnotCardProps {
  app: App;
  conversation: Conversation;
  entry: Entry;
  onDone(): void;
}

export function KnotCard({ app, conversation, entry, onDone }: KnotCardProps) {
  const { branches, transcript } = conversation;
  const [naming, setNaming] = useState(false);
  const { id } = entry;
  const free = branches.free.value;
  const isEnd = transcript.entries.value.at(-1) === entry && transcript.continues.value === 0;
  const link = async () => {
    const address = `${location.origin}/t/${conversation.id}/#m-${id}`;
    app.toasts.say((await copy(address)) ? "Link copied." : "The browser does not allow copying here.");
  };
  const branch = async () => {
    if (!free) return;
    if (transcript.entries.value.at(-1) !== entry && !(await branches.show(id, false))) return;
    onDone();
    focusOnComposer();
    app.announcement.value = "What you write next begins a branch here.";
  };
  const fork = async () => {
    const item = await branches.fork(id);
    if (!item) return;
    const back = conversation.id;
    app.threads.put(item);
    app.go(item.id);
    app.toasts.say("This is a chat of its own now.", { label: "Go back", run: () => app.go(back) });
  };
  return (
    <div class="knot-card">
      <Facts app={app} entry={entry} />
      <div class="knot-actions">
        {!isEnd && <Action icon="branch" label="Branch from here" free={free} onPress={() => void branch()} />}
        {!conversation.temporary.value && <Action icon="branch-out" label="Branch in new chat" free={!branches.busy.value} onPress={() => void fork()} />}
        {!naming && <Action icon="copy" label="Copy link" free onPress={() => void link()} />}
        <BranchName app={app} conversation={conversation} entry={entry} naming={naming} onNaming={setNaming} />
      </div>
    </div>
  );
}

function Facts({ app, entry }: { app: App; entry: Entry }) {
  const { created_at, model, usage, memory } = entry.message.value;
  const label = app.data.models.find(({ id }) => id === model)?.label ?? model;
  return (
    <dl>
      <dt>Tied</dt>
      <dd>{exactTime(created_at)}</dd>
      {label && (
        <>
          <dt>Model</dt>
          <dd>{label}</dd>
        </>
      )}
      {usage && (
        <>
          <dt>Tokens</dt>
          <dd>
            {usage.input_tokens.toLocaleString()} read, {usage.output_tokens.toLocaleString()} written
          </dd>
        </>
      )}
      {memory && memory.used.length > 0 && (
        <>
          <dt>Memories</dt>
          <dd>{memory.used.length.toLocaleString()} used</dd>
        </>
      )}
    </dl>
  );
}

function Action({ icon, label, free, onPress }: { icon: string; label: string; free: boolean; onPress(): void }) {
  return (
    <button class="button button-quiet button-small" type="button" aria-disabled={!free} onClick={() => free && onPress()}>
      <Icon name={icon} small />
      {label}
    </button>
  );
}

interface BranchNameProps {
  app: App;
  conversation: Conversation;
  entry: Entry;
  /** A name is being written: the field needs the whole row. */
  naming: boolean;
  onNaming(naming: boolean): void;
}

/** The name of the branch that the knot is on belongs to the message that it begins with. */
function BranchName({ app, conversation, entry, naming, onNaming }: BranchNameProps) {
  const place = useRef<HTMLDivElement>(null);
  const was = useRef(naming);
  // At once: a card that has lost the focus closes.
  useLayoutEffect(() => {
    if (was.current && !naming && document.activeElement === document.body) place.current?.querySelector("button")?.focus();
    was.current = naming;
  }, [naming]);
  const beginning = conversation.branches.beginning(entry.id);
  if (!beginning) return null;
  const name = beginning.message.value.label ?? "";
  const done = async (next: string | null) => {
    onNaming(false);
    if (next === null || next === name || !(await conversation.branches.name(beginning.id, next))) return;
    app.announcement.value = next ? `The branch is called ${next}.` : "The branch has no name any more.";
  };
  return (
    <div ref={place} class="knot-name">
      {naming ? (
        <NameField name={name} label="Name of the branch" most={NAME_CHARS} class="input" onDone={(next) => void done(next)} />
      ) : (
        <Action icon="pencil" label={name ? "Rename this branch" : "Name this branch"} free onPress={() => onNaming(true)} />
      )}
    </div>
  );
}
