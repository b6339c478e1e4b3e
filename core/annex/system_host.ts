/** The running machine. */
import { linkedName } from "../cli/invoked_name.ts";
import { SYSTEM_CLOCK } from "../clock.ts";
import { LogLines } from "./log_line.ts";
import type { AnnexHost } from "./host.ts";
import { findTool, runTool, type ToolRoot } from "./run_tool.ts";

const LARGEST_FILE = 64 * 1024;
/** For programs that only read. */
const READ_LIMIT_MS = 5000;
const encoder = new TextEncoder();

/** How the machine is seen. */
export interface SystemHostOptions {
  /** Started by the system's own units: nothing in the environment is believed. */
  readonly boot: boolean;
  /** Ends all work. */
  readonly signal: AbortSignal;
  /** The program's name, which comes before each line of the log. */
  readonly name: string;
}

/** The running machine, with `ANNEX_ROOT` in front of all paths unless it is booting. */
export function systemHost({ boot, signal, name }: SystemHostOptions): AnnexHost {
  const root = boot ? "" : (Deno.env.get("ANNEX_ROOT") ?? "").replace(/\/+$/, "");
  const lines = new LogLines();
  const where: ToolRoot = { root, selfArgs: selfArgs(name) };
  const cat = (tool: "cat" | "ls", args: string[]) =>
    runTool(tool, { args, timeoutMs: READ_LIMIT_MS }, { ...where, signal });
  return {
    root,
    boot,
    signal,
    clock: SYSTEM_CLOCK,
    env: (variable) => Deno.env.get(variable),
    out: (text) => write(Deno.stdout, lines.clean(text)),
    note: (event, fields) => write(Deno.stderr, `${name}: ${lines.line(event, fields)}`),
    hide: (secret) => lines.hide(secret),
    run: (tool, options) => runTool(tool, options, { ...where, signal }),
    hasTool: async (tool) => await findTool(tool, where) !== undefined,
    async readSystem(path) {
      try {
        return await readStart(root + path);
      } catch (error) {
        // The runtime opens nothing below /sys and /proc unless it is allowed everything.
        if (!(error instanceof Deno.errors.NotCapable)) return undefined;
        const { code, stdout } = await cat("cat", ["--", path]);
        return code === 0 ? stdout : undefined;
      }
    },
    async listSystem(path) {
      try {
        return (await Array.fromAsync(Deno.readDir(root + path), (entry) => entry.name)).sort();
      } catch (error) {
        if (!(error instanceof Deno.errors.NotCapable)) return [];
        const { code, stdout } = await cat("ls", ["-1A", "--", path]);
        return code === 0 ? stdout.split("\n").filter((entry) => entry !== "").sort() : [];
      }
    },
  };
}

/** Files there have no size of their own, and some have no end. */
async function readStart(path: string): Promise<string> {
  using file = await Deno.open(path);
  const bytes = new Uint8Array(LARGEST_FILE);
  let filled = 0;
  while (filled < bytes.length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return new TextDecoder().decode(bytes.subarray(0, filled));
}

/** What makes this executable play the same role once more; in a source tree, the runtime. */
function selfArgs(name: string): readonly string[] {
  if (Deno.build.standalone || linkedName() !== undefined) return [name];
  return ["run", "--quiet", "--allow-all", new URL(Deno.mainModule).pathname, name];
}

/** Nobody may be reading; the work goes on all the same. */
function write(stream: { writeSync(data: Uint8Array): number }, text: string): void {
  try {
    for (let rest = encoder.encode(text); rest.length > 0;) {
      rest = rest.subarray(stream.writeSync(rest));
    }
  } catch {
    // closed, or a full disk behind it
  }
}
