import assert from "node:assert/strict";
import { test } from "node:test";
import { Drafts, Outbox, type Unsent } from "../src/storage";

/** A storage like the browser's, which can be full. */
class Memory {
  readonly map = new Map<string, string>();
  full = false;

  get length(): number {
    return this.map.size;
  }

  key(index: number): string | null {
    return [...this.map.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.map.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.map.set(key, value);
  }

  removeItem(key: string): void {
    this.map.delete(key);
  }
}

function unsent(id: string, thread: string, at: number, refused: string | null = null): Unsent {
  return { id, thread, text: `text of ${id}`, model: null, temporary: false, at, refused };
}

test("unsent messages come back in their order after a reload", () => {
  const store = new Memory();
  const before = new Outbox(store, "alice");
  before.put(unsent("b", "t1", 2));
  before.put(unsent("a", "t1", 1));
  before.put(unsent("c", "t2", 3));
  const after = new Outbox(store, "alice");
  assert.deepEqual(after.list("t1").map(({ id }) => id), ["a", "b"]);
  assert.deepEqual(after.threads(), ["t1", "t2"]);
});

test("an acknowledged message is gone, the others stay", () => {
  const outbox = new Outbox(new Memory(), "alice");
  outbox.put(unsent("a", "t", 1));
  outbox.put(unsent("b", "t", 2));
  outbox.remove("t", "a");
  assert.deepEqual(outbox.list("t").map(({ id }) => id), ["b"]);
});

test("two tabs do not overwrite each other's messages", () => {
  const store = new Memory();
  const [one, two] = [new Outbox(store, "alice"), new Outbox(store, "alice")];
  one.put(unsent("a", "t", 1));
  two.put(unsent("b", "t", 2));
  one.remove("t", "a");
  assert.deepEqual(two.list("t").map(({ id }) => id), ["b"]);
});

test("a refused message is kept, and not sent by itself", () => {
  const outbox = new Outbox(new Memory(), "alice");
  outbox.put(unsent("a", "t", 1, "Too long."));
  assert.deepEqual(outbox.threads(), []);
  assert.equal(outbox.list("t")[0]?.refused, "Too long.");
});

test("another user of the browser sees nothing", () => {
  const store = new Memory();
  new Outbox(store, "alice").put(unsent("a", "t", 1));
  new Drafts(store, "alice").set("t", "secret");
  assert.deepEqual(new Outbox(store, "bob").list("t"), []);
  assert.equal(new Drafts(store, "bob").get("t"), "");
});

test("a full or missing storage still keeps messages as long as the page lives", () => {
  const store = new Memory();
  store.full = true;
  for (const outbox of [new Outbox(store, "alice"), new Outbox(null, "alice")]) {
    outbox.put(unsent("a", "t", 1));
    assert.deepEqual(outbox.list("t").map(({ id }) => id), ["a"]);
    outbox.remove("t", "a");
    assert.deepEqual(outbox.list("t"), []);
  }
});

test("logging out forgets the drafts for good", () => {
  const store = new Memory();
  const drafts = new Drafts(store, "alice");
  drafts.set("new", "half a thought");
  drafts.clear();
  drafts.set("new", "half a thought");
  assert.equal(store.length, 0);
});

test("what is written in a temporary chat stays in the page", () => {
  const store = new Memory();
  const drafts = new Drafts(store, "alice");
  drafts.set("new", "half a thought");
  drafts.set("new", "half a secret", false);
  assert.equal(drafts.get("new"), "half a secret");
  assert.equal(store.length, 0, "nor is what was stored before the chat became a temporary one");
  drafts.set("new", "half a thought");
  assert.equal(new Drafts(store, "alice").get("new"), "half a thought");
});
