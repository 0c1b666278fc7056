/** What HTML alone does not show: formulas and the colours of code. Both libraries come only when they are needed. */

import { pageSanitiser } from "./sanitise";

type Katex = typeof import("./katex");
type Highlight = typeof import("./highlight");

let katex: Katex | undefined;
let katexLoading: Promise<Katex> | undefined;
let highlightLoading: Promise<Highlight> | undefined;

/** Sets the formulas below `root`, and, when its text is `final`, colours its code. */
export function decorate(root: ParentNode, final: boolean): void {
  typesetAll(root);
  if (final) colourAll(root);
}

function typesetAll(root: ParentNode): void {
  const formulas = root.querySelectorAll<HTMLElement>("[data-math]");
  if (!formulas.length) return;
  if (katex) {
    for (const element of formulas) katex.typeset(element);
    return;
  }
  katexLoading ??= import("./katex");
  void katexLoading.then((loaded) => {
    katex = loaded;
    if (root instanceof Element) typesetAll(root);
  });
}

function colourAll(root: ParentNode): void {
  const codes = root.querySelectorAll<HTMLElement>("pre > code[class^='language-']");
  if (!codes.length) return;
  highlightLoading ??= import("./highlight");
  void highlightLoading.then(({ highlight }) => {
    for (const code of codes) {
      const language = /language-(\S+)/.exec(code.className)?.[1];
      const html = language ? highlight(code.textContent ?? "", language) : null;
      if (html !== null) code.replaceChildren(pageSanitiser().fragment(html));
    }
  });
}
