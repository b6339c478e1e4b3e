/**
 * A machine for tests: its clock moves only when told to, its chance is fixed, and what it prints
 * is kept.
 */
import { setImmediate } from "node:timers";
import type { Clock } from "../../core/clock.ts";
import type { Host } from "../../core/transfer/host.ts";

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** Unix time at which every fake clock starts, in seconds. */
export const START = 1_780_000_000;

/** A clock that stands still until `advance()` or `finish()`. */
export class FakeClock implements Clock {
  /** Length of each sleep asked for, in milliseconds. */
  readonly slept: number[] = [];
  readonly #timers = new Set<Timer>();
  readonly #random: () => number;
  #elapsed = 0;

  /** @param random what stands for chance; one half by default */
  constructor(random: () => number = () => 0.5) {
    this.#random = random;
  }

  now(): number {
    return START * 1000 + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  random(): number {
    return this.#random();
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.slept.push(ms);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (signal.aborted) {
      reject(signal.reason);
      return promise;
    }
    const stop = () => {
      this.#timers.delete(timer);
      reject(signal.reason);
    };
    const timer = {
      at: this.#elapsed + ms,
      fire: () => {
        this.#timers.delete(timer);
        signal.removeEventListener("abort", stop);
        resolve();
      },
    };
    this.#timers.add(timer);
    signal.addEventListener("abort", stop, { once: true });
    return promise;
  }

  every(ms: number, tick: () => void): () => void {
    let timer: Timer;
    const next = () => {
      timer = {
        at: this.#elapsed + ms,
        fire: () => {
          this.#timers.delete(timer);
          next();
          tick();
        },
      };
      this.#timers.add(timer);
    };
    next();
    return () => void this.#timers.delete(timer);
  }

  /** How many timers are set: after a run there must be none. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets `ms` milliseconds pass, and everything happen that is due in them. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settled();
    for (let next; (next = this.#next()) !== undefined && next.at <= end;) {
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.fire();
      await settled();
    }
    this.#elapsed = end;
  }

  /**
   * Lets time pass until `work` is done.
   *
   * @param limit seconds after which it counts as hanging
   */
  async finish<T>(work: Promise<T>, limit = 1e6): Promise<T> {
    const end = this.#elapsed + limit * 1000;
    let done = false;
    work.then(() => done = true, () => done = true);
    await settled();
    for (let idle = 0; !done;) {
      const next = this.#next();
      if (next === undefined) {
        if (++idle > 10_000) throw new Error("Nothing is left to wait for");
      } else {
        if (next.at > end) throw new Error(`Not done after ${limit} s`);
        this.#elapsed = Math.max(this.#elapsed, next.at);
        next.fire();
      }
      await settled();
    }
    return await work;
  }

  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer;
    return first;
  }
}

/** Resolves when everything has happened that can without time passing. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Settings of a fake host. */
export interface FakeHostOptions {
  /** Directory of relative names; `/nonexistent` by default. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: FakeClock;
}

/** The fake machine. */
export class FakeHost implements Host {
  readonly clock: FakeClock;
  readonly env: (name: string) => string | undefined;
  readonly cwd: () => string;
  /** What was printed to standard error. */
  errors = "";
  readonly #printed: Uint8Array[] = [];
  readonly #handlers = new Set<(name: string) => void>();

  constructor({ cwd = "/nonexistent", env = {}, clock = new FakeClock() }: FakeHostOptions = {}) {
    this.clock = clock;
    // No administrator's file of the testing machine may matter.
    const all: Record<string, string> = { FTPLUGIN_ADMIN_LIMITS: "/nonexistent/limits", ...env };
    this.env = (name) => all[name];
    this.cwd = () => cwd;
  }

  hostname(): string {
    return "ep7";
  }

  stdout(text: string | Uint8Array): void {
    this.#printed.push(typeof text === "string" ? new TextEncoder().encode(text) : text.slice());
  }

  stderr(text: string): void {
    this.errors += text;
  }

  onSignal(handler: (name: string) => void): () => void {
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  }

  /** Sends a signal; returns whether anybody listened. */
  signal(name: string): boolean {
    for (const handler of this.#handlers) handler(name);
    return this.#handlers.size > 0;
  }

  /** What was printed to standard output. */
  printed(): string {
    return new TextDecoder().decode(this.printedBytes());
  }

  /** The same as bytes. */
  printedBytes(): Uint8Array {
    const all = new Uint8Array(this.#printed.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of this.#printed) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}
