/** Starts the programs of the fixed list: no shell, no search path, no environment, a time limit. */
import { AnnexError } from "./errors.ts";
import type { RunOptions, RunResult } from "./host.ts";
import { type Tool, toolPlaces } from "./tools.ts";

/** Most bytes kept of each output. */
const LARGEST_OUTPUT = 64 * 1024;
/** What a time limit ends with, as timeout(1) has it. */
const TIMED_OUT = 124;
/** How long outputs are read after the end of a program. */
const PATIENCE_MS = 500;
/** For what the tools start themselves; nothing of it comes from outside. */
const ENVIRONMENT = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };

/** What only reads, or is this program itself; the rest belongs to the host's root. */
const ANYWHERE: ReadonlySet<Tool> = new Set(["cat", "ls", "self"]);

/** Where programs are looked for. */
export interface ToolRoot {
  /**
   * In front of each path; when it is not empty, only what cannot do harm is taken from the machine
   * itself.
   */
  readonly root: string;
  /** Arguments that come before the others of `self`. */
  readonly selfArgs: readonly string[];
}

/** The path of a program, or undefined when it is at none of its places. */
export async function findTool(tool: Tool, { root }: ToolRoot): Promise<string | undefined> {
  if (tool === "self") return toolPlaces(tool)[0];
  for (const place of toolPlaces(tool)) {
    const path = ANYWHERE.has(tool) ? place : root + place;
    try {
      if ((await Deno.stat(path)).isFile) return path;
    } catch {
      continue;
    }
  }
  return undefined;
}

/**
 * Runs a program to its end.
 *
 * @throws {AnnexError} `no-tool`; the signal's reason
 */
export async function runTool(
  tool: Tool,
  options: RunOptions,
  where: ToolRoot & { readonly signal: AbortSignal },
): Promise<RunResult> {
  where.signal.throwIfAborted();
  const path = await findTool(tool, where);
  if (path === undefined) throw noTool(tool, "it is not installed");
  where.signal.throwIfAborted();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(path, {
      args: [...tool === "self" ? where.selfArgs : [], ...options.args],
      cwd: "/",
      clearEnv: true,
      env: ENVIRONMENT,
      stdin: options.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      ...(options.uid !== undefined && { uid: options.uid }),
      ...(options.gid !== undefined && { gid: options.gid }),
    }).spawn();
  } catch (error) {
    throw noTool(tool, error instanceof Error ? error.name : "it cannot be started");
  }
  let timedOut = false;
  const kill = () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  };
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, options.timeoutMs);
  where.signal.addEventListener("abort", kill);
  // A program that was killed may leave children behind which keep its outputs open.
  const limit = new AbortController();
  let patience: ReturnType<typeof setTimeout> | undefined;
  const ended = child.status.finally(() => {
    patience = setTimeout(() => limit.abort(), timedOut || where.signal.aborted ? 0 : PATIENCE_MS);
  });
  try {
    const [status, stdout, stderr] = await Promise.all([
      ended,
      readBounded(child.stdout, limit.signal),
      readBounded(child.stderr, limit.signal),
      options.stdin === undefined ? undefined : feed(child.stdin, options.stdin),
    ]);
    where.signal.throwIfAborted();
    return { code: timedOut ? TIMED_OUT : status.code, stdout, stderr };
  } finally {
    clearTimeout(timer);
    clearTimeout(patience);
    where.signal.removeEventListener("abort", kill);
  }
}

async function feed(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // It has ended, or does not want to know; its exit status tells.
  }
}

async function readBounded(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): Promise<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  const stop = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop);
  let text = "";
  let left = LARGEST_OUTPUT;
  try {
    while (true) {
      const { value, done } = await reader.read();
      if (done) return text + decoder.decode();
      // What is too much is read all the same, or the program would wait for ever.
      text += decoder.decode(value.subarray(0, left), { stream: true });
      left -= Math.min(left, value.length);
    }
  } catch {
    return text;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function noTool(tool: Tool, state: string): AnnexError {
  return new AnnexError(`Cannot run "${tool}": ${state}`, {
    code: "no-tool",
    remedy: `install the package with ${toolPlaces(tool)[0]}`,
  });
}
