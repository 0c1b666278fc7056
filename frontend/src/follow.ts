/** Scrolling with an answer that grows, but only for someone who is at its end; what others read stays in its place. */

import { signal } from "@preact/signals";

/** Pixels from the end that still count as being there. */
const NEAR = 48;
/** Pixels above the window that still count as its top: what stands there has its arrows below. */
const ABOVE = 64;
/** What is brought to the top of the window keeps so many pixels from it. */
const MARGIN = 16;

export class Follow {
  /** Whether the end is in view and stays there. */
  readonly atEnd = signal(true);
  readonly #scroller: HTMLElement;
  readonly #content: HTMLElement;
  readonly #observer: ResizeObserver;
  #last = 0;
  /** The content is at least so high, that nothing moves when it has become shorter. */
  #room = 0;
  #held: { element: HTMLElement; offset: number } | null = null;

  constructor(scroller: HTMLElement, content: HTMLElement) {
    this.#scroller = scroller;
    this.#content = content;
    this.#observer = new ResizeObserver(() => this.#grown());
    this.#observer.observe(content);
    this.#observer.observe(scroller);
    scroller.addEventListener("scroll", this.#scrolled, { passive: true });
    scroller.addEventListener("wheel", this.#wheel, { passive: true });
  }

  stop(): void {
    this.#observer.disconnect();
    this.#scroller.removeEventListener("scroll", this.#scrolled);
    this.#scroller.removeEventListener("wheel", this.#wheel);
  }

  /** Goes to the end and stays there. */
  toEnd(smooth = false): void {
    this.#setRoom(0);
    this.atEnd.value = true;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#scroller.scrollTo({ top: this.#scroller.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" });
  }

  /** Leaves the end, for example to show one message. */
  release(): void {
    this.atEnd.value = false;
  }

  /**
   * Something else is about to take the place of what follows an element, or of everything. If its end can be seen it stays
   * where it is, however much or little comes; from above the window it is brought to the top, unless one is at the end
   * and stays there. Below the window nothing changes.
   */
  part(element: HTMLElement | null): void {
    const { top, bottom } = this.#scroller.getBoundingClientRect();
    const end = element ? element.getBoundingClientRect().bottom : this.#content.getBoundingClientRect().top;
    if (end > bottom) return;
    if (end < top - ABOVE) {
      if (this.atEnd.peek()) return;
      this.#scroller.scrollTop += end - top - MARGIN;
    }
    // Told anew once it is known what comes: an answer that grows is followed, another branch is not gone through.
    this.atEnd.value = false;
    this.#setRoom(this.#scroller.scrollTop + this.#scroller.clientHeight);
    requestAnimationFrame(() => this.#grown());
  }

  /**
   * Keeps an element in its place on the screen while what is above it changes, until the returned function is called or
   * another one is held. The browser's own anchoring would do this everywhere but at the very top, and not in all browsers.
   * A resize is told between layout and paint, so that no frame shows the element elsewhere: neither when turns are added,
   * nor when they get their real height.
   */
  hold(element: HTMLElement): () => void {
    const held = { element, offset: this.#offset(element) };
    this.#held = held;
    this.#scroller.style.overflowAnchor = "none";
    return () => {
      if (this.#held !== held) return;
      this.#keep();
      this.#held = null;
      this.#scroller.style.overflowAnchor = "";
    };
  }

  #grown(): void {
    if (this.atEnd.peek()) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
      return;
    }
    this.#keep();
    this.atEnd.value = this.#distance() < 2;
  }

  #keep(): void {
    const held = this.#held;
    if (!held?.element.isConnected) return;
    const offset = this.#offset(held.element);
    if (offset !== held.offset && !this.atEnd.peek()) this.#scroller.scrollTop += offset - held.offset;
    held.offset = offset;
  }

  #setRoom(room: number): void {
    if (room === this.#room) return;
    this.#room = room;
    this.#content.style.minBlockSize = room ? `${room}px` : "";
  }

  /** From the start of what scrolls; scrolling does not change it. */
  #offset(element: HTMLElement): number {
    return element.getBoundingClientRect().top + this.#scroller.scrollTop;
  }

  readonly #scrolled = (): void => {
    const top = this.#scroller.scrollTop;
    if (this.#room) this.#setRoom(Math.min(this.#room, top + this.#scroller.clientHeight));
    // Up by the reader's own hand lets go at once; content that grows never scrolls up.
    if (top < this.#last - 2 && this.#distance() > NEAR) this.atEnd.value = false;
    else if (this.#distance() <= NEAR) this.atEnd.value = true;
    this.#last = top;
  };

  readonly #wheel = (event: WheelEvent): void => {
    if (event.deltaY < 0 && this.#scroller.scrollHeight > this.#scroller.clientHeight) this.atEnd.value = false;
  };

  #distance(): number {
    return this.#scroller.scrollHeight - this.#scroller.clientHeight - this.#scroller.scrollTop;
  }
}
