/**
 * How the last block looks while it is still being written. Without this an answer would flicker: stars turn into bold
 * type, a line turns into a heading, a row of bars into a table.
 */

import type { Token } from "marked";

/** A better text to show for the block, or null to show it as it is. */
export function heal(token: Token): string | null {
  if (token.type === "paragraph" || token.type === "heading") return healText(token.raw);
  if (token.type === "list") return healText(token.raw);
  if (token.type === "blockquote") return healText(token.raw);
  return null;
}

function healText(raw: string): string | null {
  let text = raw.replace(/\n$/, "");
  text = withoutUndecidedLine(text);
  text = withoutOpenMath(text);
  text = closeInline(text);
  return text === raw ? null : text;
}

/** The last line may still become a rule, a heading's underline, a list mark, a fence or a table. */
function withoutUndecidedLine(text: string): string {
  const start = text.lastIndexOf("\n") + 1;
  const line = text.slice(start);
  if (/^\s*(?:[-=*_`~]{1,3}|[-*+]\s*|\d{1,3}[.)]?\s*|#{1,6}\s*|>\s*)$/.test(line)) return text.slice(0, start);
  const table = /(?:^|\n)\|[^\n]*(?:\n\|?[\s:|-]*)?$/.exec(text);
  return table ? text.slice(0, table.index) : text;
}

function withoutOpenMath(text: string): string {
  const marks = [...text.matchAll(/\$\$|\\\[|\\\]|\\\(|\\\)/g)];
  const last = marks.at(-1);
  if (!last) return text;
  const dollars = marks.filter(([mark]) => mark === "$$").length;
  const open = last[0] === "\\[" || last[0] === "\\(" || (last[0] === "$$" && dollars % 2 === 1);
  return open ? text.slice(0, last.index) : text;
}

/** Closes what is open at the end of the last line: code, bold, italics; a half-written link is only its text. */
function closeInline(text: string): string {
  const start = text.lastIndexOf("\n") + 1;
  let line = text.slice(start);
  const ticks = line.match(/`+/g) ?? [];
  if (ticks.length % 2 === 1) return text + (ticks.at(-1) ?? "");
  line = line.replace(/!?\[([^\]\n]*)(?:\]\([^)\n]*)?$/, "$1").replace(/[*_~]+$/, "");
  const plain = line.replace(/`[^`]*`/g, "").replace(/^\s*[*+-]\s/, "");
  if (count(plain, /\*\*/g) % 2 === 1) line += "**";
  else if (count(plain.replaceAll("**", ""), /\*/g) % 2 === 1) line += "*";
  return text.slice(0, start) + line;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
