/** `start`: configures the instance, and says on standard output what HTCondor's own script said. */
import { errorText } from "../errors.ts";
import { configure, type Progress } from "./configure.ts";
import type { BootSteps } from "./contracts.ts";
import { AnnexError } from "./errors.ts";
import { giveUp } from "./give_in.ts";
import type { AnnexHost } from "./host.ts";
import { NETWORK_FILE } from "./paths.ts";
import { readSettings } from "./settings.ts";

const LARGEST_FILE = 64 * 1024;

/**
 * Configures the instance.
 *
 * @returns the exit status: 0 when it is configured, else 1
 */
export async function start(host: AnnexHost, steps: BootSteps): Promise<number> {
  if (await isWithoutNetwork(host)) return 1;
  let hasBegun = false;
  const begins = () => {
    if (!hasBegun) host.out("Configuring HTCondor to be an EC2 annex: ");
    hasBegun = true;
  };
  const isDone = await attempt(host, steps, begins);
  begins();
  host.out(isDone ? "done.\n" : "failed!\n");
  return isDone ? 0 : 1;
}

async function attempt(host: AnnexHost, steps: BootSteps, begins: () => void): Promise<boolean> {
  const progress: Progress = { signs: new Set(), wasConfigured: false, begins };
  const settings = await readSettings(host);
  try {
    await using lock = await steps.takeLock(host);
    if (lock === undefined) return await hasOtherSucceeded(host, steps);
    await configure(host, steps, { settings, progress });
    return true;
  } catch (error) {
    if (host.signal.aborted) {
      host.note("Stopped before the end", { event: "stopped" });
      return false;
    }
    tell(host, error);
    const isOver = error instanceof AnnexError && error.retryable && progress.clock?.isOver;
    if (isOver) {
      const why = await giveUp(host, { settings, ...progress });
      const text = why === undefined ? "Switching the machine off" : "The machine stays on";
      host.note(text, { event: "gave-up", reason: why });
    }
    return false;
  }
}

/** Whether the run that holds the lock has nothing left to do but what it did before. */
async function hasOtherSucceeded(host: AnnexHost, steps: BootSteps): Promise<boolean> {
  const state = await steps.readState(host);
  const isConfigured = state !== undefined && await steps.isIntact(host, state);
  host.note("Another run is at work", { event: "locked", configured: isConfigured });
  return isConfigured;
}

/** One line for the journal, whatever was thrown. */
function tell(host: AnnexHost, error: unknown): void {
  if (error instanceof AnnexError) {
    host.note(error.message, { event: "failed", code: error.code, remedy: error.remedy });
  } else {
    host.note(errorText(error), { event: "failed", code: "unexpected" });
  }
}

/** Whether Red Hat's network scripts are told that there is none; the file is data, not a script. */
async function isWithoutNetwork(host: AnnexHost): Promise<boolean> {
  let text: string;
  try {
    const info = await Deno.stat(host.root + NETWORK_FILE);
    if (!info.isFile || info.size > LARGEST_FILE) return false;
    text = await Deno.readTextFile(host.root + NETWORK_FILE);
  } catch {
    return false;
  }
  const values = [
    ...text.matchAll(/^[ \t]*(?:export[ \t]+)?NETWORKING=(["']?)(\w*)\1[ \t]*(?:#.*)?$/gm),
  ];
  return values.at(-1)?.[2] === "no";
}
