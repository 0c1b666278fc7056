/** Where the focus goes when the control that had it goes away. */

/** A touch keyboard would rise over what one reads as soon as a text field has the focus. */
export const TOUCH = "(hover: none) and (pointer: coarse)";

/** To the composer, the start of whatever comes next; on touch screens to the conversation, unless one is writing. */
export function focusOn(): void {
  const composer = document.querySelector<HTMLElement>(".composer-text");
  if (document.activeElement === composer) return;
  const to = matchMedia(TOUCH).matches ? document.getElementById("main") : composer;
  to?.focus({ preventScroll: true });
}

/** To the composer, also where a keyboard rises: writing is what comes next. */
export function focusOnComposer(): void {
  document.querySelector<HTMLElement>(".composer-text")?.focus({ preventScroll: true });
}

/** Whatever wants to say where the focus goes after a change has done so when this many frames are drawn. */
const FRAMES = 2;

/**
 * Watches what is inside of an element: a control that goes away while it has the focus would leave it nowhere, and the
 * next press of a key at the beginning of the page. Then it goes where `focusOn` leads. Returns what ends this.
 */
export function keepFocus(host: HTMLElement): () => void {
  let last: Element | null = null;
  const took = (event: FocusEvent) => {
    last = event.target instanceof Element ? event.target : null;
  };
  const observer = new MutationObserver(() => {
    if (!last || last.isConnected) return;
    last = null;
    void drawn().then(() => {
      if (document.activeElement === document.body) focusOn();
    });
  });
  host.addEventListener("focusin", took);
  observer.observe(host, { childList: true, subtree: true });
  return () => {
    observer.disconnect();
    host.removeEventListener("focusin", took);
  };
}

async function drawn(): Promise<void> {
  for (let frame = 0; frame < FRAMES; frame += 1) await new Promise(requestAnimationFrame);
}
