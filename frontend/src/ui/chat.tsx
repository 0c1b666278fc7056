/** The open thread: its messages, the way back to their end, and the composer. */

import { effect } from "@preact/signals";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { copy } from "../clipboard";
import { Follow } from "../follow";
import { ApiError } from "../api";
import type { App } from "../state/app";
import type { Conversation } from "../state/conversation";
import { Composer } from "./composer";
import { keepFocus } from "./focus";
import { Icon } from "./icon";
import { LinkNotice } from "./link-notice";
import { Missing } from "./missing";
import { TemporaryNotice } from "./temporary";
import { Turns } from "./turns";
import { Welcome } from "./welcome";

/** After so many frames, older turns have their real height. */
const SETTLED_FRAMES = 4;

export function Chat({ app }: { app: App }) {
  const conversation = app.current.value;
  const [follow, setFollow] = useState<Follow | null>(null);
  const empty = conversation.isNew && conversation.transcript.entries.value.length === 0;
  const send = useCallback((text: string) => {
    conversation.send(text, app.data.models.length > 1 ? app.model.value : null);
    follow?.toEnd();
  }, [conversation, follow]);
  if (app.missing.value) return <Missing app={app} sentence={app.missing.value} />;
  return (
    <main id="main" class="chat" tabIndex={-1} aria-label={app.title.value}>
      <Scroller key={conversation.id} app={app} conversation={conversation} onFollow={setFollow}>
        {empty && <Welcome temporary={conversation.temporary.value} onPick={send} />}
      </Scroller>
      <div class="dock">
        {follow && !follow.atEnd.value && (
          <button class="jump floating" type="button" aria-label="Go to the latest message" onClick={() => follow.toEnd(true)}>
            <Icon name="arrow-down" />
          </button>
        )}
        <LinkNotice app={app} conversation={conversation} />
        {conversation.temporary.value && <TemporaryNotice hours={app.data.temporary_hours} />}
        <Composer key={conversation.id} app={app} conversation={conversation} onSend={send} />
      </div>
    </main>
  );
}

interface ScrollerProps {
  app: App;
  conversation: Conversation;
  onFollow(follow: Follow | null): void;
  children: preact.ComponentChildren;
}

/** The scrolling part. It starts at the end, or at the message that the address names. */
function Scroller({ app, conversation, onFollow, children }: ScrollerProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const following = useRef<Follow | null>(null);
  useLayoutEffect(() => {
    if (!scroller.current || !content.current) return undefined;
    const follow = new Follow(scroller.current, content.current);
    following.current = follow;
    onFollow(follow);
    if (!showNamed(follow)) {
      follow.toEnd();
      void reachNamed(app, conversation, follow);
    }
    const unwatch = watchForks(app, conversation, follow);
    const letGo = keepFocus(scroller.current);
    return () => {
      unwatch();
      letGo();
      follow.stop();
      onFollow(null);
    };
  }, []);
  return (
    <div ref={scroller} class="scroller" tabIndex={-1} onClick={(event) => void copyCode(event)}>
      <div ref={content} class="column">
        <Older conversation={conversation} scroller={scroller} follow={following} />
        {children}
        <Turns app={app} conversation={conversation} />
      </div>
    </div>
  );
}

/** Goes to the message that the address names; returns whether it is here. */
function showNamed(follow: Follow): boolean {
  const named = location.hash.startsWith("#m-") ? document.getElementById(location.hash.slice(1)) : null;
  if (!named) return false;
  follow.release();
  named.scrollIntoView({ block: "start" });
  return true;
}

/** Loads the message that the address names, when it is farther back; what is on another branch is offered. */
async function reachNamed(app: App, conversation: Conversation, follow: Follow): Promise<void> {
  const message = /^#m-([0-9a-f-]{36})$/.exec(location.hash)?.[1];
  if (!message || conversation.isNew) return;
  try {
    if (await conversation.reach(message)) await shown(follow);
    else app.toasts.say("This message is on another branch.", { label: "Show it", run: () => void turnTo(conversation, message, follow) });
  } catch (error) {
    // It is not of this thread: the thread is shown.
    if (!(error instanceof ApiError)) throw error;
  }
}

async function turnTo(conversation: Conversation, message: string, follow: Follow): Promise<void> {
  if (await conversation.branches.show(message, true)) await shown(follow);
}

async function shown(follow: Follow): Promise<void> {
  await new Promise(requestAnimationFrame);
  showNamed(follow);
}

/** Turning to another branch never moves what both have in common. */
function watchForks(app: App, conversation: Conversation, follow: Follow): () => void {
  const { fork, run } = conversation.transcript;
  const seen = fork.peek();
  return effect(() => {
    const parted = fork.value;
    // This comes before the change is drawn.
    if (!parted || parted === seen) return;
    const element = parted.after === null ? null : document.getElementById(`m-${parted.after}`);
    if (parted.after !== null && !element) follow.toEnd();
    else follow.part(element);
    if (!conversation.branches.busy.peek() && run.peek() === null) app.announcement.value = "Another branch is shown now.";
  });
}

interface OlderProps {
  conversation: Conversation;
  scroller: preact.RefObject<HTMLDivElement | null>;
  follow: preact.RefObject<Follow | null>;
}

/** Loads older messages when their place comes near, and keeps what is read where it is. */
function Older({ conversation, scroller, follow }: OlderProps) {
  const ref = useRef<HTMLDivElement>(null);
  const { more } = conversation.transcript;
  const first = conversation.transcript.entries.value[0]?.id;
  useEffect(() => {
    const element = ref.current;
    if (!element || !scroller.current) return undefined;
    const observer = new IntersectionObserver(
      (seen) => {
        if (seen.some((entry) => entry.isIntersecting)) void loadOlder(conversation, scroller.current, follow.current);
      },
      { root: scroller.current, rootMargin: "600px 0px 0px 0px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [more.value, first]);
  if (!more.value) return null;
  return (
    <div ref={ref} class="older">
      <span class="spinner" />
      <span class="visually-hidden">Loading older messages</span>
    </div>
  );
}

async function loadOlder(conversation: Conversation, scroller: HTMLElement | null, follow: Follow | null): Promise<void> {
  const top = scroller?.getBoundingClientRect().top ?? 0;
  const turns = [...(scroller?.querySelectorAll<HTMLElement>(".turn") ?? [])];
  const read = turns.find((turn) => turn.getBoundingClientRect().bottom > top + 1);
  if (!follow || !read || conversation.loadingOlder.value) return;
  const letGo = follow.hold(read);
  await conversation.loadOlder().catch(() => undefined);
  for (let frame = 0; frame < SETTLED_FRAMES; frame += 1) await new Promise(requestAnimationFrame);
  letGo();
}

/** One listener for the copy buttons of all code blocks, which are made from text. */
async function copyCode(event: MouseEvent): Promise<void> {
  const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>("button[data-copy='code']") : null;
  const code = button?.closest("figure")?.querySelector("pre");
  if (!button || !code) return;
  const done = await copy((code.textContent ?? "").replace(/\n$/, ""));
  button.textContent = done ? "Copied" : "Not allowed";
  setTimeout(() => {
    button.textContent = "Copy";
  }, 1_500);
}
