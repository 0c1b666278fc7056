/** Makes one tree of nodes like another, touching as little as possible: what stays keeps its selection and focus. */

/** Turns the children of `host` into those of `wanted`; `wanted` is used up. */
export function patchChildren(host: Node, wanted: Node): void {
  const next = [...wanted.childNodes];
  next.forEach((node, index) => {
    const old = host.childNodes[index];
    if (!old) host.appendChild(node);
    else patchNode(old, node);
  });
  while (host.childNodes.length > next.length) host.lastChild?.remove();
}

function patchNode(old: ChildNode, node: ChildNode): void {
  if (old.isEqualNode(node)) return;
  if (old instanceof Text && node instanceof Text) {
    patchText(old, node.data);
  } else if (old instanceof Element && node instanceof Element && old.localName === node.localName && sameAttributes(old, node)) {
    patchChildren(old, node);
  } else {
    old.replaceWith(node);
  }
}

/** Growing text is appended, so that a selection inside stays. */
function patchText(old: Text, data: string): void {
  if (data.startsWith(old.data)) old.appendData(data.slice(old.data.length));
  else old.data = data;
}

function sameAttributes(a: Element, b: Element): boolean {
  return a.attributes.length === b.attributes.length && [...a.attributes].every(({ name, value }) => b.getAttribute(name) === value);
}
