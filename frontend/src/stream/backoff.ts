/** How long to wait before the next attempt to connect. */

const FIRST = 250;
const LIMIT = 5_000;

export class Backoff {
  #attempt = 0;
  readonly #random: () => number;

  /** `random` gives numbers in [0, 1), like Math.random. */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /**
   * Milliseconds until the next attempt: 250 doubling to 5,000, of which the upper half is random, so that the
   * browsers of a restarted server do not come back all at once.
   */
  next(): number {
    const full = Math.min(LIMIT, FIRST * 2 ** this.#attempt);
    this.#attempt += 1;
    return full / 2 + (full / 2) * this.#random();
  }

  reset(): void {
    this.#attempt = 0;
  }
}
