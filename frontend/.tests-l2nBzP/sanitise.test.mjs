// frontend/tests/sanitise.test.ts
import assert from "node:assert/strict";
import { test } from "node:test";
import { JSDOM } from "jsdom";

// frontend/src/markdown/heal.ts
function heal(token2) {
  if (token2.type === "paragraph" || token2.type === "heading") return healText(token2.raw);
  if (token2.type === "list") return healText(token2.raw);
  if (token2.type === "blockquote") return healText(token2.raw);
  return null;
}
function healText(raw2) {
  let text = raw2.replace(/\n$/, "");
  text = withoutUndecidedLine(text);
  text = withoutOpenMath(text);
  text = closeInline(text);
  return text === raw2 ? null : text;
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
    const shown2 = healed === null ? [last] : lex(healed, this.#links).filter(isContent);
    return [...blocks, ...shown2.map((token2) => ({ html: renderToken(token2) }))];
  }
  /** Only a definition that is final counts: the address of one still being written grows. The first of a name wins. */
  #define({ tag, href, title }) {
    if (tag in this.#links) return false;
    this.#links[tag] = { href, title: title ?? null };
    return true;
  }
  /** A link definition came after its use: blocks with brackets are rendered again. */
  #relink() {
    this.#settled.forEach(({ raw: raw2 }, index) => {
      if (!raw2.includes("[")) return;
      const html = lex(raw2, this.#links).filter(isContent).map(renderToken).join("");
      this.#settled[index] = { raw: raw2, html };
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

// frontend/src/markdown/sanitise.ts
import DOMPurify from "dompurify";
var TAGS = [
  ..."a b blockquote br button code del div em figcaption figure h3 h4 h5 h6 hr i ins kbd li mark ol p pre s samp small".split(" "),
  ..."span strong sub sup table tbody td th thead tr u ul var".split(" ")
];
var ATTRIBUTES = "align class data-copy data-display data-math dir href lang start tabindex title type rel target role aria-label aria-hidden".split(" ");
var CLASSES = /^(?:block-|code-|hljs|language-|math$|table-scroll$|task|token-|remote-image$)/;
var Sanitiser = class {
  #purify;
  #config;
  /** `root` is the window whose DOM is used; the page's own unless a test brings another. */
  constructor(root) {
    this.#purify = root ? DOMPurify(root) : DOMPurify;
    this.#config = {
      ALLOWED_TAGS: TAGS,
      ALLOWED_ATTR: ATTRIBUTES,
      ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|#|\/(?!\/))/i,
      // Everything but the address itself: without this the pattern above is asked about every value.
      ADD_URI_SAFE_ATTR: ATTRIBUTES.filter((name) => name !== "href"),
      ALLOW_DATA_ATTR: false,
      ALLOW_ARIA_ATTR: false,
      RETURN_DOM_FRAGMENT: true
    };
    const factory = globalThis.trustedTypes;
    if (factory && !root) Object.assign(this.#config, { TRUSTED_TYPES_POLICY: makePolicy(factory) });
    this.#purify.addHook("afterSanitizeAttributes", tidy);
  }
  /** Untrusted HTML as a fragment that cannot run anything and loads nothing from elsewhere. */
  fragment(html) {
    return this.#purify.sanitize(html, this.#config);
  }
};
function makePolicy(factory) {
  return factory.createPolicy("everthread", {
    createHTML: (html) => html,
    createScriptURL: () => {
      throw new TypeError("No script is ever made from text.");
    }
  });
}
function tidy(node) {
  if (node.localName === "a") {
    node.setAttribute("rel", "noopener noreferrer nofollow ugc");
    node.setAttribute("target", "_blank");
  }
  if (node.localName === "button") node.setAttribute("type", "button");
  const classes = node.getAttribute("class");
  if (classes !== null) {
    const kept = classes.split(/\s+/).filter((name) => CLASSES.test(name));
    if (kept.length) node.setAttribute("class", kept.join(" "));
    else node.removeAttribute("class");
  }
}

// frontend/tests/sanitise.test.ts
var { window } = new JSDOM("<!doctype html>");
var sanitiser = new Sanitiser(window);
function shown(markdown) {
  const host = window.document.createElement("div");
  for (const { html } of renderBlocks(markdown)) host.append(sanitiser.fragment(html));
  return host;
}
function raw(html) {
  const host = window.document.createElement("div");
  host.append(sanitiser.fragment(html));
  return host;
}
var attacks = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg onload=alert(1)><script>alert(1)</script></svg>",
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
  "<a href='javascript:alert(1)'>x</a>",
  "<a href=' java\nscript:alert(1)'>x</a>",
  "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
  "<form action=//evil><input name=q><button formaction=javascript:alert(1)>x</button></form>",
  "<div style='background:url(//evil)' id=main name=body>x</div>",
  "<object data=x></object><embed src=x><link rel=stylesheet href=//evil><meta http-equiv=refresh content=0>",
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  "<b onmouseover=alert(1) style='position:fixed'>x</b>",
  "[x](javascript:alert(1)) [y](JaVaScRiPt:alert(1)) [z](vbscript:x) [w](data:text/html;base64,xx)",
  "![x](javascript:alert(1)) ![y](https://evil.example/track.png) <video src=//evil></video>",
  '```"><script>alert(1)</script>\nx\n```',
  '```js" onclick="alert(1)\n</code></pre><script>alert(1)</script>\n```',
  "[a]: javascript:alert(1)\n\n[a] and [b][a]",
  "| <img src=x onerror=alert(1)> | b |\n|---|---|\n| <svg/onload=alert(1)> | [x](javascript:alert(1)) |",
  "$\\href{javascript:alert(1)}{x}$ $$<img src=x onerror=alert(1)>$$",
  "<button data-copy=code onclick=alert(1) type=submit>x</button>"
];
var FORBIDDEN = "script,img,svg,iframe,object,embed,link,meta,style,form,input,video,audio,math,template,noscript,base";
for (const attack of attacks) {
  test(`nothing dangerous is left of ${JSON.stringify(attack)}`, () => {
    for (const host of [shown(attack), raw(attack)]) {
      assert.equal(host.querySelector(FORBIDDEN), null);
      for (const element of host.querySelectorAll("*")) {
        for (const { name, value } of element.attributes) {
          assert.doesNotMatch(name, /^on|^style$|^src|^id$|^name$|^action|^form/i);
          if (name === "href") assert.match(value, /^(https?:|mailto:|tel:|#|\/)/);
        }
      }
    }
  });
}
test("links open elsewhere and tell nothing", () => {
  const link = shown("[x](https://example.org)").querySelector("a");
  assert.equal(link?.getAttribute("rel"), "noopener noreferrer nofollow ugc");
  assert.equal(link?.getAttribute("target"), "_blank");
});
test("a remote image becomes a link", () => {
  const link = shown("![a cat](https://example.org/cat.png)").querySelector("a.remote-image");
  assert.equal(link?.textContent, "a cat");
  assert.equal(link?.getAttribute("href"), "https://example.org/cat.png");
});
test("what answers need is kept", () => {
  const host = shown("\u0645\u0631\u062D\u0628\u0627\n\n| a |\n|--:|\n| 1 |\n\n3. three\n\n`x` **b** H<sub>2</sub>O\n\n```python\nx = 1\n```\n\n$a^2$");
  assert.equal(host.querySelector("p")?.getAttribute("dir"), "auto");
  assert.equal(host.querySelector("td")?.getAttribute("align"), "right");
  assert.equal(host.querySelector("ol")?.getAttribute("start"), "3");
  assert.equal(host.querySelector("sub")?.textContent, "2");
  assert.equal(host.querySelector("pre")?.getAttribute("tabindex"), "0");
  assert.equal(host.querySelector("code.language-python")?.textContent, "x = 1\n");
  assert.equal(host.querySelector("[data-math]")?.textContent, "a^2");
});
test("unknown tags are shown as they were written", () => {
  assert.match(shown("use <div class='x'> or <my-tag> here").textContent ?? "", /use <div class='x'> or <my-tag> here/);
});
test("classes of the page cannot be taken", () => {
  assert.equal(raw("<p class='composer link-notice code-head'>x</p>").querySelector("p")?.className, "code-head");
});
//# sourceMappingURL=data:application/json;base64,ewogICJ2ZXJzaW9uIjogMywKICAic291cmNlcyI6IFsiLi4vdGVzdHMvc2FuaXRpc2UudGVzdC50cyIsICIuLi9zcmMvbWFya2Rvd24vaGVhbC50cyIsICIuLi9zcmMvbWFya2Rvd24vcmVuZGVyZXIudHMiLCAiLi4vc3JjL21hcmtkb3duL21hdGgtc3ludGF4LnRzIiwgIi4uL3NyYy9tYXJrZG93bi9ibG9ja3MudHMiLCAiLi4vc3JjL21hcmtkb3duL3Nhbml0aXNlLnRzIl0sCiAgInNvdXJjZXNDb250ZW50IjogWyJpbXBvcnQgYXNzZXJ0IGZyb20gXCJub2RlOmFzc2VydC9zdHJpY3RcIjtcbmltcG9ydCB7IHRlc3QgfSBmcm9tIFwibm9kZTp0ZXN0XCI7XG4vLyBAdHMtZXhwZWN0LWVycm9yIGpzZG9tIGJyaW5ncyBubyB0eXBlcywgYW5kIHRoaXMgaXMgYWxsIHRoYXQgaXMgdXNlZCBvZiBpdC5cbmltcG9ydCB7IEpTRE9NIH0gZnJvbSBcImpzZG9tXCI7XG5pbXBvcnQgeyByZW5kZXJCbG9ja3MgfSBmcm9tIFwiLi4vc3JjL21hcmtkb3duL2Jsb2Nrc1wiO1xuaW1wb3J0IHsgU2FuaXRpc2VyIH0gZnJvbSBcIi4uL3NyYy9tYXJrZG93bi9zYW5pdGlzZVwiO1xuXG5jb25zdCB7IHdpbmRvdyB9ID0gbmV3IEpTRE9NKFwiPCFkb2N0eXBlIGh0bWw+XCIpIGFzIHsgd2luZG93OiBXaW5kb3cgJiB0eXBlb2YgZ2xvYmFsVGhpcyB9O1xuY29uc3Qgc2FuaXRpc2VyID0gbmV3IFNhbml0aXNlcih3aW5kb3cpO1xuXG4vKiogRXZlcnl0aGluZyB0aGF0IGlzIGxlZnQgb2YgYSB0ZXh0LCB0aGUgd2F5IGFuc3dlcnMgYXJlIHNob3duLiAqL1xuZnVuY3Rpb24gc2hvd24obWFya2Rvd246IHN0cmluZyk6IEhUTUxFbGVtZW50IHtcbiAgY29uc3QgaG9zdCA9IHdpbmRvdy5kb2N1bWVudC5jcmVhdGVFbGVtZW50KFwiZGl2XCIpO1xuICBmb3IgKGNvbnN0IHsgaHRtbCB9IG9mIHJlbmRlckJsb2NrcyhtYXJrZG93bikpIGhvc3QuYXBwZW5kKHNhbml0aXNlci5mcmFnbWVudChodG1sKSk7XG4gIHJldHVybiBob3N0O1xufVxuXG5mdW5jdGlvbiByYXcoaHRtbDogc3RyaW5nKTogSFRNTEVsZW1lbnQge1xuICBjb25zdCBob3N0ID0gd2luZG93LmRvY3VtZW50LmNyZWF0ZUVsZW1lbnQoXCJkaXZcIik7XG4gIGhvc3QuYXBwZW5kKHNhbml0aXNlci5mcmFnbWVudChodG1sKSk7XG4gIHJldHVybiBob3N0O1xufVxuXG5jb25zdCBhdHRhY2tzID0gW1xuICBcIjxzY3JpcHQ+YWxlcnQoMSk8L3NjcmlwdD5cIixcbiAgXCI8aW1nIHNyYz14IG9uZXJyb3I9YWxlcnQoMSk+XCIsXG4gIFwiPHN2ZyBvbmxvYWQ9YWxlcnQoMSk+PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pjwvc3ZnPlwiLFxuICBcIjxtYXRoPjxtdGV4dD48dGFibGU+PG1nbHlwaD48c3R5bGU+PCEtLTwvc3R5bGU+PGltZyB0aXRsZT1cXFwiLS0mZ3Q7Jmx0O2ltZyBzcmM9MSBvbmVycm9yPWFsZXJ0KDEpJmd0O1xcXCI+XCIsXG4gIFwiPGlmcmFtZSBzcmNkb2M9JzxzY3JpcHQ+YWxlcnQoMSk8L3NjcmlwdD4nPjwvaWZyYW1lPlwiLFxuICBcIjxhIGhyZWY9J2phdmFzY3JpcHQ6YWxlcnQoMSknPng8L2E+XCIsXG4gIFwiPGEgaHJlZj0nIGphdmFcXG5zY3JpcHQ6YWxlcnQoMSknPng8L2E+XCIsXG4gIFwiPGEgaHJlZj0nZGF0YTp0ZXh0L2h0bWwsPHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pic+eDwvYT5cIixcbiAgXCI8Zm9ybSBhY3Rpb249Ly9ldmlsPjxpbnB1dCBuYW1lPXE+PGJ1dHRvbiBmb3JtYWN0aW9uPWphdmFzY3JpcHQ6YWxlcnQoMSk+eDwvYnV0dG9uPjwvZm9ybT5cIixcbiAgXCI8ZGl2IHN0eWxlPSdiYWNrZ3JvdW5kOnVybCgvL2V2aWwpJyBpZD1tYWluIG5hbWU9Ym9keT54PC9kaXY+XCIsXG4gIFwiPG9iamVjdCBkYXRhPXg+PC9vYmplY3Q+PGVtYmVkIHNyYz14PjxsaW5rIHJlbD1zdHlsZXNoZWV0IGhyZWY9Ly9ldmlsPjxtZXRhIGh0dHAtZXF1aXY9cmVmcmVzaCBjb250ZW50PTA+XCIsXG4gIFwiPG5vc2NyaXB0PjxwIHRpdGxlPVxcXCI8L25vc2NyaXB0PjxpbWcgc3JjPXggb25lcnJvcj1hbGVydCgxKT5cXFwiPlwiLFxuICBcIjxiIG9ubW91c2VvdmVyPWFsZXJ0KDEpIHN0eWxlPSdwb3NpdGlvbjpmaXhlZCc+eDwvYj5cIixcbiAgXCJbeF0oamF2YXNjcmlwdDphbGVydCgxKSkgW3ldKEphVmFTY1JpUHQ6YWxlcnQoMSkpIFt6XSh2YnNjcmlwdDp4KSBbd10oZGF0YTp0ZXh0L2h0bWw7YmFzZTY0LHh4KVwiLFxuICBcIiFbeF0oamF2YXNjcmlwdDphbGVydCgxKSkgIVt5XShodHRwczovL2V2aWwuZXhhbXBsZS90cmFjay5wbmcpIDx2aWRlbyBzcmM9Ly9ldmlsPjwvdmlkZW8+XCIsXG4gIFwiYGBgXFxcIj48c2NyaXB0PmFsZXJ0KDEpPC9zY3JpcHQ+XFxueFxcbmBgYFwiLFxuICBcImBgYGpzXFxcIiBvbmNsaWNrPVxcXCJhbGVydCgxKVxcbjwvY29kZT48L3ByZT48c2NyaXB0PmFsZXJ0KDEpPC9zY3JpcHQ+XFxuYGBgXCIsXG4gIFwiW2FdOiBqYXZhc2NyaXB0OmFsZXJ0KDEpXFxuXFxuW2FdIGFuZCBbYl1bYV1cIixcbiAgXCJ8IDxpbWcgc3JjPXggb25lcnJvcj1hbGVydCgxKT4gfCBiIHxcXG58LS0tfC0tLXxcXG58IDxzdmcvb25sb2FkPWFsZXJ0KDEpPiB8IFt4XShqYXZhc2NyaXB0OmFsZXJ0KDEpKSB8XCIsXG4gIFwiJFxcXFxocmVme2phdmFzY3JpcHQ6YWxlcnQoMSl9e3h9JCAkJDxpbWcgc3JjPXggb25lcnJvcj1hbGVydCgxKT4kJFwiLFxuICBcIjxidXR0b24gZGF0YS1jb3B5PWNvZGUgb25jbGljaz1hbGVydCgxKSB0eXBlPXN1Ym1pdD54PC9idXR0b24+XCIsXG5dO1xuXG5jb25zdCBGT1JCSURERU4gPSBcInNjcmlwdCxpbWcsc3ZnLGlmcmFtZSxvYmplY3QsZW1iZWQsbGluayxtZXRhLHN0eWxlLGZvcm0saW5wdXQsdmlkZW8sYXVkaW8sbWF0aCx0ZW1wbGF0ZSxub3NjcmlwdCxiYXNlXCI7XG5cbmZvciAoY29uc3QgYXR0YWNrIG9mIGF0dGFja3MpIHtcbiAgdGVzdChgbm90aGluZyBkYW5nZXJvdXMgaXMgbGVmdCBvZiAke0pTT04uc3RyaW5naWZ5KGF0dGFjayl9YCwgKCkgPT4ge1xuICAgIGZvciAoY29uc3QgaG9zdCBvZiBbc2hvd24oYXR0YWNrKSwgcmF3KGF0dGFjayldKSB7XG4gICAgICBhc3NlcnQuZXF1YWwoaG9zdC5xdWVyeVNlbGVjdG9yKEZPUkJJRERFTiksIG51bGwpO1xuICAgICAgZm9yIChjb25zdCBlbGVtZW50IG9mIGhvc3QucXVlcnlTZWxlY3RvckFsbChcIipcIikpIHtcbiAgICAgICAgZm9yIChjb25zdCB7IG5hbWUsIHZhbHVlIH0gb2YgZWxlbWVudC5hdHRyaWJ1dGVzKSB7XG4gICAgICAgICAgYXNzZXJ0LmRvZXNOb3RNYXRjaChuYW1lLCAvXm9ufF5zdHlsZSR8XnNyY3xeaWQkfF5uYW1lJHxeYWN0aW9ufF5mb3JtL2kpO1xuICAgICAgICAgIGlmIChuYW1lID09PSBcImhyZWZcIikgYXNzZXJ0Lm1hdGNoKHZhbHVlLCAvXihodHRwcz86fG1haWx0bzp8dGVsOnwjfFxcLykvKTtcbiAgICAgICAgfVxuICAgICAgfVxuICAgIH1cbiAgfSk7XG59XG5cbnRlc3QoXCJsaW5rcyBvcGVuIGVsc2V3aGVyZSBhbmQgdGVsbCBub3RoaW5nXCIsICgpID0+IHtcbiAgY29uc3QgbGluayA9IHNob3duKFwiW3hdKGh0dHBzOi8vZXhhbXBsZS5vcmcpXCIpLnF1ZXJ5U2VsZWN0b3IoXCJhXCIpO1xuICBhc3NlcnQuZXF1YWwobGluaz8uZ2V0QXR0cmlidXRlKFwicmVsXCIpLCBcIm5vb3BlbmVyIG5vcmVmZXJyZXIgbm9mb2xsb3cgdWdjXCIpO1xuICBhc3NlcnQuZXF1YWwobGluaz8uZ2V0QXR0cmlidXRlKFwidGFyZ2V0XCIpLCBcIl9ibGFua1wiKTtcbn0pO1xuXG50ZXN0KFwiYSByZW1vdGUgaW1hZ2UgYmVjb21lcyBhIGxpbmtcIiwgKCkgPT4ge1xuICBjb25zdCBsaW5rID0gc2hvd24oXCIhW2EgY2F0XShodHRwczovL2V4YW1wbGUub3JnL2NhdC5wbmcpXCIpLnF1ZXJ5U2VsZWN0b3IoXCJhLnJlbW90ZS1pbWFnZVwiKTtcbiAgYXNzZXJ0LmVxdWFsKGxpbms/LnRleHRDb250ZW50LCBcImEgY2F0XCIpO1xuICBhc3NlcnQuZXF1YWwobGluaz8uZ2V0QXR0cmlidXRlKFwiaHJlZlwiKSwgXCJodHRwczovL2V4YW1wbGUub3JnL2NhdC5wbmdcIik7XG59KTtcblxudGVzdChcIndoYXQgYW5zd2VycyBuZWVkIGlzIGtlcHRcIiwgKCkgPT4ge1xuICBjb25zdCBob3N0ID0gc2hvd24oXCJcdTA2NDVcdTA2MzFcdTA2MkRcdTA2MjhcdTA2MjdcXG5cXG58IGEgfFxcbnwtLTp8XFxufCAxIHxcXG5cXG4zLiB0aHJlZVxcblxcbmB4YCAqKmIqKiBIPHN1Yj4yPC9zdWI+T1xcblxcbmBgYHB5dGhvblxcbnggPSAxXFxuYGBgXFxuXFxuJGFeMiRcIik7XG4gIGFzc2VydC5lcXVhbChob3N0LnF1ZXJ5U2VsZWN0b3IoXCJwXCIpPy5nZXRBdHRyaWJ1dGUoXCJkaXJcIiksIFwiYXV0b1wiKTtcbiAgYXNzZXJ0LmVxdWFsKGhvc3QucXVlcnlTZWxlY3RvcihcInRkXCIpPy5nZXRBdHRyaWJ1dGUoXCJhbGlnblwiKSwgXCJyaWdodFwiKTtcbiAgYXNzZXJ0LmVxdWFsKGhvc3QucXVlcnlTZWxlY3RvcihcIm9sXCIpPy5nZXRBdHRyaWJ1dGUoXCJzdGFydFwiKSwgXCIzXCIpO1xuICBhc3NlcnQuZXF1YWwoaG9zdC5xdWVyeVNlbGVjdG9yKFwic3ViXCIpPy50ZXh0Q29udGVudCwgXCIyXCIpO1xuICBhc3NlcnQuZXF1YWwoaG9zdC5xdWVyeVNlbGVjdG9yKFwicHJlXCIpPy5nZXRBdHRyaWJ1dGUoXCJ0YWJpbmRleFwiKSwgXCIwXCIpO1xuICBhc3NlcnQuZXF1YWwoaG9zdC5xdWVyeVNlbGVjdG9yKFwiY29kZS5sYW5ndWFnZS1weXRob25cIik/LnRleHRDb250ZW50LCBcInggPSAxXFxuXCIpO1xuICBhc3NlcnQuZXF1YWwoaG9zdC5xdWVyeVNlbGVjdG9yKFwiW2RhdGEtbWF0aF1cIik/LnRleHRDb250ZW50LCBcImFeMlwiKTtcbn0pO1xuXG50ZXN0KFwidW5rbm93biB0YWdzIGFyZSBzaG93biBhcyB0aGV5IHdlcmUgd3JpdHRlblwiLCAoKSA9PiB7XG4gIGFzc2VydC5tYXRjaChzaG93bihcInVzZSA8ZGl2IGNsYXNzPSd4Jz4gb3IgPG15LXRhZz4gaGVyZVwiKS50ZXh0Q29udGVudCA/PyBcIlwiLCAvdXNlIDxkaXYgY2xhc3M9J3gnPiBvciA8bXktdGFnPiBoZXJlLyk7XG59KTtcblxudGVzdChcImNsYXNzZXMgb2YgdGhlIHBhZ2UgY2Fubm90IGJlIHRha2VuXCIsICgpID0+IHtcbiAgYXNzZXJ0LmVxdWFsKHJhdyhcIjxwIGNsYXNzPSdjb21wb3NlciBsaW5rLW5vdGljZSBjb2RlLWhlYWQnPng8L3A+XCIpLnF1ZXJ5U2VsZWN0b3IoXCJwXCIpPy5jbGFzc05hbWUsIFwiY29kZS1oZWFkXCIpO1xufSk7XG4iLCAiLyoqXG4gKiBIb3cgdGhlIGxhc3QgYmxvY2sgbG9va3Mgd2hpbGUgaXQgaXMgc3RpbGwgYmVpbmcgd3JpdHRlbi4gV2l0aG91dCB0aGlzIGFuIGFuc3dlciB3b3VsZCBmbGlja2VyOiBzdGFycyB0dXJuIGludG8gYm9sZFxuICogdHlwZSwgYSBsaW5lIHR1cm5zIGludG8gYSBoZWFkaW5nLCBhIHJvdyBvZiBiYXJzIGludG8gYSB0YWJsZS5cbiAqL1xuXG5pbXBvcnQgdHlwZSB7IFRva2VuIH0gZnJvbSBcIm1hcmtlZFwiO1xuXG4vKiogQSBiZXR0ZXIgdGV4dCB0byBzaG93IGZvciB0aGUgYmxvY2ssIG9yIG51bGwgdG8gc2hvdyBpdCBhcyBpdCBpcy4gKi9cbmV4cG9ydCBmdW5jdGlvbiBoZWFsKHRva2VuOiBUb2tlbik6IHN0cmluZyB8IG51bGwge1xuICBpZiAodG9rZW4udHlwZSA9PT0gXCJwYXJhZ3JhcGhcIiB8fCB0b2tlbi50eXBlID09PSBcImhlYWRpbmdcIikgcmV0dXJuIGhlYWxUZXh0KHRva2VuLnJhdyk7XG4gIGlmICh0b2tlbi50eXBlID09PSBcImxpc3RcIikgcmV0dXJuIGhlYWxUZXh0KHRva2VuLnJhdyk7XG4gIGlmICh0b2tlbi50eXBlID09PSBcImJsb2NrcXVvdGVcIikgcmV0dXJuIGhlYWxUZXh0KHRva2VuLnJhdyk7XG4gIHJldHVybiBudWxsO1xufVxuXG5mdW5jdGlvbiBoZWFsVGV4dChyYXc6IHN0cmluZyk6IHN0cmluZyB8IG51bGwge1xuICBsZXQgdGV4dCA9IHJhdy5yZXBsYWNlKC9cXG4kLywgXCJcIik7XG4gIHRleHQgPSB3aXRob3V0VW5kZWNpZGVkTGluZSh0ZXh0KTtcbiAgdGV4dCA9IHdpdGhvdXRPcGVuTWF0aCh0ZXh0KTtcbiAgdGV4dCA9IGNsb3NlSW5saW5lKHRleHQpO1xuICByZXR1cm4gdGV4dCA9PT0gcmF3ID8gbnVsbCA6IHRleHQ7XG59XG5cbi8qKiBUaGUgbGFzdCBsaW5lIG1heSBzdGlsbCBiZWNvbWUgYSBydWxlLCBhIGhlYWRpbmcncyB1bmRlcmxpbmUsIGEgbGlzdCBtYXJrLCBhIGZlbmNlIG9yIGEgdGFibGUuICovXG5mdW5jdGlvbiB3aXRob3V0VW5kZWNpZGVkTGluZSh0ZXh0OiBzdHJpbmcpOiBzdHJpbmcge1xuICBjb25zdCBzdGFydCA9IHRleHQubGFzdEluZGV4T2YoXCJcXG5cIikgKyAxO1xuICBjb25zdCBsaW5lID0gdGV4dC5zbGljZShzdGFydCk7XG4gIGlmICgvXlxccyooPzpbLT0qX2B+XXsxLDN9fFstKitdXFxzKnxcXGR7MSwzfVsuKV0/XFxzKnwjezEsNn1cXHMqfD5cXHMqKSQvLnRlc3QobGluZSkpIHJldHVybiB0ZXh0LnNsaWNlKDAsIHN0YXJ0KTtcbiAgY29uc3QgdGFibGUgPSAvKD86XnxcXG4pXFx8W15cXG5dKig/OlxcblxcfD9bXFxzOnwtXSopPyQvLmV4ZWModGV4dCk7XG4gIHJldHVybiB0YWJsZSA/IHRleHQuc2xpY2UoMCwgdGFibGUuaW5kZXgpIDogdGV4dDtcbn1cblxuZnVuY3Rpb24gd2l0aG91dE9wZW5NYXRoKHRleHQ6IHN0cmluZyk6IHN0cmluZyB7XG4gIGNvbnN0IG1hcmtzID0gWy4uLnRleHQubWF0Y2hBbGwoL1xcJFxcJHxcXFxcXFxbfFxcXFxcXF18XFxcXFxcKHxcXFxcXFwpL2cpXTtcbiAgY29uc3QgbGFzdCA9IG1hcmtzLmF0KC0xKTtcbiAgaWYgKCFsYXN0KSByZXR1cm4gdGV4dDtcbiAgY29uc3QgZG9sbGFycyA9IG1hcmtzLmZpbHRlcigoW21hcmtdKSA9PiBtYXJrID09PSBcIiQkXCIpLmxlbmd0aDtcbiAgY29uc3Qgb3BlbiA9IGxhc3RbMF0gPT09IFwiXFxcXFtcIiB8fCBsYXN0WzBdID09PSBcIlxcXFwoXCIgfHwgKGxhc3RbMF0gPT09IFwiJCRcIiAmJiBkb2xsYXJzICUgMiA9PT0gMSk7XG4gIHJldHVybiBvcGVuID8gdGV4dC5zbGljZSgwLCBsYXN0LmluZGV4KSA6IHRleHQ7XG59XG5cbi8qKiBDbG9zZXMgd2hhdCBpcyBvcGVuIGF0IHRoZSBlbmQgb2YgdGhlIGxhc3QgbGluZTogY29kZSwgYm9sZCwgaXRhbGljczsgYSBoYWxmLXdyaXR0ZW4gbGluayBpcyBvbmx5IGl0cyB0ZXh0LiAqL1xuZnVuY3Rpb24gY2xvc2VJbmxpbmUodGV4dDogc3RyaW5nKTogc3RyaW5nIHtcbiAgY29uc3Qgc3RhcnQgPSB0ZXh0Lmxhc3RJbmRleE9mKFwiXFxuXCIpICsgMTtcbiAgbGV0IGxpbmUgPSB0ZXh0LnNsaWNlKHN0YXJ0KTtcbiAgY29uc3QgdGlja3MgPSBsaW5lLm1hdGNoKC9gKy9nKSA/PyBbXTtcbiAgaWYgKHRpY2tzLmxlbmd0aCAlIDIgPT09IDEpIHJldHVybiB0ZXh0ICsgKHRpY2tzLmF0KC0xKSA/PyBcIlwiKTtcbiAgbGluZSA9IGxpbmUucmVwbGFjZSgvIT9cXFsoW15cXF1cXG5dKikoPzpcXF1cXChbXilcXG5dKik/JC8sIFwiJDFcIikucmVwbGFjZSgvWypffl0rJC8sIFwiXCIpO1xuICBjb25zdCBwbGFpbiA9IGxpbmUucmVwbGFjZSgvYFteYF0qYC9nLCBcIlwiKS5yZXBsYWNlKC9eXFxzKlsqKy1dXFxzLywgXCJcIik7XG4gIGlmIChjb3VudChwbGFpbiwgL1xcKlxcKi9nKSAlIDIgPT09IDEpIGxpbmUgKz0gXCIqKlwiO1xuICBlbHNlIGlmIChjb3VudChwbGFpbi5yZXBsYWNlQWxsKFwiKipcIiwgXCJcIiksIC9cXCovZykgJSAyID09PSAxKSBsaW5lICs9IFwiKlwiO1xuICByZXR1cm4gdGV4dC5zbGljZSgwLCBzdGFydCkgKyBsaW5lO1xufVxuXG5mdW5jdGlvbiBjb3VudCh0ZXh0OiBzdHJpbmcsIHBhdHRlcm46IFJlZ0V4cCk6IG51bWJlciB7XG4gIHJldHVybiB0ZXh0Lm1hdGNoKHBhdHRlcm4pPy5sZW5ndGggPz8gMDtcbn1cbiIsICIvKiogTWFya2Rvd24gdG9rZW5zIHRvIEhUTUwgdGV4dC4gV2hhdCBjb21lcyBvdXQgaXMgc3RpbGwgdW50cnVzdGVkOiBpdCBnb2VzIHRocm91Z2ggdGhlIHNhbml0aXNlci4gKi9cblxuaW1wb3J0IHsgTWFya2VkLCB0eXBlIFJlbmRlcmVyT2JqZWN0LCB0eXBlIFRva2VuLCB0eXBlIFRva2VucyB9IGZyb20gXCJtYXJrZWRcIjtcbmltcG9ydCB7IGJsb2NrTWF0aCwgZXNjYXBlSHRtbCwgaW5saW5lTWF0aCB9IGZyb20gXCIuL21hdGgtc3ludGF4XCI7XG5cbi8qKiBSYXcgSFRNTCB0aGF0IHBlb3BsZSBhbmQgbW9kZWxzIHVzZSBpbiBwcm9zZS4gSXQga2VlcHMgaXRzIG1lYW5pbmc7IGFueSBvdGhlciB0YWcgaXMgc2hvd24gYXMgaXQgd2FzIHdyaXR0ZW4uICovXG5jb25zdCBSQVdfVEFHUyA9IC9ePFxcLz8oPzpifGJyfGRlbHxlbXxpfGluc3xrYmR8bWFya3xzfHNtYWxsfHN0cm9uZ3xzdWJ8c3VwfHV8dmFyKVxccypcXC8/PiQvaTtcblxuY29uc3QgcmVuZGVyZXI6IFJlbmRlcmVyT2JqZWN0ID0ge1xuICBoZWFkaW5nKHsgdG9rZW5zLCBkZXB0aCB9KSB7XG4gICAgLy8gVGhlIHBhZ2UncyBvd24gaGVhZGluZ3MgYXJlIGFib3ZlIHRob3NlIG9mIGFuIGFuc3dlci5cbiAgICBjb25zdCBsZXZlbCA9IE1hdGgubWluKDYsIGRlcHRoICsgMik7XG4gICAgcmV0dXJuIGA8aCR7bGV2ZWx9IGRpcj1cImF1dG9cIj4ke3RoaXMucGFyc2VyLnBhcnNlSW5saW5lKHRva2Vucyl9PC9oJHtsZXZlbH0+YDtcbiAgfSxcbiAgcGFyYWdyYXBoKHsgdG9rZW5zIH0pIHtcbiAgICByZXR1cm4gYDxwIGRpcj1cImF1dG9cIj4ke3RoaXMucGFyc2VyLnBhcnNlSW5saW5lKHRva2Vucyl9PC9wPmA7XG4gIH0sXG4gIGJsb2NrcXVvdGUoeyB0b2tlbnMgfSkge1xuICAgIHJldHVybiBgPGJsb2NrcXVvdGUgZGlyPVwiYXV0b1wiPiR7dGhpcy5wYXJzZXIucGFyc2UodG9rZW5zKX08L2Jsb2NrcXVvdGU+YDtcbiAgfSxcbiAgbGlzdCh7IG9yZGVyZWQsIHN0YXJ0LCBpdGVtcyB9KSB7XG4gICAgY29uc3QgdGFnID0gb3JkZXJlZCA/IFwib2xcIiA6IFwidWxcIjtcbiAgICBjb25zdCBmcm9tID0gb3JkZXJlZCAmJiB0eXBlb2Ygc3RhcnQgPT09IFwibnVtYmVyXCIgJiYgc3RhcnQgIT09IDEgPyBgIHN0YXJ0PVwiJHtzdGFydH1cImAgOiBcIlwiO1xuICAgIHJldHVybiBgPCR7dGFnfSR7ZnJvbX0gZGlyPVwiYXV0b1wiPiR7aXRlbXMubWFwKChpdGVtKSA9PiB0aGlzLmxpc3RpdGVtKGl0ZW0pKS5qb2luKFwiXCIpfTwvJHt0YWd9PmA7XG4gIH0sXG4gIGxpc3RpdGVtKHsgdGFzaywgY2hlY2tlZCwgdG9rZW5zIH0pIHtcbiAgICAvLyBUaGUgcGFyc2VyIHdvdWxkIHB1dCBhbiBpbnB1dCBlbGVtZW50IGhlcmU7IGEgbWFyayBzYXlzIHRoZSBzYW1lLlxuICAgIGNvbnN0IGJvZHkgPSB0aGlzLnBhcnNlci5wYXJzZSh0b2tlbnMuZmlsdGVyKCh0b2tlbikgPT4gdG9rZW4udHlwZSAhPT0gXCJjaGVja2JveFwiKSk7XG4gICAgaWYgKCF0YXNrKSByZXR1cm4gYDxsaSBkaXI9XCJhdXRvXCI+JHtib2R5fTwvbGk+YDtcbiAgICByZXR1cm4gYDxsaSBjbGFzcz1cInRhc2tcIiBkaXI9XCJhdXRvXCI+PHNwYW4gY2xhc3M9XCJ0YXNrLW1hcmtcIiByb2xlPVwiaW1nXCIgYXJpYS1sYWJlbD1cIiR7Y2hlY2tlZCA/IFwiZG9uZVwiIDogXCJ0byBkb1wifVwiPiR7Y2hlY2tlZCA/IFwiXHUyNjExXCIgOiBcIlx1MjYxMFwifTwvc3Bhbj4gJHtib2R5fTwvbGk+YDtcbiAgfSxcbiAgdGFibGUoeyBoZWFkZXIsIHJvd3MgfSkge1xuICAgIGNvbnN0IHJvdyA9IChjZWxsczogVG9rZW5zLlRhYmxlQ2VsbFtdKSA9PiBgPHRyPiR7Y2VsbHMubWFwKChjZWxsKSA9PiB0aGlzLnRhYmxlY2VsbChjZWxsKSkuam9pbihcIlwiKX08L3RyPmA7XG4gICAgcmV0dXJuIGA8ZGl2IGNsYXNzPVwidGFibGUtc2Nyb2xsXCIgcm9sZT1cImdyb3VwXCIgYXJpYS1sYWJlbD1cIlRhYmxlXCIgdGFiaW5kZXg9XCIwXCI+PHRhYmxlPjx0aGVhZD4ke3JvdyhoZWFkZXIpfTwvdGhlYWQ+PHRib2R5PiR7cm93cy5tYXAocm93KS5qb2luKFwiXCIpfTwvdGJvZHk+PC90YWJsZT48L2Rpdj5gO1xuICB9LFxuICB0YWJsZWNlbGwoeyB0b2tlbnMsIGhlYWRlciwgYWxpZ24gfSkge1xuICAgIGNvbnN0IHRhZyA9IGhlYWRlciA/IFwidGhcIiA6IFwidGRcIjtcbiAgICByZXR1cm4gYDwke3RhZ30ke2FsaWduID8gYCBhbGlnbj1cIiR7YWxpZ259XCJgIDogXCJcIn0gZGlyPVwiYXV0b1wiPiR7dGhpcy5wYXJzZXIucGFyc2VJbmxpbmUodG9rZW5zKX08LyR7dGFnfT5gO1xuICB9LFxuICBjb2RlKHsgdGV4dCwgbGFuZyB9KSB7XG4gICAgcmV0dXJuIGNvZGVCbG9jayh0ZXh0LCBsYW5nID8/IFwiXCIpO1xuICB9LFxuICBsaW5rKHsgaHJlZiwgdGl0bGUsIHRva2VucyB9KSB7XG4gICAgY29uc3QgaW5uZXIgPSB0aGlzLnBhcnNlci5wYXJzZUlubGluZSh0b2tlbnMpO1xuICAgIHJldHVybiBgPGEgaHJlZj1cIiR7ZXNjYXBlSHRtbChocmVmKX1cIiR7dGl0bGUgPyBgIHRpdGxlPVwiJHtlc2NhcGVIdG1sKHRpdGxlKX1cImAgOiBcIlwifT4ke2lubmVyfTwvYT5gO1xuICB9LFxuICBpbWFnZSh7IGhyZWYsIHRleHQgfSkge1xuICAgIC8vIE5vdGhpbmcgaXMgbG9hZGVkIGZyb20gZWxzZXdoZXJlOiBsb2FkaW5nIHdvdWxkIHRlbGwgb3RoZXJzIHdobyByZWFkcyB3aGF0LlxuICAgIHJldHVybiBgPGEgY2xhc3M9XCJyZW1vdGUtaW1hZ2VcIiBocmVmPVwiJHtlc2NhcGVIdG1sKGhyZWYpfVwiPiR7ZXNjYXBlSHRtbCh0ZXh0IHx8IFwiSW1hZ2VcIil9PC9hPmA7XG4gIH0sXG4gIGh0bWwoeyB0ZXh0IH0pIHtcbiAgICByZXR1cm4gUkFXX1RBR1MudGVzdCh0ZXh0LnRyaW0oKSkgPyB0ZXh0IDogZXNjYXBlSHRtbCh0ZXh0KS5yZXBsYWNlQWxsKFwiXFxuXCIsIFwiPGJyPlwiKTtcbiAgfSxcbn07XG5cbi8qKiBBIGJsb2NrIG9mIGNvZGUgd2l0aCBpdHMgbGFuZ3VhZ2UsIGFuZCBhIHBsYWNlIGZvciB0aGUgY29weSBidXR0b24uICovXG5mdW5jdGlvbiBjb2RlQmxvY2sodGV4dDogc3RyaW5nLCBpbmZvOiBzdHJpbmcpOiBzdHJpbmcge1xuICBjb25zdCBsYW5ndWFnZSA9IC9eW1xcdyMrLi1dezEsMzB9Ly5leGVjKGluZm8pPy5bMF0gPz8gXCJcIjtcbiAgY29uc3QgbGFiZWwgPSBlc2NhcGVIdG1sKGxhbmd1YWdlIHx8IFwiVGV4dFwiKTtcbiAgY29uc3QgbmFtZSA9IGxhbmd1YWdlID8gYCBjbGFzcz1cImxhbmd1YWdlLSR7ZXNjYXBlSHRtbChsYW5ndWFnZS50b0xvd2VyQ2FzZSgpKX1cImAgOiBcIlwiO1xuICByZXR1cm4gKFxuICAgIGA8ZmlndXJlIGNsYXNzPVwiY29kZS1ibG9ja1wiIGRpcj1cImx0clwiPjxmaWdjYXB0aW9uIGNsYXNzPVwiY29kZS1oZWFkXCI+PHNwYW4gY2xhc3M9XCJjb2RlLWxhbmd1YWdlXCI+JHtsYWJlbH08L3NwYW4+YCArXG4gICAgYDxidXR0b24gY2xhc3M9XCJjb2RlLWNvcHlcIiBkYXRhLWNvcHk9XCJjb2RlXCIgdHlwZT1cImJ1dHRvblwiPkNvcHk8L2J1dHRvbj48L2ZpZ2NhcHRpb24+YCArXG4gICAgYDxwcmUgdGFiaW5kZXg9XCIwXCIgcm9sZT1cImdyb3VwXCIgYXJpYS1sYWJlbD1cIkNvZGUsICR7bGFiZWx9XCI+PGNvZGUke25hbWV9PiR7ZXNjYXBlSHRtbCh0ZXh0KX1cXG48L2NvZGU+PC9wcmU+PC9maWd1cmU+YFxuICApO1xufVxuXG5jb25zdCBtYXJrZWQgPSBuZXcgTWFya2VkKHsgZ2ZtOiB0cnVlLCBicmVha3M6IGZhbHNlLCByZW5kZXJlciwgZXh0ZW5zaW9uczogW2Jsb2NrTWF0aCwgaW5saW5lTWF0aF0gfSk7XG5cbmV4cG9ydCB0eXBlIExpbmtzID0gUmVjb3JkPHN0cmluZywgUGljazxUb2tlbnMuTGluayB8IFRva2Vucy5JbWFnZSwgXCJocmVmXCIgfCBcInRpdGxlXCI+PjtcblxuLyoqIFNwbGl0cyBNYXJrZG93biBpbnRvIHRoZSB0b2tlbnMgb2YgaXRzIGJsb2Nrcy4gYGxpbmtzYCBhcmUgcmVmZXJlbmNlIGRlZmluaXRpb25zIG1hZGUgYmVmb3JlIHRoZSB0ZXh0LiAqL1xuZXhwb3J0IGZ1bmN0aW9uIGxleCh0ZXh0OiBzdHJpbmcsIGxpbmtzOiBMaW5rcyk6IFRva2VuW10ge1xuICBjb25zdCBsZXhlciA9IG5ldyBtYXJrZWQuTGV4ZXIobWFya2VkLmRlZmF1bHRzKTtcbiAgT2JqZWN0LmFzc2lnbihsZXhlci50b2tlbnMubGlua3MsIGxpbmtzKTtcbiAgcmV0dXJuIGxleGVyLmxleCh0ZXh0KTtcbn1cblxuLyoqIFRoZSAodW50cnVzdGVkKSBIVE1MIG9mIG9uZSBibG9jay4gKi9cbmV4cG9ydCBmdW5jdGlvbiByZW5kZXJUb2tlbih0b2tlbjogVG9rZW4pOiBzdHJpbmcge1xuICByZXR1cm4gbWFya2VkLnBhcnNlcihbdG9rZW5dLCBtYXJrZWQuZGVmYXVsdHMpO1xufVxuIiwgIi8qKiBXaGVyZSBmb3JtdWxhcyBzdGFuZCBpbiBNYXJrZG93bjogJFx1MjAyNiQgYW5kIFxcKFx1MjAyNlxcKSBpbiBhIGxpbmUsICQkXHUyMDI2JCQgYW5kIFxcW1x1MjAyNlxcXSBvbiB0aGVpciBvd24uICovXG5cbmltcG9ydCB0eXBlIHsgVG9rZW5pemVyQW5kUmVuZGVyZXJFeHRlbnNpb24sIFRva2VucyB9IGZyb20gXCJtYXJrZWRcIjtcblxuLy8gQSBmb3JtdWxhIGhvbGRzIG5vIGVtcHR5IGxpbmUgKFRlWCBmb3JiaWRzIGl0KSwgc28gaXQgbmV2ZXIgcmVhY2hlcyBvdmVyIHRoZSBlbmQgb2YgYSBibG9jay5cbmNvbnN0IEJMT0NLID0gL14gezAsM30oPzpcXCRcXCQoKD86KD8hXFxuWyBcXHRdKlxcbnxcXCRcXCQpW1xcc1xcU10pKylcXCRcXCR8XFxcXFxcWygoPzooPyFcXG5bIFxcdF0qXFxufFxcXFxcXF0pW1xcc1xcU10pKylcXFxcXFxdKVsgXFx0XSooPzpcXG4rfCQpLztcbmNvbnN0IERJU1BMQVkgPSAvXig/OlxcJFxcJCgoPzooPyFcXCRcXCQpW1xcc1xcU10pKylcXCRcXCR8XFxcXFxcWygoPzooPyFcXFxcXFxdKVtcXHNcXFNdKSspXFxcXFxcXSkvO1xuLy8gUHJpY2VzIGFyZSBubyBmb3JtdWxhczogbm8gc3BhY2UgaW5zaWRlIHRoZSBkb2xsYXJzLCBubyBkaWdpdCBvciBsZXR0ZXIgcmlnaHQgYWZ0ZXIuXG5jb25zdCBJTkxJTkUgPSAvXig/OlxcJCgoPzpcXFxcW15cXG5dfFteXFxcXCRcXHNdKSg/Oig/OlxcXFxbXlxcbl18W15cXFxcJFxcbl0pKj8oPzpcXFxcW15cXG5dfFteXFxcXCRcXHNdKSk/KVxcJCg/IVtcXHB7TH1cXGRdKXxcXFxcXFwoKCg/Oig/IVxcXFxcXCkpW15cXG5dKSspXFxcXFxcKSkvdTtcblxuZXhwb3J0IGNvbnN0IGJsb2NrTWF0aDogVG9rZW5pemVyQW5kUmVuZGVyZXJFeHRlbnNpb24gPSB7XG4gIG5hbWU6IFwiYmxvY2tNYXRoXCIsXG4gIGxldmVsOiBcImJsb2NrXCIsXG4gIHN0YXJ0OiAoc291cmNlKSA9PiBpbmRleE9mKHNvdXJjZSwgL1xcbiB7MCwzfSg/OlxcJFxcJHxcXFxcXFxbKS8pLFxuICB0b2tlbml6ZXI6IChzb3VyY2UpID0+IHRva2VuKFwiYmxvY2tNYXRoXCIsIEJMT0NLLmV4ZWMoc291cmNlKSksXG4gIHJlbmRlcmVyOiAoZm91bmQpID0+IGA8cD4ke2Zvcm11bGEoZm91bmQsIHRydWUpfTwvcD5gLFxufTtcblxuZXhwb3J0IGNvbnN0IGlubGluZU1hdGg6IFRva2VuaXplckFuZFJlbmRlcmVyRXh0ZW5zaW9uID0ge1xuICBuYW1lOiBcImlubGluZU1hdGhcIixcbiAgbGV2ZWw6IFwiaW5saW5lXCIsXG4gIHN0YXJ0OiAoc291cmNlKSA9PiBpbmRleE9mKHNvdXJjZSwgL1xcJHxcXFxcXFwofFxcXFxcXFsvKSxcbiAgdG9rZW5pemVyKHNvdXJjZSkge1xuICAgIGNvbnN0IGRpc3BsYXkgPSBESVNQTEFZLmV4ZWMoc291cmNlKTtcbiAgICBpZiAoZGlzcGxheSkgcmV0dXJuIHsgLi4udG9rZW4oXCJpbmxpbmVNYXRoXCIsIGRpc3BsYXkpLCBkaXNwbGF5OiB0cnVlIH0gYXMgVG9rZW5zLkdlbmVyaWM7XG4gICAgcmV0dXJuIHRva2VuKFwiaW5saW5lTWF0aFwiLCBJTkxJTkUuZXhlYyhzb3VyY2UpKTtcbiAgfSxcbiAgcmVuZGVyZXI6IChmb3VuZCkgPT4gZm9ybXVsYShmb3VuZCwgZm91bmRbXCJkaXNwbGF5XCJdID09PSB0cnVlKSxcbn07XG5cbi8qKiBUZXh0IG1hZGUgc2FmZSB0byBzdGFuZCBpbiBIVE1MLiAqL1xuZXhwb3J0IGZ1bmN0aW9uIGVzY2FwZUh0bWwodGV4dDogc3RyaW5nKTogc3RyaW5nIHtcbiAgcmV0dXJuIHRleHQucmVwbGFjZUFsbChcIiZcIiwgXCImYW1wO1wiKS5yZXBsYWNlQWxsKFwiPFwiLCBcIiZsdDtcIikucmVwbGFjZUFsbChcIj5cIiwgXCImZ3Q7XCIpLnJlcGxhY2VBbGwoJ1wiJywgXCImcXVvdDtcIik7XG59XG5cbmZ1bmN0aW9uIGluZGV4T2Yoc291cmNlOiBzdHJpbmcsIHBhdHRlcm46IFJlZ0V4cCk6IG51bWJlciB8IHVuZGVmaW5lZCB7XG4gIGNvbnN0IGluZGV4ID0gc291cmNlLnNlYXJjaChwYXR0ZXJuKTtcbiAgcmV0dXJuIGluZGV4IDwgMCA/IHVuZGVmaW5lZCA6IGluZGV4O1xufVxuXG5mdW5jdGlvbiB0b2tlbih0eXBlOiBzdHJpbmcsIG1hdGNoOiBSZWdFeHBFeGVjQXJyYXkgfCBudWxsKTogVG9rZW5zLkdlbmVyaWMgfCB1bmRlZmluZWQge1xuICBpZiAoIW1hdGNoKSByZXR1cm4gdW5kZWZpbmVkO1xuICByZXR1cm4geyB0eXBlLCByYXc6IG1hdGNoWzBdLCB0ZXh0OiAobWF0Y2hbMV0gPz8gbWF0Y2hbMl0gPz8gXCJcIikudHJpbSgpIH07XG59XG5cbmZ1bmN0aW9uIGZvcm11bGEoZm91bmQ6IFRva2Vucy5HZW5lcmljLCBkaXNwbGF5OiBib29sZWFuKTogc3RyaW5nIHtcbiAgY29uc3QgdGV4dDogdW5rbm93biA9IGZvdW5kW1widGV4dFwiXTtcbiAgcmV0dXJuIGA8c3BhbiBjbGFzcz1cIm1hdGhcIiBkYXRhLW1hdGgke2Rpc3BsYXkgPyAnIGRhdGEtZGlzcGxheT1cImJsb2NrXCInIDogXCJcIn0+JHtlc2NhcGVIdG1sKFN0cmluZyh0ZXh0KSl9PC9zcGFuPmA7XG59XG4iLCAiLyoqXG4gKiBNYXJrZG93biB0aGF0IGFycml2ZXMgaW4gcGllY2VzLiBCbG9ja3MgdGhhdCBjYW4gbm8gbG9uZ2VyIGNoYW5nZSBhcmUgcmVuZGVyZWQgb25jZSBhbmQga2VwdDsgb25seSB0aGUgbGFzdCBibG9jayBpc1xuICogcmVhZCBhZ2FpbiB3aXRoIGV2ZXJ5IHBpZWNlLCBzbyB0aGUgY29zdCBvZiBhIHBpZWNlIGRvZXMgbm90IGdyb3cgd2l0aCB0aGUgYW5zd2VyLlxuICovXG5cbmltcG9ydCB0eXBlIHsgVG9rZW4sIFRva2VucyB9IGZyb20gXCJtYXJrZWRcIjtcbmltcG9ydCB7IGhlYWwgfSBmcm9tIFwiLi9oZWFsXCI7XG5pbXBvcnQgeyB0eXBlIExpbmtzLCBsZXgsIHJlbmRlclRva2VuIH0gZnJvbSBcIi4vcmVuZGVyZXJcIjtcblxuLyoqIE9uZSBibG9jayBvZiBhbiBhbnN3ZXIuIGBodG1sYCBpcyB1bnRydXN0ZWQuICovXG5leHBvcnQgaW50ZXJmYWNlIEJsb2NrIHtcbiAgaHRtbDogc3RyaW5nO1xufVxuXG5pbnRlcmZhY2UgU2V0dGxlZCBleHRlbmRzIEJsb2NrIHtcbiAgcmF3OiBzdHJpbmc7XG59XG5cbmV4cG9ydCBjbGFzcyBNYXJrZG93bkJsb2NrcyB7XG4gIHJlYWRvbmx5ICNzZXR0bGVkOiBTZXR0bGVkW10gPSBbXTtcbiAgcmVhZG9ubHkgI2xpbmtzOiBMaW5rcyA9IE9iamVjdC5jcmVhdGUobnVsbCkgYXMgTGlua3M7XG4gICN0YWlsID0gXCJcIjtcbiAgI2hlbGQgPSBcIlwiO1xuICAjZW5kZWQgPSBmYWxzZTtcblxuICAvKiogTnVtYmVyIG9mIGJsb2NrcyB0aGF0IGFyZSBmaW5hbCwgZnJvbSB0aGUgZmlyc3QuIFJlZmVyZW5jZSBsaW5rcyBtYXkgc3RpbGwgbWFrZSB0aGVtIGBkaXJ0eWAuICovXG4gIGdldCBzZXR0bGVkKCk6IG51bWJlciB7XG4gICAgcmV0dXJuIHRoaXMuI3NldHRsZWQubGVuZ3RoO1xuICB9XG5cbiAgLyoqIEFkZHMgdGV4dC4gTm90aGluZyBpcyByZW5kZXJlZCBiZWZvcmUgYGJsb2Nrc2AgaXMgY2FsbGVkLiAqL1xuICBwdXNoKHRleHQ6IHN0cmluZyk6IHZvaWQge1xuICAgIGlmICh0aGlzLiNlbmRlZCkgdGhyb3cgbmV3IEVycm9yKFwiVGhlIGFuc3dlciBoYXMgZW5kZWQuXCIpO1xuICAgIGNvbnN0IHdob2xlID0gdGhpcy4jaGVsZCArIHRleHQ7XG4gICAgLy8gQSBsaW5lIGVuZCBtYXkgYmUgY3V0IGluIHR3by5cbiAgICB0aGlzLiNoZWxkID0gd2hvbGUuZW5kc1dpdGgoXCJcXHJcIikgPyBcIlxcclwiIDogXCJcIjtcbiAgICB0aGlzLiN0YWlsICs9IHdob2xlLnNsaWNlKDAsIHdob2xlLmxlbmd0aCAtIHRoaXMuI2hlbGQubGVuZ3RoKS5yZXBsYWNlKC9cXHJcXG4/L2csIFwiXFxuXCIpO1xuICB9XG5cbiAgLyoqIE5vIG1vcmUgdGV4dCBmb2xsb3dzLiAqL1xuICBlbmQoKTogdm9pZCB7XG4gICAgdGhpcy4jZW5kZWQgPSB0cnVlO1xuICB9XG5cbiAgLyoqXG4gICAqIEFsbCBibG9ja3MgYXMgdGhleSBzdGFuZDogc2V0dGxlZCBvbmVzIGFyZSB0aGUgc2FtZSBvYmplY3RzIGFzIGJlZm9yZS4gV2hpbGUgdGV4dCBpcyBzdGlsbCBjb21pbmcsIHRoZSBsYXN0IGJsb2NrXG4gICAqIGlzIGNvbXBsZXRlZCBmb3Igc2hvdyAoYW4gb3BlbiBlbXBoYXNpcyBpcyBjbG9zZWQsIGEgaGFsZi13cml0dGVuIGxpbmsgaXMgb25seSBpdHMgdGV4dCkuXG4gICAqL1xuICBibG9ja3MoKTogcmVhZG9ubHkgQmxvY2tbXSB7XG4gICAgY29uc3QgdG9rZW5zID0gbGV4KHRoaXMuI3RhaWwsIHRoaXMuI2xpbmtzKTtcbiAgICBjb25zdCBjdXQgPSB0aGlzLiNlbmRlZCA/IHRva2Vucy5sZW5ndGggOiBmaXJzdFVuc2V0dGxlZCh0b2tlbnMsIHRoaXMuI3RhaWwpO1xuICAgIGNvbnN0IHNldHRsZWQgPSB0b2tlbnMuc2xpY2UoMCwgY3V0KTtcbiAgICBsZXQgcmVsaW5rID0gZmFsc2U7XG4gICAgZm9yIChjb25zdCB0b2tlbiBvZiBzZXR0bGVkKSB7XG4gICAgICB0aGlzLiN0YWlsID0gdGhpcy4jdGFpbC5zbGljZSh0b2tlbi5yYXcubGVuZ3RoKTtcbiAgICAgIGlmIChpc0NvbnRlbnQodG9rZW4pKSB0aGlzLiNzZXR0bGVkLnB1c2goeyByYXc6IHRva2VuLnJhdywgaHRtbDogcmVuZGVyVG9rZW4odG9rZW4pIH0pO1xuICAgICAgaWYgKHRva2VuLnR5cGUgPT09IFwiZGVmXCIpIHJlbGluayA9IHRoaXMuI2RlZmluZSh0b2tlbiBhcyBUb2tlbnMuRGVmKSB8fCByZWxpbms7XG4gICAgfVxuICAgIGlmIChyZWxpbmspIHRoaXMuI3JlbGluaygpO1xuICAgIGlmICh0aGlzLiNlbmRlZCkgcmV0dXJuIHRoaXMuI3NldHRsZWQ7XG4gICAgcmV0dXJuIFsuLi50aGlzLiNzZXR0bGVkLCAuLi50aGlzLiNwcm92aXNpb25hbCh0b2tlbnMuc2xpY2UoY3V0KSldO1xuICB9XG5cbiAgI3Byb3Zpc2lvbmFsKHRva2VuczogVG9rZW5bXSk6IEJsb2NrW10ge1xuICAgIGNvbnN0IGNvbnRlbnQgPSB0b2tlbnMuZmlsdGVyKGlzQ29udGVudCk7XG4gICAgY29uc3QgbGFzdCA9IGNvbnRlbnQucG9wKCk7XG4gICAgY29uc3QgYmxvY2tzID0gY29udGVudC5tYXAoKHRva2VuKSA9PiAoeyBodG1sOiByZW5kZXJUb2tlbih0b2tlbikgfSkpO1xuICAgIGlmICghbGFzdCkgcmV0dXJuIGJsb2NrcztcbiAgICBjb25zdCBoZWFsZWQgPSBoZWFsKGxhc3QpO1xuICAgIGNvbnN0IHNob3duID0gaGVhbGVkID09PSBudWxsID8gW2xhc3RdIDogbGV4KGhlYWxlZCwgdGhpcy4jbGlua3MpLmZpbHRlcihpc0NvbnRlbnQpO1xuICAgIHJldHVybiBbLi4uYmxvY2tzLCAuLi5zaG93bi5tYXAoKHRva2VuKSA9PiAoeyBodG1sOiByZW5kZXJUb2tlbih0b2tlbikgfSkpXTtcbiAgfVxuXG4gIC8qKiBPbmx5IGEgZGVmaW5pdGlvbiB0aGF0IGlzIGZpbmFsIGNvdW50czogdGhlIGFkZHJlc3Mgb2Ygb25lIHN0aWxsIGJlaW5nIHdyaXR0ZW4gZ3Jvd3MuIFRoZSBmaXJzdCBvZiBhIG5hbWUgd2lucy4gKi9cbiAgI2RlZmluZSh7IHRhZywgaHJlZiwgdGl0bGUgfTogVG9rZW5zLkRlZik6IGJvb2xlYW4ge1xuICAgIGlmICh0YWcgaW4gdGhpcy4jbGlua3MpIHJldHVybiBmYWxzZTtcbiAgICB0aGlzLiNsaW5rc1t0YWddID0geyBocmVmLCB0aXRsZTogdGl0bGUgPz8gbnVsbCB9O1xuICAgIHJldHVybiB0cnVlO1xuICB9XG5cbiAgLyoqIEEgbGluayBkZWZpbml0aW9uIGNhbWUgYWZ0ZXIgaXRzIHVzZTogYmxvY2tzIHdpdGggYnJhY2tldHMgYXJlIHJlbmRlcmVkIGFnYWluLiAqL1xuICAjcmVsaW5rKCk6IHZvaWQge1xuICAgIHRoaXMuI3NldHRsZWQuZm9yRWFjaCgoeyByYXcgfSwgaW5kZXgpID0+IHtcbiAgICAgIGlmICghcmF3LmluY2x1ZGVzKFwiW1wiKSkgcmV0dXJuO1xuICAgICAgY29uc3QgaHRtbCA9IGxleChyYXcsIHRoaXMuI2xpbmtzKS5maWx0ZXIoaXNDb250ZW50KS5tYXAocmVuZGVyVG9rZW4pLmpvaW4oXCJcIik7XG4gICAgICB0aGlzLiNzZXR0bGVkW2luZGV4XSA9IHsgcmF3LCBodG1sIH07XG4gICAgfSk7XG4gIH1cbn1cblxuLyoqIFRoZSAodW50cnVzdGVkKSBibG9ja3Mgb2YgYSB3aG9sZSB0ZXh0LiAqL1xuZXhwb3J0IGZ1bmN0aW9uIHJlbmRlckJsb2Nrcyh0ZXh0OiBzdHJpbmcpOiByZWFkb25seSBCbG9ja1tdIHtcbiAgY29uc3QgYmxvY2tzID0gbmV3IE1hcmtkb3duQmxvY2tzKCk7XG4gIGJsb2Nrcy5wdXNoKHRleHQpO1xuICBibG9ja3MuZW5kKCk7XG4gIHJldHVybiBibG9ja3MuYmxvY2tzKCk7XG59XG5cbi8qKlxuICogSW5kZXggb2YgdGhlIGZpcnN0IHRva2VuIHRoYXQgbGF0ZXIgdGV4dCBtYXkgc3RpbGwgY2hhbmdlOiB0aGUgbGFzdCBvbmUgdGhhdCBiZWdhbiBvbiBhIGxpbmUgd2hpY2ggaXMgY29tcGxldGUuIEFcbiAqIGxpbmUgdGhhdCBpcyBzdGlsbCBiZWluZyB3cml0dGVuIChcIjJcIiBvZiBcIjIuIGl0ZW1cIikgY2FuIHR1cm4gb3V0IHRvIGJlbG9uZyB0byB0aGUgYmxvY2sgYmVmb3JlIGl0LlxuICovXG5mdW5jdGlvbiBmaXJzdFVuc2V0dGxlZCh0b2tlbnM6IFRva2VuW10sIHRleHQ6IHN0cmluZyk6IG51bWJlciB7XG4gIGNvbnN0IGNvbXBsZXRlID0gdGV4dC5sYXN0SW5kZXhPZihcIlxcblwiKSArIDE7XG4gIGxldCBvZmZzZXQgPSAwO1xuICBsZXQgY3V0ID0gMDtcbiAgdG9rZW5zLmZvckVhY2goKHRva2VuLCBpbmRleCkgPT4ge1xuICAgIGNvbnN0IGZpcnN0TGluZSA9IHRleHQuaW5kZXhPZihcIlxcblwiLCBvZmZzZXQpO1xuICAgIGlmIChpc0NvbnRlbnQodG9rZW4pICYmIGZpcnN0TGluZSA+PSAwICYmIGZpcnN0TGluZSA8IGNvbXBsZXRlKSBjdXQgPSBpbmRleDtcbiAgICBvZmZzZXQgKz0gdG9rZW4ucmF3Lmxlbmd0aDtcbiAgfSk7XG4gIHJldHVybiBjdXQ7XG59XG5cbmZ1bmN0aW9uIGlzQ29udGVudCh0b2tlbjogVG9rZW4pOiBib29sZWFuIHtcbiAgcmV0dXJuIHRva2VuLnR5cGUgIT09IFwic3BhY2VcIiAmJiB0b2tlbi50eXBlICE9PSBcImRlZlwiO1xufVxuIiwgIi8qKlxuICogVGhlIG9uZSBwbGFjZSB3aGVyZSB0ZXh0IGJlY29tZXMgSFRNTC4gRXZlcnl0aGluZyB0aGF0IG1vZGVscyBvciBwZW9wbGUgd3JvdGUgcGFzc2VzIGhlcmU7IHRoZSBUcnVzdGVkIFR5cGVzIHBvbGljeVxuICogbmV2ZXIgbGVhdmVzIHRoaXMgbW9kdWxlLCBzbyBub3RoaW5nIGVsc2UgY2FuLlxuICovXG5cbmltcG9ydCBET01QdXJpZnksIHsgdHlwZSBDb25maWcgfSBmcm9tIFwiZG9tcHVyaWZ5XCI7XG5cbmNvbnN0IFRBR1MgPSBbXG4gIC4uLlwiYSBiIGJsb2NrcXVvdGUgYnIgYnV0dG9uIGNvZGUgZGVsIGRpdiBlbSBmaWdjYXB0aW9uIGZpZ3VyZSBoMyBoNCBoNSBoNiBociBpIGlucyBrYmQgbGkgbWFyayBvbCBwIHByZSBzIHNhbXAgc21hbGxcIi5zcGxpdChcIiBcIiksXG4gIC4uLlwic3BhbiBzdHJvbmcgc3ViIHN1cCB0YWJsZSB0Ym9keSB0ZCB0aCB0aGVhZCB0ciB1IHVsIHZhclwiLnNwbGl0KFwiIFwiKSxcbl07XG5cbi8vIE5vIHN0eWxlLCBubyBldmVudCBoYW5kbGVyLCBubyBpZCBvciBuYW1lICh0aGV5IHdvdWxkIHNoYWRvdyB0aGUgcGFnZSdzIG93biksIG5vIHNyYy5cbmNvbnN0IEFUVFJJQlVURVMgPSBcImFsaWduIGNsYXNzIGRhdGEtY29weSBkYXRhLWRpc3BsYXkgZGF0YS1tYXRoIGRpciBocmVmIGxhbmcgc3RhcnQgdGFiaW5kZXggdGl0bGUgdHlwZSByZWwgdGFyZ2V0IHJvbGUgYXJpYS1sYWJlbCBhcmlhLWhpZGRlblwiLnNwbGl0KFwiIFwiKTtcblxuY29uc3QgQ0xBU1NFUyA9IC9eKD86YmxvY2stfGNvZGUtfGhsanN8bGFuZ3VhZ2UtfG1hdGgkfHRhYmxlLXNjcm9sbCR8dGFza3x0b2tlbi18cmVtb3RlLWltYWdlJCkvO1xuXG5pbnRlcmZhY2UgUG9saWN5IHtcbiAgY3JlYXRlSFRNTChodG1sOiBzdHJpbmcpOiB1bmtub3duO1xufVxuXG5pbnRlcmZhY2UgUG9saWN5RmFjdG9yeSB7XG4gIGNyZWF0ZVBvbGljeShuYW1lOiBzdHJpbmcsIHJ1bGVzOiB7IGNyZWF0ZUhUTUwoaHRtbDogc3RyaW5nKTogc3RyaW5nOyBjcmVhdGVTY3JpcHRVUkwodXJsOiBzdHJpbmcpOiBzdHJpbmcgfSk6IFBvbGljeTtcbn1cblxuZXhwb3J0IGNsYXNzIFNhbml0aXNlciB7XG4gIHJlYWRvbmx5ICNwdXJpZnk6IHR5cGVvZiBET01QdXJpZnk7XG4gIHJlYWRvbmx5ICNjb25maWc6IENvbmZpZztcblxuICAvKiogYHJvb3RgIGlzIHRoZSB3aW5kb3cgd2hvc2UgRE9NIGlzIHVzZWQ7IHRoZSBwYWdlJ3Mgb3duIHVubGVzcyBhIHRlc3QgYnJpbmdzIGFub3RoZXIuICovXG4gIGNvbnN0cnVjdG9yKHJvb3Q/OiBXaW5kb3cgJiB0eXBlb2YgZ2xvYmFsVGhpcykge1xuICAgIHRoaXMuI3B1cmlmeSA9IHJvb3QgPyBET01QdXJpZnkocm9vdCkgOiBET01QdXJpZnk7XG4gICAgdGhpcy4jY29uZmlnID0ge1xuICAgICAgQUxMT1dFRF9UQUdTOiBUQUdTLFxuICAgICAgQUxMT1dFRF9BVFRSOiBBVFRSSUJVVEVTLFxuICAgICAgQUxMT1dFRF9VUklfUkVHRVhQOiAvXig/Omh0dHBzPzp8bWFpbHRvOnx0ZWw6fCN8XFwvKD8hXFwvKSkvaSxcbiAgICAgIC8vIEV2ZXJ5dGhpbmcgYnV0IHRoZSBhZGRyZXNzIGl0c2VsZjogd2l0aG91dCB0aGlzIHRoZSBwYXR0ZXJuIGFib3ZlIGlzIGFza2VkIGFib3V0IGV2ZXJ5IHZhbHVlLlxuICAgICAgQUREX1VSSV9TQUZFX0FUVFI6IEFUVFJJQlVURVMuZmlsdGVyKChuYW1lKSA9PiBuYW1lICE9PSBcImhyZWZcIiksXG4gICAgICBBTExPV19EQVRBX0FUVFI6IGZhbHNlLFxuICAgICAgQUxMT1dfQVJJQV9BVFRSOiBmYWxzZSxcbiAgICAgIFJFVFVSTl9ET01fRlJBR01FTlQ6IHRydWUsXG4gICAgfTtcbiAgICBjb25zdCBmYWN0b3J5ID0gKGdsb2JhbFRoaXMgYXMgeyB0cnVzdGVkVHlwZXM/OiBQb2xpY3lGYWN0b3J5IH0pLnRydXN0ZWRUeXBlcztcbiAgICBpZiAoZmFjdG9yeSAmJiAhcm9vdCkgT2JqZWN0LmFzc2lnbih0aGlzLiNjb25maWcsIHsgVFJVU1RFRF9UWVBFU19QT0xJQ1k6IG1ha2VQb2xpY3koZmFjdG9yeSkgfSk7XG4gICAgdGhpcy4jcHVyaWZ5LmFkZEhvb2soXCJhZnRlclNhbml0aXplQXR0cmlidXRlc1wiLCB0aWR5KTtcbiAgfVxuXG4gIC8qKiBVbnRydXN0ZWQgSFRNTCBhcyBhIGZyYWdtZW50IHRoYXQgY2Fubm90IHJ1biBhbnl0aGluZyBhbmQgbG9hZHMgbm90aGluZyBmcm9tIGVsc2V3aGVyZS4gKi9cbiAgZnJhZ21lbnQoaHRtbDogc3RyaW5nKTogRG9jdW1lbnRGcmFnbWVudCB7XG4gICAgcmV0dXJuIHRoaXMuI3B1cmlmeS5zYW5pdGl6ZShodG1sLCB0aGlzLiNjb25maWcpIGFzIHVua25vd24gYXMgRG9jdW1lbnRGcmFnbWVudDtcbiAgfVxufVxuXG5mdW5jdGlvbiBtYWtlUG9saWN5KGZhY3Rvcnk6IFBvbGljeUZhY3RvcnkpOiBQb2xpY3kge1xuICByZXR1cm4gZmFjdG9yeS5jcmVhdGVQb2xpY3koXCJldmVydGhyZWFkXCIsIHtcbiAgICBjcmVhdGVIVE1MOiAoaHRtbCkgPT4gaHRtbCxcbiAgICBjcmVhdGVTY3JpcHRVUkw6ICgpID0+IHtcbiAgICAgIHRocm93IG5ldyBUeXBlRXJyb3IoXCJObyBzY3JpcHQgaXMgZXZlciBtYWRlIGZyb20gdGV4dC5cIik7XG4gICAgfSxcbiAgfSk7XG59XG5cbi8qKiBMaW5rcyBvcGVuIGVsc2V3aGVyZSBhbmQgdGVsbCBub3RoaW5nOyBjbGFzc2VzIGFyZSBvdXIgb3duOyBhIGJ1dHRvbiBpcyBvbmx5IGV2ZXIgYSBidXR0b24uICovXG5mdW5jdGlvbiB0aWR5KG5vZGU6IEVsZW1lbnQpOiB2b2lkIHtcbiAgaWYgKG5vZGUubG9jYWxOYW1lID09PSBcImFcIikge1xuICAgIG5vZGUuc2V0QXR0cmlidXRlKFwicmVsXCIsIFwibm9vcGVuZXIgbm9yZWZlcnJlciBub2ZvbGxvdyB1Z2NcIik7XG4gICAgbm9kZS5zZXRBdHRyaWJ1dGUoXCJ0YXJnZXRcIiwgXCJfYmxhbmtcIik7XG4gIH1cbiAgaWYgKG5vZGUubG9jYWxOYW1lID09PSBcImJ1dHRvblwiKSBub2RlLnNldEF0dHJpYnV0ZShcInR5cGVcIiwgXCJidXR0b25cIik7XG4gIGNvbnN0IGNsYXNzZXMgPSBub2RlLmdldEF0dHJpYnV0ZShcImNsYXNzXCIpO1xuICBpZiAoY2xhc3NlcyAhPT0gbnVsbCkge1xuICAgIGNvbnN0IGtlcHQgPSBjbGFzc2VzLnNwbGl0KC9cXHMrLykuZmlsdGVyKChuYW1lKSA9PiBDTEFTU0VTLnRlc3QobmFtZSkpO1xuICAgIGlmIChrZXB0Lmxlbmd0aCkgbm9kZS5zZXRBdHRyaWJ1dGUoXCJjbGFzc1wiLCBrZXB0LmpvaW4oXCIgXCIpKTtcbiAgICBlbHNlIG5vZGUucmVtb3ZlQXR0cmlidXRlKFwiY2xhc3NcIik7XG4gIH1cbn1cblxubGV0IHNoYXJlZDogU2FuaXRpc2VyIHwgdW5kZWZpbmVkO1xuXG4vKiogVGhlIHBhZ2UncyBzYW5pdGlzZXIsIG1hZGUgYXQgaXRzIGZpcnN0IHVzZTogYSBwb2xpY3kgb2Ygb25lIG5hbWUgY2FuIGJlIG1hZGUgb25seSBvbmNlLiAqL1xuZXhwb3J0IGZ1bmN0aW9uIHBhZ2VTYW5pdGlzZXIoKTogU2FuaXRpc2VyIHtcbiAgc2hhcmVkID8/PSBuZXcgU2FuaXRpc2VyKCk7XG4gIHJldHVybiBzaGFyZWQ7XG59XG4iXSwKICAibWFwcGluZ3MiOiAiO0FBQUEsT0FBTyxZQUFZO0FBQ25CLFNBQVMsWUFBWTtBQUVyQixTQUFTLGFBQWE7OztBQ0tmLFNBQVMsS0FBS0EsUUFBNkI7QUFDaEQsTUFBSUEsT0FBTSxTQUFTLGVBQWVBLE9BQU0sU0FBUyxVQUFXLFFBQU8sU0FBU0EsT0FBTSxHQUFHO0FBQ3JGLE1BQUlBLE9BQU0sU0FBUyxPQUFRLFFBQU8sU0FBU0EsT0FBTSxHQUFHO0FBQ3BELE1BQUlBLE9BQU0sU0FBUyxhQUFjLFFBQU8sU0FBU0EsT0FBTSxHQUFHO0FBQzFELFNBQU87QUFDVDtBQUVBLFNBQVMsU0FBU0MsTUFBNEI7QUFDNUMsTUFBSSxPQUFPQSxLQUFJLFFBQVEsT0FBTyxFQUFFO0FBQ2hDLFNBQU8scUJBQXFCLElBQUk7QUFDaEMsU0FBTyxnQkFBZ0IsSUFBSTtBQUMzQixTQUFPLFlBQVksSUFBSTtBQUN2QixTQUFPLFNBQVNBLE9BQU0sT0FBTztBQUMvQjtBQUdBLFNBQVMscUJBQXFCLE1BQXNCO0FBQ2xELFFBQU0sUUFBUSxLQUFLLFlBQVksSUFBSSxJQUFJO0FBQ3ZDLFFBQU0sT0FBTyxLQUFLLE1BQU0sS0FBSztBQUM3QixNQUFJLGlFQUFpRSxLQUFLLElBQUksRUFBRyxRQUFPLEtBQUssTUFBTSxHQUFHLEtBQUs7QUFDM0csUUFBTSxRQUFRLHNDQUFzQyxLQUFLLElBQUk7QUFDN0QsU0FBTyxRQUFRLEtBQUssTUFBTSxHQUFHLE1BQU0sS0FBSyxJQUFJO0FBQzlDO0FBRUEsU0FBUyxnQkFBZ0IsTUFBc0I7QUFDN0MsUUFBTSxRQUFRLENBQUMsR0FBRyxLQUFLLFNBQVMsMkJBQTJCLENBQUM7QUFDNUQsUUFBTSxPQUFPLE1BQU0sR0FBRyxFQUFFO0FBQ3hCLE1BQUksQ0FBQyxLQUFNLFFBQU87QUFDbEIsUUFBTSxVQUFVLE1BQU0sT0FBTyxDQUFDLENBQUMsSUFBSSxNQUFNLFNBQVMsSUFBSSxFQUFFO0FBQ3hELFFBQU0sT0FBTyxLQUFLLENBQUMsTUFBTSxTQUFTLEtBQUssQ0FBQyxNQUFNLFNBQVUsS0FBSyxDQUFDLE1BQU0sUUFBUSxVQUFVLE1BQU07QUFDNUYsU0FBTyxPQUFPLEtBQUssTUFBTSxHQUFHLEtBQUssS0FBSyxJQUFJO0FBQzVDO0FBR0EsU0FBUyxZQUFZLE1BQXNCO0FBQ3pDLFFBQU0sUUFBUSxLQUFLLFlBQVksSUFBSSxJQUFJO0FBQ3ZDLE1BQUksT0FBTyxLQUFLLE1BQU0sS0FBSztBQUMzQixRQUFNLFFBQVEsS0FBSyxNQUFNLEtBQUssS0FBSyxDQUFDO0FBQ3BDLE1BQUksTUFBTSxTQUFTLE1BQU0sRUFBRyxRQUFPLFFBQVEsTUFBTSxHQUFHLEVBQUUsS0FBSztBQUMzRCxTQUFPLEtBQUssUUFBUSxtQ0FBbUMsSUFBSSxFQUFFLFFBQVEsV0FBVyxFQUFFO0FBQ2xGLFFBQU0sUUFBUSxLQUFLLFFBQVEsWUFBWSxFQUFFLEVBQUUsUUFBUSxlQUFlLEVBQUU7QUFDcEUsTUFBSSxNQUFNLE9BQU8sT0FBTyxJQUFJLE1BQU0sRUFBRyxTQUFRO0FBQUEsV0FDcEMsTUFBTSxNQUFNLFdBQVcsTUFBTSxFQUFFLEdBQUcsS0FBSyxJQUFJLE1BQU0sRUFBRyxTQUFRO0FBQ3JFLFNBQU8sS0FBSyxNQUFNLEdBQUcsS0FBSyxJQUFJO0FBQ2hDO0FBRUEsU0FBUyxNQUFNLE1BQWMsU0FBeUI7QUFDcEQsU0FBTyxLQUFLLE1BQU0sT0FBTyxHQUFHLFVBQVU7QUFDeEM7OztBQ3REQSxTQUFTLGNBQTREOzs7QUNHckUsSUFBTSxRQUFRO0FBQ2QsSUFBTSxVQUFVO0FBRWhCLElBQU0sU0FBUztBQUVSLElBQU0sWUFBMkM7QUFBQSxFQUN0RCxNQUFNO0FBQUEsRUFDTixPQUFPO0FBQUEsRUFDUCxPQUFPLENBQUMsV0FBVyxRQUFRLFFBQVEsdUJBQXVCO0FBQUEsRUFDMUQsV0FBVyxDQUFDLFdBQVcsTUFBTSxhQUFhLE1BQU0sS0FBSyxNQUFNLENBQUM7QUFBQSxFQUM1RCxVQUFVLENBQUMsVUFBVSxNQUFNLFFBQVEsT0FBTyxJQUFJLENBQUM7QUFDakQ7QUFFTyxJQUFNLGFBQTRDO0FBQUEsRUFDdkQsTUFBTTtBQUFBLEVBQ04sT0FBTztBQUFBLEVBQ1AsT0FBTyxDQUFDLFdBQVcsUUFBUSxRQUFRLGNBQWM7QUFBQSxFQUNqRCxVQUFVLFFBQVE7QUFDaEIsVUFBTSxVQUFVLFFBQVEsS0FBSyxNQUFNO0FBQ25DLFFBQUksUUFBUyxRQUFPLEVBQUUsR0FBRyxNQUFNLGNBQWMsT0FBTyxHQUFHLFNBQVMsS0FBSztBQUNyRSxXQUFPLE1BQU0sY0FBYyxPQUFPLEtBQUssTUFBTSxDQUFDO0FBQUEsRUFDaEQ7QUFBQSxFQUNBLFVBQVUsQ0FBQyxVQUFVLFFBQVEsT0FBTyxNQUFNLFNBQVMsTUFBTSxJQUFJO0FBQy9EO0FBR08sU0FBUyxXQUFXLE1BQXNCO0FBQy9DLFNBQU8sS0FBSyxXQUFXLEtBQUssT0FBTyxFQUFFLFdBQVcsS0FBSyxNQUFNLEVBQUUsV0FBVyxLQUFLLE1BQU0sRUFBRSxXQUFXLEtBQUssUUFBUTtBQUMvRztBQUVBLFNBQVMsUUFBUSxRQUFnQixTQUFxQztBQUNwRSxRQUFNLFFBQVEsT0FBTyxPQUFPLE9BQU87QUFDbkMsU0FBTyxRQUFRLElBQUksU0FBWTtBQUNqQztBQUVBLFNBQVMsTUFBTSxNQUFjLE9BQTJEO0FBQ3RGLE1BQUksQ0FBQyxNQUFPLFFBQU87QUFDbkIsU0FBTyxFQUFFLE1BQU0sS0FBSyxNQUFNLENBQUMsR0FBRyxPQUFPLE1BQU0sQ0FBQyxLQUFLLE1BQU0sQ0FBQyxLQUFLLElBQUksS0FBSyxFQUFFO0FBQzFFO0FBRUEsU0FBUyxRQUFRLE9BQXVCLFNBQTBCO0FBQ2hFLFFBQU0sT0FBZ0IsTUFBTSxNQUFNO0FBQ2xDLFNBQU8sK0JBQStCLFVBQVUsMEJBQTBCLEVBQUUsSUFBSSxXQUFXLE9BQU8sSUFBSSxDQUFDLENBQUM7QUFDMUc7OztBRDFDQSxJQUFNLFdBQVc7QUFFakIsSUFBTSxXQUEyQjtBQUFBLEVBQy9CLFFBQVEsRUFBRSxRQUFRLE1BQU0sR0FBRztBQUV6QixVQUFNLFFBQVEsS0FBSyxJQUFJLEdBQUcsUUFBUSxDQUFDO0FBQ25DLFdBQU8sS0FBSyxLQUFLLGVBQWUsS0FBSyxPQUFPLFlBQVksTUFBTSxDQUFDLE1BQU0sS0FBSztBQUFBLEVBQzVFO0FBQUEsRUFDQSxVQUFVLEVBQUUsT0FBTyxHQUFHO0FBQ3BCLFdBQU8saUJBQWlCLEtBQUssT0FBTyxZQUFZLE1BQU0sQ0FBQztBQUFBLEVBQ3pEO0FBQUEsRUFDQSxXQUFXLEVBQUUsT0FBTyxHQUFHO0FBQ3JCLFdBQU8sMEJBQTBCLEtBQUssT0FBTyxNQUFNLE1BQU0sQ0FBQztBQUFBLEVBQzVEO0FBQUEsRUFDQSxLQUFLLEVBQUUsU0FBUyxPQUFPLE1BQU0sR0FBRztBQUM5QixVQUFNLE1BQU0sVUFBVSxPQUFPO0FBQzdCLFVBQU0sT0FBTyxXQUFXLE9BQU8sVUFBVSxZQUFZLFVBQVUsSUFBSSxXQUFXLEtBQUssTUFBTTtBQUN6RixXQUFPLElBQUksR0FBRyxHQUFHLElBQUksZUFBZSxNQUFNLElBQUksQ0FBQyxTQUFTLEtBQUssU0FBUyxJQUFJLENBQUMsRUFBRSxLQUFLLEVBQUUsQ0FBQyxLQUFLLEdBQUc7QUFBQSxFQUMvRjtBQUFBLEVBQ0EsU0FBUyxFQUFFLE1BQU0sU0FBUyxPQUFPLEdBQUc7QUFFbEMsVUFBTSxPQUFPLEtBQUssT0FBTyxNQUFNLE9BQU8sT0FBTyxDQUFDQyxXQUFVQSxPQUFNLFNBQVMsVUFBVSxDQUFDO0FBQ2xGLFFBQUksQ0FBQyxLQUFNLFFBQU8sa0JBQWtCLElBQUk7QUFDeEMsV0FBTyw4RUFBOEUsVUFBVSxTQUFTLE9BQU8sS0FBSyxVQUFVLFdBQU0sUUFBRyxXQUFXLElBQUk7QUFBQSxFQUN4SjtBQUFBLEVBQ0EsTUFBTSxFQUFFLFFBQVEsS0FBSyxHQUFHO0FBQ3RCLFVBQU0sTUFBTSxDQUFDLFVBQThCLE9BQU8sTUFBTSxJQUFJLENBQUMsU0FBUyxLQUFLLFVBQVUsSUFBSSxDQUFDLEVBQUUsS0FBSyxFQUFFLENBQUM7QUFDcEcsV0FBTyx3RkFBd0YsSUFBSSxNQUFNLENBQUMsa0JBQWtCLEtBQUssSUFBSSxHQUFHLEVBQUUsS0FBSyxFQUFFLENBQUM7QUFBQSxFQUNwSjtBQUFBLEVBQ0EsVUFBVSxFQUFFLFFBQVEsUUFBUSxNQUFNLEdBQUc7QUFDbkMsVUFBTSxNQUFNLFNBQVMsT0FBTztBQUM1QixXQUFPLElBQUksR0FBRyxHQUFHLFFBQVEsV0FBVyxLQUFLLE1BQU0sRUFBRSxlQUFlLEtBQUssT0FBTyxZQUFZLE1BQU0sQ0FBQyxLQUFLLEdBQUc7QUFBQSxFQUN6RztBQUFBLEVBQ0EsS0FBSyxFQUFFLE1BQU0sS0FBSyxHQUFHO0FBQ25CLFdBQU8sVUFBVSxNQUFNLFFBQVEsRUFBRTtBQUFBLEVBQ25DO0FBQUEsRUFDQSxLQUFLLEVBQUUsTUFBTSxPQUFPLE9BQU8sR0FBRztBQUM1QixVQUFNLFFBQVEsS0FBSyxPQUFPLFlBQVksTUFBTTtBQUM1QyxXQUFPLFlBQVksV0FBVyxJQUFJLENBQUMsSUFBSSxRQUFRLFdBQVcsV0FBVyxLQUFLLENBQUMsTUFBTSxFQUFFLElBQUksS0FBSztBQUFBLEVBQzlGO0FBQUEsRUFDQSxNQUFNLEVBQUUsTUFBTSxLQUFLLEdBQUc7QUFFcEIsV0FBTyxpQ0FBaUMsV0FBVyxJQUFJLENBQUMsS0FBSyxXQUFXLFFBQVEsT0FBTyxDQUFDO0FBQUEsRUFDMUY7QUFBQSxFQUNBLEtBQUssRUFBRSxLQUFLLEdBQUc7QUFDYixXQUFPLFNBQVMsS0FBSyxLQUFLLEtBQUssQ0FBQyxJQUFJLE9BQU8sV0FBVyxJQUFJLEVBQUUsV0FBVyxNQUFNLE1BQU07QUFBQSxFQUNyRjtBQUNGO0FBR0EsU0FBUyxVQUFVLE1BQWMsTUFBc0I7QUFDckQsUUFBTSxXQUFXLGtCQUFrQixLQUFLLElBQUksSUFBSSxDQUFDLEtBQUs7QUFDdEQsUUFBTSxRQUFRLFdBQVcsWUFBWSxNQUFNO0FBQzNDLFFBQU0sT0FBTyxXQUFXLG9CQUFvQixXQUFXLFNBQVMsWUFBWSxDQUFDLENBQUMsTUFBTTtBQUNwRixTQUNFLGtHQUFrRyxLQUFLLDhJQUVuRCxLQUFLLFVBQVUsSUFBSSxJQUFJLFdBQVcsSUFBSSxDQUFDO0FBQUE7QUFFL0Y7QUFFQSxJQUFNLFNBQVMsSUFBSSxPQUFPLEVBQUUsS0FBSyxNQUFNLFFBQVEsT0FBTyxVQUFVLFlBQVksQ0FBQyxXQUFXLFVBQVUsRUFBRSxDQUFDO0FBSzlGLFNBQVMsSUFBSSxNQUFjLE9BQXVCO0FBQ3ZELFFBQU0sUUFBUSxJQUFJLE9BQU8sTUFBTSxPQUFPLFFBQVE7QUFDOUMsU0FBTyxPQUFPLE1BQU0sT0FBTyxPQUFPLEtBQUs7QUFDdkMsU0FBTyxNQUFNLElBQUksSUFBSTtBQUN2QjtBQUdPLFNBQVMsWUFBWUEsUUFBc0I7QUFDaEQsU0FBTyxPQUFPLE9BQU8sQ0FBQ0EsTUFBSyxHQUFHLE9BQU8sUUFBUTtBQUMvQzs7O0FFL0RPLElBQU0saUJBQU4sTUFBcUI7QUFBQSxFQUNqQixXQUFzQixDQUFDO0FBQUEsRUFDdkIsU0FBZ0IsdUJBQU8sT0FBTyxJQUFJO0FBQUEsRUFDM0MsUUFBUTtBQUFBLEVBQ1IsUUFBUTtBQUFBLEVBQ1IsU0FBUztBQUFBO0FBQUEsRUFHVCxJQUFJLFVBQWtCO0FBQ3BCLFdBQU8sS0FBSyxTQUFTO0FBQUEsRUFDdkI7QUFBQTtBQUFBLEVBR0EsS0FBSyxNQUFvQjtBQUN2QixRQUFJLEtBQUssT0FBUSxPQUFNLElBQUksTUFBTSx1QkFBdUI7QUFDeEQsVUFBTSxRQUFRLEtBQUssUUFBUTtBQUUzQixTQUFLLFFBQVEsTUFBTSxTQUFTLElBQUksSUFBSSxPQUFPO0FBQzNDLFNBQUssU0FBUyxNQUFNLE1BQU0sR0FBRyxNQUFNLFNBQVMsS0FBSyxNQUFNLE1BQU0sRUFBRSxRQUFRLFVBQVUsSUFBSTtBQUFBLEVBQ3ZGO0FBQUE7QUFBQSxFQUdBLE1BQVk7QUFDVixTQUFLLFNBQVM7QUFBQSxFQUNoQjtBQUFBO0FBQUE7QUFBQTtBQUFBO0FBQUEsRUFNQSxTQUEyQjtBQUN6QixVQUFNLFNBQVMsSUFBSSxLQUFLLE9BQU8sS0FBSyxNQUFNO0FBQzFDLFVBQU0sTUFBTSxLQUFLLFNBQVMsT0FBTyxTQUFTLGVBQWUsUUFBUSxLQUFLLEtBQUs7QUFDM0UsVUFBTSxVQUFVLE9BQU8sTUFBTSxHQUFHLEdBQUc7QUFDbkMsUUFBSSxTQUFTO0FBQ2IsZUFBV0MsVUFBUyxTQUFTO0FBQzNCLFdBQUssUUFBUSxLQUFLLE1BQU0sTUFBTUEsT0FBTSxJQUFJLE1BQU07QUFDOUMsVUFBSSxVQUFVQSxNQUFLLEVBQUcsTUFBSyxTQUFTLEtBQUssRUFBRSxLQUFLQSxPQUFNLEtBQUssTUFBTSxZQUFZQSxNQUFLLEVBQUUsQ0FBQztBQUNyRixVQUFJQSxPQUFNLFNBQVMsTUFBTyxVQUFTLEtBQUssUUFBUUEsTUFBbUIsS0FBSztBQUFBLElBQzFFO0FBQ0EsUUFBSSxPQUFRLE1BQUssUUFBUTtBQUN6QixRQUFJLEtBQUssT0FBUSxRQUFPLEtBQUs7QUFDN0IsV0FBTyxDQUFDLEdBQUcsS0FBSyxVQUFVLEdBQUcsS0FBSyxhQUFhLE9BQU8sTUFBTSxHQUFHLENBQUMsQ0FBQztBQUFBLEVBQ25FO0FBQUEsRUFFQSxhQUFhLFFBQTBCO0FBQ3JDLFVBQU0sVUFBVSxPQUFPLE9BQU8sU0FBUztBQUN2QyxVQUFNLE9BQU8sUUFBUSxJQUFJO0FBQ3pCLFVBQU0sU0FBUyxRQUFRLElBQUksQ0FBQ0EsWUFBVyxFQUFFLE1BQU0sWUFBWUEsTUFBSyxFQUFFLEVBQUU7QUFDcEUsUUFBSSxDQUFDLEtBQU0sUUFBTztBQUNsQixVQUFNLFNBQVMsS0FBSyxJQUFJO0FBQ3hCLFVBQU1DLFNBQVEsV0FBVyxPQUFPLENBQUMsSUFBSSxJQUFJLElBQUksUUFBUSxLQUFLLE1BQU0sRUFBRSxPQUFPLFNBQVM7QUFDbEYsV0FBTyxDQUFDLEdBQUcsUUFBUSxHQUFHQSxPQUFNLElBQUksQ0FBQ0QsWUFBVyxFQUFFLE1BQU0sWUFBWUEsTUFBSyxFQUFFLEVBQUUsQ0FBQztBQUFBLEVBQzVFO0FBQUE7QUFBQSxFQUdBLFFBQVEsRUFBRSxLQUFLLE1BQU0sTUFBTSxHQUF3QjtBQUNqRCxRQUFJLE9BQU8sS0FBSyxPQUFRLFFBQU87QUFDL0IsU0FBSyxPQUFPLEdBQUcsSUFBSSxFQUFFLE1BQU0sT0FBTyxTQUFTLEtBQUs7QUFDaEQsV0FBTztBQUFBLEVBQ1Q7QUFBQTtBQUFBLEVBR0EsVUFBZ0I7QUFDZCxTQUFLLFNBQVMsUUFBUSxDQUFDLEVBQUUsS0FBQUUsS0FBSSxHQUFHLFVBQVU7QUFDeEMsVUFBSSxDQUFDQSxLQUFJLFNBQVMsR0FBRyxFQUFHO0FBQ3hCLFlBQU0sT0FBTyxJQUFJQSxNQUFLLEtBQUssTUFBTSxFQUFFLE9BQU8sU0FBUyxFQUFFLElBQUksV0FBVyxFQUFFLEtBQUssRUFBRTtBQUM3RSxXQUFLLFNBQVMsS0FBSyxJQUFJLEVBQUUsS0FBQUEsTUFBSyxLQUFLO0FBQUEsSUFDckMsQ0FBQztBQUFBLEVBQ0g7QUFDRjtBQUdPLFNBQVMsYUFBYSxNQUFnQztBQUMzRCxRQUFNLFNBQVMsSUFBSSxlQUFlO0FBQ2xDLFNBQU8sS0FBSyxJQUFJO0FBQ2hCLFNBQU8sSUFBSTtBQUNYLFNBQU8sT0FBTyxPQUFPO0FBQ3ZCO0FBTUEsU0FBUyxlQUFlLFFBQWlCLE1BQXNCO0FBQzdELFFBQU0sV0FBVyxLQUFLLFlBQVksSUFBSSxJQUFJO0FBQzFDLE1BQUksU0FBUztBQUNiLE1BQUksTUFBTTtBQUNWLFNBQU8sUUFBUSxDQUFDRixRQUFPLFVBQVU7QUFDL0IsVUFBTSxZQUFZLEtBQUssUUFBUSxNQUFNLE1BQU07QUFDM0MsUUFBSSxVQUFVQSxNQUFLLEtBQUssYUFBYSxLQUFLLFlBQVksU0FBVSxPQUFNO0FBQ3RFLGNBQVVBLE9BQU0sSUFBSTtBQUFBLEVBQ3RCLENBQUM7QUFDRCxTQUFPO0FBQ1Q7QUFFQSxTQUFTLFVBQVVBLFFBQXVCO0FBQ3hDLFNBQU9BLE9BQU0sU0FBUyxXQUFXQSxPQUFNLFNBQVM7QUFDbEQ7OztBQy9HQSxPQUFPLGVBQWdDO0FBRXZDLElBQU0sT0FBTztBQUFBLEVBQ1gsR0FBRyxvSEFBb0gsTUFBTSxHQUFHO0FBQUEsRUFDaEksR0FBRywwREFBMEQsTUFBTSxHQUFHO0FBQ3hFO0FBR0EsSUFBTSxhQUFhLDhIQUE4SCxNQUFNLEdBQUc7QUFFMUosSUFBTSxVQUFVO0FBVVQsSUFBTSxZQUFOLE1BQWdCO0FBQUEsRUFDWjtBQUFBLEVBQ0E7QUFBQTtBQUFBLEVBR1QsWUFBWSxNQUFtQztBQUM3QyxTQUFLLFVBQVUsT0FBTyxVQUFVLElBQUksSUFBSTtBQUN4QyxTQUFLLFVBQVU7QUFBQSxNQUNiLGNBQWM7QUFBQSxNQUNkLGNBQWM7QUFBQSxNQUNkLG9CQUFvQjtBQUFBO0FBQUEsTUFFcEIsbUJBQW1CLFdBQVcsT0FBTyxDQUFDLFNBQVMsU0FBUyxNQUFNO0FBQUEsTUFDOUQsaUJBQWlCO0FBQUEsTUFDakIsaUJBQWlCO0FBQUEsTUFDakIscUJBQXFCO0FBQUEsSUFDdkI7QUFDQSxVQUFNLFVBQVcsV0FBZ0Q7QUFDakUsUUFBSSxXQUFXLENBQUMsS0FBTSxRQUFPLE9BQU8sS0FBSyxTQUFTLEVBQUUsc0JBQXNCLFdBQVcsT0FBTyxFQUFFLENBQUM7QUFDL0YsU0FBSyxRQUFRLFFBQVEsMkJBQTJCLElBQUk7QUFBQSxFQUN0RDtBQUFBO0FBQUEsRUFHQSxTQUFTLE1BQWdDO0FBQ3ZDLFdBQU8sS0FBSyxRQUFRLFNBQVMsTUFBTSxLQUFLLE9BQU87QUFBQSxFQUNqRDtBQUNGO0FBRUEsU0FBUyxXQUFXLFNBQWdDO0FBQ2xELFNBQU8sUUFBUSxhQUFhLGNBQWM7QUFBQSxJQUN4QyxZQUFZLENBQUMsU0FBUztBQUFBLElBQ3RCLGlCQUFpQixNQUFNO0FBQ3JCLFlBQU0sSUFBSSxVQUFVLG1DQUFtQztBQUFBLElBQ3pEO0FBQUEsRUFDRixDQUFDO0FBQ0g7QUFHQSxTQUFTLEtBQUssTUFBcUI7QUFDakMsTUFBSSxLQUFLLGNBQWMsS0FBSztBQUMxQixTQUFLLGFBQWEsT0FBTyxrQ0FBa0M7QUFDM0QsU0FBSyxhQUFhLFVBQVUsUUFBUTtBQUFBLEVBQ3RDO0FBQ0EsTUFBSSxLQUFLLGNBQWMsU0FBVSxNQUFLLGFBQWEsUUFBUSxRQUFRO0FBQ25FLFFBQU0sVUFBVSxLQUFLLGFBQWEsT0FBTztBQUN6QyxNQUFJLFlBQVksTUFBTTtBQUNwQixVQUFNLE9BQU8sUUFBUSxNQUFNLEtBQUssRUFBRSxPQUFPLENBQUMsU0FBUyxRQUFRLEtBQUssSUFBSSxDQUFDO0FBQ3JFLFFBQUksS0FBSyxPQUFRLE1BQUssYUFBYSxTQUFTLEtBQUssS0FBSyxHQUFHLENBQUM7QUFBQSxRQUNyRCxNQUFLLGdCQUFnQixPQUFPO0FBQUEsRUFDbkM7QUFDRjs7O0FMcEVBLElBQU0sRUFBRSxPQUFPLElBQUksSUFBSSxNQUFNLGlCQUFpQjtBQUM5QyxJQUFNLFlBQVksSUFBSSxVQUFVLE1BQU07QUFHdEMsU0FBUyxNQUFNLFVBQStCO0FBQzVDLFFBQU0sT0FBTyxPQUFPLFNBQVMsY0FBYyxLQUFLO0FBQ2hELGFBQVcsRUFBRSxLQUFLLEtBQUssYUFBYSxRQUFRLEVBQUcsTUFBSyxPQUFPLFVBQVUsU0FBUyxJQUFJLENBQUM7QUFDbkYsU0FBTztBQUNUO0FBRUEsU0FBUyxJQUFJLE1BQTJCO0FBQ3RDLFFBQU0sT0FBTyxPQUFPLFNBQVMsY0FBYyxLQUFLO0FBQ2hELE9BQUssT0FBTyxVQUFVLFNBQVMsSUFBSSxDQUFDO0FBQ3BDLFNBQU87QUFDVDtBQUVBLElBQU0sVUFBVTtBQUFBLEVBQ2Q7QUFBQSxFQUNBO0FBQUEsRUFDQTtBQUFBLEVBQ0E7QUFBQSxFQUNBO0FBQUEsRUFDQTtBQUFBLEVBQ0E7QUFBQSxFQUNBO0FBQUEsRUFDQTtBQUFBLEVBQ0E7QUFBQSxFQUNBO0FBQUEsRUFDQTtBQUFBLEVBQ0E7QUFBQSxFQUNBO0FBQUEsRUFDQTtBQUFBLEVBQ0E7QUFBQSxFQUNBO0FBQUEsRUFDQTtBQUFBLEVBQ0E7QUFBQSxFQUNBO0FBQUEsRUFDQTtBQUNGO0FBRUEsSUFBTSxZQUFZO0FBRWxCLFdBQVcsVUFBVSxTQUFTO0FBQzVCLE9BQUssZ0NBQWdDLEtBQUssVUFBVSxNQUFNLENBQUMsSUFBSSxNQUFNO0FBQ25FLGVBQVcsUUFBUSxDQUFDLE1BQU0sTUFBTSxHQUFHLElBQUksTUFBTSxDQUFDLEdBQUc7QUFDL0MsYUFBTyxNQUFNLEtBQUssY0FBYyxTQUFTLEdBQUcsSUFBSTtBQUNoRCxpQkFBVyxXQUFXLEtBQUssaUJBQWlCLEdBQUcsR0FBRztBQUNoRCxtQkFBVyxFQUFFLE1BQU0sTUFBTSxLQUFLLFFBQVEsWUFBWTtBQUNoRCxpQkFBTyxhQUFhLE1BQU0sNkNBQTZDO0FBQ3ZFLGNBQUksU0FBUyxPQUFRLFFBQU8sTUFBTSxPQUFPLDhCQUE4QjtBQUFBLFFBQ3pFO0FBQUEsTUFDRjtBQUFBLElBQ0Y7QUFBQSxFQUNGLENBQUM7QUFDSDtBQUVBLEtBQUsseUNBQXlDLE1BQU07QUFDbEQsUUFBTSxPQUFPLE1BQU0sMEJBQTBCLEVBQUUsY0FBYyxHQUFHO0FBQ2hFLFNBQU8sTUFBTSxNQUFNLGFBQWEsS0FBSyxHQUFHLGtDQUFrQztBQUMxRSxTQUFPLE1BQU0sTUFBTSxhQUFhLFFBQVEsR0FBRyxRQUFRO0FBQ3JELENBQUM7QUFFRCxLQUFLLGlDQUFpQyxNQUFNO0FBQzFDLFFBQU0sT0FBTyxNQUFNLHVDQUF1QyxFQUFFLGNBQWMsZ0JBQWdCO0FBQzFGLFNBQU8sTUFBTSxNQUFNLGFBQWEsT0FBTztBQUN2QyxTQUFPLE1BQU0sTUFBTSxhQUFhLE1BQU0sR0FBRyw2QkFBNkI7QUFDeEUsQ0FBQztBQUVELEtBQUssNkJBQTZCLE1BQU07QUFDdEMsUUFBTSxPQUFPLE1BQU0saUlBQXdHO0FBQzNILFNBQU8sTUFBTSxLQUFLLGNBQWMsR0FBRyxHQUFHLGFBQWEsS0FBSyxHQUFHLE1BQU07QUFDakUsU0FBTyxNQUFNLEtBQUssY0FBYyxJQUFJLEdBQUcsYUFBYSxPQUFPLEdBQUcsT0FBTztBQUNyRSxTQUFPLE1BQU0sS0FBSyxjQUFjLElBQUksR0FBRyxhQUFhLE9BQU8sR0FBRyxHQUFHO0FBQ2pFLFNBQU8sTUFBTSxLQUFLLGNBQWMsS0FBSyxHQUFHLGFBQWEsR0FBRztBQUN4RCxTQUFPLE1BQU0sS0FBSyxjQUFjLEtBQUssR0FBRyxhQUFhLFVBQVUsR0FBRyxHQUFHO0FBQ3JFLFNBQU8sTUFBTSxLQUFLLGNBQWMsc0JBQXNCLEdBQUcsYUFBYSxTQUFTO0FBQy9FLFNBQU8sTUFBTSxLQUFLLGNBQWMsYUFBYSxHQUFHLGFBQWEsS0FBSztBQUNwRSxDQUFDO0FBRUQsS0FBSywrQ0FBK0MsTUFBTTtBQUN4RCxTQUFPLE1BQU0sTUFBTSxzQ0FBc0MsRUFBRSxlQUFlLElBQUksc0NBQXNDO0FBQ3RILENBQUM7QUFFRCxLQUFLLHVDQUF1QyxNQUFNO0FBQ2hELFNBQU8sTUFBTSxJQUFJLGlEQUFpRCxFQUFFLGNBQWMsR0FBRyxHQUFHLFdBQVcsV0FBVztBQUNoSCxDQUFDOyIsCiAgIm5hbWVzIjogWyJ0b2tlbiIsICJyYXciLCAidG9rZW4iLCAidG9rZW4iLCAic2hvd24iLCAicmF3Il0KfQo=
