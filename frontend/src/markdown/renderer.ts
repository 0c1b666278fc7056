/** Markdown tokens to HTML text. What comes out is still untrusted: it goes through the sanitiser. */

import { Marked, type RendererObject, type Token, type Tokens } from "marked";
import { blockMath, escapeHtml, inlineMath } from "./math-syntax";

/** Raw HTML that people and models use in prose. It keeps its meaning; any other tag is shown as it was written. */
const RAW_TAGS = /^<\/?(?:b|br|del|em|i|ins|kbd|mark|s|small|strong|sub|sup|u|var)\s*\/?>$/i;

const renderer: RendererObject = {
  heading({ tokens, depth }) {
    // The page's own headings are above those of an answer.
    const level = Math.min(6, depth + 2);
    return `<h${level} dir="auto">${this.parser.parseInline(tokens)}</h${level}>`;
  },
  paragraph({ tokens }) {
    return `<p dir="auto">${this.parser.parseInline(tokens)}</p>`;
  },
  blockquote({ tokens }) {
    return `<blockquote dir="auto">${directed(this.parser.parse(tokens))}</blockquote>`;
  },
  list({ ordered, start, items }) {
    const tag = ordered ? "ol" : "ul";
    const from = ordered && typeof start === "number" && start !== 1 ? ` start="${start}"` : "";
    return `<${tag}${from} dir="auto">${directed(items.map((item) => this.listitem(item)).join(""))}</${tag}>`;
  },
  listitem({ task, checked, tokens }) {
    // The parser would put an input element here; a mark says the same.
    const body = this.parser.parse(tokens.filter((token) => token.type !== "checkbox"));
    if (!task) return `<li dir="auto">${body}</li>`;
    return `<li class="task" dir="auto"><span class="task-mark" role="img" aria-label="${checked ? "done" : "to do"}">${checked ? "☑" : "☐"}</span> ${body}</li>`;
  },
  table({ header, rows }) {
    const row = (cells: Tokens.TableCell[]) => `<tr>${cells.map((cell) => this.tablecell(cell)).join("")}</tr>`;
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
    // Nothing is loaded from elsewhere: loading would tell others who reads what.
    return `<a class="remote-image" href="${escapeHtml(href)}">${escapeHtml(text || "Image")}</a>`;
  },
  html({ text }) {
    return RAW_TAGS.test(text.trim()) ? text : escapeHtml(text).replaceAll("\n", "<br>");
  },
};

/** What stands inside a block that finds its own direction: `dir="auto"` looks only at text that has none of its own. */
function directed(html: string): string {
  return html.replaceAll(' dir="auto"', "");
}

/** A block of code with its language, and a place for the copy button. */
function codeBlock(text: string, info: string): string {
  const language = /^[\w#+.-]{1,30}/.exec(info)?.[0] ?? "";
  const label = escapeHtml(language || "Text");
  const name = language ? ` class="language-${escapeHtml(language.toLowerCase())}"` : "";
  return (
    `<figure class="code-block" dir="ltr"><figcaption class="code-head"><span class="code-language">${label}</span>` +
    `<button class="code-copy" data-copy="code" type="button">Copy</button></figcaption>` +
    `<pre tabindex="0" role="group" aria-label="Code, ${label}"><code${name}>${escapeHtml(text)}\n</code></pre></figure>`
  );
}

const marked = new Marked({ gfm: true, breaks: false, renderer, extensions: [blockMath, inlineMath] });

export type Links = Record<string, Pick<Tokens.Link | Tokens.Image, "href" | "title">>;

/** Splits Markdown into the tokens of its blocks. `links` are reference definitions made before the text. */
export function lex(text: string, links: Links): Token[] {
  const lexer = new marked.Lexer(marked.defaults);
  Object.assign(lexer.tokens.links, links);
  return lexer.lex(text);
}

/** The (untrusted) HTML of one block. */
export function renderToken(token: Token): string {
  return marked.parser([token], marked.defaults);
}
