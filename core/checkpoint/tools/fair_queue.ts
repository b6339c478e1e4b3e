/** Whose turn it is, when many wait. */

/**
 * Hands out what waits so that nobody keeps others waiting: next comes something of whoever has the
 * least under way, in the order of arrival.
 */
export class FairQueue<T> {
  readonly #waiting = new Map<number, T[]>();
  readonly #running = new Map<number, number>();
  readonly #userOf: (item: T) => number;

  /** @param userOf whose a thing is */
  constructor(items: Iterable<T>, userOf: (item: T) => number) {
    this.#userOf = userOf;
    for (const item of items) {
      const user = userOf(item);
      const waiting = this.#waiting.get(user);
      if (waiting === undefined) this.#waiting.set(user, [item]);
      else waiting.push(item);
    }
    for (const waiting of this.#waiting.values()) waiting.reverse();
  }

  /** The next one, or nothing when nothing waits any more; tell {@linkcode done} about it. */
  next(): T | undefined {
    let chosen: number | undefined;
    for (const [user] of this.#waiting) {
      if (chosen === undefined || this.#load(user) < this.#load(chosen)) chosen = user;
    }
    if (chosen === undefined) return undefined;
    const waiting = this.#waiting.get(chosen)!;
    const item = waiting.pop()!;
    if (waiting.length === 0) this.#waiting.delete(chosen);
    this.#running.set(chosen, this.#load(chosen) + 1);
    return item;
  }

  /** Says that one is over. */
  done(item: T): void {
    const user = this.#userOf(item);
    this.#running.set(user, this.#load(user) - 1);
  }

  #load(user: number): number {
    return this.#running.get(user) ?? 0;
  }
}
