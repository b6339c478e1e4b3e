/** What `bearer_token_env` needs of the machine it runs on. */
import { SYSTEM_CLOCK } from "../../clock.ts";
import type { KeepOptions } from "./keeper.ts";

/** The machine, as the program sees it. */
export interface TokenEnvHost {
  env(name: string): string | undefined;
  /** Takes a line for standard output. */
  out(line: string): void;
  /** Takes a line for standard error. */
  note(line: string): void;
  /** Starts this program once more, in the background, as nobody's child. */
  startKeeper(args: readonly string[]): void;
  /** This process, so that another one can tell whether it still runs; undefined: it cannot. */
  identity(): Promise<string | undefined>;
  /** What tells whether the process of an identity runs. Signals for its group pass this one by. */
  watch(identity: string): Promise<KeepOptions["isRunning"]>;
  /**
   * Becomes the command.
   *
   * @throws {PosixError} when it cannot be started
   */
  become(argv: readonly string[], variables: Readonly<Record<string, string>>): Promise<never>;
  readonly clock: KeepOptions["clock"];
}

const encoder = new TextEncoder();

/** The running machine. */
export function systemHost(): TokenEnvHost {
  return {
    env: (name) => Deno.env.get(name),
    out: (line) => write(Deno.stdout, `${line}\n`),
    note: (line) => write(Deno.stderr, `${line}\n`),
    startKeeper,
    async identity() {
      const { startOf } = await import("../../posix/exec.ts");
      const start = startOf(Deno.pid);
      return start === undefined ? undefined : `${Deno.pid}:${start}`;
    },
    async watch(identity) {
      const { leaveSession, startOf } = await import("../../posix/exec.ts");
      leaveSession();
      const [pid, start] = identity.split(":");
      return () => startOf(Number(pid)) === start;
    },
    async become(argv, variables) {
      const { become, initialEnvironment } = await import("../../posix/exec.ts");
      const inherited = initialEnvironment() ??
        Object.entries(Deno.env.toObject()).map(([name, value]) =>
          encoder.encode(`${name}=${value}`)
        );
      const starts = Object.keys(variables).map((name) => encoder.encode(`${name}=`));
      const kept = inherited.filter((one) =>
        !starts.some((start) => start.every((byte, i) => one[i] === byte))
      );
      const added = Object.entries(variables).map(([name, value]) =>
        encoder.encode(`${name}=${value}`)
      );
      return become(argv, [...kept, ...added]);
    },
    clock: SYSTEM_CLOCK,
  };
}

/**
 * A shell starts it, and ends at once: the command, which takes this process's place, is then no
 * parent of a process that it knows nothing of.
 */
function startKeeper(args: readonly string[]): void {
  const { success } = new Deno.Command("/bin/sh", {
    args: ["-c", '"$@" &', "sh", Deno.execPath(), ...args],
    cwd: "/",
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).outputSync();
  if (!success) throw new Error("the shell did not start it");
}

/** Nobody may be reading; the command goes on all the same. */
function write(stream: { writeSync(data: Uint8Array): number }, text: string): void {
  try {
    const bytes = encoder.encode(text);
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(stream.writeSync(rest));
  } catch {
    // closed, or a full disk behind it
  }
}
