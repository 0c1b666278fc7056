/** What is wrong with the connection, said quietly and only when it lasts. */

import type { App } from "../state/app";
import type { Conversation } from "../state/conversation";
import { Icon } from "./icon";

export function LinkNotice({ app, conversation }: { app: App; conversation: Conversation }) {
  const link = conversation.link.value;
  const closed = link.kind === "closed" ? link.code : null;
  if (app.signedOut.value || closed === 4401) {
    return (
      <p class="link-notice" role="alert">
        <Icon name="lock" small />
        <span>
          You were signed out. <a href={`/accounts/login/?next=${encodeURIComponent(location.pathname)}`}>Sign in</a> to go on; what you wrote is kept.
        </span>
      </p>
    );
  }
  if (closed !== null && closed !== 1000) {
    return (
      <p class="link-notice" role="alert">
        <Icon name="warning" small />
        <span>{closed === 4404 ? "This thread does not exist any more." : "This thread cannot be used from here any more."}</span>
      </p>
    );
  }
  return (
    <div role="status">
      {conversation.away.value && (
        <p class="link-notice">
          <span class="link-dashes" aria-hidden="true" />
          <span>No connection. Everthread keeps trying; messages are kept and sent when it is back.</span>
        </p>
      )}
    </div>
  );
}
