/** A small button that copies, and says so. */

import { useState } from "preact/hooks";
import { copy } from "../clipboard";
import { Icon } from "./icon";

export function CopyButton({ text, label }: { text: () => string; label: string }) {
  const [done, setDone] = useState(false);
  const run = async () => {
    if (!(await copy(text()))) return;
    setDone(true);
    setTimeout(() => setDone(false), 1_500);
  };
  return (
    <button class="icon-button message-action" type="button" aria-label={done ? "Copied" : label} title={done ? "Copied" : label} onClick={() => void run()}>
      <Icon name={done ? "check" : "copy"} small />
    </button>
  );
}
