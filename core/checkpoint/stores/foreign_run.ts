/** One start of a plug-in, from its beginning to its end. */
import { type Clock, LONGEST_TIMER } from "../../clock.ts";
import { spawn } from "../../posix/spawn.ts";
import { BoundedOutput } from "./foreign_output.ts";

/** Milliseconds that a plug-in has left when the clean-up is stopped, and to die when killed. */
const GRACE = 1000;

/** What to run, and how long. */
export interface PluginRun {
  /** The program's absolute path, and its arguments. */
  readonly argv: readonly Uint8Array[];
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds; with 0 nothing is started. */
  readonly timeout: number;
  readonly clock: Clock;
  /** When aborted the plug-in has one more second. */
  readonly signal: AbortSignal;
  /** Takes standard output, where it is not to be kept with standard error; not to keep the bytes. */
  readonly stdout?: (bytes: Uint8Array) => void;
}

/** How it ended, and the beginning of what it said; killed for the signal's sake it is unknown. */
export type PluginEnd =
  | { readonly how: "ended"; readonly status: number; readonly output: string }
  | { readonly how: "timed out"; readonly output: string }
  | { readonly how: "abandoned" };

/**
 * Runs a plug-in until its process ends, whoever still holds its outputs. With the time-out all of
 * its process group is killed.
 *
 * @throws {PosixError} when the kernel does not start it, or does not let it be waited for
 */
export async function runPlugin(run: PluginRun): Promise<PluginEnd> {
  if (run.timeout <= 0) return { how: "timed out", output: "" };
  const output = new BoundedOutput();
  const keep = (bytes: Uint8Array) => output.add(bytes);
  const { argv, environment, stdout } = run;
  const child = spawn({
    argv,
    environment,
    ...(stdout === undefined ? { stdout: keep } : { stdout, stderr: keep }),
  });
  using timers = new Timers(run.clock);
  const end = await Promise.race([
    child.status,
    timers.after(run.timeout * 1000, "timed out" as const),
    aborted(run.signal, timers.signal).then(() => timers.after(GRACE, "abandoned" as const)),
  ]);
  if (typeof end === "number") return { how: "ended", status: end, output: output.text() };
  child.killGroup();
  // A process that waits for a dead file server dies when that answers, which may be never.
  await Promise.race([child.status, timers.after(GRACE, undefined)]);
  return end === "abandoned" ? { how: end } : { how: end, output: output.text() };
}

/** Timers that end together, without a word. */
class Timers implements Disposable {
  readonly #clock: Clock;
  readonly #over = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Aborted when the timers end. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Resolves after some milliseconds, or never. */
  after<T>(ms: number, value: T): Promise<T> {
    return new Promise((resolve) => {
      // Three weeks are enough for any plug-in.
      this.#clock.sleep(Math.min(ms, LONGEST_TIMER), this.signal).then(() => resolve(value), () => {
        // The timers ended first: nobody waits any more.
      });
    });
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }
}

/** Resolves when a signal is aborted; listens until another one is. */
function aborted(signal: AbortSignal, until: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true, signal: until });
  });
}
