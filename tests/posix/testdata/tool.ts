/** A program as a daemon starts it: tells what it finds, and what its children find. */
import type { Role } from "../../../core/cli/program.ts";
import { keepDescriptors, unblockSignals } from "../../../core/posix/mod.ts";

const decoder = new TextDecoder();

/** What the program prints. */
export interface Found {
  /** Signals that reached their listeners. */
  readonly heard: readonly string[];
  /** `SigBlk` and `SigIgn` of a child (proc_pid_status(5)). */
  readonly blocked: string | undefined;
  readonly ignored: string | undefined;
  /** Descriptors of a child. */
  readonly descriptors: string;
}

/** The program; with an argument it leaves all as it is. */
export const role: Role = {
  program: {
    name: "tool",
    version: "1",
    summary: "Tool",
    usage: [],
    description: [],
    options: [],
    exitStatus: [],
  },
  permissions: { ffi: true, run: true },
  async main([asItIs]) {
    if (asItIs === undefined) {
      unblockSignals();
      keepDescriptors();
    }
    // Listeners alone do not keep a process alive.
    const alive = setInterval(() => {}, 60_000);
    const heard: string[] = [];
    for (const signal of asItIs === undefined ? ["SIGTERM", "SIGINT"] as const : []) {
      const arrived = new Promise<void>((resolve) => Deno.addSignalListener(signal, resolve));
      Deno.kill(Deno.pid, signal);
      await arrived;
      heard.push(signal);
    }
    clearInterval(alive);
    const status = await output("cat", ["/proc/self/status"]);
    const found: Found = {
      heard,
      blocked: /^SigBlk:\s*(\w+)/m.exec(status)?.[1],
      ignored: /^SigIgn:\s*(\w+)/m.exec(status)?.[1],
      descriptors: await output("sh", ["-c", "cd /proc/$$/fd; echo *"]),
    };
    Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(found)));
    return 0;
  },
};

async function output(program: string, args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(`/bin/${program}`, { args }).output();
  return decoder.decode(stdout).trim();
}
