/**
 * Markdown that arrives in pieces. Blocks that can no longer change are rendered once and kept; only the last block is
 * read again with every piece, so the cost of a piece does not grow with the answer.
 */

import type { Token, Tokens } from "marked";
import { heal } from "./heal";
import { type Links, lex, renderToken } from "./renderer";

/** One block of an answer. `html` is untrusted. */
export interface Block {
  html: string;
}

interface Settled extends Block {
  raw: string;
}

export class MarkdownBlocks {
  readonly #settled: Settled[] = [];
  readonly #links: Links = Object.create(null) as Links;
  #tail = "";
  #held = "";
  #ended = false;

  /** Number of blocks that are final, from the first. Reference links may still make them `dirty`. */
  get settled(): number {
    return this.#settled.length;
  }

  /** Adds text. Nothing is rendered before `blocks` is called. */
  push(text: string): void {
    if (this.#ended) throw new Error("The answer has ended.");
    const whole = this.#held + text;
    // A line end may be cut in two.
    this.#held = whole.endsWith("\r") ? "\r" : "";
    this.#tail += whole.slice(0, whole.length - this.#held.length).replace(/\r\n?/g, "\n");
  }

  /** No more text follows. */
  end(): void {
    this.#ended = true;
  }

  /**
   * All blocks as they stand: settled ones are the same objects as before. While text is still coming, the last block
   * is completed for show (an open emphasis is closed, a half-written link is only its text).
   */
  blocks(): readonly Block[] {
    const tokens = lex(this.#tail, this.#links);
    const cut = this.#ended ? tokens.length : firstUnsettled(tokens, this.#tail);
    const settled = tokens.slice(0, cut);
    let relink = false;
    for (const token of settled) {
      this.#tail = this.#tail.slice(token.raw.length);
      if (isContent(token)) this.#settled.push({ raw: token.raw, html: renderToken(token) });
      if (token.type === "def") relink = this.#define(token as Tokens.Def) || relink;
    }
    if (relink) this.#relink();
    if (this.#ended) return this.#settled;
    return [...this.#settled, ...this.#provisional(tokens.slice(cut))];
  }

  #provisional(tokens: Token[]): Block[] {
    const content = tokens.filter(isContent);
    const last = content.pop();
    const blocks = content.map((token) => ({ html: renderToken(token) }));
    if (!last) return blocks;
    const healed = heal(last);
    const shown = healed === null ? [last] : lex(healed, this.#links).filter(isContent);
    return [...blocks, ...shown.map((token) => ({ html: renderToken(token) }))];
  }

  /** Only a definition that is final counts: the address of one still being written grows. The first of a name wins. */
  #define({ tag, href, title }: Tokens.Def): boolean {
    if (tag in this.#links) return false;
    this.#links[tag] = { href, title: title ?? null };
    return true;
  }

  /** A link definition came after its use: blocks with brackets are rendered again. */
  #relink(): void {
    this.#settled.forEach(({ raw }, index) => {
      if (!raw.includes("[")) return;
      const html = lex(raw, this.#links).filter(isContent).map(renderToken).join("");
      this.#settled[index] = { raw, html };
    });
  }
}

/** The (untrusted) blocks of a whole text. */
export function renderBlocks(text: string): readonly Block[] {
  const blocks = new MarkdownBlocks();
  blocks.push(text);
  blocks.end();
  return blocks.blocks();
}

/**
 * Index of the first token that later text may still change: the last one that began on a line which is complete. A
 * line that is still being written ("2" of "2. item") can turn out to belong to the block before it.
 */
function firstUnsettled(tokens: Token[], text: string): number {
  const complete = text.lastIndexOf("\n") + 1;
  let offset = 0;
  let cut = 0;
  tokens.forEach((token, index) => {
    const firstLine = text.indexOf("\n", offset);
    if (isContent(token) && firstLine >= 0 && firstLine < complete) cut = index;
    offset += token.raw.length;
  });
  return cut;
}

function isContent(token: Token): boolean {
  return token.type !== "space" && token.type !== "def";
}
