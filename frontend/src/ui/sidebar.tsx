/** The list of threads and the way to everything else. */

import { useEffect, useRef } from "preact/hooks";
import { now } from "../clock";
import type { App } from "../state/app";
import type { ThreadList } from "../state/threads";
import { groupByDay } from "../times";
import { AccountMenu } from "./account-menu";
import { Icon } from "./icon";
import { ThreadRow } from "./thread-row";

export function Sidebar({ app, hidden }: { app: App; hidden: boolean }) {
  const groups = groupByDay(app.threads.items.value, now.value);
  const aside = useRef<HTMLElement>(null);
  useEffect(() => {
    if (app.drawer.value && !hidden) aside.current?.querySelector<HTMLElement>(".sidebar-close")?.focus();
  }, [hidden]);
  return (
    <aside ref={aside} class="sidebar" inert={hidden} aria-label="Threads and account">
      <div class="sidebar-head">
        <a class="wordmark" href="/" onClick={(event) => follow(event, () => app.startNew())}>
          <svg class="logo" aria-hidden="true" focusable="false">
            <use href="#logo" />
          </svg>
          Everthread
        </a>
        <button class="icon-button sidebar-close" type="button" aria-label="Close" onClick={() => (app.drawer.value = false)}>
          <Icon name="x" />
        </button>
      </div>
      <a class="sidebar-new" href="/" title="New chat (Ctrl+Shift+O)" onClick={(event) => follow(event, () => app.startNew())}>
        <Icon name="plus" />
        New chat
      </a>
      <nav class="threads" aria-label="Threads">
        {groups.map((group) => (
          <section key={group.label}>
            <h2 class="threads-day">{group.label}</h2>
            <ul role="list">
              {group.items.map((item) => (
                <ThreadRow key={item.id} app={app} item={item} />
              ))}
            </ul>
          </section>
        ))}
        {groups.length === 0 && <p class="threads-none">Threads will be listed here.</p>}
        <More threads={app.threads} />
      </nav>
      <AccountMenu app={app} />
    </aside>
  );
}

/** Loads the next page when its place comes into view. */
function More({ threads }: { threads: ThreadList }) {
  const ref = useRef<HTMLDivElement>(null);
  const shown = !threads.complete;
  const count = threads.items.value.length;
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const observer = new IntersectionObserver((seen) => {
      if (seen.some((entry) => entry.isIntersecting) && !threads.failed.value) void threads.loadMore();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [shown, count]);
  if (!shown) return null;
  return (
    <div ref={ref} class="threads-more">
      {threads.failed.value && (
        <button class="button button-quiet button-small" type="button" onClick={() => void threads.loadMore()}>
          Load more
        </button>
      )}
    </div>
  );
}

/** A plain click stays on the page; a click for a new tab is left to the browser. */
export function follow(event: MouseEvent, go: () => void): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go();
}
