/** An icon of the page's sprite. It has no name of its own: the button or text beside it has. */

export function Icon({ name, small = false }: { name: string; small?: boolean }) {
  return (
    <svg class={small ? "icon icon-small" : "icon"} aria-hidden="true" focusable="false">
      <use href={`#icon-${name}`} />
    </svg>
  );
}
