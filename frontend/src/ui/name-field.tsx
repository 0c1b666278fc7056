/** In place of a name: a field for another one. Enter and leaving the field save, Escape does not. */

import { useLayoutEffect, useRef } from "preact/hooks";

interface NameFieldProps {
  name: string;
  label: string;
  most: number;
  class: string;
  /** With null nothing is to be changed. */
  onDone(name: string | null): void;
}

export function NameField({ name, label, most, onDone, ...look }: NameFieldProps) {
  const ref = useRef<HTMLInputElement>(null);
  const done = useRef(false);
  useLayoutEffect(() => {
    ref.current?.focus({ preventScroll: true });
    ref.current?.select();
  }, []);
  const finish = (text: string | null) => {
    if (done.current) return;
    done.current = true;
    onDone(text?.trim() ?? null);
  };
  return (
    <input
      ref={ref}
      class={look.class}
      aria-label={label}
      placeholder={label}
      dir="auto"
      maxLength={most}
      defaultValue={name}
      onBlur={(event) => finish(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
        // What the field is in stays open, and the button that takes its place is not pressed by the same key.
        event.preventDefault();
        event.stopPropagation();
        finish(event.key === "Enter" ? event.currentTarget.value : null);
      }}
    />
  );
}
