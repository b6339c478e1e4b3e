/** What the program needs of the machine it runs on. */
import { type Clock, SYSTEM_CLOCK } from "../../clock.ts";
import type { ConfigOptions } from "../../config/mod.ts";

/** Signals that end the program, and the one that asks for a scan. */
export type DaemonSignal = "SIGHUP" | "SIGTERM" | "SIGINT" | "SIGQUIT";

const SIGNALS: readonly DaemonSignal[] = ["SIGHUP", "SIGTERM", "SIGINT", "SIGQUIT"];
const encoder = new TextEncoder();

/** The machine, as the whole program sees it. */
export interface DaemonHost {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether HTCondor's own tool reads the configuration; as found unless given. */
  readonly tool?: ConfigOptions["tool"];
  readonly pid: number;
  /** The program's own file. */
  readonly executable: string;
  cwd(): string;
  hostname(): string;
  /** Prints a line to standard output. */
  out(line: string): void;
  /** Prints a line to standard error. */
  note(line: string): void;
  /** Makes new files private, and signals reach this process, whatever it was born with. */
  settle(): Promise<void>;
  /** Calls `handler` for each signal; the returned function ends that. */
  onSignals(handler: (signal: DaemonSignal) => void): () => void;
}

/** The running machine. */
export function systemHost(): DaemonHost {
  return {
    clock: SYSTEM_CLOCK,
    environment: Deno.env.toObject(),
    pid: Deno.pid,
    get executable() {
      return Deno.execPath();
    },
    cwd: () => Deno.cwd(),
    hostname: () => Deno.hostname(),
    out: (line) => write(Deno.stdout, line),
    note: (line) => write(Deno.stderr, line),
    async settle() {
      Deno.umask(0o077);
      const { keepDescriptors, unblockSignals } = await import("../../posix/process.ts");
      unblockSignals();
      keepDescriptors();
    },
    onSignals(handler) {
      const listeners = SIGNALS.map((signal) => [signal, () => handler(signal)] as const);
      for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
      return () => {
        for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
      };
    },
  };
}

/** Nobody may be reading; the daemon goes on all the same. */
function write(stream: { writeSync(data: Uint8Array): number }, line: string): void {
  try {
    for (let rest = encoder.encode(`${line}\n`); rest.length > 0;) {
      rest = rest.subarray(stream.writeSync(rest));
    }
  } catch {
    // closed, or a full disk behind it
  }
}
