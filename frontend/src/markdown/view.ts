/** An answer on the page: keeps one element per block and redraws at most once per frame. */

import { MarkdownBlocks } from "./blocks";
import { decorate } from "./decorate";
import { patchChildren } from "./patch";
import { pageSanitiser } from "./sanitise";

/** When drawing takes long (a slow machine, a huge list), it happens less often: at most a quarter of the time. */
const SHARE = 4;

export class MarkdownView {
  readonly host: HTMLElement;
  #blocks = new MarkdownBlocks();
  #length = 0;
  #drawn: { html: string; final: boolean }[] = [];
  #frame = 0;
  #restUntil = 0;
  #ended = false;

  constructor() {
    this.host = document.createElement("div");
    this.host.className = "prose";
  }

  /** Shows `text`. When it continues what is shown, only the new part is read. Once `ended`, all is final and drawn at once. */
  show(text: string, ended: boolean): void {
    if (this.#ended || text.length < this.#length) this.#restart();
    if (text.length > this.#length) this.#blocks.push(text.slice(this.#length));
    this.#length = text.length;
    if (ended) {
      this.#blocks.end();
      this.#ended = true;
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
      this.#draw();
    } else {
      this.#schedule();
    }
  }

  #restart(): void {
    this.#blocks = new MarkdownBlocks();
    this.#length = 0;
    this.#ended = false;
  }

  #schedule(): void {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame((now) => {
      this.#frame = 0;
      if (now < this.#restUntil) {
        this.#schedule();
        return;
      }
      const begun = performance.now();
      this.#draw();
      const spent = performance.now() - begun;
      this.#restUntil = spent > 6 ? now + spent * SHARE : 0;
    });
  }

  #draw(): void {
    const blocks = this.#blocks.blocks();
    const settled = this.#blocks.settled;
    blocks.forEach(({ html }, index) => {
      const final = index < settled;
      const drawn = this.#drawn[index];
      if (drawn && drawn.html === html && drawn.final === final) return;
      this.#drawn[index] = { html, final };
      this.#drawBlock(index, html, final);
    });
    this.#drawn.length = blocks.length;
    while (this.host.children.length > blocks.length) this.host.lastElementChild?.remove();
  }

  #drawBlock(index: number, html: string, final: boolean): void {
    const fragment = pageSanitiser().fragment(html);
    decorate(fragment, false);
    let element = this.host.children[index];
    if (!element) {
      element = document.createElement("div");
      element.className = "block";
      this.host.append(element);
    }
    patchChildren(element, fragment);
    decorate(element, final);
  }
}
