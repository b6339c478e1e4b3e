/** What `condor_manifest` needs of the machine it runs on. */
import { SYSTEM_CLOCK } from "../../clock.ts";
import type { CleanHost } from "../clean/run.ts";

/** The machine, as the whole program sees it. */
export interface ToolHost extends CleanHost {
  /** Takes bytes for standard output. */
  write(bytes: Uint8Array): void;
  /** The name the program was started under. */
  invokedName(): Promise<string>;
  /** The program's own file, to be started again. */
  readonly executable: string;
  /** Calls `handler` when the process is told to stop; the returned function ends that. */
  onSignal(handler: (name: string) => void): () => void;
}

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
const encoder = new TextEncoder();

/** The running machine. */
export function systemHost(): ToolHost {
  const terminal = Deno.stderr.isTerminal()
    ? { terminal: (text: string) => write(Deno.stderr, encoder.encode(text)) }
    : {};
  return {
    out: (line) => write(Deno.stdout, encoder.encode(`${line}\n`)),
    note: (line) => write(Deno.stderr, encoder.encode(`${line}\n`)),
    write: (bytes) => write(Deno.stdout, bytes),
    clock: SYSTEM_CLOCK,
    environment: Deno.env.toObject(),
    async invokedName() {
      const { invokedName } = await import("../../cli/invoked_name.ts");
      return await invokedName();
    },
    get executable() {
      return Deno.execPath();
    },
    onSignal(handler) {
      const listeners = SIGNALS.map((name) => [name, () => handler(name)] as const);
      for (const [name, listener] of listeners) Deno.addSignalListener(name, listener);
      return () => {
        for (const [name, listener] of listeners) Deno.removeSignalListener(name, listener);
      };
    },
    ...terminal,
  };
}

/** Nobody may be reading; a clean-up goes on all the same. */
function write(stream: { writeSync(data: Uint8Array): number }, bytes: Uint8Array): void {
  try {
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(stream.writeSync(rest));
  } catch {
    // closed, or a full disk behind it
  }
}
