/**
 * `sweep`: cleaning up whatever was left, for all owners; the retry that condor_preen cannot be
 * where it may not look into the owners' directories.
 */
import { join } from "@std/path";
import { errorText } from "../../errors.ts";
import { effectiveUser } from "../../posix/mod.ts";
import { JOB_AD } from "../clean/job_directory.ts";
import { RESCAN_AFTER } from "../clean/rescan_note.ts";
import type { ToolHost } from "./host.ts";
import { findPending, type Pending } from "./pending.ts";

/** Most bytes kept of what a clean-up prints. */
const MOST_OUTPUT = 64 * 1024;

/** What `sweep` is told. */
export interface SweepOptions {
  readonly spools: readonly string[];
  /** Seconds. */
  readonly olderThan: number;
  readonly jobs: number;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** What became of one of them. */
interface Result {
  readonly path: string;
  readonly owner: string;
  readonly state: "clean" | "left" | "skipped";
  /** What the clean-up said, or why there was none. */
  readonly text: string;
}

/**
 * Cleans up what waits, several jobs at once, each in a process that becomes the owner. Without
 * root's rights only one's own is done.
 *
 * @returns the exit status: 0 when nothing is left
 */
export async function sweep(options: SweepOptions, host: ToolHost): Promise<number> {
  const me = effectiveUser();
  const { pending, unreadable } = await findPending(options.spools);
  const now = host.clock.now();
  const due = pending.filter(({ kind, changedAt, uid }) =>
    (me === 0 || uid === me) &&
    now - changedAt >= Math.max(options.olderThan * 1000, kind === "note" ? RESCAN_AFTER : 0)
  );
  const results: Result[] = unreadable.map(({ path, reason }) => ({
    path,
    owner: "",
    state: "skipped",
    text: reason,
  }));
  const stop = new AbortController();
  const end = host.onSignal(() => stop.abort());
  const queue = due.values();
  const worker = async () => {
    for (const one of queue) {
      if (stop.signal.aborted) return;
      results.push(await sweepOne(one, { me, options, host, signal: stop.signal }));
    }
  };
  try {
    await Promise.all(Array.from({ length: options.jobs }, worker));
  } finally {
    end();
  }
  report(results, { json: options.json, host });
  return results.every(({ state }) => state === "clean") && !stop.signal.aborted ? 0 : 1;
}

async function sweepOne(
  one: Pending,
  { me, options, host, signal }: {
    me: number;
    options: SweepOptions;
    host: ToolHost;
    signal: AbortSignal;
  },
): Promise<Result> {
  const { path, owner } = one;
  if (one.uid === 0 && me === 0) {
    return { path, owner, state: "skipped", text: "it belongs to root: see clean -as-root" };
  }
  if (one.kind === "job" && !await isThere(join(path, JOB_AD))) {
    if (options.dryRun) return { path, owner, state: "clean", text: "would remove if empty" };
    return await removeIfEmpty(path)
      ? { path, owner, state: "clean", text: "" }
      : { path, owner, state: "skipped", text: `no ${JOB_AD} in it` };
  }
  try {
    const { success, text } = await startClean(path, { options, host, signal });
    return { path, owner, state: success ? "clean" : "left", text };
  } catch (error) {
    return { path, owner, state: "left", text: errorText(error) };
  }
}

async function startClean(
  path: string,
  { options, host, signal }: { options: SweepOptions; host: ToolHost; signal: AbortSignal },
): Promise<{ success: boolean; text: string }> {
  const child = new Deno.Command(host.executable, {
    args: ["condor_manifest", "clean", ...(options.dryRun ? ["-dry-run"] : []), "--", path],
    cwd: "/",
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stop = () => child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  try {
    const [{ success }, stdout, stderr] = await Promise.all([
      child.status,
      readSome(child.stdout),
      readSome(child.stderr),
    ]);
    // What goes as planned is no news.
    return { success, text: success && !options.dryRun ? "" : `${stdout}${stderr}`.trim() };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function readSome(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    if (text.length < MOST_OUTPUT) text += decoder.decode(chunk, { stream: true });
  }
  return text.slice(0, MOST_OUTPUT);
}

function report(
  results: readonly Result[],
  { json, host }: { json: boolean; host: ToolHost },
): void {
  if (json) {
    host.out(JSON.stringify({ results }, null, 2));
    return;
  }
  for (const { path, state, text } of results) {
    if (state === "clean" && text === "") continue;
    host.out(`${path}: ${state === "clean" ? "would be cleaned up" : state}`);
    for (const line of text.split("\n")) if (line !== "") host.out(`  ${line}`);
  }
  const count = (state: Result["state"]) => results.filter((one) => one.state === state).length;
  host.out(`${count("clean")} clean, ${count("left")} left, ${count("skipped")} skipped`);
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

async function removeIfEmpty(path: string): Promise<boolean> {
  return await Deno.remove(path).then(() => true, () => false);
}
