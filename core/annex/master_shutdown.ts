/**
 * What follows when HTCondor's master leaves: an instance that has no more work is switched off, and
 * with that terminated. The master becomes this program (manual, `DEFAULT_MASTER_SHUTDOWN_SCRIPT`).
 */
import { INSTANCE_ID } from "../aws/ids.ts";
import { errorText } from "../errors.ts";
import type { AnnexState, Metadata } from "./contracts.ts";
import { AnnexError } from "./errors.ts";
import type { AnnexHost } from "./host.ts";
import { HOLD_FILE } from "./paths.ts";

/** Why the master left; `stopped` is by systemd, with no word of another start. */
export type ShutdownReason = "terminating" | "admin" | "stopped" | "idle";

/** What is asked about the instance. */
export interface MasterShutdownOptions {
  readState(host: AnnexHost): Promise<AnnexState | undefined>;
  readonly metadata: Metadata;
  isEc2(): Promise<boolean>;
}

/** HTCondor's unit, as its packages name it. */
const UNIT = "condor.service";
/** Jobs of systemd that start it again, or first of all (systemctl(1), `list-jobs`). */
const COMES_BACK: ReadonlySet<string> = new Set(["restart", "try-restart", "start"]);
const QUESTION_LIMIT_MS = 5000;
const POWER_OFF_LIMIT_MS = 30_000;
const METADATA_LIMIT_MS = 2000;

/**
 * Switches the machine off, unless it is going down already, an administrator restarts HTCondor (or
 * stops it, before the machine was ever made an annex), or nothing says that this is an annex instance.
 *
 * @returns the exit status, always 0: the master is gone, and nobody reads it
 */
export async function masterShutdown(
  host: AnnexHost,
  { readState, metadata, isEc2 }: MasterShutdownOptions,
): Promise<number> {
  const reason = await findReason(host);
  const state = await readState(host).catch((error) => {
    // An idle instance costs money, whatever became of its disk.
    host.note("Cannot read what is installed", { reason: errorText(error) });
    return undefined;
  });
  const id = state?.instanceId ?? await askForId(host, metadata) ?? "of unknown id";
  const say = (what: string) => {
    const date = new Date(host.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    host.out(`${date} Instance ${id} ${what}.\n`);
  };
  if (reason === "terminating") {
    say("shutting down because instance is being terminated");
  } else if (reason === "admin") {
    say("stays up: HTCondor is being restarted, or is on hold");
  } else if (reason === "stopped" && state === undefined) {
    // Such as the machine on which an image is made.
    say("stays up: HTCondor was stopped, and this was never made an annex");
  } else if (state === undefined && !await isEc2()) {
    host.note("Cannot switch the machine off: it is neither an annex nor on EC2", {
      event: "power-off-refused",
    });
  } else {
    say("shutting down for lack of work");
    await powerOff(host);
  }
  return 0;
}

/** Why the master left, as systemd and the hold file tell. */
export async function findReason(host: AnnexHost): Promise<ShutdownReason> {
  if ((await ask(host, ["is-system-running"])).trim() === "stopping") return "terminating";
  if (await isHeld(host)) return "admin";
  const jobs = await ask(host, ["list-jobs", "--no-legend", "--no-pager", "--full"]);
  const types = jobs.split("\n").map(jobOfUnit);
  if (types.some((type) => type !== undefined && COMES_BACK.has(type))) return "admin";
  return types.includes("stop") ? "stopped" : "idle";
}

/**
 * Switches the machine off by shutdown(8), else by systemd itself.
 *
 * @returns whether either took the order
 */
export async function powerOff(host: AnnexHost): Promise<boolean> {
  for (
    const [tool, args] of [["shutdown", ["-h", "now"]], ["systemctl", ["poweroff"]]] as const
  ) {
    try {
      const { code, stderr } = await host.run(tool, { args, timeoutMs: POWER_OFF_LIMIT_MS });
      if (code === 0) return true;
      const said = stderr.trim().replaceAll(/\s+/g, " ").slice(0, 200);
      host.note("Cannot switch the machine off", { tool, status: code, said });
    } catch (error) {
      if (!(error instanceof AnnexError)) throw error;
      host.note("Cannot switch the machine off", { tool, reason: errorText(error) });
    }
  }
  return false;
}

/** The type of job in a line such as `  812 condor.service restart running`. */
function jobOfUnit(line: string): string | undefined {
  const words = line.trim().split(/\s+/);
  const at = words.indexOf(UNIT);
  return at < 0 ? undefined : words[at + 1];
}

/** What systemctl prints; its exit status says the same in another way. */
async function ask(host: AnnexHost, args: readonly string[]): Promise<string> {
  try {
    return (await host.run("systemctl", { args, timeoutMs: QUESTION_LIMIT_MS })).stdout;
  } catch (error) {
    if (!(error instanceof AnnexError)) throw error;
    host.note("Cannot ask systemd why HTCondor stops", { reason: errorText(error) });
    return "";
  }
}

async function isHeld(host: AnnexHost): Promise<boolean> {
  return await Deno.lstat(host.root + HOLD_FILE).then(() => true, () => false);
}

async function askForId(host: AnnexHost, metadata: Metadata): Promise<string | undefined> {
  const signal = AbortSignal.any([host.signal, AbortSignal.timeout(METADATA_LIMIT_MS)]);
  try {
    const id = await metadata.get("meta-data/instance-id", signal);
    return id !== undefined && INSTANCE_ID.test(id) ? id : undefined;
  } catch (error) {
    host.signal.throwIfAborted();
    host.note("Cannot ask for the instance's id", { reason: errorText(error) });
    return undefined;
  }
}
