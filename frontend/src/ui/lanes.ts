/** How the branches of a thread are drawn below each other: an outline whose indents are the lines themselves. */

import type { Branch } from "../wire";

/** Pixels of a row at the usual size of text; everything grows with the text. */
export const ROW = 56;
const LANE = 16;
const EDGE = 10;
/** Branches that leave others deeper than this are drawn no farther out. */
const LANES = 8;
/** The knot in the middle of a row, from its line. */
const KNOT_TOP = 12;
const KNOT_END = 44;

export interface Stroke {
  path: string;
  /** It is part of what is shown now. */
  main: boolean;
}

export interface Row {
  branch: Branch;
  /** What is shown now ends on it. */
  current: boolean;
  strokes: Stroke[];
  /** Where the thread begins, a dot; null in other rows. */
  dot: { x: number; y: number; main: boolean } | null;
}

export interface Drawing {
  rows: Row[];
  width: number;
}

/** Each branch stands below the one that it leaves, whose line goes on to the last that does. */
export function draw(branches: readonly Branch[]): Drawing {
  const parents = branches.map((branch, row) => parentRow(branches.slice(0, row), branch));
  const current = branches.findLastIndex(({ active }) => active);
  const main = new Set<number>();
  for (let row = current; row >= 0; row = parents[row] ?? -1) main.add(row);
  const at = (row: number) => EDGE + Math.min(branches[row]?.depth ?? 0, LANES - 1) * LANE;
  const rows = branches.map((branch, row): Row => {
    const lines = parents.flatMap((parent, child) => line(row, parent, child, at, main.has(child)));
    const own = { path: knot(at(row), parents.includes(row)), main: main.has(row) };
    const dot = branch.from === null ? { x: at(row), y: KNOT_TOP, main: main.has(row) } : null;
    return { branch, current: row === current, strokes: apart([...lines, own]), dot };
  });
  const widest = branches.reduce((most, _, row) => Math.max(most, at(row)), EDGE);
  return { rows, width: widest + LANE };
}

/** The row of the branch that this one leaves: a name begins a branch at the end of another one, just as deep. */
function parentRow(above: readonly Branch[], { from, depth }: Branch): number {
  const before = above.findLastIndex(({ end }) => end === from);
  return before >= 0 ? before : above.findLastIndex((other) => other.depth === depth - 1);
}

/** The part in one row of the line that leads from a branch to one that leaves it. */
function line(row: number, parent: number, child: number, at: (row: number) => number, main: boolean): Stroke[] {
  if (parent < 0 || row < parent || row > child) return [];
  const from = at(parent);
  const to = at(child);
  if (row === parent) return [{ path: `M${from} ${KNOT_END}V${ROW}`, main }];
  if (row < child) return [{ path: `M${from} 0V${ROW}`, main }];
  return [{ path: from === to ? `M${to} 0V${KNOT_TOP}` : `M${from} 0C${from} ${KNOT_TOP - 1} ${to} 1 ${to} ${KNOT_TOP}`, main }];
}

/** The knot of the thread line; where nothing goes on from it, the line ends in it. */
function knot(x: number, goesOn: boolean): string {
  const top = KNOT_TOP;
  const loop = `M${x} ${top}C${x} ${top + 11} ${x + 2.5} ${top + 21} ${x + 7.5} ${top + 21}C${x + 12.5} ${top + 21} ${x + 12.5} ${top + 11} ${x + 7.5} ${top + 11}`;
  return goesOn ? `${loop}C${x + 2.5} ${top + 11} ${x} ${top + 21} ${x} ${KNOT_END}` : `${loop}C${x + 4.5} ${top + 11} ${x + 2.5} ${top + 14} ${x + 1.5} ${top + 18}`;
}

/** Lines to several branches lie on each other: each is drawn once, and what is shown now above the rest. */
function apart(strokes: readonly Stroke[]): Stroke[] {
  const found = new Map<string, Stroke>();
  for (const stroke of strokes) if (stroke.main || !found.has(stroke.path)) found.set(stroke.path, stroke);
  return [...found.values()].sort((a, b) => Number(a.main) - Number(b.main));
}
