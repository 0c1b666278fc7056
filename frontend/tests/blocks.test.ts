import assert from "node:assert/strict";
import { test } from "node:test";
import { MarkdownBlocks, renderBlocks } from "../src/markdown/blocks";

const corpus = [
  "# Title\n\nA paragraph with **bold**, *italics*, `code` and a [link](https://example.org).\n\nAnother one.\n",
  "1. one\n\n2. two\n\n   more of two\n3. three\n\nAfter the list.\n\n- a\n  - b\n\n    deep\n- c\n\n* other list\n",
  "Before\n\n```python\ndef f(x):\n\n    return x  # **not bold**\n```\n\nbetween\n\n~~~\nno language\n~~~\n\n    indented\n\n    code\n",
  "| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 | `x` |\n\nText after.\n\n> quote\n> more\nlazy\n\n---\n\nSetext\n======\n\nend",
  "See [the docs] and [other][o].\n\nMiddle with [the docs] again.\n\n[the docs]: https://example.org/a\n[o]: https://example.org/b 'Title'\n\nLast.\n",
  "Inline $a^2+b^2$ and \\(x\\) costs $5 and $6.\n\n$$\nE = mc^2\n$$\n\nText\n\\[ \\int_0^1 x \\]\n\ndone $$y$$ here",
  "<div onclick=x>\nraw\n</div>\n\nText <b>bold</b> <script>alert(1)</script>\n\n<!-- comment\n\nstill -->\n\nend\n",
  "- [ ] to do\n- [x] done\n\nمرحبا بالعالم\n\nعربي **غامق**\n\nA\r\nB\r\n\r\n- x\r\n- y\r\n",
];

/** A small generator with a seed, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

function inPieces(text: string, next: () => number): string[] {
  const pieces: string[] = [];
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
  const shown = (text: string) => {
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
