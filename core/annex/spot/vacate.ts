/** Getting jobs off an instance that will be interrupted, so that they can save what they have. */
import { errorText } from "../../errors.ts";
import { AnnexError } from "../errors.ts";
import type { AnnexHost } from "../host.ts";
import type { Tool } from "../tools.ts";

/** With less time than this, in milliseconds, jobs are evicted at once. */
export const TOO_LATE_MS = 30_000;

const LIMIT_MS = 20_000;
const HOSTNAME_FILE = "/proc/sys/kernel/hostname";

/**
 * Tells HTCondor's startd to start no more jobs, to let those that run vacate, and to leave; where
 * little time is left, to evict them (manual, `condor_drain` and `condor_off`).
 *
 * @param left milliseconds until the interruption
 * @returns the program that did it; undefined when none could, which is in the log
 */
export async function vacate(
  host: AnnexHost,
  left: number,
): Promise<"condor_drain" | "condor_off" | undefined> {
  const name = await ownName(host);
  if (left >= TOO_LATE_MS && name !== undefined) {
    const drain = ["-graceful", "-exit-on-completion", "-reason", "spot interruption"];
    const done = await order(host, "condor_drain", [...drain, "-start", "False", name]);
    return done ? "condor_drain" : undefined;
  }
  return await order(host, "condor_off", ["-fast", "-startd"]) ? "condor_off" : undefined;
}

/** The machine's name, by which HTCondor finds the daemons of the machine itself. */
async function ownName(host: AnnexHost): Promise<string | undefined> {
  const name = (await host.readSystem(HOSTNAME_FILE))?.trim() ?? "";
  return /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/.test(name) ? name : undefined;
}

async function order(host: AnnexHost, tool: Tool, args: readonly string[]): Promise<boolean> {
  try {
    const { code, stdout, stderr } = await host.run(tool, { args, timeoutMs: LIMIT_MS });
    if (code === 0) return true;
    const said = `${stderr} ${stdout}`.trim().replaceAll(/\s+/g, " ").slice(0, 300);
    host.note("Cannot vacate the jobs", { tool, status: code, said });
  } catch (error) {
    if (!(error instanceof AnnexError)) throw error;
    host.note("Cannot vacate the jobs", { tool, reason: errorText(error) });
  }
  return false;
}
