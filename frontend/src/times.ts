/** Times in words. Every function takes the present as an argument, so that the page can tell it as it passes. */

const DAY = 86_400_000;

export interface Group<T> {
  label: string;
  items: T[];
}

/** Days from `then` to `now` by the calendar of this machine: 0 today, 1 yesterday, negative in the future. */
export function daysBetween(then: Date, now: Date): number {
  const start = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((start(now) - start(then)) / DAY);
}

/** "Today", "Yesterday", "Previous 7 days", then months ("March", "March 2024"), in the order of the items. */
export function groupByDay<T extends { updated_at: string }>(items: readonly T[], now: Date, locale?: string): Group<T>[] {
  const groups: Group<T>[] = [];
  for (const item of items) {
    const label = dayLabel(new Date(item.updated_at), now, locale);
    const last = groups.at(-1);
    if (last?.label === label) last.items.push(item);
    else groups.push({ label, items: [item] });
  }
  return groups;
}

function dayLabel(then: Date, now: Date, locale?: string): string {
  const days = daysBetween(then, now);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days <= 7) return "Previous 7 days";
  const sameYear = then.getFullYear() === now.getFullYear();
  return then.toLocaleDateString(locale, sameYear ? { month: "long" } : { month: "long", year: "numeric" });
}

/** Within a week relative ("just now", "5 min ago", "yesterday, 14:02", "Monday, 14:02"), else the date. */
export function relativeTime(iso: string, now: Date, locale?: string): string {
  const then = new Date(iso);
  const minutes = Math.floor((now.getTime() - then.getTime()) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const clock = then.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
  const days = daysBetween(then, now);
  if (days <= 0) return `today, ${clock}`;
  if (days === 1) return `yesterday, ${clock}`;
  if (days < 7) return `${then.toLocaleDateString(locale, { weekday: "long" })}, ${clock}`;
  return then.toLocaleDateString(locale, { day: "numeric", month: "long", year: "numeric" });
}

/** A point in time inside a sentence: "14:02", "yesterday, 14:02", "3 May, 14:02", "3 May 2024, 14:02". */
export function pointInTime(iso: string, now: Date, locale?: string): string {
  const then = new Date(iso);
  const clock = then.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
  const days = daysBetween(then, now);
  if (days === 0) return clock;
  if (days === 1) return `yesterday, ${clock}`;
  const year = then.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return `${then.toLocaleDateString(locale, { day: "numeric", month: "long", ...year })}, ${clock}`;
}

/** The whole date and time, for hovering and for screen readers. */
export function exactTime(iso: string, locale?: string): string {
  return new Date(iso).toLocaleString(locale, { dateStyle: "full", timeStyle: "short" });
}
