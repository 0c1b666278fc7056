/** The chat page: reads what the server wrote into the page and starts the island. */

import { render } from "preact";
import { watchKeys, watchPresence } from "./presence";
import { App } from "./state/app";
import { Page } from "./ui/page";
import type { PageData } from "./wire";

const host = document.getElementById("chat");
const data = document.getElementById("page-data");
const csrf = document.querySelector<HTMLMetaElement>("meta[name='csrf-token']");

if (host && data && csrf) {
  const app = new App(JSON.parse(data.textContent ?? "null") as PageData, csrf.content, storage());
  render(<Page app={app} />, host);
  watchPresence(app);
  watchKeys(app);
  app.markSeen();
}

/** The browser's storage, or null where its settings forbid it. */
function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}
