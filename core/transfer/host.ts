/**
 * What a plug-in needs of the machine it runs on, in one place, so that tests can stand in for it.
 */

import { writeFully } from "./part_file.ts";

/** Time and chance. */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
  /** Milliseconds from an arbitrary start, never running backwards. */
  monotonic(): number;
  /** A random number of at least 0 and below 1. */
  random(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when that comes first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls `tick` every `ms` milliseconds until the returned function is called. */
  every(ms: number, tick: () => void): () => void;
}

/** The machine, as far as a plug-in sees it. */
export interface Host {
  readonly clock: Clock;
  env(name: string): string | undefined;
  /** The plain host name; never looked up, for the name need not resolve. */
  hostname(): string;
  /** Directory of relative names: the job's scratch directory. */
  cwd(): string;
  stdout(text: string | Uint8Array): void;
  /** Never throws, for nobody could be told. */
  stderr(text: string): void;
  /** Calls `handler` when the plug-in is asked to stop; the returned function ends that. */
  onSignal(handler: (name: string) => void): () => void;
}

/** The clock of the running machine. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", stop);
        resolve();
      }, ms);
      const stop = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      signal.addEventListener("abort", stop, { once: true });
    });
  },
  every(ms, tick) {
    const timer = setInterval(tick, ms);
    return () => clearInterval(timer);
  },
};

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

let directory: string | undefined;

/** The running machine. */
export const SYSTEM_HOST: Host = {
  clock: SYSTEM_CLOCK,
  env: (name) => Deno.env.get(name),
  hostname() {
    try {
      return Deno.hostname();
    } catch {
      return "localhost";
    }
  },
  cwd: () => directory ??= Deno.cwd(),
  stdout: (text) => writeAll(Deno.stdout, text),
  stderr(text) {
    try {
      writeAll(Deno.stderr, text);
    } catch {
      // what matters is in the out file
    }
  },
  onSignal(handler) {
    const listeners = SIGNALS.map((name) => [name, () => handler(name)] as const);
    for (const [name, listener] of listeners) Deno.addSignalListener(name, listener);
    return () => {
      for (const [name, listener] of listeners) Deno.removeSignalListener(name, listener);
    };
  },
};

const encoder = new TextEncoder();

/** Writes to a standard stream; a reader that has gone away ends the output, not the program. */
function writeAll(stream: { writeSync(data: Uint8Array): number }, text: string | Uint8Array) {
  try {
    writeFully(stream, typeof text === "string" ? encoder.encode(text) : text);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
