/**
 * Formulas. KaTeX builds nodes here, never HTML text: so its inline styles are set through the CSSOM, which a strict
 * `style-src` allows, and nothing needs to be sanitised. Loaded as a chunk of its own, with its style sheet.
 */

import katex from "katex";

/** The parts of KaTeX's tree that are walked here. */
interface Node {
  attributes?: Record<string, string>;
  children?: Node[];
  toNode(): globalThis.Node;
}

interface WithTree {
  __renderToDomTree(tex: string, options: object): Node;
}

const KEPT = 500;
const trees = new Map<string, Node | null>();

document.head.append(
  Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("./katex.css", import.meta.url).href }),
);

/** Replaces the TeX in `element` by the formula. TeX that cannot be read stays as it is. */
export function typeset(element: HTMLElement): void {
  if (element.dataset["math"] === "set") return;
  const display = element.dataset["display"] === "block";
  const tex = element.textContent ?? "";
  const tree = parse(tex, display);
  element.dataset["math"] = "set";
  element.title = tex;
  if (tree) element.replaceChildren(tree.toNode());
}

function parse(tex: string, display: boolean): Node | null {
  const key = `${display ? "block" : "line"}:${tex}`;
  const known = trees.get(key);
  if (known !== undefined) return known;
  if (trees.size >= KEPT) trees.clear();
  const tree = build(tex, display);
  trees.set(key, tree);
  return tree;
}

function build(tex: string, displayMode: boolean): Node | null {
  try {
    const tree = (katex as unknown as WithTree).__renderToDomTree(tex, {
      displayMode,
      output: "htmlAndMathml",
      throwOnError: true,
      strict: "ignore",
      trust: false,
      maxSize: 20,
      maxExpand: 500,
    });
    dropStyleAttributes(tree);
    return tree;
  } catch (error) {
    if (error instanceof katex.ParseError) return null;
    throw error;
  }
}

/** A style written as an attribute would be refused by the Content-Security-Policy, with an error on the console. */
function dropStyleAttributes(node: Node): void {
  if (node.attributes) delete node.attributes["style"];
  for (const child of node.children ?? []) dropStyleAttributes(child);
}
