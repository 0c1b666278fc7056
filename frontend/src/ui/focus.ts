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
