/** Getting jobs off an instance that will be interrupted, so that they can save what they have. */
import { errorText } from "../../errors.ts";
import { AnnexError } from "../errors.ts";
import type { AnnexHost } from "../host.ts";
import type { Tool } from "../tools.ts";

/** With less time than this, in milliseconds, jobs are evicted at once. */
const TOO_LATE_MS = 30_000;

/** Longest and shortest run of a program, in milliseconds; between them, a third of what is left. */
const LONGEST_MS = 20_000;
const SHORTEST_MS = 5000;
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
  const limit = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Math.floor(left / 3)));
  const off = async (how: string) =>
    await order(host, "condor_off", { args: [how, "-startd"], limit }) ? "condor_off" : undefined;
  if (left < TOO_LATE_MS) return await off("-fast");
  const name = await ownName(host);
  const drain = ["-graceful", "-exit-on-completion", "-reason", "spot interruption"];
  if (name !== undefined) {
    const args = [...drain, "-start", "False", name];
    if (await order(host, "condor_drain", { args, limit })) return "condor_drain";
  }
  // It needs no name: where the machine's own does not resolve, the local master is found by a file.
  return await off("-graceful");
}

/** The machine's name, by which HTCondor finds the daemons of the machine itself. */
async function ownName(host: AnnexHost): Promise<string | undefined> {
  const name = (await host.readSystem(HOSTNAME_FILE))?.trim() ?? "";
  return /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/.test(name) ? name : undefined;
}

async function order(
  host: AnnexHost,
  tool: Tool,
  { args, limit }: { readonly args: readonly string[]; readonly limit: number },
): Promise<boolean> {
  try {
    const { code, stdout, stderr } = await host.run(tool, { args, timeoutMs: limit });
    if (code === 0) return true;
    const said = `${stderr} ${stdout}`.trim().replaceAll(/\s+/g, " ").slice(0, 300);
    host.note("Cannot vacate the jobs", { tool, status: code, said });
  } catch (error) {
    if (!(error instanceof AnnexError)) throw error;
    host.note("Cannot vacate the jobs", { tool, reason: errorText(error) });
  }
  return false;
}
