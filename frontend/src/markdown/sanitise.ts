/**
 * The one place where text becomes HTML. Everything that models or people wrote passes here; the Trusted Types policy
 * never leaves this module, so nothing else can.
 */

import DOMPurify, { type Config } from "dompurify";

const TAGS = [
  ..."a b blockquote br button code del div em figcaption figure h3 h4 h5 h6 hr i ins kbd li mark ol p pre s samp small".split(" "),
  ..."span strong sub sup table tbody td th thead tr u ul var".split(" "),
];

// No style, no event handler, no id or name (they would shadow the page's own), no src.
const ATTRIBUTES = "align class data-copy data-display data-math dir href lang start tabindex title type rel target role aria-label aria-hidden".split(" ");

const CLASSES = /^(?:block-|code-|hljs|language-|math$|table-scroll$|task|token-|remote-image$)/;

interface Policy {
  createHTML(html: string): unknown;
}

interface PolicyFactory {
  createPolicy(name: string, rules: { createHTML(html: string): string; createScriptURL(url: string): string }): Policy;
}

export class Sanitiser {
  readonly #purify: typeof DOMPurify;
  readonly #config: Config;

  /** `root` is the window whose DOM is used; the page's own unless a test brings another. */
  constructor(root?: Window & typeof globalThis) {
    this.#purify = root ? DOMPurify(root) : DOMPurify;
    this.#config = {
      ALLOWED_TAGS: TAGS,
      ALLOWED_ATTR: ATTRIBUTES,
      ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|#|\/(?!\/))/i,
      // Everything but the address itself: without this the pattern above is asked about every value.
      ADD_URI_SAFE_ATTR: ATTRIBUTES.filter((name) => name !== "href"),
      ALLOW_DATA_ATTR: false,
      ALLOW_ARIA_ATTR: false,
      RETURN_DOM_FRAGMENT: true,
    };
    const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
    if (factory && !root) Object.assign(this.#config, { TRUSTED_TYPES_POLICY: makePolicy(factory) });
    this.#purify.addHook("afterSanitizeAttributes", tidy);
  }

  /** Untrusted HTML as a fragment that cannot run anything and loads nothing from elsewhere. */
  fragment(html: string): DocumentFragment {
    return this.#purify.sanitize(html, this.#config) as unknown as DocumentFragment;
  }
}

function makePolicy(factory: PolicyFactory): Policy {
  return factory.createPolicy("everthread", {
    createHTML: (html) => html,
    createScriptURL: () => {
      throw new TypeError("No script is ever made from text.");
    },
  });
}

/** Links open elsewhere and tell nothing; classes are our own; a button is only ever a button. */
function tidy(node: Element): void {
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

let shared: Sanitiser | undefined;

/** The page's sanitiser, made at its first use: a policy of one name can be made only once. */
export function pageSanitiser(): Sanitiser {
  shared ??= new Sanitiser();
  return shared;
}
