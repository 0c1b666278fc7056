// frontend/tests/blocks.test.ts
import assert from "node:assert/strict";
import { test } from "node:test";

// frontend/src/markdown/heal.ts
function heal(token2) {
  if (token2.type === "paragraph" || token2.type === "heading") return healText(token2.raw);
  if (token2.type === "list") return healText(token2.raw);
  if (token2.type === "blockquote") return healText(token2.raw);
  return null;
}
function healText(raw) {
  let text = raw.replace(/\n$/, "");
  text = withoutUndecidedLine(text);
  text = withoutOpenMath(text);
  text = closeInline(text);
  return text === raw ? null : text;
}
function withoutUndecidedLine(text) {
  const start = text.lastIndexOf("\n") + 1;
  const line = text.slice(start);
  if (/^\s*(?:[-=*_`~]{1,3}|[-*+]\s*|\d{1,3}[.)]?\s*|#{1,6}\s*|>\s*)$/.test(line)) return text.slice(0, start);
  const table = /(?:^|\n)\|[^\n]*(?:\n\|?[\s:|-]*)?$/.exec(text);
  return table ? text.slice(0, table.index) : text;
}
function withoutOpenMath(text) {
  const marks = [...text.matchAll(/\$\$|\\\[|\\\]|\\\(|\\\)/g)];
  const last = marks.at(-1);
  if (!last) return text;
  const dollars = marks.filter(([mark]) => mark === "$$").length;
  const open = last[0] === "\\[" || last[0] === "\\(" || last[0] === "$$" && dollars % 2 === 1;
  return open ? text.slice(0, last.index) : text;
}
function closeInline(text) {
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
function count(text, pattern) {
  return text.match(pattern)?.length ?? 0;
}

// frontend/src/markdown/renderer.ts
import { Marked } from "marked";

// frontend/src/markdown/math-syntax.ts
var BLOCK = /^ {0,3}(?:\$\$((?:(?!\n[ \t]*\n|\$\$)[\s\S])+)\$\$|\\\[((?:(?!\n[ \t]*\n|\\\])[\s\S])+)\\\])[ \t]*(?:\n+|$)/;
var DISPLAY = /^(?:\$\$((?:(?!\$\$)[\s\S])+)\$\$|\\\[((?:(?!\\\])[\s\S])+)\\\])/;
var INLINE = /^(?:\$((?:\\[^\n]|[^\\$\s])(?:(?:\\[^\n]|[^\\$\n])*?(?:\\[^\n]|[^\\$\s]))?)\$(?![\p{L}\d])|\\\(((?:(?!\\\))[^\n])+)\\\))/u;
var blockMath = {
  name: "blockMath",
  level: "block",
  start: (source) => indexOf(source, /\n {0,3}(?:\$\$|\\\[)/),
  tokenizer: (source) => token("blockMath", BLOCK.exec(source)),
  renderer: (found) => `<p>${formula(found, true)}</p>`
};
var inlineMath = {
  name: "inlineMath",
  level: "inline",
  start: (source) => indexOf(source, /\$|\\\(|\\\[/),
  tokenizer(source) {
    const display = DISPLAY.exec(source);
    if (display) return { ...token("inlineMath", display), display: true };
    return token("inlineMath", INLINE.exec(source));
  },
  renderer: (found) => formula(found, found["display"] === true)
};
function escapeHtml(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
function indexOf(source, pattern) {
  const index = source.search(pattern);
  return index < 0 ? void 0 : index;
}
function token(type, match) {
  if (!match) return void 0;
  return { type, raw: match[0], text: (match[1] ?? match[2] ?? "").trim() };
}
function formula(found, display) {
  const text = found["text"];
  return `<span class="math" data-math${display ? ' data-display="block"' : ""}>${escapeHtml(String(text))}</span>`;
}

// frontend/src/markdown/renderer.ts
var RAW_TAGS = /^<\/?(?:b|br|del|em|i|ins|kbd|mark|s|small|strong|sub|sup|u|var)\s*\/?>$/i;
var renderer = {
  heading({ tokens, depth }) {
    const level = Math.min(6, depth + 2);
    return `<h${level} dir="auto">${this.parser.parseInline(tokens)}</h${level}>`;
  },
  paragraph({ tokens }) {
    return `<p dir="auto">${this.parser.parseInline(tokens)}</p>`;
  },
  blockquote({ tokens }) {
    return `<blockquote dir="auto">${this.parser.parse(tokens)}</blockquote>`;
  },
  list({ ordered, start, items }) {
    const tag = ordered ? "ol" : "ul";
    const from = ordered && typeof start === "number" && start !== 1 ? ` start="${start}"` : "";
    return `<${tag}${from} dir="auto">${items.map((item) => this.listitem(item)).join("")}</${tag}>`;
  },
  listitem({ task, checked, tokens }) {
    const body = this.parser.parse(tokens.filter((token2) => token2.type !== "checkbox"));
    if (!task) return `<li dir="auto">${body}</li>`;
    return `<li class="task" dir="auto"><span class="task-mark" role="img" aria-label="${checked ? "done" : "to do"}">${checked ? "\u2611" : "\u2610"}</span> ${body}</li>`;
  },
  table({ header, rows }) {
    const row = (cells) => `<tr>${cells.map((cell) => this.tablecell(cell)).join("")}</tr>`;
    return `<div class="table-scroll" role="group" aria-label="Table" tabindex="0"><table><thead>${row(header)}</thead><tbody>${rows.map(row).join("")}</tbody></table></div>`;
  },
  tablecell({ tokens, header, align }) {
    const tag = header ? "th" : "td";
    return `<${tag}${align ? ` align="${align}"` : ""} dir="auto">${this.parser.parseInline(tokens)}</${tag}>`;
  },
  code({ text, lang }) {
    return codeBlock(text, lang ?? "");
  },
  link({ href, title, tokens }) {
    const inner = this.parser.parseInline(tokens);
    return `<a href="${escapeHtml(href)}"${title ? ` title="${escapeHtml(title)}"` : ""}>${inner}</a>`;
  },
  image({ href, text }) {
    return `<a class="remote-image" href="${escapeHtml(href)}">${escapeHtml(text || "Image")}</a>`;
  },
  html({ text }) {
    return RAW_TAGS.test(text.trim()) ? text : escapeHtml(text).replaceAll("\n", "<br>");
  }
};
function codeBlock(text, info) {
  const language = /^[\w#+.-]{1,30}/.exec(info)?.[0] ?? "";
  const label = escapeHtml(language || "Text");
  const name = language ? ` class="language-${escapeHtml(language.toLowerCase())}"` : "";
  return `<figure class="code-block" dir="ltr"><figcaption class="code-head"><span class="code-language">${label}</span><button class="code-copy" data-copy="code" type="button">Copy</button></figcaption><pre tabindex="0" role="group" aria-label="Code, ${label}"><code${name}>${escapeHtml(text)}
</code></pre></figure>`;
}
var marked = new Marked({ gfm: true, breaks: false, renderer, extensions: [blockMath, inlineMath] });
function lex(text, links) {
  const lexer = new marked.Lexer(marked.defaults);
  Object.assign(lexer.tokens.links, links);
  return lexer.lex(text);
}
function renderToken(token2) {
  return marked.parser([token2], marked.defaults);
}

// frontend/src/markdown/blocks.ts
var MarkdownBlocks = class {
  #settled = [];
  #links = /* @__PURE__ */ Object.create(null);
  #tail = "";
  #held = "";
  #ended = false;
  /** Number of blocks that are final, from the first. Reference links may still make them `dirty`. */
  get settled() {
    return this.#settled.length;
  }
  /** Adds text. Nothing is rendered before `blocks` is called. */
  push(text) {
    if (this.#ended) throw new Error("The answer has ended.");
    const whole = this.#held + text;
    this.#held = whole.endsWith("\r") ? "\r" : "";
    this.#tail += whole.slice(0, whole.length - this.#held.length).replace(/\r\n?/g, "\n");
  }
  /** No more text follows. */
  end() {
    this.#ended = true;
  }
  /**
   * All blocks as they stand: settled ones are the same objects as before. While text is still coming, the last block
   * is completed for show (an open emphasis is closed, a half-written link is only its text).
   */
  blocks() {
    const tokens = lex(this.#tail, this.#links);
    const cut = this.#ended ? tokens.length : firstUnsettled(tokens, this.#tail);
    const settled = tokens.slice(0, cut);
    let relink = false;
    for (const token2 of settled) {
      this.#tail = this.#tail.slice(token2.raw.length);
      if (isContent(token2)) this.#settled.push({ raw: token2.raw, html: renderToken(token2) });
      if (token2.type === "def") relink = this.#define(token2) || relink;
    }
    if (relink) this.#relink();
    if (this.#ended) return this.#settled;
    return [...this.#settled, ...this.#provisional(tokens.slice(cut))];
  }
  #provisional(tokens) {
    const content = tokens.filter(isContent);
    const last = content.pop();
    const blocks = content.map((token2) => ({ html: renderToken(token2) }));
    if (!last) return blocks;
    const healed = heal(last);
    const shown = healed === null ? [last] : lex(healed, this.#links).filter(isContent);
    return [...blocks, ...shown.map((token2) => ({ html: renderToken(token2) }))];
  }
  /** Only a definition that is final counts: the address of one still being written grows. The first of a name wins. */
  #define({ tag, href, title }) {
    if (tag in this.#links) return false;
    this.#links[tag] = { href, title: title ?? null };
    return true;
  }
  /** A link definition came after its use: blocks with brackets are rendered again. */
  #relink() {
    this.#settled.forEach(({ raw }, index) => {
      if (!raw.includes("[")) return;
      const html = lex(raw, this.#links).filter(isContent).map(renderToken).join("");
      this.#settled[index] = { raw, html };
    });
  }
};
function renderBlocks(text) {
  const blocks = new MarkdownBlocks();
  blocks.push(text);
  blocks.end();
  return blocks.blocks();
}
function firstUnsettled(tokens, text) {
  const complete = text.lastIndexOf("\n") + 1;
  let offset = 0;
  let cut = 0;
  tokens.forEach((token2, index) => {
    const firstLine = text.indexOf("\n", offset);
    if (isContent(token2) && firstLine >= 0 && firstLine < complete) cut = index;
    offset += token2.raw.length;
  });
  return cut;
}
function isContent(token2) {
  return token2.type !== "space" && token2.type !== "def";
}

// frontend/tests/blocks.test.ts
var corpus = [
  "# Title\n\nA paragraph with **bold**, *italics*, `code` and a [link](https://example.org).\n\nAnother one.\n",
  "1. one\n\n2. two\n\n   more of two\n3. three\n\nAfter the list.\n\n- a\n  - b\n\n    deep\n- c\n\n* other list\n",
  "Before\n\n```python\ndef f(x):\n\n    return x  # **not bold**\n```\n\nbetween\n\n~~~\nno language\n~~~\n\n    indented\n\n    code\n",
  "| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 | `x` |\n\nText after.\n\n> quote\n> more\nlazy\n\n---\n\nSetext\n======\n\nend",
  "See [the docs] and [other][o].\n\nMiddle with [the docs] again.\n\n[the docs]: https://example.org/a\n[o]: https://example.org/b 'Title'\n\nLast.\n",
  "Inline $a^2+b^2$ and \\(x\\) costs $5 and $6.\n\n$$\nE = mc^2\n$$\n\nText\n\\[ \\int_0^1 x \\]\n\ndone $$y$$ here",
  "<div onclick=x>\nraw\n</div>\n\nText <b>bold</b> <script>alert(1)</script>\n\n<!-- comment\n\nstill -->\n\nend\n",
  "- [ ] to do\n- [x] done\n\n\u0645\u0631\u062D\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645\n\n\u0639\u0631\u0628\u064A **\u063A\u0627\u0645\u0642**\n\nA\r\nB\r\n\r\n- x\r\n- y\r\n"
];
function random(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}
function inPieces(text, next) {
  const pieces = [];
  for (let start = 0; start < text.length; ) {
    const size = 1 + Math.floor(next() * next() * 40);
    pieces.push(text.slice(start, start + size));
    start += size;
  }
  return pieces;
}
test("text in random pieces gives the blocks of the whole text", () => {
  const next = random(7);
  for (let round = 0; round < 60; round += 1) {
    const text = corpus.map((_, index) => corpus[Math.floor(next() * corpus.length)] ?? corpus[index]).join("\n\n");
    const blocks = new MarkdownBlocks();
    for (const piece of inPieces(text, next)) {
      blocks.push(piece);
      blocks.blocks();
    }
    blocks.end();
    const expected = renderBlocks(text).map((block) => block.html);
    blocks.blocks().forEach((block, index) => assert.equal(block.html, expected[index], `round ${round}`));
    assert.equal(blocks.blocks().length, expected.length);
  }
});
test("every prefix settles only what the whole text confirms", () => {
  for (const sample of corpus) {
    const text = sample.replaceAll("\r\n", "\n");
    const whole = renderBlocks(text).map((block) => block.html);
    const blocks = new MarkdownBlocks();
    for (const character of text) {
      blocks.push(character);
      const settled = blocks.blocks().slice(0, blocks.settled).map((block) => block.html);
      if (!text.includes("]: ")) assert.deepEqual(settled, whole.slice(0, settled.length));
    }
  }
});
test("settled blocks are never made again", () => {
  const blocks = new MarkdownBlocks();
  blocks.push("First.\n\nSecond.\n\nThird");
  const before = blocks.blocks();
  assert.equal(blocks.settled, 1);
  blocks.push(" goes on.\n\nFourth");
  assert.equal(blocks.blocks()[0], before[0]);
});
test("a block that is being written does not flicker", () => {
  const shown = (text) => {
    const blocks = new MarkdownBlocks();
    blocks.push(text);
    return blocks.blocks().map((block) => block.html).join("");
  };
  assert.equal(shown("some **bo"), '<p dir="auto">some <strong>bo</strong></p>');
  assert.equal(shown("a list:\n-"), '<p dir="auto">a list:</p>');
  assert.equal(shown("see [the do"), '<p dir="auto">see the do</p>');
  assert.equal(shown("see [it](https://exa"), '<p dir="auto">see it</p>');
  assert.equal(shown("run `npm i"), '<p dir="auto">run <code>npm i</code></p>');
  assert.equal(shown("| a | b |\n|--"), "");
  assert.equal(shown("so $$x^2"), '<p dir="auto">so </p>');
});
//# sourceMappingURL=data:application/json;base64,ewogICJ2ZXJzaW9uIjogMywKICAic291cmNlcyI6IFsiLi4vdGVzdHMvYmxvY2tzLnRlc3QudHMiLCAiLi4vc3JjL21hcmtkb3duL2hlYWwudHMiLCAiLi4vc3JjL21hcmtkb3duL3JlbmRlcmVyLnRzIiwgIi4uL3NyYy9tYXJrZG93bi9tYXRoLXN5bnRheC50cyIsICIuLi9zcmMvbWFya2Rvd24vYmxvY2tzLnRzIl0sCiAgInNvdXJjZXNDb250ZW50IjogWyJpbXBvcnQgYXNzZXJ0IGZyb20gXCJub2RlOmFzc2VydC9zdHJpY3RcIjtcbmltcG9ydCB7IHRlc3QgfSBmcm9tIFwibm9kZTp0ZXN0XCI7XG5pbXBvcnQgeyBNYXJrZG93bkJsb2NrcywgcmVuZGVyQmxvY2tzIH0gZnJvbSBcIi4uL3NyYy9tYXJrZG93bi9ibG9ja3NcIjtcblxuY29uc3QgY29ycHVzID0gW1xuICBcIiMgVGl0bGVcXG5cXG5BIHBhcmFncmFwaCB3aXRoICoqYm9sZCoqLCAqaXRhbGljcyosIGBjb2RlYCBhbmQgYSBbbGlua10oaHR0cHM6Ly9leGFtcGxlLm9yZykuXFxuXFxuQW5vdGhlciBvbmUuXFxuXCIsXG4gIFwiMS4gb25lXFxuXFxuMi4gdHdvXFxuXFxuICAgbW9yZSBvZiB0d29cXG4zLiB0aHJlZVxcblxcbkFmdGVyIHRoZSBsaXN0Llxcblxcbi0gYVxcbiAgLSBiXFxuXFxuICAgIGRlZXBcXG4tIGNcXG5cXG4qIG90aGVyIGxpc3RcXG5cIixcbiAgXCJCZWZvcmVcXG5cXG5gYGBweXRob25cXG5kZWYgZih4KTpcXG5cXG4gICAgcmV0dXJuIHggICMgKipub3QgYm9sZCoqXFxuYGBgXFxuXFxuYmV0d2Vlblxcblxcbn5+flxcbm5vIGxhbmd1YWdlXFxufn5+XFxuXFxuICAgIGluZGVudGVkXFxuXFxuICAgIGNvZGVcXG5cIixcbiAgXCJ8IGEgfCBiIHxcXG58LS0tfDotOnxcXG58IDEgfCAyIHxcXG58IDMgfCBgeGAgfFxcblxcblRleHQgYWZ0ZXIuXFxuXFxuPiBxdW90ZVxcbj4gbW9yZVxcbmxhenlcXG5cXG4tLS1cXG5cXG5TZXRleHRcXG49PT09PT1cXG5cXG5lbmRcIixcbiAgXCJTZWUgW3RoZSBkb2NzXSBhbmQgW290aGVyXVtvXS5cXG5cXG5NaWRkbGUgd2l0aCBbdGhlIGRvY3NdIGFnYWluLlxcblxcblt0aGUgZG9jc106IGh0dHBzOi8vZXhhbXBsZS5vcmcvYVxcbltvXTogaHR0cHM6Ly9leGFtcGxlLm9yZy9iICdUaXRsZSdcXG5cXG5MYXN0LlxcblwiLFxuICBcIklubGluZSAkYV4yK2JeMiQgYW5kIFxcXFwoeFxcXFwpIGNvc3RzICQ1IGFuZCAkNi5cXG5cXG4kJFxcbkUgPSBtY14yXFxuJCRcXG5cXG5UZXh0XFxuXFxcXFsgXFxcXGludF8wXjEgeCBcXFxcXVxcblxcbmRvbmUgJCR5JCQgaGVyZVwiLFxuICBcIjxkaXYgb25jbGljaz14PlxcbnJhd1xcbjwvZGl2PlxcblxcblRleHQgPGI+Ym9sZDwvYj4gPHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0PlxcblxcbjwhLS0gY29tbWVudFxcblxcbnN0aWxsIC0tPlxcblxcbmVuZFxcblwiLFxuICBcIi0gWyBdIHRvIGRvXFxuLSBbeF0gZG9uZVxcblxcblx1MDY0NVx1MDYzMVx1MDYyRFx1MDYyOFx1MDYyNyBcdTA2MjhcdTA2MjdcdTA2NDRcdTA2MzlcdTA2MjdcdTA2NDRcdTA2NDVcXG5cXG5cdTA2MzlcdTA2MzFcdTA2MjhcdTA2NEEgKipcdTA2M0FcdTA2MjdcdTA2NDVcdTA2NDIqKlxcblxcbkFcXHJcXG5CXFxyXFxuXFxyXFxuLSB4XFxyXFxuLSB5XFxyXFxuXCIsXG5dO1xuXG4vKiogQSBzbWFsbCBnZW5lcmF0b3Igd2l0aCBhIHNlZWQsIHNvIHRoYXQgYSBmYWlsdXJlIGNhbiBiZSByZXBlYXRlZC4gKi9cbmZ1bmN0aW9uIHJhbmRvbShzZWVkOiBudW1iZXIpOiAoKSA9PiBudW1iZXIge1xuICBsZXQgc3RhdGUgPSBzZWVkO1xuICByZXR1cm4gKCkgPT4ge1xuICAgIHN0YXRlID0gKHN0YXRlICogMV82NjRfNTI1ICsgMV8wMTNfOTA0XzIyMykgJSA0XzI5NF85NjdfMjk2O1xuICAgIHJldHVybiBzdGF0ZSAvIDRfMjk0Xzk2N18yOTY7XG4gIH07XG59XG5cbmZ1bmN0aW9uIGluUGllY2VzKHRleHQ6IHN0cmluZywgbmV4dDogKCkgPT4gbnVtYmVyKTogc3RyaW5nW10ge1xuICBjb25zdCBwaWVjZXM6IHN0cmluZ1tdID0gW107XG4gIGZvciAobGV0IHN0YXJ0ID0gMDsgc3RhcnQgPCB0ZXh0Lmxlbmd0aDsgKSB7XG4gICAgY29uc3Qgc2l6ZSA9IDEgKyBNYXRoLmZsb29yKG5leHQoKSAqIG5leHQoKSAqIDQwKTtcbiAgICBwaWVjZXMucHVzaCh0ZXh0LnNsaWNlKHN0YXJ0LCBzdGFydCArIHNpemUpKTtcbiAgICBzdGFydCArPSBzaXplO1xuICB9XG4gIHJldHVybiBwaWVjZXM7XG59XG5cbnRlc3QoXCJ0ZXh0IGluIHJhbmRvbSBwaWVjZXMgZ2l2ZXMgdGhlIGJsb2NrcyBvZiB0aGUgd2hvbGUgdGV4dFwiLCAoKSA9PiB7XG4gIGNvbnN0IG5leHQgPSByYW5kb20oNyk7XG4gIGZvciAobGV0IHJvdW5kID0gMDsgcm91bmQgPCA2MDsgcm91bmQgKz0gMSkge1xuICAgIGNvbnN0IHRleHQgPSBjb3JwdXMubWFwKChfLCBpbmRleCkgPT4gY29ycHVzW01hdGguZmxvb3IobmV4dCgpICogY29ycHVzLmxlbmd0aCldID8/IGNvcnB1c1tpbmRleF0pLmpvaW4oXCJcXG5cXG5cIik7XG4gICAgY29uc3QgYmxvY2tzID0gbmV3IE1hcmtkb3duQmxvY2tzKCk7XG4gICAgZm9yIChjb25zdCBwaWVjZSBvZiBpblBpZWNlcyh0ZXh0LCBuZXh0KSkge1xuICAgICAgYmxvY2tzLnB1c2gocGllY2UpO1xuICAgICAgYmxvY2tzLmJsb2NrcygpO1xuICAgIH1cbiAgICBibG9ja3MuZW5kKCk7XG4gICAgY29uc3QgZXhwZWN0ZWQgPSByZW5kZXJCbG9ja3ModGV4dCkubWFwKChibG9jaykgPT4gYmxvY2suaHRtbCk7XG4gICAgYmxvY2tzLmJsb2NrcygpLmZvckVhY2goKGJsb2NrLCBpbmRleCkgPT4gYXNzZXJ0LmVxdWFsKGJsb2NrLmh0bWwsIGV4cGVjdGVkW2luZGV4XSwgYHJvdW5kICR7cm91bmR9YCkpO1xuICAgIGFzc2VydC5lcXVhbChibG9ja3MuYmxvY2tzKCkubGVuZ3RoLCBleHBlY3RlZC5sZW5ndGgpO1xuICB9XG59KTtcblxudGVzdChcImV2ZXJ5IHByZWZpeCBzZXR0bGVzIG9ubHkgd2hhdCB0aGUgd2hvbGUgdGV4dCBjb25maXJtc1wiLCAoKSA9PiB7XG4gIGZvciAoY29uc3Qgc2FtcGxlIG9mIGNvcnB1cykge1xuICAgIGNvbnN0IHRleHQgPSBzYW1wbGUucmVwbGFjZUFsbChcIlxcclxcblwiLCBcIlxcblwiKTtcbiAgICBjb25zdCB3aG9sZSA9IHJlbmRlckJsb2Nrcyh0ZXh0KS5tYXAoKGJsb2NrKSA9PiBibG9jay5odG1sKTtcbiAgICBjb25zdCBibG9ja3MgPSBuZXcgTWFya2Rvd25CbG9ja3MoKTtcbiAgICBmb3IgKGNvbnN0IGNoYXJhY3RlciBvZiB0ZXh0KSB7XG4gICAgICBibG9ja3MucHVzaChjaGFyYWN0ZXIpO1xuICAgICAgY29uc3Qgc2V0dGxlZCA9IGJsb2Nrcy5ibG9ja3MoKS5zbGljZSgwLCBibG9ja3Muc2V0dGxlZCkubWFwKChibG9jaykgPT4gYmxvY2suaHRtbCk7XG4gICAgICBpZiAoIXRleHQuaW5jbHVkZXMoXCJdOiBcIikpIGFzc2VydC5kZWVwRXF1YWwoc2V0dGxlZCwgd2hvbGUuc2xpY2UoMCwgc2V0dGxlZC5sZW5ndGgpKTtcbiAgICB9XG4gIH1cbn0pO1xuXG50ZXN0KFwic2V0dGxlZCBibG9ja3MgYXJlIG5ldmVyIG1hZGUgYWdhaW5cIiwgKCkgPT4ge1xuICBjb25zdCBibG9ja3MgPSBuZXcgTWFya2Rvd25CbG9ja3MoKTtcbiAgYmxvY2tzLnB1c2goXCJGaXJzdC5cXG5cXG5TZWNvbmQuXFxuXFxuVGhpcmRcIik7XG4gIGNvbnN0IGJlZm9yZSA9IGJsb2Nrcy5ibG9ja3MoKTtcbiAgYXNzZXJ0LmVxdWFsKGJsb2Nrcy5zZXR0bGVkLCAxKTtcbiAgYmxvY2tzLnB1c2goXCIgZ29lcyBvbi5cXG5cXG5Gb3VydGhcIik7XG4gIGFzc2VydC5lcXVhbChibG9ja3MuYmxvY2tzKClbMF0sIGJlZm9yZVswXSk7XG59KTtcblxudGVzdChcImEgYmxvY2sgdGhhdCBpcyBiZWluZyB3cml0dGVuIGRvZXMgbm90IGZsaWNrZXJcIiwgKCkgPT4ge1xuICBjb25zdCBzaG93biA9ICh0ZXh0OiBzdHJpbmcpID0+IHtcbiAgICBjb25zdCBibG9ja3MgPSBuZXcgTWFya2Rvd25CbG9ja3MoKTtcbiAgICBibG9ja3MucHVzaCh0ZXh0KTtcbiAgICByZXR1cm4gYmxvY2tzLmJsb2NrcygpLm1hcCgoYmxvY2spID0+IGJsb2NrLmh0bWwpLmpvaW4oXCJcIik7XG4gIH07XG4gIGFzc2VydC5lcXVhbChzaG93bihcInNvbWUgKipib1wiKSwgJzxwIGRpcj1cImF1dG9cIj5zb21lIDxzdHJvbmc+Ym88L3N0cm9uZz48L3A+Jyk7XG4gIGFzc2VydC5lcXVhbChzaG93bihcImEgbGlzdDpcXG4tXCIpLCAnPHAgZGlyPVwiYXV0b1wiPmEgbGlzdDo8L3A+Jyk7XG4gIGFzc2VydC5lcXVhbChzaG93bihcInNlZSBbdGhlIGRvXCIpLCAnPHAgZGlyPVwiYXV0b1wiPnNlZSB0aGUgZG88L3A+Jyk7XG4gIGFzc2VydC5lcXVhbChzaG93bihcInNlZSBbaXRdKGh0dHBzOi8vZXhhXCIpLCAnPHAgZGlyPVwiYXV0b1wiPnNlZSBpdDwvcD4nKTtcbiAgYXNzZXJ0LmVxdWFsKHNob3duKFwicnVuIGBucG0gaVwiKSwgJzxwIGRpcj1cImF1dG9cIj5ydW4gPGNvZGU+bnBtIGk8L2NvZGU+PC9wPicpO1xuICBhc3NlcnQuZXF1YWwoc2hvd24oXCJ8IGEgfCBiIHxcXG58LS1cIiksIFwiXCIpO1xuICBhc3NlcnQuZXF1YWwoc2hvd24oXCJzbyAkJHheMlwiKSwgJzxwIGRpcj1cImF1dG9cIj5zbyA8L3A+Jyk7XG59KTtcbiIsICIvKipcbiAqIEhvdyB0aGUgbGFzdCBibG9jayBsb29rcyB3aGlsZSBpdCBpcyBzdGlsbCBiZWluZyB3cml0dGVuLiBXaXRob3V0IHRoaXMgYW4gYW5zd2VyIHdvdWxkIGZsaWNrZXI6IHN0YXJzIHR1cm4gaW50byBib2xkXG4gKiB0eXBlLCBhIGxpbmUgdHVybnMgaW50byBhIGhlYWRpbmcsIGEgcm93IG9mIGJhcnMgaW50byBhIHRhYmxlLlxuICovXG5cbmltcG9ydCB0eXBlIHsgVG9rZW4gfSBmcm9tIFwibWFya2VkXCI7XG5cbi8qKiBBIGJldHRlciB0ZXh0IHRvIHNob3cgZm9yIHRoZSBibG9jaywgb3IgbnVsbCB0byBzaG93IGl0IGFzIGl0IGlzLiAqL1xuZXhwb3J0IGZ1bmN0aW9uIGhlYWwodG9rZW46IFRva2VuKTogc3RyaW5nIHwgbnVsbCB7XG4gIGlmICh0b2tlbi50eXBlID09PSBcInBhcmFncmFwaFwiIHx8IHRva2VuLnR5cGUgPT09IFwiaGVhZGluZ1wiKSByZXR1cm4gaGVhbFRleHQodG9rZW4ucmF3KTtcbiAgaWYgKHRva2VuLnR5cGUgPT09IFwibGlzdFwiKSByZXR1cm4gaGVhbFRleHQodG9rZW4ucmF3KTtcbiAgaWYgKHRva2VuLnR5cGUgPT09IFwiYmxvY2txdW90ZVwiKSByZXR1cm4gaGVhbFRleHQodG9rZW4ucmF3KTtcbiAgcmV0dXJuIG51bGw7XG59XG5cbmZ1bmN0aW9uIGhlYWxUZXh0KHJhdzogc3RyaW5nKTogc3RyaW5nIHwgbnVsbCB7XG4gIGxldCB0ZXh0ID0gcmF3LnJlcGxhY2UoL1xcbiQvLCBcIlwiKTtcbiAgdGV4dCA9IHdpdGhvdXRVbmRlY2lkZWRMaW5lKHRleHQpO1xuICB0ZXh0ID0gd2l0aG91dE9wZW5NYXRoKHRleHQpO1xuICB0ZXh0ID0gY2xvc2VJbmxpbmUodGV4dCk7XG4gIHJldHVybiB0ZXh0ID09PSByYXcgPyBudWxsIDogdGV4dDtcbn1cblxuLyoqIFRoZSBsYXN0IGxpbmUgbWF5IHN0aWxsIGJlY29tZSBhIHJ1bGUsIGEgaGVhZGluZydzIHVuZGVybGluZSwgYSBsaXN0IG1hcmssIGEgZmVuY2Ugb3IgYSB0YWJsZS4gKi9cbmZ1bmN0aW9uIHdpdGhvdXRVbmRlY2lkZWRMaW5lKHRleHQ6IHN0cmluZyk6IHN0cmluZyB7XG4gIGNvbnN0IHN0YXJ0ID0gdGV4dC5sYXN0SW5kZXhPZihcIlxcblwiKSArIDE7XG4gIGNvbnN0IGxpbmUgPSB0ZXh0LnNsaWNlKHN0YXJ0KTtcbiAgaWYgKC9eXFxzKig/OlstPSpfYH5dezEsM318Wy0qK11cXHMqfFxcZHsxLDN9Wy4pXT9cXHMqfCN7MSw2fVxccyp8PlxccyopJC8udGVzdChsaW5lKSkgcmV0dXJuIHRleHQuc2xpY2UoMCwgc3RhcnQpO1xuICBjb25zdCB0YWJsZSA9IC8oPzpefFxcbilcXHxbXlxcbl0qKD86XFxuXFx8P1tcXHM6fC1dKik/JC8uZXhlYyh0ZXh0KTtcbiAgcmV0dXJuIHRhYmxlID8gdGV4dC5zbGljZSgwLCB0YWJsZS5pbmRleCkgOiB0ZXh0O1xufVxuXG5mdW5jdGlvbiB3aXRob3V0T3Blbk1hdGgodGV4dDogc3RyaW5nKTogc3RyaW5nIHtcbiAgY29uc3QgbWFya3MgPSBbLi4udGV4dC5tYXRjaEFsbCgvXFwkXFwkfFxcXFxcXFt8XFxcXFxcXXxcXFxcXFwofFxcXFxcXCkvZyldO1xuICBjb25zdCBsYXN0ID0gbWFya3MuYXQoLTEpO1xuICBpZiAoIWxhc3QpIHJldHVybiB0ZXh0O1xuICBjb25zdCBkb2xsYXJzID0gbWFya3MuZmlsdGVyKChbbWFya10pID0+IG1hcmsgPT09IFwiJCRcIikubGVuZ3RoO1xuICBjb25zdCBvcGVuID0gbGFzdFswXSA9PT0gXCJcXFxcW1wiIHx8IGxhc3RbMF0gPT09IFwiXFxcXChcIiB8fCAobGFzdFswXSA9PT0gXCIkJFwiICYmIGRvbGxhcnMgJSAyID09PSAxKTtcbiAgcmV0dXJuIG9wZW4gPyB0ZXh0LnNsaWNlKDAsIGxhc3QuaW5kZXgpIDogdGV4dDtcbn1cblxuLyoqIENsb3NlcyB3aGF0IGlzIG9wZW4gYXQgdGhlIGVuZCBvZiB0aGUgbGFzdCBsaW5lOiBjb2RlLCBib2xkLCBpdGFsaWNzOyBhIGhhbGYtd3JpdHRlbiBsaW5rIGlzIG9ubHkgaXRzIHRleHQuICovXG5mdW5jdGlvbiBjbG9zZUlubGluZSh0ZXh0OiBzdHJpbmcpOiBzdHJpbmcge1xuICBjb25zdCBzdGFydCA9IHRleHQubGFzdEluZGV4T2YoXCJcXG5cIikgKyAxO1xuICBsZXQgbGluZSA9IHRleHQuc2xpY2Uoc3RhcnQpO1xuICBjb25zdCB0aWNrcyA9IGxpbmUubWF0Y2goL2ArL2cpID8/IFtdO1xuICBpZiAodGlja3MubGVuZ3RoICUgMiA9PT0gMSkgcmV0dXJuIHRleHQgKyAodGlja3MuYXQoLTEpID8/IFwiXCIpO1xuICBsaW5lID0gbGluZS5yZXBsYWNlKC8hP1xcWyhbXlxcXVxcbl0qKSg/OlxcXVxcKFteKVxcbl0qKT8kLywgXCIkMVwiKS5yZXBsYWNlKC9bKl9+XSskLywgXCJcIik7XG4gIGNvbnN0IHBsYWluID0gbGluZS5yZXBsYWNlKC9gW15gXSpgL2csIFwiXCIpLnJlcGxhY2UoL15cXHMqWyorLV1cXHMvLCBcIlwiKTtcbiAgaWYgKGNvdW50KHBsYWluLCAvXFwqXFwqL2cpICUgMiA9PT0gMSkgbGluZSArPSBcIioqXCI7XG4gIGVsc2UgaWYgKGNvdW50KHBsYWluLnJlcGxhY2VBbGwoXCIqKlwiLCBcIlwiKSwgL1xcKi9nKSAlIDIgPT09IDEpIGxpbmUgKz0gXCIqXCI7XG4gIHJldHVybiB0ZXh0LnNsaWNlKDAsIHN0YXJ0KSArIGxpbmU7XG59XG5cbmZ1bmN0aW9uIGNvdW50KHRleHQ6IHN0cmluZywgcGF0dGVybjogUmVnRXhwKTogbnVtYmVyIHtcbiAgcmV0dXJuIHRleHQubWF0Y2gocGF0dGVybik/Lmxlbmd0aCA/PyAwO1xufVxuIiwgIi8qKiBNYXJrZG93biB0b2tlbnMgdG8gSFRNTCB0ZXh0LiBXaGF0IGNvbWVzIG91dCBpcyBzdGlsbCB1bnRydXN0ZWQ6IGl0IGdvZXMgdGhyb3VnaCB0aGUgc2FuaXRpc2VyLiAqL1xuXG5pbXBvcnQgeyBNYXJrZWQsIHR5cGUgUmVuZGVyZXJPYmplY3QsIHR5cGUgVG9rZW4sIHR5cGUgVG9rZW5zIH0gZnJvbSBcIm1hcmtlZFwiO1xuaW1wb3J0IHsgYmxvY2tNYXRoLCBlc2NhcGVIdG1sLCBpbmxpbmVNYXRoIH0gZnJvbSBcIi4vbWF0aC1zeW50YXhcIjtcblxuLyoqIFJhdyBIVE1MIHRoYXQgcGVvcGxlIGFuZCBtb2RlbHMgdXNlIGluIHByb3NlLiBJdCBrZWVwcyBpdHMgbWVhbmluZzsgYW55IG90aGVyIHRhZyBpcyBzaG93biBhcyBpdCB3YXMgd3JpdHRlbi4gKi9cbmNvbnN0IFJBV19UQUdTID0gL148XFwvPyg/OmJ8YnJ8ZGVsfGVtfGl8aW5zfGtiZHxtYXJrfHN8c21hbGx8c3Ryb25nfHN1YnxzdXB8dXx2YXIpXFxzKlxcLz8+JC9pO1xuXG5jb25zdCByZW5kZXJlcjogUmVuZGVyZXJPYmplY3QgPSB7XG4gIGhlYWRpbmcoeyB0b2tlbnMsIGRlcHRoIH0pIHtcbiAgICAvLyBUaGUgcGFnZSdzIG93biBoZWFkaW5ncyBhcmUgYWJvdmUgdGhvc2Ugb2YgYW4gYW5zd2VyLlxuICAgIGNvbnN0IGxldmVsID0gTWF0aC5taW4oNiwgZGVwdGggKyAyKTtcbiAgICByZXR1cm4gYDxoJHtsZXZlbH0gZGlyPVwiYXV0b1wiPiR7dGhpcy5wYXJzZXIucGFyc2VJbmxpbmUodG9rZW5zKX08L2gke2xldmVsfT5gO1xuICB9LFxuICBwYXJhZ3JhcGgoeyB0b2tlbnMgfSkge1xuICAgIHJldHVybiBgPHAgZGlyPVwiYXV0b1wiPiR7dGhpcy5wYXJzZXIucGFyc2VJbmxpbmUodG9rZW5zKX08L3A+YDtcbiAgfSxcbiAgYmxvY2txdW90ZSh7IHRva2VucyB9KSB7XG4gICAgcmV0dXJuIGA8YmxvY2txdW90ZSBkaXI9XCJhdXRvXCI+JHt0aGlzLnBhcnNlci5wYXJzZSh0b2tlbnMpfTwvYmxvY2txdW90ZT5gO1xuICB9LFxuICBsaXN0KHsgb3JkZXJlZCwgc3RhcnQsIGl0ZW1zIH0pIHtcbiAgICBjb25zdCB0YWcgPSBvcmRlcmVkID8gXCJvbFwiIDogXCJ1bFwiO1xuICAgIGNvbnN0IGZyb20gPSBvcmRlcmVkICYmIHR5cGVvZiBzdGFydCA9PT0gXCJudW1iZXJcIiAmJiBzdGFydCAhPT0gMSA/IGAgc3RhcnQ9XCIke3N0YXJ0fVwiYCA6IFwiXCI7XG4gICAgcmV0dXJuIGA8JHt0YWd9JHtmcm9tfSBkaXI9XCJhdXRvXCI+JHtpdGVtcy5tYXAoKGl0ZW0pID0+IHRoaXMubGlzdGl0ZW0oaXRlbSkpLmpvaW4oXCJcIil9PC8ke3RhZ30+YDtcbiAgfSxcbiAgbGlzdGl0ZW0oeyB0YXNrLCBjaGVja2VkLCB0b2tlbnMgfSkge1xuICAgIC8vIFRoZSBwYXJzZXIgd291bGQgcHV0IGFuIGlucHV0IGVsZW1lbnQgaGVyZTsgYSBtYXJrIHNheXMgdGhlIHNhbWUuXG4gICAgY29uc3QgYm9keSA9IHRoaXMucGFyc2VyLnBhcnNlKHRva2Vucy5maWx0ZXIoKHRva2VuKSA9PiB0b2tlbi50eXBlICE9PSBcImNoZWNrYm94XCIpKTtcbiAgICBpZiAoIXRhc2spIHJldHVybiBgPGxpIGRpcj1cImF1dG9cIj4ke2JvZHl9PC9saT5gO1xuICAgIHJldHVybiBgPGxpIGNsYXNzPVwidGFza1wiIGRpcj1cImF1dG9cIj48c3BhbiBjbGFzcz1cInRhc2stbWFya1wiIHJvbGU9XCJpbWdcIiBhcmlhLWxhYmVsPVwiJHtjaGVja2VkID8gXCJkb25lXCIgOiBcInRvIGRvXCJ9XCI+JHtjaGVja2VkID8gXCJcdTI2MTFcIiA6IFwiXHUyNjEwXCJ9PC9zcGFuPiAke2JvZHl9PC9saT5gO1xuICB9LFxuICB0YWJsZSh7IGhlYWRlciwgcm93cyB9KSB7XG4gICAgY29uc3Qgcm93ID0gKGNlbGxzOiBUb2tlbnMuVGFibGVDZWxsW10pID0+IGA8dHI+JHtjZWxscy5tYXAoKGNlbGwpID0+IHRoaXMudGFibGVjZWxsKGNlbGwpKS5qb2luKFwiXCIpfTwvdHI+YDtcbiAgICByZXR1cm4gYDxkaXYgY2xhc3M9XCJ0YWJsZS1zY3JvbGxcIiByb2xlPVwiZ3JvdXBcIiBhcmlhLWxhYmVsPVwiVGFibGVcIiB0YWJpbmRleD1cIjBcIj48dGFibGU+PHRoZWFkPiR7cm93KGhlYWRlcil9PC90aGVhZD48dGJvZHk+JHtyb3dzLm1hcChyb3cpLmpvaW4oXCJcIil9PC90Ym9keT48L3RhYmxlPjwvZGl2PmA7XG4gIH0sXG4gIHRhYmxlY2VsbCh7IHRva2VucywgaGVhZGVyLCBhbGlnbiB9KSB7XG4gICAgY29uc3QgdGFnID0gaGVhZGVyID8gXCJ0aFwiIDogXCJ0ZFwiO1xuICAgIHJldHVybiBgPCR7dGFnfSR7YWxpZ24gPyBgIGFsaWduPVwiJHthbGlnbn1cImAgOiBcIlwifSBkaXI9XCJhdXRvXCI+JHt0aGlzLnBhcnNlci5wYXJzZUlubGluZSh0b2tlbnMpfTwvJHt0YWd9PmA7XG4gIH0sXG4gIGNvZGUoeyB0ZXh0LCBsYW5nIH0pIHtcbiAgICByZXR1cm4gY29kZUJsb2NrKHRleHQsIGxhbmcgPz8gXCJcIik7XG4gIH0sXG4gIGxpbmsoeyBocmVmLCB0aXRsZSwgdG9rZW5zIH0pIHtcbiAgICBjb25zdCBpbm5lciA9IHRoaXMucGFyc2VyLnBhcnNlSW5saW5lKHRva2Vucyk7XG4gICAgcmV0dXJuIGA8YSBocmVmPVwiJHtlc2NhcGVIdG1sKGhyZWYpfVwiJHt0aXRsZSA/IGAgdGl0bGU9XCIke2VzY2FwZUh0bWwodGl0bGUpfVwiYCA6IFwiXCJ9PiR7aW5uZXJ9PC9hPmA7XG4gIH0sXG4gIGltYWdlKHsgaHJlZiwgdGV4dCB9KSB7XG4gICAgLy8gTm90aGluZyBpcyBsb2FkZWQgZnJvbSBlbHNld2hlcmU6IGxvYWRpbmcgd291bGQgdGVsbCBvdGhlcnMgd2hvIHJlYWRzIHdoYXQuXG4gICAgcmV0dXJuIGA8YSBjbGFzcz1cInJlbW90ZS1pbWFnZVwiIGhyZWY9XCIke2VzY2FwZUh0bWwoaHJlZil9XCI+JHtlc2NhcGVIdG1sKHRleHQgfHwgXCJJbWFnZVwiKX08L2E+YDtcbiAgfSxcbiAgaHRtbCh7IHRleHQgfSkge1xuICAgIHJldHVybiBSQVdfVEFHUy50ZXN0KHRleHQudHJpbSgpKSA/IHRleHQgOiBlc2NhcGVIdG1sKHRleHQpLnJlcGxhY2VBbGwoXCJcXG5cIiwgXCI8YnI+XCIpO1xuICB9LFxufTtcblxuLyoqIEEgYmxvY2sgb2YgY29kZSB3aXRoIGl0cyBsYW5ndWFnZSwgYW5kIGEgcGxhY2UgZm9yIHRoZSBjb3B5IGJ1dHRvbi4gKi9cbmZ1bmN0aW9uIGNvZGVCbG9jayh0ZXh0OiBzdHJpbmcsIGluZm86IHN0cmluZyk6IHN0cmluZyB7XG4gIGNvbnN0IGxhbmd1YWdlID0gL15bXFx3IysuLV17MSwzMH0vLmV4ZWMoaW5mbyk/LlswXSA/PyBcIlwiO1xuICBjb25zdCBsYWJlbCA9IGVzY2FwZUh0bWwobGFuZ3VhZ2UgfHwgXCJUZXh0XCIpO1xuICBjb25zdCBuYW1lID0gbGFuZ3VhZ2UgPyBgIGNsYXNzPVwibGFuZ3VhZ2UtJHtlc2NhcGVIdG1sKGxhbmd1YWdlLnRvTG93ZXJDYXNlKCkpfVwiYCA6IFwiXCI7XG4gIHJldHVybiAoXG4gICAgYDxmaWd1cmUgY2xhc3M9XCJjb2RlLWJsb2NrXCIgZGlyPVwibHRyXCI+PGZpZ2NhcHRpb24gY2xhc3M9XCJjb2RlLWhlYWRcIj48c3BhbiBjbGFzcz1cImNvZGUtbGFuZ3VhZ2VcIj4ke2xhYmVsfTwvc3Bhbj5gICtcbiAgICBgPGJ1dHRvbiBjbGFzcz1cImNvZGUtY29weVwiIGRhdGEtY29weT1cImNvZGVcIiB0eXBlPVwiYnV0dG9uXCI+Q29weTwvYnV0dG9uPjwvZmlnY2FwdGlvbj5gICtcbiAgICBgPHByZSB0YWJpbmRleD1cIjBcIiByb2xlPVwiZ3JvdXBcIiBhcmlhLWxhYmVsPVwiQ29kZSwgJHtsYWJlbH1cIj48Y29kZSR7bmFtZX0+JHtlc2NhcGVIdG1sKHRleHQpfVxcbjwvY29kZT48L3ByZT48L2ZpZ3VyZT5gXG4gICk7XG59XG5cbmNvbnN0IG1hcmtlZCA9IG5ldyBNYXJrZWQoeyBnZm06IHRydWUsIGJyZWFrczogZmFsc2UsIHJlbmRlcmVyLCBleHRlbnNpb25zOiBbYmxvY2tNYXRoLCBpbmxpbmVNYXRoXSB9KTtcblxuZXhwb3J0IHR5cGUgTGlua3MgPSBSZWNvcmQ8c3RyaW5nLCBQaWNrPFRva2Vucy5MaW5rIHwgVG9rZW5zLkltYWdlLCBcImhyZWZcIiB8IFwidGl0bGVcIj4+O1xuXG4vKiogU3BsaXRzIE1hcmtkb3duIGludG8gdGhlIHRva2VucyBvZiBpdHMgYmxvY2tzLiBgbGlua3NgIGFyZSByZWZlcmVuY2UgZGVmaW5pdGlvbnMgbWFkZSBiZWZvcmUgdGhlIHRleHQuICovXG5leHBvcnQgZnVuY3Rpb24gbGV4KHRleHQ6IHN0cmluZywgbGlua3M6IExpbmtzKTogVG9rZW5bXSB7XG4gIGNvbnN0IGxleGVyID0gbmV3IG1hcmtlZC5MZXhlcihtYXJrZWQuZGVmYXVsdHMpO1xuICBPYmplY3QuYXNzaWduKGxleGVyLnRva2Vucy5saW5rcywgbGlua3MpO1xuICByZXR1cm4gbGV4ZXIubGV4KHRleHQpO1xufVxuXG4vKiogVGhlICh1bnRydXN0ZWQpIEhUTUwgb2Ygb25lIGJsb2NrLiAqL1xuZXhwb3J0IGZ1bmN0aW9uIHJlbmRlclRva2VuKHRva2VuOiBUb2tlbik6IHN0cmluZyB7XG4gIHJldHVybiBtYXJrZWQucGFyc2VyKFt0b2tlbl0sIG1hcmtlZC5kZWZhdWx0cyk7XG59XG4iLCAiLyoqIFdoZXJlIGZvcm11bGFzIHN0YW5kIGluIE1hcmtkb3duOiAkXHUyMDI2JCBhbmQgXFwoXHUyMDI2XFwpIGluIGEgbGluZSwgJCRcdTIwMjYkJCBhbmQgXFxbXHUyMDI2XFxdIG9uIHRoZWlyIG93bi4gKi9cblxuaW1wb3J0IHR5cGUgeyBUb2tlbml6ZXJBbmRSZW5kZXJlckV4dGVuc2lvbiwgVG9rZW5zIH0gZnJvbSBcIm1hcmtlZFwiO1xuXG4vLyBBIGZvcm11bGEgaG9sZHMgbm8gZW1wdHkgbGluZSAoVGVYIGZvcmJpZHMgaXQpLCBzbyBpdCBuZXZlciByZWFjaGVzIG92ZXIgdGhlIGVuZCBvZiBhIGJsb2NrLlxuY29uc3QgQkxPQ0sgPSAvXiB7MCwzfSg/OlxcJFxcJCgoPzooPyFcXG5bIFxcdF0qXFxufFxcJFxcJClbXFxzXFxTXSkrKVxcJFxcJHxcXFxcXFxbKCg/Oig/IVxcblsgXFx0XSpcXG58XFxcXFxcXSlbXFxzXFxTXSkrKVxcXFxcXF0pWyBcXHRdKig/Olxcbit8JCkvO1xuY29uc3QgRElTUExBWSA9IC9eKD86XFwkXFwkKCg/Oig/IVxcJFxcJClbXFxzXFxTXSkrKVxcJFxcJHxcXFxcXFxbKCg/Oig/IVxcXFxcXF0pW1xcc1xcU10pKylcXFxcXFxdKS87XG4vLyBQcmljZXMgYXJlIG5vIGZvcm11bGFzOiBubyBzcGFjZSBpbnNpZGUgdGhlIGRvbGxhcnMsIG5vIGRpZ2l0IG9yIGxldHRlciByaWdodCBhZnRlci5cbmNvbnN0IElOTElORSA9IC9eKD86XFwkKCg/OlxcXFxbXlxcbl18W15cXFxcJFxcc10pKD86KD86XFxcXFteXFxuXXxbXlxcXFwkXFxuXSkqPyg/OlxcXFxbXlxcbl18W15cXFxcJFxcc10pKT8pXFwkKD8hW1xccHtMfVxcZF0pfFxcXFxcXCgoKD86KD8hXFxcXFxcKSlbXlxcbl0pKylcXFxcXFwpKS91O1xuXG5leHBvcnQgY29uc3QgYmxvY2tNYXRoOiBUb2tlbml6ZXJBbmRSZW5kZXJlckV4dGVuc2lvbiA9IHtcbiAgbmFtZTogXCJibG9ja01hdGhcIixcbiAgbGV2ZWw6IFwiYmxvY2tcIixcbiAgc3RhcnQ6IChzb3VyY2UpID0+IGluZGV4T2Yoc291cmNlLCAvXFxuIHswLDN9KD86XFwkXFwkfFxcXFxcXFspLyksXG4gIHRva2VuaXplcjogKHNvdXJjZSkgPT4gdG9rZW4oXCJibG9ja01hdGhcIiwgQkxPQ0suZXhlYyhzb3VyY2UpKSxcbiAgcmVuZGVyZXI6IChmb3VuZCkgPT4gYDxwPiR7Zm9ybXVsYShmb3VuZCwgdHJ1ZSl9PC9wPmAsXG59O1xuXG5leHBvcnQgY29uc3QgaW5saW5lTWF0aDogVG9rZW5pemVyQW5kUmVuZGVyZXJFeHRlbnNpb24gPSB7XG4gIG5hbWU6IFwiaW5saW5lTWF0aFwiLFxuICBsZXZlbDogXCJpbmxpbmVcIixcbiAgc3RhcnQ6IChzb3VyY2UpID0+IGluZGV4T2Yoc291cmNlLCAvXFwkfFxcXFxcXCh8XFxcXFxcWy8pLFxuICB0b2tlbml6ZXIoc291cmNlKSB7XG4gICAgY29uc3QgZGlzcGxheSA9IERJU1BMQVkuZXhlYyhzb3VyY2UpO1xuICAgIGlmIChkaXNwbGF5KSByZXR1cm4geyAuLi50b2tlbihcImlubGluZU1hdGhcIiwgZGlzcGxheSksIGRpc3BsYXk6IHRydWUgfSBhcyBUb2tlbnMuR2VuZXJpYztcbiAgICByZXR1cm4gdG9rZW4oXCJpbmxpbmVNYXRoXCIsIElOTElORS5leGVjKHNvdXJjZSkpO1xuICB9LFxuICByZW5kZXJlcjogKGZvdW5kKSA9PiBmb3JtdWxhKGZvdW5kLCBmb3VuZFtcImRpc3BsYXlcIl0gPT09IHRydWUpLFxufTtcblxuLyoqIFRleHQgbWFkZSBzYWZlIHRvIHN0YW5kIGluIEhUTUwuICovXG5leHBvcnQgZnVuY3Rpb24gZXNjYXBlSHRtbCh0ZXh0OiBzdHJpbmcpOiBzdHJpbmcge1xuICByZXR1cm4gdGV4dC5yZXBsYWNlQWxsKFwiJlwiLCBcIiZhbXA7XCIpLnJlcGxhY2VBbGwoXCI8XCIsIFwiJmx0O1wiKS5yZXBsYWNlQWxsKFwiPlwiLCBcIiZndDtcIikucmVwbGFjZUFsbCgnXCInLCBcIiZxdW90O1wiKTtcbn1cblxuZnVuY3Rpb24gaW5kZXhPZihzb3VyY2U6IHN0cmluZywgcGF0dGVybjogUmVnRXhwKTogbnVtYmVyIHwgdW5kZWZpbmVkIHtcbiAgY29uc3QgaW5kZXggPSBzb3VyY2Uuc2VhcmNoKHBhdHRlcm4pO1xuICByZXR1cm4gaW5kZXggPCAwID8gdW5kZWZpbmVkIDogaW5kZXg7XG59XG5cbmZ1bmN0aW9uIHRva2VuKHR5cGU6IHN0cmluZywgbWF0Y2g6IFJlZ0V4cEV4ZWNBcnJheSB8IG51bGwpOiBUb2tlbnMuR2VuZXJpYyB8IHVuZGVmaW5lZCB7XG4gIGlmICghbWF0Y2gpIHJldHVybiB1bmRlZmluZWQ7XG4gIHJldHVybiB7IHR5cGUsIHJhdzogbWF0Y2hbMF0sIHRleHQ6IChtYXRjaFsxXSA/PyBtYXRjaFsyXSA/PyBcIlwiKS50cmltKCkgfTtcbn1cblxuZnVuY3Rpb24gZm9ybXVsYShmb3VuZDogVG9rZW5zLkdlbmVyaWMsIGRpc3BsYXk6IGJvb2xlYW4pOiBzdHJpbmcge1xuICBjb25zdCB0ZXh0OiB1bmtub3duID0gZm91bmRbXCJ0ZXh0XCJdO1xuICByZXR1cm4gYDxzcGFuIGNsYXNzPVwibWF0aFwiIGRhdGEtbWF0aCR7ZGlzcGxheSA/ICcgZGF0YS1kaXNwbGF5PVwiYmxvY2tcIicgOiBcIlwifT4ke2VzY2FwZUh0bWwoU3RyaW5nKHRleHQpKX08L3NwYW4+YDtcbn1cbiIsICIvKipcbiAqIE1hcmtkb3duIHRoYXQgYXJyaXZlcyBpbiBwaWVjZXMuIEJsb2NrcyB0aGF0IGNhbiBubyBsb25nZXIgY2hhbmdlIGFyZSByZW5kZXJlZCBvbmNlIGFuZCBrZXB0OyBvbmx5IHRoZSBsYXN0IGJsb2NrIGlzXG4gKiByZWFkIGFnYWluIHdpdGggZXZlcnkgcGllY2UsIHNvIHRoZSBjb3N0IG9mIGEgcGllY2UgZG9lcyBub3QgZ3JvdyB3aXRoIHRoZSBhbnN3ZXIuXG4gKi9cblxuaW1wb3J0IHR5cGUgeyBUb2tlbiwgVG9rZW5zIH0gZnJvbSBcIm1hcmtlZFwiO1xuaW1wb3J0IHsgaGVhbCB9IGZyb20gXCIuL2hlYWxcIjtcbmltcG9ydCB7IHR5cGUgTGlua3MsIGxleCwgcmVuZGVyVG9rZW4gfSBmcm9tIFwiLi9yZW5kZXJlclwiO1xuXG4vKiogT25lIGJsb2NrIG9mIGFuIGFuc3dlci4gYGh0bWxgIGlzIHVudHJ1c3RlZC4gKi9cbmV4cG9ydCBpbnRlcmZhY2UgQmxvY2sge1xuICBodG1sOiBzdHJpbmc7XG59XG5cbmludGVyZmFjZSBTZXR0bGVkIGV4dGVuZHMgQmxvY2sge1xuICByYXc6IHN0cmluZztcbn1cblxuZXhwb3J0IGNsYXNzIE1hcmtkb3duQmxvY2tzIHtcbiAgcmVhZG9ubHkgI3NldHRsZWQ6IFNldHRsZWRbXSA9IFtdO1xuICByZWFkb25seSAjbGlua3M6IExpbmtzID0gT2JqZWN0LmNyZWF0ZShudWxsKSBhcyBMaW5rcztcbiAgI3RhaWwgPSBcIlwiO1xuICAjaGVsZCA9IFwiXCI7XG4gICNlbmRlZCA9IGZhbHNlO1xuXG4gIC8qKiBOdW1iZXIgb2YgYmxvY2tzIHRoYXQgYXJlIGZpbmFsLCBmcm9tIHRoZSBmaXJzdC4gUmVmZXJlbmNlIGxpbmtzIG1heSBzdGlsbCBtYWtlIHRoZW0gYGRpcnR5YC4gKi9cbiAgZ2V0IHNldHRsZWQoKTogbnVtYmVyIHtcbiAgICByZXR1cm4gdGhpcy4jc2V0dGxlZC5sZW5ndGg7XG4gIH1cblxuICAvKiogQWRkcyB0ZXh0LiBOb3RoaW5nIGlzIHJlbmRlcmVkIGJlZm9yZSBgYmxvY2tzYCBpcyBjYWxsZWQuICovXG4gIHB1c2godGV4dDogc3RyaW5nKTogdm9pZCB7XG4gICAgaWYgKHRoaXMuI2VuZGVkKSB0aHJvdyBuZXcgRXJyb3IoXCJUaGUgYW5zd2VyIGhhcyBlbmRlZC5cIik7XG4gICAgY29uc3Qgd2hvbGUgPSB0aGlzLiNoZWxkICsgdGV4dDtcbiAgICAvLyBBIGxpbmUgZW5kIG1heSBiZSBjdXQgaW4gdHdvLlxuICAgIHRoaXMuI2hlbGQgPSB3aG9sZS5lbmRzV2l0aChcIlxcclwiKSA/IFwiXFxyXCIgOiBcIlwiO1xuICAgIHRoaXMuI3RhaWwgKz0gd2hvbGUuc2xpY2UoMCwgd2hvbGUubGVuZ3RoIC0gdGhpcy4jaGVsZC5sZW5ndGgpLnJlcGxhY2UoL1xcclxcbj8vZywgXCJcXG5cIik7XG4gIH1cblxuICAvKiogTm8gbW9yZSB0ZXh0IGZvbGxvd3MuICovXG4gIGVuZCgpOiB2b2lkIHtcbiAgICB0aGlzLiNlbmRlZCA9IHRydWU7XG4gIH1cblxuICAvKipcbiAgICogQWxsIGJsb2NrcyBhcyB0aGV5IHN0YW5kOiBzZXR0bGVkIG9uZXMgYXJlIHRoZSBzYW1lIG9iamVjdHMgYXMgYmVmb3JlLiBXaGlsZSB0ZXh0IGlzIHN0aWxsIGNvbWluZywgdGhlIGxhc3QgYmxvY2tcbiAgICogaXMgY29tcGxldGVkIGZvciBzaG93IChhbiBvcGVuIGVtcGhhc2lzIGlzIGNsb3NlZCwgYSBoYWxmLXdyaXR0ZW4gbGluayBpcyBvbmx5IGl0cyB0ZXh0KS5cbiAgICovXG4gIGJsb2NrcygpOiByZWFkb25seSBCbG9ja1tdIHtcbiAgICBjb25zdCB0b2tlbnMgPSBsZXgodGhpcy4jdGFpbCwgdGhpcy4jbGlua3MpO1xuICAgIGNvbnN0IGN1dCA9IHRoaXMuI2VuZGVkID8gdG9rZW5zLmxlbmd0aCA6IGZpcnN0VW5zZXR0bGVkKHRva2VucywgdGhpcy4jdGFpbCk7XG4gICAgY29uc3Qgc2V0dGxlZCA9IHRva2Vucy5zbGljZSgwLCBjdXQpO1xuICAgIGxldCByZWxpbmsgPSBmYWxzZTtcbiAgICBmb3IgKGNvbnN0IHRva2VuIG9mIHNldHRsZWQpIHtcbiAgICAgIHRoaXMuI3RhaWwgPSB0aGlzLiN0YWlsLnNsaWNlKHRva2VuLnJhdy5sZW5ndGgpO1xuICAgICAgaWYgKGlzQ29udGVudCh0b2tlbikpIHRoaXMuI3NldHRsZWQucHVzaCh7IHJhdzogdG9rZW4ucmF3LCBodG1sOiByZW5kZXJUb2tlbih0b2tlbikgfSk7XG4gICAgICBpZiAodG9rZW4udHlwZSA9PT0gXCJkZWZcIikgcmVsaW5rID0gdGhpcy4jZGVmaW5lKHRva2VuIGFzIFRva2Vucy5EZWYpIHx8IHJlbGluaztcbiAgICB9XG4gICAgaWYgKHJlbGluaykgdGhpcy4jcmVsaW5rKCk7XG4gICAgaWYgKHRoaXMuI2VuZGVkKSByZXR1cm4gdGhpcy4jc2V0dGxlZDtcbiAgICByZXR1cm4gWy4uLnRoaXMuI3NldHRsZWQsIC4uLnRoaXMuI3Byb3Zpc2lvbmFsKHRva2Vucy5zbGljZShjdXQpKV07XG4gIH1cblxuICAjcHJvdmlzaW9uYWwodG9rZW5zOiBUb2tlbltdKTogQmxvY2tbXSB7XG4gICAgY29uc3QgY29udGVudCA9IHRva2Vucy5maWx0ZXIoaXNDb250ZW50KTtcbiAgICBjb25zdCBsYXN0ID0gY29udGVudC5wb3AoKTtcbiAgICBjb25zdCBibG9ja3MgPSBjb250ZW50Lm1hcCgodG9rZW4pID0+ICh7IGh0bWw6IHJlbmRlclRva2VuKHRva2VuKSB9KSk7XG4gICAgaWYgKCFsYXN0KSByZXR1cm4gYmxvY2tzO1xuICAgIGNvbnN0IGhlYWxlZCA9IGhlYWwobGFzdCk7XG4gICAgY29uc3Qgc2hvd24gPSBoZWFsZWQgPT09IG51bGwgPyBbbGFzdF0gOiBsZXgoaGVhbGVkLCB0aGlzLiNsaW5rcykuZmlsdGVyKGlzQ29udGVudCk7XG4gICAgcmV0dXJuIFsuLi5ibG9ja3MsIC4uLnNob3duLm1hcCgodG9rZW4pID0+ICh7IGh0bWw6IHJlbmRlclRva2VuKHRva2VuKSB9KSldO1xuICB9XG5cbiAgLyoqIE9ubHkgYSBkZWZpbml0aW9uIHRoYXQgaXMgZmluYWwgY291bnRzOiB0aGUgYWRkcmVzcyBvZiBvbmUgc3RpbGwgYmVpbmcgd3JpdHRlbiBncm93cy4gVGhlIGZpcnN0IG9mIGEgbmFtZSB3aW5zLiAqL1xuICAjZGVmaW5lKHsgdGFnLCBocmVmLCB0aXRsZSB9OiBUb2tlbnMuRGVmKTogYm9vbGVhbiB7XG4gICAgaWYgKHRhZyBpbiB0aGlzLiNsaW5rcykgcmV0dXJuIGZhbHNlO1xuICAgIHRoaXMuI2xpbmtzW3RhZ10gPSB7IGhyZWYsIHRpdGxlOiB0aXRsZSA/PyBudWxsIH07XG4gICAgcmV0dXJuIHRydWU7XG4gIH1cblxuICAvKiogQSBsaW5rIGRlZmluaXRpb24gY2FtZSBhZnRlciBpdHMgdXNlOiBibG9ja3Mgd2l0aCBicmFja2V0cyBhcmUgcmVuZGVyZWQgYWdhaW4uICovXG4gICNyZWxpbmsoKTogdm9pZCB7XG4gICAgdGhpcy4jc2V0dGxlZC5mb3JFYWNoKCh7IHJhdyB9LCBpbmRleCkgPT4ge1xuICAgICAgaWYgKCFyYXcuaW5jbHVkZXMoXCJbXCIpKSByZXR1cm47XG4gICAgICBjb25zdCBodG1sID0gbGV4KHJhdywgdGhpcy4jbGlua3MpLmZpbHRlcihpc0NvbnRlbnQpLm1hcChyZW5kZXJUb2tlbikuam9pbihcIlwiKTtcbiAgICAgIHRoaXMuI3NldHRsZWRbaW5kZXhdID0geyByYXcsIGh0bWwgfTtcbiAgICB9KTtcbiAgfVxufVxuXG4vKiogVGhlICh1bnRydXN0ZWQpIGJsb2NrcyBvZiBhIHdob2xlIHRleHQuICovXG5leHBvcnQgZnVuY3Rpb24gcmVuZGVyQmxvY2tzKHRleHQ6IHN0cmluZyk6IHJlYWRvbmx5IEJsb2NrW10ge1xuICBjb25zdCBibG9ja3MgPSBuZXcgTWFya2Rvd25CbG9ja3MoKTtcbiAgYmxvY2tzLnB1c2godGV4dCk7XG4gIGJsb2Nrcy5lbmQoKTtcbiAgcmV0dXJuIGJsb2Nrcy5ibG9ja3MoKTtcbn1cblxuLyoqXG4gKiBJbmRleCBvZiB0aGUgZmlyc3QgdG9rZW4gdGhhdCBsYXRlciB0ZXh0IG1heSBzdGlsbCBjaGFuZ2U6IHRoZSBsYXN0IG9uZSB0aGF0IGJlZ2FuIG9uIGEgbGluZSB3aGljaCBpcyBjb21wbGV0ZS4gQVxuICogbGluZSB0aGF0IGlzIHN0aWxsIGJlaW5nIHdyaXR0ZW4gKFwiMlwiIG9mIFwiMi4gaXRlbVwiKSBjYW4gdHVybiBvdXQgdG8gYmVsb25nIHRvIHRoZSBibG9jayBiZWZvcmUgaXQuXG4gKi9cbmZ1bmN0aW9uIGZpcnN0VW5zZXR0bGVkKHRva2VuczogVG9rZW5bXSwgdGV4dDogc3RyaW5nKTogbnVtYmVyIHtcbiAgY29uc3QgY29tcGxldGUgPSB0ZXh0Lmxhc3RJbmRleE9mKFwiXFxuXCIpICsgMTtcbiAgbGV0IG9mZnNldCA9IDA7XG4gIGxldCBjdXQgPSAwO1xuICB0b2tlbnMuZm9yRWFjaCgodG9rZW4sIGluZGV4KSA9PiB7XG4gICAgY29uc3QgZmlyc3RMaW5lID0gdGV4dC5pbmRleE9mKFwiXFxuXCIsIG9mZnNldCk7XG4gICAgaWYgKGlzQ29udGVudCh0b2tlbikgJiYgZmlyc3RMaW5lID49IDAgJiYgZmlyc3RMaW5lIDwgY29tcGxldGUpIGN1dCA9IGluZGV4O1xuICAgIG9mZnNldCArPSB0b2tlbi5yYXcubGVuZ3RoO1xuICB9KTtcbiAgcmV0dXJuIGN1dDtcbn1cblxuZnVuY3Rpb24gaXNDb250ZW50KHRva2VuOiBUb2tlbik6IGJvb2xlYW4ge1xuICByZXR1cm4gdG9rZW4udHlwZSAhPT0gXCJzcGFjZVwiICYmIHRva2VuLnR5cGUgIT09IFwiZGVmXCI7XG59XG4iXSwKICAibWFwcGluZ3MiOiAiO0FBQUEsT0FBTyxZQUFZO0FBQ25CLFNBQVMsWUFBWTs7O0FDT2QsU0FBUyxLQUFLQSxRQUE2QjtBQUNoRCxNQUFJQSxPQUFNLFNBQVMsZUFBZUEsT0FBTSxTQUFTLFVBQVcsUUFBTyxTQUFTQSxPQUFNLEdBQUc7QUFDckYsTUFBSUEsT0FBTSxTQUFTLE9BQVEsUUFBTyxTQUFTQSxPQUFNLEdBQUc7QUFDcEQsTUFBSUEsT0FBTSxTQUFTLGFBQWMsUUFBTyxTQUFTQSxPQUFNLEdBQUc7QUFDMUQsU0FBTztBQUNUO0FBRUEsU0FBUyxTQUFTLEtBQTRCO0FBQzVDLE1BQUksT0FBTyxJQUFJLFFBQVEsT0FBTyxFQUFFO0FBQ2hDLFNBQU8scUJBQXFCLElBQUk7QUFDaEMsU0FBTyxnQkFBZ0IsSUFBSTtBQUMzQixTQUFPLFlBQVksSUFBSTtBQUN2QixTQUFPLFNBQVMsTUFBTSxPQUFPO0FBQy9CO0FBR0EsU0FBUyxxQkFBcUIsTUFBc0I7QUFDbEQsUUFBTSxRQUFRLEtBQUssWUFBWSxJQUFJLElBQUk7QUFDdkMsUUFBTSxPQUFPLEtBQUssTUFBTSxLQUFLO0FBQzdCLE1BQUksaUVBQWlFLEtBQUssSUFBSSxFQUFHLFFBQU8sS0FBSyxNQUFNLEdBQUcsS0FBSztBQUMzRyxRQUFNLFFBQVEsc0NBQXNDLEtBQUssSUFBSTtBQUM3RCxTQUFPLFFBQVEsS0FBSyxNQUFNLEdBQUcsTUFBTSxLQUFLLElBQUk7QUFDOUM7QUFFQSxTQUFTLGdCQUFnQixNQUFzQjtBQUM3QyxRQUFNLFFBQVEsQ0FBQyxHQUFHLEtBQUssU0FBUywyQkFBMkIsQ0FBQztBQUM1RCxRQUFNLE9BQU8sTUFBTSxHQUFHLEVBQUU7QUFDeEIsTUFBSSxDQUFDLEtBQU0sUUFBTztBQUNsQixRQUFNLFVBQVUsTUFBTSxPQUFPLENBQUMsQ0FBQyxJQUFJLE1BQU0sU0FBUyxJQUFJLEVBQUU7QUFDeEQsUUFBTSxPQUFPLEtBQUssQ0FBQyxNQUFNLFNBQVMsS0FBSyxDQUFDLE1BQU0sU0FBVSxLQUFLLENBQUMsTUFBTSxRQUFRLFVBQVUsTUFBTTtBQUM1RixTQUFPLE9BQU8sS0FBSyxNQUFNLEdBQUcsS0FBSyxLQUFLLElBQUk7QUFDNUM7QUFHQSxTQUFTLFlBQVksTUFBc0I7QUFDekMsUUFBTSxRQUFRLEtBQUssWUFBWSxJQUFJLElBQUk7QUFDdkMsTUFBSSxPQUFPLEtBQUssTUFBTSxLQUFLO0FBQzNCLFFBQU0sUUFBUSxLQUFLLE1BQU0sS0FBSyxLQUFLLENBQUM7QUFDcEMsTUFBSSxNQUFNLFNBQVMsTUFBTSxFQUFHLFFBQU8sUUFBUSxNQUFNLEdBQUcsRUFBRSxLQUFLO0FBQzNELFNBQU8sS0FBSyxRQUFRLG1DQUFtQyxJQUFJLEVBQUUsUUFBUSxXQUFXLEVBQUU7QUFDbEYsUUFBTSxRQUFRLEtBQUssUUFBUSxZQUFZLEVBQUUsRUFBRSxRQUFRLGVBQWUsRUFBRTtBQUNwRSxNQUFJLE1BQU0sT0FBTyxPQUFPLElBQUksTUFBTSxFQUFHLFNBQVE7QUFBQSxXQUNwQyxNQUFNLE1BQU0sV0FBVyxNQUFNLEVBQUUsR0FBRyxLQUFLLElBQUksTUFBTSxFQUFHLFNBQVE7QUFDckUsU0FBTyxLQUFLLE1BQU0sR0FBRyxLQUFLLElBQUk7QUFDaEM7QUFFQSxTQUFTLE1BQU0sTUFBYyxTQUF5QjtBQUNwRCxTQUFPLEtBQUssTUFBTSxPQUFPLEdBQUcsVUFBVTtBQUN4Qzs7O0FDdERBLFNBQVMsY0FBNEQ7OztBQ0dyRSxJQUFNLFFBQVE7QUFDZCxJQUFNLFVBQVU7QUFFaEIsSUFBTSxTQUFTO0FBRVIsSUFBTSxZQUEyQztBQUFBLEVBQ3RELE1BQU07QUFBQSxFQUNOLE9BQU87QUFBQSxFQUNQLE9BQU8sQ0FBQyxXQUFXLFFBQVEsUUFBUSx1QkFBdUI7QUFBQSxFQUMxRCxXQUFXLENBQUMsV0FBVyxNQUFNLGFBQWEsTUFBTSxLQUFLLE1BQU0sQ0FBQztBQUFBLEVBQzVELFVBQVUsQ0FBQyxVQUFVLE1BQU0sUUFBUSxPQUFPLElBQUksQ0FBQztBQUNqRDtBQUVPLElBQU0sYUFBNEM7QUFBQSxFQUN2RCxNQUFNO0FBQUEsRUFDTixPQUFPO0FBQUEsRUFDUCxPQUFPLENBQUMsV0FBVyxRQUFRLFFBQVEsY0FBYztBQUFBLEVBQ2pELFVBQVUsUUFBUTtBQUNoQixVQUFNLFVBQVUsUUFBUSxLQUFLLE1BQU07QUFDbkMsUUFBSSxRQUFTLFFBQU8sRUFBRSxHQUFHLE1BQU0sY0FBYyxPQUFPLEdBQUcsU0FBUyxLQUFLO0FBQ3JFLFdBQU8sTUFBTSxjQUFjLE9BQU8sS0FBSyxNQUFNLENBQUM7QUFBQSxFQUNoRDtBQUFBLEVBQ0EsVUFBVSxDQUFDLFVBQVUsUUFBUSxPQUFPLE1BQU0sU0FBUyxNQUFNLElBQUk7QUFDL0Q7QUFHTyxTQUFTLFdBQVcsTUFBc0I7QUFDL0MsU0FBTyxLQUFLLFdBQVcsS0FBSyxPQUFPLEVBQUUsV0FBVyxLQUFLLE1BQU0sRUFBRSxXQUFXLEtBQUssTUFBTSxFQUFFLFdBQVcsS0FBSyxRQUFRO0FBQy9HO0FBRUEsU0FBUyxRQUFRLFFBQWdCLFNBQXFDO0FBQ3BFLFFBQU0sUUFBUSxPQUFPLE9BQU8sT0FBTztBQUNuQyxTQUFPLFFBQVEsSUFBSSxTQUFZO0FBQ2pDO0FBRUEsU0FBUyxNQUFNLE1BQWMsT0FBMkQ7QUFDdEYsTUFBSSxDQUFDLE1BQU8sUUFBTztBQUNuQixTQUFPLEVBQUUsTUFBTSxLQUFLLE1BQU0sQ0FBQyxHQUFHLE9BQU8sTUFBTSxDQUFDLEtBQUssTUFBTSxDQUFDLEtBQUssSUFBSSxLQUFLLEVBQUU7QUFDMUU7QUFFQSxTQUFTLFFBQVEsT0FBdUIsU0FBMEI7QUFDaEUsUUFBTSxPQUFnQixNQUFNLE1BQU07QUFDbEMsU0FBTywrQkFBK0IsVUFBVSwwQkFBMEIsRUFBRSxJQUFJLFdBQVcsT0FBTyxJQUFJLENBQUMsQ0FBQztBQUMxRzs7O0FEMUNBLElBQU0sV0FBVztBQUVqQixJQUFNLFdBQTJCO0FBQUEsRUFDL0IsUUFBUSxFQUFFLFFBQVEsTUFBTSxHQUFHO0FBRXpCLFVBQU0sUUFBUSxLQUFLLElBQUksR0FBRyxRQUFRLENBQUM7QUFDbkMsV0FBTyxLQUFLLEtBQUssZUFBZSxLQUFLLE9BQU8sWUFBWSxNQUFNLENBQUMsTUFBTSxLQUFLO0FBQUEsRUFDNUU7QUFBQSxFQUNBLFVBQVUsRUFBRSxPQUFPLEdBQUc7QUFDcEIsV0FBTyxpQkFBaUIsS0FBSyxPQUFPLFlBQVksTUFBTSxDQUFDO0FBQUEsRUFDekQ7QUFBQSxFQUNBLFdBQVcsRUFBRSxPQUFPLEdBQUc7QUFDckIsV0FBTywwQkFBMEIsS0FBSyxPQUFPLE1BQU0sTUFBTSxDQUFDO0FBQUEsRUFDNUQ7QUFBQSxFQUNBLEtBQUssRUFBRSxTQUFTLE9BQU8sTUFBTSxHQUFHO0FBQzlCLFVBQU0sTUFBTSxVQUFVLE9BQU87QUFDN0IsVUFBTSxPQUFPLFdBQVcsT0FBTyxVQUFVLFlBQVksVUFBVSxJQUFJLFdBQVcsS0FBSyxNQUFNO0FBQ3pGLFdBQU8sSUFBSSxHQUFHLEdBQUcsSUFBSSxlQUFlLE1BQU0sSUFBSSxDQUFDLFNBQVMsS0FBSyxTQUFTLElBQUksQ0FBQyxFQUFFLEtBQUssRUFBRSxDQUFDLEtBQUssR0FBRztBQUFBLEVBQy9GO0FBQUEsRUFDQSxTQUFTLEVBQUUsTUFBTSxTQUFTLE9BQU8sR0FBRztBQUVsQyxVQUFNLE9BQU8sS0FBSyxPQUFPLE1BQU0sT0FBTyxPQUFPLENBQUNDLFdBQVVBLE9BQU0sU0FBUyxVQUFVLENBQUM7QUFDbEYsUUFBSSxDQUFDLEtBQU0sUUFBTyxrQkFBa0IsSUFBSTtBQUN4QyxXQUFPLDhFQUE4RSxVQUFVLFNBQVMsT0FBTyxLQUFLLFVBQVUsV0FBTSxRQUFHLFdBQVcsSUFBSTtBQUFBLEVBQ3hKO0FBQUEsRUFDQSxNQUFNLEVBQUUsUUFBUSxLQUFLLEdBQUc7QUFDdEIsVUFBTSxNQUFNLENBQUMsVUFBOEIsT0FBTyxNQUFNLElBQUksQ0FBQyxTQUFTLEtBQUssVUFBVSxJQUFJLENBQUMsRUFBRSxLQUFLLEVBQUUsQ0FBQztBQUNwRyxXQUFPLHdGQUF3RixJQUFJLE1BQU0sQ0FBQyxrQkFBa0IsS0FBSyxJQUFJLEdBQUcsRUFBRSxLQUFLLEVBQUUsQ0FBQztBQUFBLEVBQ3BKO0FBQUEsRUFDQSxVQUFVLEVBQUUsUUFBUSxRQUFRLE1BQU0sR0FBRztBQUNuQyxVQUFNLE1BQU0sU0FBUyxPQUFPO0FBQzVCLFdBQU8sSUFBSSxHQUFHLEdBQUcsUUFBUSxXQUFXLEtBQUssTUFBTSxFQUFFLGVBQWUsS0FBSyxPQUFPLFlBQVksTUFBTSxDQUFDLEtBQUssR0FBRztBQUFBLEVBQ3pHO0FBQUEsRUFDQSxLQUFLLEVBQUUsTUFBTSxLQUFLLEdBQUc7QUFDbkIsV0FBTyxVQUFVLE1BQU0sUUFBUSxFQUFFO0FBQUEsRUFDbkM7QUFBQSxFQUNBLEtBQUssRUFBRSxNQUFNLE9BQU8sT0FBTyxHQUFHO0FBQzVCLFVBQU0sUUFBUSxLQUFLLE9BQU8sWUFBWSxNQUFNO0FBQzVDLFdBQU8sWUFBWSxXQUFXLElBQUksQ0FBQyxJQUFJLFFBQVEsV0FBVyxXQUFXLEtBQUssQ0FBQyxNQUFNLEVBQUUsSUFBSSxLQUFLO0FBQUEsRUFDOUY7QUFBQSxFQUNBLE1BQU0sRUFBRSxNQUFNLEtBQUssR0FBRztBQUVwQixXQUFPLGlDQUFpQyxXQUFXLElBQUksQ0FBQyxLQUFLLFdBQVcsUUFBUSxPQUFPLENBQUM7QUFBQSxFQUMxRjtBQUFBLEVBQ0EsS0FBSyxFQUFFLEtBQUssR0FBRztBQUNiLFdBQU8sU0FBUyxLQUFLLEtBQUssS0FBSyxDQUFDLElBQUksT0FBTyxXQUFXLElBQUksRUFBRSxXQUFXLE1BQU0sTUFBTTtBQUFBLEVBQ3JGO0FBQ0Y7QUFHQSxTQUFTLFVBQVUsTUFBYyxNQUFzQjtBQUNyRCxRQUFNLFdBQVcsa0JBQWtCLEtBQUssSUFBSSxJQUFJLENBQUMsS0FBSztBQUN0RCxRQUFNLFFBQVEsV0FBVyxZQUFZLE1BQU07QUFDM0MsUUFBTSxPQUFPLFdBQVcsb0JBQW9CLFdBQVcsU0FBUyxZQUFZLENBQUMsQ0FBQyxNQUFNO0FBQ3BGLFNBQ0Usa0dBQWtHLEtBQUssOElBRW5ELEtBQUssVUFBVSxJQUFJLElBQUksV0FBVyxJQUFJLENBQUM7QUFBQTtBQUUvRjtBQUVBLElBQU0sU0FBUyxJQUFJLE9BQU8sRUFBRSxLQUFLLE1BQU0sUUFBUSxPQUFPLFVBQVUsWUFBWSxDQUFDLFdBQVcsVUFBVSxFQUFFLENBQUM7QUFLOUYsU0FBUyxJQUFJLE1BQWMsT0FBdUI7QUFDdkQsUUFBTSxRQUFRLElBQUksT0FBTyxNQUFNLE9BQU8sUUFBUTtBQUM5QyxTQUFPLE9BQU8sTUFBTSxPQUFPLE9BQU8sS0FBSztBQUN2QyxTQUFPLE1BQU0sSUFBSSxJQUFJO0FBQ3ZCO0FBR08sU0FBUyxZQUFZQSxRQUFzQjtBQUNoRCxTQUFPLE9BQU8sT0FBTyxDQUFDQSxNQUFLLEdBQUcsT0FBTyxRQUFRO0FBQy9DOzs7QUUvRE8sSUFBTSxpQkFBTixNQUFxQjtBQUFBLEVBQ2pCLFdBQXNCLENBQUM7QUFBQSxFQUN2QixTQUFnQix1QkFBTyxPQUFPLElBQUk7QUFBQSxFQUMzQyxRQUFRO0FBQUEsRUFDUixRQUFRO0FBQUEsRUFDUixTQUFTO0FBQUE7QUFBQSxFQUdULElBQUksVUFBa0I7QUFDcEIsV0FBTyxLQUFLLFNBQVM7QUFBQSxFQUN2QjtBQUFBO0FBQUEsRUFHQSxLQUFLLE1BQW9CO0FBQ3ZCLFFBQUksS0FBSyxPQUFRLE9BQU0sSUFBSSxNQUFNLHVCQUF1QjtBQUN4RCxVQUFNLFFBQVEsS0FBSyxRQUFRO0FBRTNCLFNBQUssUUFBUSxNQUFNLFNBQVMsSUFBSSxJQUFJLE9BQU87QUFDM0MsU0FBSyxTQUFTLE1BQU0sTUFBTSxHQUFHLE1BQU0sU0FBUyxLQUFLLE1BQU0sTUFBTSxFQUFFLFFBQVEsVUFBVSxJQUFJO0FBQUEsRUFDdkY7QUFBQTtBQUFBLEVBR0EsTUFBWTtBQUNWLFNBQUssU0FBUztBQUFBLEVBQ2hCO0FBQUE7QUFBQTtBQUFBO0FBQUE7QUFBQSxFQU1BLFNBQTJCO0FBQ3pCLFVBQU0sU0FBUyxJQUFJLEtBQUssT0FBTyxLQUFLLE1BQU07QUFDMUMsVUFBTSxNQUFNLEtBQUssU0FBUyxPQUFPLFNBQVMsZUFBZSxRQUFRLEtBQUssS0FBSztBQUMzRSxVQUFNLFVBQVUsT0FBTyxNQUFNLEdBQUcsR0FBRztBQUNuQyxRQUFJLFNBQVM7QUFDYixlQUFXQyxVQUFTLFNBQVM7QUFDM0IsV0FBSyxRQUFRLEtBQUssTUFBTSxNQUFNQSxPQUFNLElBQUksTUFBTTtBQUM5QyxVQUFJLFVBQVVBLE1BQUssRUFBRyxNQUFLLFNBQVMsS0FBSyxFQUFFLEtBQUtBLE9BQU0sS0FBSyxNQUFNLFlBQVlBLE1BQUssRUFBRSxDQUFDO0FBQ3JGLFVBQUlBLE9BQU0sU0FBUyxNQUFPLFVBQVMsS0FBSyxRQUFRQSxNQUFtQixLQUFLO0FBQUEsSUFDMUU7QUFDQSxRQUFJLE9BQVEsTUFBSyxRQUFRO0FBQ3pCLFFBQUksS0FBSyxPQUFRLFFBQU8sS0FBSztBQUM3QixXQUFPLENBQUMsR0FBRyxLQUFLLFVBQVUsR0FBRyxLQUFLLGFBQWEsT0FBTyxNQUFNLEdBQUcsQ0FBQyxDQUFDO0FBQUEsRUFDbkU7QUFBQSxFQUVBLGFBQWEsUUFBMEI7QUFDckMsVUFBTSxVQUFVLE9BQU8sT0FBTyxTQUFTO0FBQ3ZDLFVBQU0sT0FBTyxRQUFRLElBQUk7QUFDekIsVUFBTSxTQUFTLFFBQVEsSUFBSSxDQUFDQSxZQUFXLEVBQUUsTUFBTSxZQUFZQSxNQUFLLEVBQUUsRUFBRTtBQUNwRSxRQUFJLENBQUMsS0FBTSxRQUFPO0FBQ2xCLFVBQU0sU0FBUyxLQUFLLElBQUk7QUFDeEIsVUFBTSxRQUFRLFdBQVcsT0FBTyxDQUFDLElBQUksSUFBSSxJQUFJLFFBQVEsS0FBSyxNQUFNLEVBQUUsT0FBTyxTQUFTO0FBQ2xGLFdBQU8sQ0FBQyxHQUFHLFFBQVEsR0FBRyxNQUFNLElBQUksQ0FBQ0EsWUFBVyxFQUFFLE1BQU0sWUFBWUEsTUFBSyxFQUFFLEVBQUUsQ0FBQztBQUFBLEVBQzVFO0FBQUE7QUFBQSxFQUdBLFFBQVEsRUFBRSxLQUFLLE1BQU0sTUFBTSxHQUF3QjtBQUNqRCxRQUFJLE9BQU8sS0FBSyxPQUFRLFFBQU87QUFDL0IsU0FBSyxPQUFPLEdBQUcsSUFBSSxFQUFFLE1BQU0sT0FBTyxTQUFTLEtBQUs7QUFDaEQsV0FBTztBQUFBLEVBQ1Q7QUFBQTtBQUFBLEVBR0EsVUFBZ0I7QUFDZCxTQUFLLFNBQVMsUUFBUSxDQUFDLEVBQUUsSUFBSSxHQUFHLFVBQVU7QUFDeEMsVUFBSSxDQUFDLElBQUksU0FBUyxHQUFHLEVBQUc7QUFDeEIsWUFBTSxPQUFPLElBQUksS0FBSyxLQUFLLE1BQU0sRUFBRSxPQUFPLFNBQVMsRUFBRSxJQUFJLFdBQVcsRUFBRSxLQUFLLEVBQUU7QUFDN0UsV0FBSyxTQUFTLEtBQUssSUFBSSxFQUFFLEtBQUssS0FBSztBQUFBLElBQ3JDLENBQUM7QUFBQSxFQUNIO0FBQ0Y7QUFHTyxTQUFTLGFBQWEsTUFBZ0M7QUFDM0QsUUFBTSxTQUFTLElBQUksZUFBZTtBQUNsQyxTQUFPLEtBQUssSUFBSTtBQUNoQixTQUFPLElBQUk7QUFDWCxTQUFPLE9BQU8sT0FBTztBQUN2QjtBQU1BLFNBQVMsZUFBZSxRQUFpQixNQUFzQjtBQUM3RCxRQUFNLFdBQVcsS0FBSyxZQUFZLElBQUksSUFBSTtBQUMxQyxNQUFJLFNBQVM7QUFDYixNQUFJLE1BQU07QUFDVixTQUFPLFFBQVEsQ0FBQ0EsUUFBTyxVQUFVO0FBQy9CLFVBQU0sWUFBWSxLQUFLLFFBQVEsTUFBTSxNQUFNO0FBQzNDLFFBQUksVUFBVUEsTUFBSyxLQUFLLGFBQWEsS0FBSyxZQUFZLFNBQVUsT0FBTTtBQUN0RSxjQUFVQSxPQUFNLElBQUk7QUFBQSxFQUN0QixDQUFDO0FBQ0QsU0FBTztBQUNUO0FBRUEsU0FBUyxVQUFVQSxRQUF1QjtBQUN4QyxTQUFPQSxPQUFNLFNBQVMsV0FBV0EsT0FBTSxTQUFTO0FBQ2xEOzs7QUpoSEEsSUFBTSxTQUFTO0FBQUEsRUFDYjtBQUFBLEVBQ0E7QUFBQSxFQUNBO0FBQUEsRUFDQTtBQUFBLEVBQ0E7QUFBQSxFQUNBO0FBQUEsRUFDQTtBQUFBLEVBQ0E7QUFDRjtBQUdBLFNBQVMsT0FBTyxNQUE0QjtBQUMxQyxNQUFJLFFBQVE7QUFDWixTQUFPLE1BQU07QUFDWCxhQUFTLFFBQVEsVUFBWSxjQUFpQjtBQUM5QyxXQUFPLFFBQVE7QUFBQSxFQUNqQjtBQUNGO0FBRUEsU0FBUyxTQUFTLE1BQWMsTUFBOEI7QUFDNUQsUUFBTSxTQUFtQixDQUFDO0FBQzFCLFdBQVMsUUFBUSxHQUFHLFFBQVEsS0FBSyxVQUFVO0FBQ3pDLFVBQU0sT0FBTyxJQUFJLEtBQUssTUFBTSxLQUFLLElBQUksS0FBSyxJQUFJLEVBQUU7QUFDaEQsV0FBTyxLQUFLLEtBQUssTUFBTSxPQUFPLFFBQVEsSUFBSSxDQUFDO0FBQzNDLGFBQVM7QUFBQSxFQUNYO0FBQ0EsU0FBTztBQUNUO0FBRUEsS0FBSyw0REFBNEQsTUFBTTtBQUNyRSxRQUFNLE9BQU8sT0FBTyxDQUFDO0FBQ3JCLFdBQVMsUUFBUSxHQUFHLFFBQVEsSUFBSSxTQUFTLEdBQUc7QUFDMUMsVUFBTSxPQUFPLE9BQU8sSUFBSSxDQUFDLEdBQUcsVUFBVSxPQUFPLEtBQUssTUFBTSxLQUFLLElBQUksT0FBTyxNQUFNLENBQUMsS0FBSyxPQUFPLEtBQUssQ0FBQyxFQUFFLEtBQUssTUFBTTtBQUM5RyxVQUFNLFNBQVMsSUFBSSxlQUFlO0FBQ2xDLGVBQVcsU0FBUyxTQUFTLE1BQU0sSUFBSSxHQUFHO0FBQ3hDLGFBQU8sS0FBSyxLQUFLO0FBQ2pCLGFBQU8sT0FBTztBQUFBLElBQ2hCO0FBQ0EsV0FBTyxJQUFJO0FBQ1gsVUFBTSxXQUFXLGFBQWEsSUFBSSxFQUFFLElBQUksQ0FBQyxVQUFVLE1BQU0sSUFBSTtBQUM3RCxXQUFPLE9BQU8sRUFBRSxRQUFRLENBQUMsT0FBTyxVQUFVLE9BQU8sTUFBTSxNQUFNLE1BQU0sU0FBUyxLQUFLLEdBQUcsU0FBUyxLQUFLLEVBQUUsQ0FBQztBQUNyRyxXQUFPLE1BQU0sT0FBTyxPQUFPLEVBQUUsUUFBUSxTQUFTLE1BQU07QUFBQSxFQUN0RDtBQUNGLENBQUM7QUFFRCxLQUFLLDBEQUEwRCxNQUFNO0FBQ25FLGFBQVcsVUFBVSxRQUFRO0FBQzNCLFVBQU0sT0FBTyxPQUFPLFdBQVcsUUFBUSxJQUFJO0FBQzNDLFVBQU0sUUFBUSxhQUFhLElBQUksRUFBRSxJQUFJLENBQUMsVUFBVSxNQUFNLElBQUk7QUFDMUQsVUFBTSxTQUFTLElBQUksZUFBZTtBQUNsQyxlQUFXLGFBQWEsTUFBTTtBQUM1QixhQUFPLEtBQUssU0FBUztBQUNyQixZQUFNLFVBQVUsT0FBTyxPQUFPLEVBQUUsTUFBTSxHQUFHLE9BQU8sT0FBTyxFQUFFLElBQUksQ0FBQyxVQUFVLE1BQU0sSUFBSTtBQUNsRixVQUFJLENBQUMsS0FBSyxTQUFTLEtBQUssRUFBRyxRQUFPLFVBQVUsU0FBUyxNQUFNLE1BQU0sR0FBRyxRQUFRLE1BQU0sQ0FBQztBQUFBLElBQ3JGO0FBQUEsRUFDRjtBQUNGLENBQUM7QUFFRCxLQUFLLHVDQUF1QyxNQUFNO0FBQ2hELFFBQU0sU0FBUyxJQUFJLGVBQWU7QUFDbEMsU0FBTyxLQUFLLDRCQUE0QjtBQUN4QyxRQUFNLFNBQVMsT0FBTyxPQUFPO0FBQzdCLFNBQU8sTUFBTSxPQUFPLFNBQVMsQ0FBQztBQUM5QixTQUFPLEtBQUsscUJBQXFCO0FBQ2pDLFNBQU8sTUFBTSxPQUFPLE9BQU8sRUFBRSxDQUFDLEdBQUcsT0FBTyxDQUFDLENBQUM7QUFDNUMsQ0FBQztBQUVELEtBQUssa0RBQWtELE1BQU07QUFDM0QsUUFBTSxRQUFRLENBQUMsU0FBaUI7QUFDOUIsVUFBTSxTQUFTLElBQUksZUFBZTtBQUNsQyxXQUFPLEtBQUssSUFBSTtBQUNoQixXQUFPLE9BQU8sT0FBTyxFQUFFLElBQUksQ0FBQyxVQUFVLE1BQU0sSUFBSSxFQUFFLEtBQUssRUFBRTtBQUFBLEVBQzNEO0FBQ0EsU0FBTyxNQUFNLE1BQU0sV0FBVyxHQUFHLDRDQUE0QztBQUM3RSxTQUFPLE1BQU0sTUFBTSxZQUFZLEdBQUcsMkJBQTJCO0FBQzdELFNBQU8sTUFBTSxNQUFNLGFBQWEsR0FBRyw4QkFBOEI7QUFDakUsU0FBTyxNQUFNLE1BQU0sc0JBQXNCLEdBQUcsMEJBQTBCO0FBQ3RFLFNBQU8sTUFBTSxNQUFNLFlBQVksR0FBRywwQ0FBMEM7QUFDNUUsU0FBTyxNQUFNLE1BQU0sZ0JBQWdCLEdBQUcsRUFBRTtBQUN4QyxTQUFPLE1BQU0sTUFBTSxVQUFVLEdBQUcsdUJBQXVCO0FBQ3pELENBQUM7IiwKICAibmFtZXMiOiBbInRva2VuIiwgInRva2VuIiwgInRva2VuIl0KfQo=
