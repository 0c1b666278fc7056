/** What happens around the page: the tab is hidden or shown, the network goes and comes, one goes back, shortcuts. */

import { effect } from "@preact/signals";
import type { App } from "./state/app";

export function watchPresence(app: App): void {
  const wake = () => app.current.value.wake();
  window.addEventListener("online", wake);
  window.addEventListener("popstate", () => app.followAddress());
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    wake();
    app.unseen.value = false;
    app.markSeen();
  });
  // A page restored from the back/forward cache has a dead socket and maybe an old list.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  effect(() => {
    document.title = `${app.unseen.value ? "● " : ""}${app.title.value} · Everthread`;
  });
}

export function watchKeys(app: App): void {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.shiftKey && event.key.toLowerCase() === "o") {
      event.preventDefault();
      app.startNew();
    } else if (event.key === "Escape" && app.drawer.value) {
      app.drawer.value = false;
    }
  });
}
