/** The map of a thread's branches: the thread line as a whole, with a knot where each of them ends. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api";
import { now } from "../clock";
import type { App } from "../state/app";
import type { Conversation } from "../state/conversation";
import { exactTime, relativeTime } from "../times";
import type { Branch, Branches } from "../wire";
import { Icon } from "./icon";
import { NAME_CHARS } from "./knot-card";
import { type Row, ROW, draw } from "./lanes";
import { NameField } from "./name-field";

/** Pixels of a drawing for one rem. */
const REM = 16;

interface MapProps {
  app: App;
  conversation: Conversation;
}

export function BranchMap({ app, conversation }: MapProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { map } = conversation.branches;
  const [found, failure, again] = useBranches(app, conversation);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    const inside = dialog.current?.contains(document.activeElement);
    if (found && inside) dialog.current?.querySelector<HTMLElement>("[aria-current]")?.focus();
  }, [found === null]);
  const show = async (branch: Branch) => {
    if (branch.end !== found?.head && !(await conversation.branches.show(branch.end, false))) return;
    dialog.current?.close();
    requestAnimationFrame(() => bringIntoView(branch.id));
  };
  return (
    <dialog
      ref={dialog}
      class="dialog map floating"
      aria-labelledby="map-title"
      onClose={() => (map.value = false)}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <header class="map-head">
        <h2 id="map-title">Branches</h2>
        <button class="icon-button" type="button" aria-label="Close" onClick={() => dialog.current?.close()}>
          <Icon name="x" />
        </button>
      </header>
      {failure !== null && (
        <p class="map-note" role="alert">
          {failure}
        </p>
      )}
      {!found && failure === null && (
        <p class="map-note" role="status">
          <span class="spinner" />
          <span class="visually-hidden">Loading</span>
        </p>
      )}
      {found && <Rows conversation={conversation} found={found} onShow={(branch) => void show(branch)} onNamed={again} />}
      {found && found.branches.length < 2 && <p class="map-note">One line so far. Edit a message, or have one answered again, and it forks.</p>}
      {found?.more && <p class="map-note">These are the newest {found.branches.length} branches.</p>}
    </dialog>
  );
}

/** The branches as they are now: loaded again when the thread is turned, here or elsewhere. */
function useBranches(app: App, conversation: Conversation): [Branches | null, string | null, () => void] {
  const [found, setFound] = useState<Branches | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [times, setTimes] = useState(0);
  const head = conversation.transcript.head.value;
  useEffect(() => {
    let wanted = true;
    app.api.branches(conversation.id).then(
      (branches) => wanted && setFound(branches),
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        if (wanted) setFailure(error.message);
      },
    );
    return () => {
      wanted = false;
    };
  }, [head, times]);
  return [found, failure, () => setTimes(times + 1)];
}

interface RowsProps {
  conversation: Conversation;
  found: Branches;
  onShow(branch: Branch): void;
  onNamed(): void;
}

function Rows({ conversation, found, onShow, onNamed }: RowsProps) {
  const { rows, width } = draw(found.branches);
  return (
    <ol class="map-rows" role="list">
      {rows.map((row) => (
        <MapRow key={row.branch.id} conversation={conversation} row={row} width={width} onShow={onShow} onNamed={onNamed} />
      ))}
    </ol>
  );
}

interface MapRowProps {
  conversation: Conversation;
  row: Row;
  width: number;
  onShow(branch: Branch): void;
  onNamed(): void;
}

function MapRow({ conversation, row, width, onShow, onNamed }: MapRowProps) {
  const { branch, current } = row;
  const [naming, setNaming] = useState(false);
  const pencil = useRef<HTMLButtonElement>(null);
  const was = useRef(naming);
  useLayoutEffect(() => {
    // The field that had the focus is gone.
    if (was.current && !naming && !document.activeElement?.closest(".map-row")) pencil.current?.focus();
    was.current = naming;
  }, [naming]);
  const { free } = conversation.branches;
  const title = branch.label ?? (branch.preview || "Untitled");
  const named = async (name: string | null) => {
    setNaming(false);
    if (name === null || name === (branch.label ?? "")) return;
    if (await conversation.branches.name(branch.id, name)) onNamed();
  };
  return (
    <li class="map-row" data-current={current}>
      <svg class="map-lanes" viewBox={`0 0 ${width} ${ROW}`} style={{ inlineSize: `${width / REM}rem`, blockSize: `${ROW / REM}rem` }} aria-hidden="true" focusable="false">
        {row.strokes.map(({ path, main }) => (
          <path key={path} d={path} data-main={main} />
        ))}
        {row.dot && <circle cx={row.dot.x} cy={row.dot.y} r="3.5" data-main={row.dot.main} />}
      </svg>
      {naming ? (
        <NameField name={branch.label ?? ""} label="Name of the branch" most={NAME_CHARS} class="input map-name" onDone={(name) => void named(name)} />
      ) : (
        <>
          <button class="map-go" type="button" aria-current={current ? "true" : undefined} aria-disabled={!free.value} onClick={() => free.value && onShow(branch)}>
            <span class="map-title" dir="auto" data-named={branch.label !== null}>
              {title}
            </span>
            <span class="map-facts" title={exactTime(branch.at)}>
              {current && <span class="map-now">Shown now</span>}
              {branch.messages === 1 ? "1 message" : `${branch.messages.toLocaleString()} messages`}, {relativeTime(branch.at, now.value)}
            </span>
          </button>
          <button ref={pencil} class="icon-button map-pencil" type="button" aria-label={`Name this branch: ${title}`} title="Name this branch" onClick={() => setNaming(true)}>
            <Icon name="pencil" small />
          </button>
        </>
      )}
    </li>
  );
}

/** What was chosen is looked for where it begins, unless that can be seen already. */
function bringIntoView(message: string): void {
  const beginning = document.getElementById(`m-${message}`);
  const around = beginning?.closest(".scroller")?.getBoundingClientRect();
  if (!beginning || !around) return;
  const { top } = beginning.getBoundingClientRect();
  if (top < around.top || top > around.bottom - 48) beginning.scrollIntoView({ block: "start" });
}
