/** One thread in the sidebar: its title, its marks, and what can be done with it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { now } from "../clock";
import type { App } from "../state/app";
import { exactTime, relativeTime } from "../times";
import type { ThreadItem } from "../wire";
import { Floating } from "./floating";
import { Icon } from "./icon";
import { NameField } from "./name-field";
import { follow } from "./sidebar";

export function ThreadRow({ app, item }: { app: App; item: ThreadItem }) {
  const [renaming, setRenaming] = useState(false);
  const [menu, setMenu] = useState(false);
  const dots = useRef<HTMLButtonElement>(null);
  const link = useRef<HTMLAnchorElement>(null);
  const was = useRef(renaming);
  useEffect(() => {
    // The field that had the focus is gone.
    if (was.current && !renaming && document.activeElement === document.body) link.current?.focus();
    was.current = renaming;
  }, [renaming]);
  const open = app.current.value.id === item.id;
  const title = item.title || "Untitled";
  const rename = () => {
    setMenu(false);
    setRenaming(true);
  };
  const trash = () => {
    // The row goes away; the composer of a new chat takes the focus from here when this thread was open.
    neighbour(link.current)?.focus();
    void app.trash(item);
  };
  if (renaming) {
    return (
      <li class="thread-row">
        <NameField
          name={item.title}
          label="Title of the thread"
          most={120}
          class="thread-rename"
          onDone={(text) => {
            setRenaming(false);
            if (text && text !== item.title) void app.rename(item, text);
          }}
        />
      </li>
    );
  }
  return (
    <li class="thread-row" data-menu={menu}>
      <a
        ref={link}
        class="thread-link"
        href={`/t/${item.id}/`}
        aria-current={open ? "page" : undefined}
        title={`${title}\n${relativeTime(item.updated_at, now.value)} (${exactTime(item.updated_at)})`}
        onClick={(event) => follow(event, () => app.go(item.id))}
        onDblClick={rename}
      >
        <span class="thread-title" dir="auto" data-untitled={item.title === ""}>
          {title}
        </span>
        <Mark item={item} open={open} />
      </a>
      <button ref={dots} class="icon-button thread-dots" type="button" aria-label={`Actions for ${title}`} aria-haspopup="menu" aria-expanded={menu} onClick={() => setMenu(!menu)}>
        <Icon name="dots" />
      </button>
      {menu && dots.current && (
        <Floating anchor={dots.current} kind="menu" label={`Actions for ${title}`} onClose={() => setMenu(false)}>
          <button class="menu-item" type="button" role="menuitem" onClick={rename}>
            <Icon name="pencil" />
            Rename
          </button>
          <a class="menu-item" role="menuitem" href={`/t/${item.id}/access/`}>
            <Icon name="eye" />
            Who looked
          </a>
          <button class="menu-item menu-item-danger" type="button" role="menuitem" onClick={trash}>
            <Icon name="trash" />
            Move to trash
          </button>
        </Floating>
      )}
    </li>
  );
}

/** The row below, else the one above, else what makes a new one. */
function neighbour(link: HTMLElement | null): HTMLElement | null {
  const sidebar = link?.closest(".sidebar");
  const links = [...(sidebar?.querySelectorAll<HTMLElement>(".thread-link") ?? [])];
  const at = links.findIndex((each) => each === link);
  return links[at + 1] ?? links[at - 1] ?? sidebar?.querySelector<HTMLElement>(".sidebar-new") ?? null;
}

function Mark({ item, open }: { item: ThreadItem; open: boolean }) {
  if (item.waiting) {
    return (
      <span class="thread-mark thread-waiting" title="Needs your answer">
        <span class="visually-hidden">, needs your answer</span>
      </span>
    );
  }
  if (item.running) {
    return (
      <span class="thread-mark thread-running">
        <span class="visually-hidden">, answering</span>
      </span>
    );
  }
  if (!item.unread || open) return null;
  return (
    <span class="thread-mark thread-unread">
      <span class="visually-hidden">, unread</span>
    </span>
  );
}
