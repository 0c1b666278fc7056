import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Api } from "../src/api";
import { ThreadList } from "../src/state/threads";
import type { ThreadItem } from "../src/wire";

interface Page {
  threads: ThreadItem[];
  next: string | null;
}

let asked: ((page: Page) => void)[];
let list: ThreadList;

/** A thread that was active at so many minutes past the hour. */
function item(id: string, minute: number, change: Partial<ThreadItem> = {}): ThreadItem {
  const updated_at = `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`;
  return { id, title: id, updated_at, running: false, waiting: false, unread: false, temporary: false, head: null, ...change };
}

function ids(): string[] {
  return list.items.value.map(({ id }) => id);
}

/** Refreshes as the page does. `meanwhile` happens before the answer comes. */
async function refreshed(page: Page, meanwhile: () => void = () => undefined): Promise<void> {
  const answer = list.refresh();
  meanwhile();
  asked.pop()?.(page);
  for (const each of await answer) list.put(each);
}

beforeEach(() => {
  asked = [];
  const api = { threads: () => new Promise<Page>((resolve) => asked.push(resolve)) };
  list = new ThreadList(api as unknown as Api, [item("c", 30), item("b", 20), item("a", 10)], "older");
});

test("a refresh brings what was missed: marks, titles, order and new threads; older pages stay", async () => {
  await refreshed({ threads: [item("d", 45), item("b", 40, { unread: true, title: "B" }), item("c", 30)], next: "more" });
  assert.deepEqual(ids(), ["d", "b", "c", "a"]);
  assert.equal(list.find("b")?.title, "B");
  assert.equal(list.find("b")?.unread, true);
});

test("a notice that comes before the answer is newer than the answer", async () => {
  await refreshed({ threads: [item("c", 30, { running: true }), item("b", 20), item("a", 10)], next: null }, () => {
    list.put(item("c", 50));
    list.put(item("e", 55));
    list.remove("b");
  });
  assert.deepEqual(ids(), ["e", "c", "a"]);
  assert.equal(list.find("c")?.running, false);
});

test("a thread that is not where it was listed is gone", async () => {
  await refreshed({ threads: [item("c", 30)], next: "more" });
  assert.deepEqual(ids(), ["c", "b", "a"], "below the page nothing is known");
  await refreshed({ threads: [item("c", 30), item("a", 10)], next: null });
  assert.deepEqual(ids(), ["c", "a"]);
});

test("a thread that begins to wait for its owner gets its mark", () => {
  list.patch("b", { waiting: true });
  assert.equal(list.find("b")?.waiting, true);
  list.put(item("b", 20));
  assert.equal(list.find("b")?.waiting, false);
});

test("only the last of several refreshes counts", async () => {
  const first = list.refresh();
  const second = list.refresh();
  asked[1]?.({ threads: [item("c", 30, { title: "late" })], next: "more" });
  asked[0]?.({ threads: [item("c", 30, { title: "early" })], next: "more" });
  assert.deepEqual(await first, []);
  assert.deepEqual((await second).map(({ title }) => title), ["late"]);
});
