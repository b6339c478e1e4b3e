/** `condor_manifest clean` in a process of its own, which becomes a job's owner. */
import { configVariables } from "../../config/environment.ts";
import { timeLimit } from "../clean/time_limit.ts";
import type { ToolHost } from "./host.ts";

/** Most characters kept of what it prints. */
const MOST_OUTPUT = 64 * 1024;

/** Seconds that it may take to save what it has done, when its time is up or it is told to stop. */
const GRACE = 60;
/** Seconds that outputs are waited for when it has ended. */
const LATEST_OUTPUT = 5;

/**
 * What a process for somebody else gets of the environment besides the configuration: nothing that
 * could be a secret of whoever runs this.
 */
const HARMLESS =
  /^(PATH|LANG|LANGUAGE|LC_\w+|TZ|(https?|ftp|all|no)_proxy|SSL_CERT_(FILE|DIR)|X509_CERT_DIR)$/i;

/** How to clean up. */
export interface ChildOptions {
  readonly dryRun: boolean;
  /** Seconds, 0 for no limit. */
  readonly budget: number;
  readonly host: ToolHost;
  /** Aborted when it is to stop. */
  readonly signal: AbortSignal;
}

/** How it went. */
export interface ChildOutcome {
  readonly success: boolean;
  /** What it said. */
  readonly text: string;
}

/**
 * Cleans up a job, or looks at a destination once more.
 *
 * @param path the job's directory, or the note
 * @throws {Error} when the process cannot be started
 */
export async function cleanInChild(
  path: string,
  { dryRun, budget, host, signal }: ChildOptions,
): Promise<ChildOutcome> {
  const child = new Deno.Command(host.executable, {
    args: [
      // The executable may be one of many roles.
      "condor_manifest",
      "clean",
      ...(dryRun ? ["-dry-run"] : []),
      ...["-budget", `${budget}`, "--", path],
    ],
    cwd: "/",
    clearEnv: true,
    env: environmentFor(host.environment),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const over = new AbortController();
  using limit = timeLimit(budget > 0 ? budget + GRACE : 0, host.clock);
  let killed = "";
  const kill = () => {
    killed = "\nKilled: it did not stop when it was told to";
    signalTo(child, "SIGKILL");
  };
  const stop = () => {
    signalTo(child, "SIGTERM");
    host.clock.sleep(GRACE * 1000, over.signal).then(kill, () => {});
  };
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  // Its owner may have made it wait for something that never comes.
  limit.signal.addEventListener("abort", kill, { once: true });
  const output = [collect(child.stdout), collect(child.stderr)];
  try {
    const { success } = await child.status;
    // What it started may live on and hold its outputs.
    const late = host.clock.sleep(LATEST_OUTPUT * 1000, over.signal).catch(() => {});
    await Promise.race([Promise.all(output.map(({ ended }) => ended)), late]);
    return { success, text: `${output.map(({ text }) => text).join("")}${killed}`.trim() };
  } finally {
    over.abort();
    signal.removeEventListener("abort", stop);
    for (const one of output) await one.cancel();
  }
}

interface Collected {
  readonly text: string;
  readonly ended: Promise<void>;
  cancel(): Promise<void>;
}

/** Takes all of a stream, and keeps its beginning. */
function collect(stream: ReadableStream<Uint8Array>): Collected {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const read = async () => {
    for (let read; !(read = await reader.read()).done;) {
      if (text.length < MOST_OUTPUT) text += decoder.decode(read.value, { stream: true });
    }
  };
  return {
    get text() {
      return text.slice(0, MOST_OUTPUT);
    },
    ended: read().catch(() => {}),
    cancel: () => reader.cancel().catch(() => {}),
  };
}

function environmentFor(environment: Readonly<Record<string, string>>): Record<string, string> {
  const harmless = Object.entries(environment).filter(([name]) => HARMLESS.test(name));
  return { ...Object.fromEntries(harmless), ...configVariables(environment) };
}

function signalTo(child: Deno.ChildProcess, name: Deno.Signal): void {
  try {
    child.kill(name);
  } catch {
    // It has ended.
  }
}
