import assert from "node:assert/strict";
import { test } from "node:test";
import { ROW, draw } from "../src/ui/lanes";
import type { Branch } from "../src/wire";

/** A branch that leaves another one, unless it is said to begin with the thread. */
function branch(id: string, depth: number, change: Partial<Branch> = {}): Branch {
  return { id, from: "somewhere", end: `${id}-end`, messages: 2, at: "", preview: id, label: null, active: false, depth, ...change };
}

test("a lone branch is a dot and a knot", () => {
  const [row] = draw([branch("a", 0, { from: null, active: true })]).rows;
  assert.equal(row?.strokes.length, 1);
  assert.equal(row?.dot?.main, true);
});

test("the line of a branch goes on to the last one that leaves it, past what those are left by", () => {
  const drawing = draw([branch("a", 0, { from: null, active: true }), branch("b", 1), branch("c", 2), branch("d", 1)]);
  const [first, second, third, fourth] = drawing.rows.map(({ strokes }) => strokes.map(({ path }) => path));
  assert.equal(first?.length, 2, "its knot, and its line");
  assert.ok(second?.includes(`M10 0V${ROW}`), "the line to the last one goes past");
  assert.ok(third?.includes(`M10 0V${ROW}`));
  assert.ok(third?.some((path) => path.startsWith("M26 0C26")), "it leaves the one above");
  assert.ok(fourth?.some((path) => path.startsWith("M10 0C10")));
  assert.ok(!fourth?.includes(`M10 0V${ROW}`), "nothing goes on below");
  assert.deepEqual(drawing.rows.map(({ dot }) => dot !== null), [true, false, false, false]);
});

test("what is shown now is one line from the beginning, above the others", () => {
  const branches = [branch("a", 0, { active: true }), branch("b", 1), branch("c", 1, { active: true }), branch("d", 1)];
  const drawing = draw(branches);
  assert.deepEqual(drawing.rows.map(({ strokes }) => strokes.filter(({ main }) => main).length), [2, 1, 2, 0]);
  assert.deepEqual(drawing.rows.map(({ current }) => current), [false, false, true, false]);
  assert.equal(drawing.rows[0]?.strokes.at(-1)?.main, true);
});

test("a branch that a name begins goes on from the end of the one before, past what leaves that", () => {
  const named = branch("n", 0, { from: "a-end", label: "Named" });
  const drawing = draw([branch("a", 0), branch("b", 1), named, branch("root", 0, { from: null })]);
  const [, second, third, fourth] = drawing.rows.map(({ strokes }) => strokes.map(({ path }) => path));
  assert.ok(second?.includes(`M10 0V${ROW}`));
  assert.equal(third?.length, 2);
  assert.equal(fourth?.length, 1, "another beginning hangs on nothing");
});

test("what leaves a branch that is not on the map hangs on nothing, and what is far out shares a lane", () => {
  const deep = Array.from({ length: 30 }, (_, depth) => branch(`b${depth}`, depth));
  assert.equal(draw([branch("a", 0), branch("b", 0)]).rows[1]?.strokes.length, 1);
  assert.ok(draw(deep).width < 160);
});
