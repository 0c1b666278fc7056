/** The present, to the minute, for everything that tells time relative to it. */

import { signal } from "@preact/signals";

const MINUTE = 60_000;

export const now = signal(new Date());

setInterval(() => {
  now.value = new Date();
}, MINUTE);
