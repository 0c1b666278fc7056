/** Colours for code, in a chunk of its own with the languages that are asked for most. */

import hljs from "highlight.js/lib/common";
import clojure from "highlight.js/lib/languages/clojure";
import dart from "highlight.js/lib/languages/dart";
import django from "highlight.js/lib/languages/django";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import elixir from "highlight.js/lib/languages/elixir";
import haskell from "highlight.js/lib/languages/haskell";
import http from "highlight.js/lib/languages/http";
import julia from "highlight.js/lib/languages/julia";
import latex from "highlight.js/lib/languages/latex";
import matlab from "highlight.js/lib/languages/matlab";
import nginx from "highlight.js/lib/languages/nginx";
import powershell from "highlight.js/lib/languages/powershell";
import protobuf from "highlight.js/lib/languages/protobuf";
import scala from "highlight.js/lib/languages/scala";

const more = { clojure, dart, django, dockerfile, elixir, haskell, http, julia, latex, matlab, nginx, powershell, protobuf, scala };
for (const [name, language] of Object.entries(more)) hljs.registerLanguage(name, language);

/** Above this many characters colouring would hold up the page. */
const LIMIT = 60_000;

/** (Untrusted) HTML of the code with its colours, or null when the language is unknown or the code too long. */
export function highlight(code: string, language: string): string | null {
  if (code.length > LIMIT || !hljs.getLanguage(language)) return null;
  return hljs.highlight(code, { language, ignoreIllegals: true }).value;
}
