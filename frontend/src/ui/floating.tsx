/** Things that float beside a control: menus and small cards. They live in the browser's top layer. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

const GAP = 6;

interface FloatingProps {
  anchor: HTMLElement;
  kind: "menu" | "card";
  label: string;
  onClose(): void;
  onPointerEnter?: () => void;
  onPointerLeave?: () => void;
  children: ComponentChildren;
}

/** A menu takes the focus, closes on Escape and on a click elsewhere, and gives the focus back. A card only floats. */
export function Floating({ anchor, kind, label, onClose, children, ...pointer }: FloatingProps) {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    element.showPopover();
    place(element, anchor);
    if (kind === "menu") element.querySelector<HTMLElement>("[role='menuitem']")?.focus();
    const closed = (event: Event) => {
      if ((event as ToggleEvent).newState === "closed") onClose();
    };
    const moved = (event: Event) => {
      if (!(event.target instanceof Node && element.contains(event.target))) onClose();
    };
    element.addEventListener("toggle", closed);
    document.addEventListener("scroll", moved, { capture: true, passive: true });
    window.addEventListener("resize", moved);
    return () => {
      const inside = element.contains(document.activeElement);
      element.removeEventListener("toggle", closed);
      document.removeEventListener("scroll", moved, { capture: true });
      window.removeEventListener("resize", moved);
      if (kind === "menu" && (inside || document.activeElement === document.body)) anchor.focus();
    };
  }, []);
  return (
    <div
      ref={ref}
      class={`floating floating-${kind}${kind === "menu" ? " menu" : ""}`}
      popover={kind === "menu" ? "auto" : "manual"}
      role={kind === "menu" ? "menu" : "group"}
      aria-label={label}
      onKeyDown={kind === "menu" ? (event) => moveFocus(event, onClose) : undefined}
      {...pointer}
    >
      {children}
    </div>
  );
}

/** Below the anchor if there is room, else above; never over the window's edges. */
function place(element: HTMLElement, anchor: HTMLElement): void {
  const around = anchor.getBoundingClientRect();
  const { width, height } = element.getBoundingClientRect();
  const below = around.bottom + GAP + height <= window.innerHeight;
  const left = Math.max(8, Math.min(around.left, window.innerWidth - width - 8));
  element.style.left = `${left}px`;
  element.style.top = `${below ? around.bottom + GAP : Math.max(8, around.top - GAP - height)}px`;
}

/** Escape closes here: the browser's own closing tells of it later than it moves the focus. */
function moveFocus(event: KeyboardEvent, onClose: () => void): void {
  if (event.key === "Escape") {
    event.preventDefault();
    onClose();
    return;
  }
  const items = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role='menuitem']")];
  const at = items.findIndex((item) => item === document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  items[to % items.length]?.focus();
}
