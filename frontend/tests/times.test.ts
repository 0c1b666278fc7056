import assert from "node:assert/strict";
import { test } from "node:test";
import { daysBetween, groupByDay, pointInTime, relativeTime } from "../src/times";

const now = new Date(2026, 2, 31, 9, 30);
const at = (...parts: [number, number, number, number, number]) => ({ updated_at: new Date(...parts).toISOString() });

test("threads are grouped by the days of the calendar, not by hours", () => {
  const items = [
    at(2026, 2, 31, 9, 31),
    at(2026, 2, 31, 0, 1),
    at(2026, 2, 30, 23, 59),
    at(2026, 2, 29, 23, 59),
    at(2026, 2, 24, 0, 0),
    at(2026, 2, 23, 23, 59),
    at(2026, 1, 1, 0, 0),
    at(2025, 11, 31, 12, 0),
  ];
  const groups = groupByDay(items, now, "en");
  assert.deepEqual(groups.map(({ label, items: inside }) => [label, inside.length]), [
    ["Today", 2],
    ["Yesterday", 1],
    ["Previous 7 days", 2],
    ["March", 1],
    ["February", 1],
    ["December 2025", 1],
  ]);
  assert.deepEqual(groups.flatMap(({ items: inside }) => inside), items);
});

test("a day of 23 or 25 hours is still one day", () => {
  // In zones with summer time the clocks change in this week.
  assert.equal(daysBetween(new Date(2026, 2, 28, 23, 59), new Date(2026, 2, 30, 0, 1)), 2);
  assert.equal(daysBetween(new Date(2026, 9, 24, 12, 0), new Date(2026, 9, 25, 12, 0)), 1);
});

test("times are relative within a week and dates after", () => {
  const said = (...parts: [number, number, number, number, number]) => relativeTime(at(...parts).updated_at, now, "en-GB");
  assert.equal(said(2026, 2, 31, 9, 30), "just now");
  assert.equal(said(2026, 2, 31, 9, 18), "12 min ago");
  assert.equal(said(2026, 2, 31, 7, 5), "today, 07:05");
  assert.equal(said(2026, 2, 30, 14, 2), "yesterday, 14:02");
  assert.equal(said(2026, 2, 27, 14, 2), "Friday, 14:02");
  assert.equal(said(2026, 2, 24, 14, 2), "24 March 2026");
});

test("a clock that is ahead does not make strange words", () => {
  assert.equal(relativeTime(new Date(2026, 2, 31, 9, 35).toISOString(), now, "en"), "just now");
  assert.equal(groupByDay([at(2026, 3, 1, 0, 5)], now, "en")[0]?.label, "Today");
});

test("a point in time is told inside of a sentence, with no more of a date than it takes", () => {
  const now = new Date(2026, 4, 10, 12, 0);
  const told = (...parts: [number, number, number, number, number]) => pointInTime(new Date(...parts).toISOString(), now, "en-GB");
  assert.equal(told(2026, 4, 10, 9, 5), "09:05");
  assert.equal(told(2026, 4, 9, 14, 2), "yesterday, 14:02");
  assert.equal(told(2026, 4, 3, 14, 2), "3 May, 14:02");
  assert.equal(told(2025, 4, 3, 14, 2), "3 May 2025, 14:02");
});
