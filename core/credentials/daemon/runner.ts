/**
 * The work of one monitor: several credentials at once, each with its deadline, and none of them in
 * the way of another or of another monitor.
 */
import type { Clock } from "../../clock.ts";
import { type Monitor, type Tended, TendFailure } from "../monitor.ts";
import type { CredentialStore } from "../store/mod.ts";
import type { Ledger, Look } from "./ledger.ts";
import { type CredentialRecord, keyOf, stampOf } from "./record.ts";

/** Milliseconds of work after which signals and timers have their turn. */
const TURN = 10;

/** What a runner needs. */
export interface RunnerOptions {
  readonly store: CredentialStore;
  readonly clock: Clock;
  readonly ledger: Ledger;
  /** Called each time that nothing is left to do. */
  readonly onIdle: () => void;
  /** Called when a credential is to be listed and looked at once more. */
  readonly onAgain: () => void;
}

/** A look that is waiting, and when its credential was listed, by the monotonic clock. */
export type QueuedLook = Look & { readonly listed: number };

/** A look that has begun. */
interface Work {
  readonly controller: AbortController;
  /** By the monotonic clock. */
  readonly deadline: number;
  readonly expire: () => void;
}

/** Runs looks of a monitor. */
export class Runner {
  readonly monitor: Monitor;
  readonly #options: RunnerOptions;
  /** Those without a usable file, in the order found, and where the next of them is. */
  #first: QueuedLook[] = [];
  #firstAt = 0;
  /** The others, the most urgent last. */
  #rest: QueuedLook[] = [];
  /** In the order begun, which is that of their deadlines. */
  readonly #active = new Map<CredentialRecord, Work>();
  readonly #closed = new AbortController();
  #watching = false;
  #pausing = false;
  #turnEnds = -Infinity;

  constructor(monitor: Monitor, options: RunnerOptions) {
    this.monitor = monitor;
    this.#options = options;
  }

  /** Whether nothing waits and nothing is in work. */
  get idle(): boolean {
    const { waiting, active } = this.load;
    return waiting === 0 && active === 0 && !this.#pausing;
  }

  /** How many wait, and how many are in work. */
  get load(): { readonly waiting: number; readonly active: number } {
    const waiting = this.#first.length - this.#firstAt + this.#rest.length;
    return { waiting, active: this.#active.size };
  }

  /** A scan begins: it will find again what waits to go first. */
  begin(): void {
    this.#first = [];
    this.#firstAt = 0;
  }

  /** Takes a look that goes before all those that have a usable file. */
  first(look: QueuedLook): void {
    this.#first.push(look);
    this.#takeTurn();
    this.#pump();
  }

  /** Takes the looks of a whole scan, the most urgent first, in place of those that wait. */
  replace(looks: QueuedLook[]): void {
    this.#rest = looks.toReversed();
    this.#takeTurn();
    this.#pump();
    if (this.idle) this.#options.onIdle();
  }

  /** Begins nothing more; what is in work goes on. */
  retire(): void {
    this.begin();
    this.#rest = [];
  }

  /** Begins nothing more, and tells what is in work to stop. */
  close(): void {
    this.retire();
    this.#closed.abort(new DOMException("The daemon stops", "AbortError"));
    for (const { controller } of this.#active.values()) {
      controller.abort(this.#closed.signal.reason);
    }
  }

  #pump(): void {
    const { clock } = this.#options;
    while (!this.#pausing && this.#active.size < this.monitor.concurrency) {
      const look = this.#first[this.#firstAt] ?? this.#rest.pop();
      if (look === undefined) return;
      if (this.#firstAt < this.#first.length) this.#firstAt++;
      if (this.#begin(look) && clock.monotonic() >= this.#turnEnds) return this.#pause();
    }
  }

  /** Whoever calls from outside begins a turn, unless one is under way. */
  #takeTurn(): void {
    const now = this.#options.clock.monotonic();
    if (!this.#pausing && this.#turnEnds < now) this.#turnEnds = now + TURN;
  }

  /** Work that waits for nothing would keep signals from being noticed. */
  #pause(): void {
    this.#pausing = true;
    setTimeout(() => {
      this.#pausing = false;
      this.#turnEnds = this.#options.clock.monotonic() + TURN;
      this.#pump();
      if (this.idle) this.#options.onIdle();
    }, 0);
  }

  /** @returns whether there was something to begin */
  #begin(look: QueuedLook): boolean {
    const { record } = look;
    // Looked at since it was listed: what is in this look is older.
    if (record.busy || record.ended > look.listed) return false;
    record.busy = true;
    record.begunWith = stampOf(look.credential);
    const { clock } = this.#options;
    const controller = new AbortController();
    let expire!: () => void;
    const expired = new Promise<Outcome>((resolve) => {
      expire = () => {
        const failure = this.#timeout(look);
        controller.abort(failure);
        resolve({ error: failure });
      };
    });
    const deadline = clock.monotonic() + this.monitor.deadline;
    const work = { controller, deadline, expire };
    this.#active.set(record, work);
    this.#watch();
    const attempt = this.#attempt(look, controller.signal);
    attempt.then((outcome) => this.#settled(look, work, outcome));
    Promise.race([attempt, expired]).then((outcome) => this.#ended(look, outcome));
    return true;
  }

  async #attempt({ credential }: Look, signal: AbortSignal): Promise<Outcome> {
    const { store, clock } = this.#options;
    try {
      return { tended: await this.monitor.tend(credential, { store, now: clock.now(), signal }) };
    } catch (error) {
      return { error };
    }
  }

  /** The monitor came to an end with it, perhaps after its deadline. */
  #settled(look: Look, { controller }: Work, outcome: Outcome): void {
    const { record } = look;
    record.busy = false;
    // Late, but done: it is not to be counted as failed any longer.
    const late = controller.signal.aborted && "tended" in outcome;
    if (late) this.#options.ledger.succeeded(look, outcome.tended);
    if (!record.again) return;
    record.again = false;
    if (!this.#closed.signal.aborted) this.#options.onAgain();
  }

  #ended(look: Look, outcome: Outcome): void {
    const { ledger, clock } = this.#options;
    const stopped = this.#closed.signal.aborted;
    this.#active.delete(look.record);
    look.record.ended = clock.monotonic();
    if ("error" in outcome) {
      if (!stopped) ledger.failed(look, outcome.error);
    } else if (!stopped) ledger.succeeded(look, outcome.tended);
    if (!this.#pausing) this.#pump();
    if (this.idle) this.#options.onIdle();
  }

  /** Watches the deadlines, with one timer for all. */
  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    const { clock } = this.#options;
    try {
      for (let first = this.#nextDeadline(); first !== undefined; first = this.#nextDeadline()) {
        await clock.sleep(Math.max(0, first - clock.monotonic()), this.#closed.signal);
        for (const { deadline, expire } of [...this.#active.values()]) {
          if (deadline <= clock.monotonic()) expire();
        }
        // Those that expired leave with the next turn.
        await Promise.resolve().then(() => {});
      }
    } catch {
      // closed
    }
    this.#watching = false;
  }

  #nextDeadline(): number | undefined {
    for (const { deadline, controller } of this.#active.values()) {
      if (!controller.signal.aborted) return deadline;
    }
    return undefined;
  }

  #timeout({ credential }: Look): TendFailure {
    const seconds = Math.round(this.monitor.deadline / 1000);
    return new TendFailure(
      "timeout",
      `Failed to renew "${keyOf(credential)}": nothing came of it within ${seconds} seconds`,
    );
  }
}

type Outcome = { readonly tended: Tended } | { readonly error: unknown };
