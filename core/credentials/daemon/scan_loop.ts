/**
 * The scan loop: lists the credentials when a signal or the time asks for it, and hands each to the
 * runner of its monitor. Work goes on beside it, so that a scan never waits for the one before.
 */
import type { Clock } from "../../clock.ts";
import { errorText } from "../../errors.ts";
import type { Logger } from "../../log/mod.ts";
import type { Monitor } from "../monitor.ts";
import { type CredentialStore, type ListedCredential, StoreError } from "../store/mod.ts";
import type { Ledger } from "./ledger.ts";
import { type QueuedLook, Runner } from "./runner.ts";

/** Milliseconds between two scans that signals ask for: many signals at once are one. */
const SPACING = 45;
/** Longest time without a scan, in milliseconds. */
const LONGEST_SLEEP = 60_000;
/** Shortest time between scans that only the time asks for. */
const SHORTEST_SLEEP = 1000;
/** Milliseconds between scans while signals may be lost. */
const SETTLING_SLEEP = 1000;
/** Milliseconds after which first attempts count as made for `CREDMON_COMPLETE`. */
const COMPLETE_AFTER = 10_000;
/** Milliseconds by which the clocks may differ before it is a jump. */
const JUMP = 60_000;
/** Milliseconds of listing after which others have their turn. */
const TURN = 10;

/** What a loop needs. */
export interface ScanLoopOptions {
  readonly store: CredentialStore;
  readonly monitors: readonly Monitor[];
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * Milliseconds after the start in which signals may be lost, for they go to the process of before:
   * scans are close together then. Default: 0.
   */
  readonly settling?: number;
  /** Called when the first attempts of a scan were made, or ten seconds have passed. */
  onComplete(): void;
  /** Called when the first attempts of a scan were made at last, and a rest begins. */
  onRest?(): void;
  /**
   * Called after a signal once new users were served: reads the configuration when it changed.
   *
   * @returns the monitors that take the place of the present ones; none when nothing changed
   */
  reload?(): Promise<readonly Monitor[] | undefined>;
}

/** Scans until it is told to stop. */
export class ScanLoop {
  readonly #options: ScanLoopOptions;
  #runners: Runner[] = [];
  /** Of monitors that were replaced, until what they had begun has ended. */
  #retired: Runner[] = [];
  #scan = 0;
  #listing = false;
  #listed = false;
  #wanted = true;
  #reloadWanted = false;
  #reloading = false;
  /** Since when no scan was complete, by the monotonic clock. */
  #incompleteSince: number | undefined;
  /** Since when there was no rest, or when that was said last, by the monotonic clock. */
  #restless: number | undefined;
  #lastStart = -Infinity;
  /** Until when signals may be lost, by the monotonic clock. */
  #settledAt = -Infinity;
  /** Whether the scan under way is one that would not have been but for that. */
  #precaution = false;
  #dueAt = -Infinity;
  #alarm = new AbortController();
  #stopped = false;
  #drained = Promise.withResolvers<void>();
  #clocks: { readonly now: number; readonly monotonic: number };

  constructor(options: ScanLoopOptions) {
    this.#options = options;
    this.#clocks = this.#readClocks();
    this.#use(options.monitors);
  }

  /** How many scans were begun. */
  get scans(): number {
    return this.#scan;
  }

  /** Whether the last listing came to its end. */
  get listed(): boolean {
    return this.#listed;
  }

  /** Asks for a scan at once; several requests may become one scan. */
  wake(): void {
    this.#wanted = true;
    this.#reloadWanted = true;
    this.#alarm.abort();
  }

  /**
   * Scans until the signal, then tells all work to stop. What hangs is left behind.
   *
   * @param stop ends it
   * @throws {StoreError} when the directory is another by now
   */
  async run(stop: AbortSignal): Promise<void> {
    const onStop = () => {
      this.#stopped = true;
      this.#alarm.abort();
    };
    stop.addEventListener("abort", onStop);
    if (stop.aborted) onStop();
    const { clock, settling = 0 } = this.#options;
    this.#settledAt = clock.monotonic() + settling;
    try {
      while (await this.#wait()) {
        this.#checkClocks();
        await this.#scanOnce();
      }
    } finally {
      stop.removeEventListener("abort", onStop);
      for (const runner of this.#all()) runner.close();
    }
  }

  /**
   * Waits until what was told to stop has ended.
   *
   * @param ms longest wait in milliseconds
   * @returns whether it has
   */
  async drain(ms: number): Promise<boolean> {
    if (this.idle) return true;
    const enough = new AbortController();
    const late = this.#options.clock.sleep(ms, enough.signal).then(() => false, () => true);
    const ended = await Promise.race([this.#whenIdle(), late]);
    enough.abort();
    return ended;
  }

  async #whenIdle(): Promise<boolean> {
    while (!this.idle) {
      this.#drained = Promise.withResolvers();
      await this.#drained.promise;
    }
    return true;
  }

  /** Whether all work has ended. */
  get idle(): boolean {
    return !this.#listing && this.#all().every((runner) => runner.idle);
  }

  #all(): readonly Runner[] {
    return [...this.#runners, ...this.#retired];
  }

  #use(monitors: readonly Monitor[]): void {
    const { store, clock, ledger } = this.#options;
    this.#runners = monitors.map((monitor) =>
      new Runner(monitor, {
        store,
        clock,
        ledger,
        onIdle: () => this.#rest(),
        onAgain: () => {
          this.#wanted = true;
          this.#alarm.abort();
        },
      })
    );
    // What needs nothing but this machine begins first.
    this.#runners.sort((a, b) =>
      Number(b.monitor.local ?? false) - Number(a.monitor.local ?? false)
    );
  }

  /** Waits for the next scan. @returns false when there is none any more */
  async #wait(): Promise<boolean> {
    const { clock } = this.#options;
    while (!this.#stopped) {
      const now = clock.monotonic();
      const due = this.#wanted ? this.#lastStart + SPACING : this.#dueAt;
      if (due <= now) return true;
      const complete = (this.#incompleteSince ?? Infinity) + COMPLETE_AFTER;
      if (complete <= now) {
        this.#complete();
        continue;
      }
      this.#alarm = new AbortController();
      await clock.sleep(Math.min(due, complete) - now, this.#alarm.signal).catch(() => {});
    }
    return false;
  }

  async #scanOnce(): Promise<void> {
    const { clock, log, ledger } = this.#options;
    const scan = ++this.#scan;
    const started = this.#lastStart = clock.monotonic();
    this.#precaution = !this.#wanted && started <= this.#settledAt;
    this.#wanted = false;
    this.#dueAt = started + LONGEST_SLEEP;
    this.#incompleteSince ??= started;
    this.#sayWork(started);
    this.#retired = this.#retired.filter((runner) => !runner.idle);
    this.#listing = true;
    this.#listed = false;
    try {
      const looks = await this.#list(scan, started);
      if (looks === undefined) return;
      ledger.keepSeen(scan);
      this.#listed = true;
      for (const [runner, queued] of looks) {
        runner.replace(queued.sort((a, b) => urgency(a) - urgency(b)));
      }
    } catch (error) {
      // Another directory, or another daemon's lock: nothing that is done here counts.
      if (error instanceof StoreError && error.code === "replaced") throw error;
      log.error(`Cannot list credentials: ${errorText(error)}`);
    } finally {
      this.#listing = false;
    }
    this.#rest();
  }

  /**
   * Lists all; those without a usable file are begun with at once.
   *
   * @returns the others; undefined when told to stop
   */
  async #list(scan: number, listed: number): Promise<Map<Runner, QueuedLook[]> | undefined> {
    const { store, clock, ledger } = this.#options;
    const looks = new Map<Runner, QueuedLook[]>(this.#runners.map((runner) => [runner, []]));
    for (const { monitor } of this.#runners) monitor.begin?.();
    for (const runner of this.#runners) runner.begin();
    let turnEnds = clock.monotonic() + TURN;
    for (const credential of store.list()) {
      if (clock.monotonic() >= turnEnds) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        turnEnds = clock.monotonic() + TURN;
        if (this.#stopped) return undefined;
      }
      const runner = this.#runners.find(({ monitor }) => monitor.owns(credential));
      if (runner === undefined) continue;
      const { monitor } = runner;
      const record = ledger.recordOf(credential, monitor, scan);
      if (ledger.isInWork(credential, record) || ledger.isBackedOff(credential, record)) continue;
      const look: QueuedLook = { credential, record, monitor, listed };
      if (isNew(credential) && record.failure === undefined) runner.first(look);
      else looks.get(runner)!.push(look);
    }
    return looks;
  }

  /** Called whenever work may have ended. */
  #rest(): void {
    if (this.#stopped) return this.#drained.resolve();
    if (this.#listing) return;
    const local = this.#runners.every(({ monitor, idle }) => monitor.local !== true || idle);
    // Whoever the signal was for is served first.
    if (local && this.#reloadWanted && !this.#wanted) this.#reload();
    if (this.#restless === undefined || !this.idle) return;
    this.#restless = undefined;
    // What could not be listed was not looked at.
    if (this.#incompleteSince !== undefined && this.#listed) this.#complete();
    this.#options.onRest?.();
    if (this.#stopped) return;
    const now = this.#options.clock.monotonic();
    this.#dueAt = Math.min(this.#dueAt, this.#nextDue());
    const seconds = Math.ceil((this.#dueAt - now) / 1000);
    if (now < this.#settledAt) this.#dueAt = Math.min(this.#dueAt, now + SETTLING_SLEEP);
    if (!this.#wanted && !this.#precaution) {
      this.#options.log.always(`Sleeping for ${seconds} seconds unless interrupted`);
    }
    this.#alarm.abort();
  }

  #complete(): void {
    this.#incompleteSince = undefined;
    this.#options.onComplete();
  }

  /** When the first credential is due, by the monotonic clock. */
  #nextDue(): number {
    const { clock, ledger } = this.#options;
    const [now, monotonic] = [clock.now(), clock.monotonic()];
    let wait = LONGEST_SLEEP;
    for (const { next } of ledger.records) {
      if (next !== undefined) wait = Math.min(wait, next - now);
    }
    return monotonic + Math.max(SHORTEST_SLEEP, wait);
  }

  /** Reads the configuration beside all else, and scans anew with it. */
  async #reload(): Promise<void> {
    const { reload, log, ledger } = this.#options;
    if (this.#reloading) return;
    this.#reloadWanted = false;
    if (reload === undefined) return;
    this.#reloading = true;
    try {
      const monitors = await reload();
      if (monitors === undefined || this.#stopped) return;
      for (const runner of this.#runners) runner.retire();
      this.#retired.push(...this.#runners);
      this.#use(monitors);
      ledger.forgiveAll();
      this.#wanted = true;
      this.#alarm.abort();
    } catch (error) {
      log.error(`Cannot read the configuration again: ${errorText(error)}`);
    } finally {
      this.#reloading = false;
      this.#rest();
    }
  }

  /** A sign of life where a round takes longer than a sleep would have. */
  #sayWork(now: number): void {
    if (this.#restless === undefined) this.#restless = now;
    if (now - this.#restless < LONGEST_SLEEP) return;
    this.#restless = now;
    const loads = this.#all().map(({ load }) => load);
    const active = loads.reduce((sum, load) => sum + load.active, 0);
    const waiting = loads.reduce((sum, load) => sum + load.waiting, 0);
    this.#options.log.always(`Still at work: ${active} credentials in work, ${waiting} waiting`);
  }

  #readClocks() {
    const { clock } = this.#options;
    return { now: clock.now(), monotonic: clock.monotonic() };
  }

  #checkClocks(): void {
    const { ledger, log } = this.#options;
    const last = this.#clocks;
    this.#clocks = this.#readClocks();
    const jump = this.#clocks.now - last.now - (this.#clocks.monotonic - last.monotonic);
    if (Math.abs(jump) <= JUMP) return;
    log.always(
      `WARNING: The clock jumped ${jump > 0 ? "forward" : "back"} by ` +
        `${Math.round(Math.abs(jump) / 1000)} seconds; looking at every credential again`,
    );
    ledger.forgiveAll();
  }
}

function isNew({ use }: ListedCredential): boolean {
  return use === undefined;
}

/** Those that were never looked at come first, then by when they want to be. */
function urgency({ record }: QueuedLook): number {
  return record.next ?? 0;
}
