import assert from "node:assert/strict";
import { test } from "node:test";
// @ts-expect-error jsdom brings no types, and this is all that is used of it.
import { JSDOM } from "jsdom";
import { renderBlocks } from "../src/markdown/blocks";
import { Sanitiser } from "../src/markdown/sanitise";

const { window } = new JSDOM("<!doctype html>") as { window: Window & typeof globalThis };
const sanitiser = new Sanitiser(window);

/** Everything that is left of a text, the way answers are shown. */
function shown(markdown: string): HTMLElement {
  const host = window.document.createElement("div");
  for (const { html } of renderBlocks(markdown)) host.append(sanitiser.fragment(html));
  return host;
}

function raw(html: string): HTMLElement {
  const host = window.document.createElement("div");
  host.append(sanitiser.fragment(html));
  return host;
}

const attacks = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg onload=alert(1)><script>alert(1)</script></svg>",
  "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
  "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
  "<a href='javascript:alert(1)'>x</a>",
  "<a href=' java\nscript:alert(1)'>x</a>",
  "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
  "<form action=//evil><input name=q><button formaction=javascript:alert(1)>x</button></form>",
  "<div style='background:url(//evil)' id=main name=body>x</div>",
  "<object data=x></object><embed src=x><link rel=stylesheet href=//evil><meta http-equiv=refresh content=0>",
  "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
  "<b onmouseover=alert(1) style='position:fixed'>x</b>",
  "[x](javascript:alert(1)) [y](JaVaScRiPt:alert(1)) [z](vbscript:x) [w](data:text/html;base64,xx)",
  "![x](javascript:alert(1)) ![y](https://evil.example/track.png) <video src=//evil></video>",
  "```\"><script>alert(1)</script>\nx\n```",
  "```js\" onclick=\"alert(1)\n</code></pre><script>alert(1)</script>\n```",
  "[a]: javascript:alert(1)\n\n[a] and [b][a]",
  "| <img src=x onerror=alert(1)> | b |\n|---|---|\n| <svg/onload=alert(1)> | [x](javascript:alert(1)) |",
  "$\\href{javascript:alert(1)}{x}$ $$<img src=x onerror=alert(1)>$$",
  "<button data-copy=code onclick=alert(1) type=submit>x</button>",
];

const FORBIDDEN = "script,img,svg,iframe,object,embed,link,meta,style,form,input,video,audio,math,template,noscript,base";

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
  const host = shown("مرحبا\n\n| a |\n|--:|\n| 1 |\n\n3. three\n\n`x` **b** H<sub>2</sub>O\n\n```python\nx = 1\n```\n\n$a^2$");
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
