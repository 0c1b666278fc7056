/** The frame: the sidebar, the open thread, and what floats above both. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { App } from "../state/app";
import { BranchMap } from "./branch-map";
import { Chat } from "./chat";
import { Icon } from "./icon";
import { Sidebar } from "./sidebar";
import { TemporaryToggle } from "./temporary";
import { ToastList } from "./toast-list";

const NARROW = "(max-width: 56.24rem)";

export function Page({ app }: { app: App }) {
  const conversation = app.current.value;
  const narrow = useMedia(NARROW);
  const open = app.drawer.value && narrow;
  const opener = useRef<HTMLButtonElement>(null);
  const was = useRef(open);
  useEffect(() => {
    if (was.current && !open && document.activeElement === document.body) opener.current?.focus();
    was.current = open;
  }, [open]);
  return (
    <div class="app" data-drawer={open ? "open" : "closed"}>
      <Sidebar app={app} hidden={narrow && !open} />
      <div class="scrim" onClick={() => (app.drawer.value = false)} />
      <div class="stage" inert={open}>
        <header class="topbar">
          <button ref={opener} class="icon-button topbar-narrow" type="button" aria-label="Show threads" aria-expanded={open} onClick={() => (app.drawer.value = true)}>
            <Icon name="menu" />
          </button>
          <h1 class="topbar-title" dir="auto">
            {app.title.value}
          </h1>
          <TemporaryToggle conversation={conversation} />
          {!conversation.isNew && !app.missing.value && (
            <button class="icon-button" type="button" aria-label="Branches" title="Branches" aria-haspopup="dialog" onClick={() => (conversation.branches.map.value = true)}>
              <Icon name="branch" />
            </button>
          )}
          <button class="icon-button topbar-narrow" type="button" aria-label="New chat" onClick={() => app.startNew()}>
            <Icon name="plus" />
          </button>
        </header>
        <Chat app={app} />
      </div>
      {conversation.branches.map.value && <BranchMap key={conversation.id} app={app} conversation={conversation} />}
      <ToastList toasts={app.toasts} />
      <div class="visually-hidden" role="status" aria-live="polite">
        {app.announcement.value}
      </div>
    </div>
  );
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const change = () => setMatches(list.matches);
    list.addEventListener("change", change);
    return () => list.removeEventListener("change", change);
  }, [query]);
  return matches;
}
