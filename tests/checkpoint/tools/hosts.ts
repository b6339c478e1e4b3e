/** A machine whose outputs are kept, and accounts that every machine has. */
import { type Account, accountByName } from "../../../core/posix/mod.ts";
import type { ToolHost } from "../../../core/checkpoint/tools/host.ts";
import { SYSTEM_CLOCK } from "../../../core/clock.ts";

/** A machine for a test. */
export interface FakeHost {
  readonly host: ToolHost;
  readonly out: string[];
  readonly notes: string[];
  /** Tells the program to stop. */
  stop(): void;
}

/** Makes one; its clock is the machine's. */
export function fakeHost(given: Partial<ToolHost> = {}): FakeHost {
  const [out, notes]: [string[], string[]] = [[], []];
  const handlers = new Set<(name: string) => void>();
  return {
    out,
    notes,
    stop: () => handlers.forEach((handler) => handler("SIGTERM")),
    host: {
      out: (line) => void out.push(line),
      note: (line) => void notes.push(line),
      write: (bytes) => void out.push(new TextDecoder().decode(bytes)),
      clock: SYSTEM_CLOCK,
      environment: {},
      invokedName: () => Promise.resolve("condor_manifest"),
      executable: "/nonexistent/condor_manifest",
      onSignal(handler) {
        handlers.add(handler);
        return () => void handlers.delete(handler);
      },
      ...given,
    },
  };
}

/** Accounts that are no user's, as far as this machine has them. */
export function systemAccounts(): Account[] {
  return ["nobody", "daemon", "bin", "games"].flatMap((name) => accountByName(name) ?? []);
}
