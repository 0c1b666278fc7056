/** In place of a thread that cannot be shown. */

import type { App } from "../state/app";
import { follow } from "./sidebar";

export function Missing({ app, sentence }: { app: App; sentence: string }) {
  return (
    <main id="main" class="chat chat-missing" tabIndex={-1}>
      <p>{sentence}</p>
      <a class="button" href="/" onClick={(event) => follow(event, () => app.startNew())}>
        New chat
      </a>
    </main>
  );
}
