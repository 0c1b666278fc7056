/** Where formulas stand in Markdown: $…$ and \(…\) in a line, $$…$$ and \[…\] on their own. */

import type { TokenizerAndRendererExtension, Tokens } from "marked";

// A formula holds no empty line (TeX forbids it), so it never reaches over the end of a block.
const BLOCK = /^ {0,3}(?:\$\$((?:(?!\n[ \t]*\n|\$\$)[\s\S])+)\$\$|\\\[((?:(?!\n[ \t]*\n|\\\])[\s\S])+)\\\])[ \t]*(?:\n+|$)/;
const DISPLAY = /^(?:\$\$((?:(?!\$\$)[\s\S])+)\$\$|\\\[((?:(?!\\\])[\s\S])+)\\\])/;
// Prices are no formulas: no space inside the dollars, no digit or letter right after.
const INLINE = /^(?:\$((?:\\[^\n]|[^\\$\s])(?:(?:\\[^\n]|[^\\$\n])*?(?:\\[^\n]|[^\\$\s]))?)\$(?![\p{L}\d])|\\\(((?:(?!\\\))[^\n])+)\\\))/u;

export const blockMath: TokenizerAndRendererExtension = {
  name: "blockMath",
  level: "block",
  start: (source) => indexOf(source, /\n {0,3}(?:\$\$|\\\[)/),
  tokenizer: (source) => token("blockMath", BLOCK.exec(source)),
  renderer: (found) => `<p>${formula(found, true)}</p>`,
};

export const inlineMath: TokenizerAndRendererExtension = {
  name: "inlineMath",
  level: "inline",
  start: (source) => indexOf(source, /\$|\\\(|\\\[/),
  tokenizer(source) {
    const display = DISPLAY.exec(source);
    if (display) return { ...token("inlineMath", display), display: true } as Tokens.Generic;
    return token("inlineMath", INLINE.exec(source));
  },
  renderer: (found) => formula(found, found["display"] === true),
};

/** Text made safe to stand in HTML. */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function indexOf(source: string, pattern: RegExp): number | undefined {
  const index = source.search(pattern);
  return index < 0 ? undefined : index;
}

function token(type: string, match: RegExpExecArray | null): Tokens.Generic | undefined {
  if (!match) return undefined;
  return { type, raw: match[0], text: (match[1] ?? match[2] ?? "").trim() };
}

function formula(found: Tokens.Generic, display: boolean): string {
  const text: unknown = found["text"];
  return `<span class="math" data-math${display ? ' data-display="block"' : ""}>${escapeHtml(String(text))}</span>`;
}
