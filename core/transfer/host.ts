/**
 * What a plug-in needs of the machine it runs on, in one place, so that tests can stand in for it.
 */

import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { writeFully } from "./part_file.ts";

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
