/**
 * How many files move at once: overall, and for one server.
 *
 * Slots are given in the order of the files, so that one which is to be tried again does not wait
 * for all that were never tried; a file whose server has none free does not hold up files of other
 * servers.
 */

interface Waiting {
  readonly order: number;
  readonly start: () => void;
}

interface Server {
  active: number;
  /** Waiting requests by rising order; those before `head` were served. */
  readonly waiting: Waiting[];
  head: number;
}

/** A two-level limit on concurrent transfers. */
export class Slots {
  readonly #total: number;
  readonly #perServer: number;
  readonly #servers = new Map<string, Server>();
  #active = 0;
  #open = false;

  /**
   * @param total transfers at once
   * @param perServer transfers at once for one server
   */
  constructor(total: number, perServer: number) {
    this.#total = total;
    this.#perServer = perServer;
  }

  /**
   * Takes a slot for `name`, waiting for one where needed; each must be given back by `release`.
   *
   * @param name the server, e.g. `host:port`
   * @param order the lower, the sooner
   */
  acquire(name: string, order: number): Promise<void> | undefined {
    if (this.#open) return undefined;
    let server = this.#servers.get(name);
    if (server === undefined) {
      server = { active: 0, waiting: [], head: 0 };
      this.#servers.set(name, server);
    }
    if (this.#active < this.#total && server.active < this.#perServer) {
      this.#active++;
      server.active++;
      return undefined;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    enqueue(server, { order, start: resolve });
    return promise;
  }

  /** Lets all through: they wait for nothing any more but to be told that the run has ended. */
  open(): void {
    this.#open = true;
    for (const { waiting, head } of this.#servers.values()) {
      for (const { start } of waiting.slice(head)) start();
    }
    this.#servers.clear();
  }

  /** Gives a slot of `name` back and starts the first that may run. */
  release(name: string): void {
    if (this.#open) return;
    this.#active--;
    const server = this.#servers.get(name)!;
    server.active--;
    let next: Server | undefined;
    for (const candidate of this.#servers.values()) {
      const first = candidate.waiting[candidate.head];
      if (first === undefined || candidate.active >= this.#perServer) continue;
      if (next === undefined || first.order < next.waiting[next.head]!.order) next = candidate;
    }
    if (server.active === 0 && server.head === server.waiting.length) this.#servers.delete(name);
    if (next === undefined) return;
    const { start } = next.waiting[next.head++]!;
    if (next.head > 1000) {
      next.waiting.splice(0, next.head);
      next.head = 0;
    }
    this.#active++;
    next.active++;
    start();
  }
}

function enqueue({ waiting, head }: Server, request: Waiting): void {
  let [low, high] = [head, waiting.length];
  // Nearly always the new one is the last.
  if (low < high && waiting[high - 1]!.order <= request.order) low = high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (waiting[middle]!.order <= request.order) low = middle + 1;
    else high = middle;
  }
  waiting.splice(low, 0, request);
}
