/** Whether the rules do what they are for, seen by a process that is nobody in particular. */
import { AnnexError } from "../errors.ts";
import type { AnnexHost } from "../host.ts";
import { type Outcome, PROBE_COMMAND, PROBE_LIMIT_MS, type ProbeReport } from "./probe.ts";
import { METADATA_ADDRESSES } from "./rules.ts";

/** Who nobody is on all systems. */
const NOBODY = 65534;
/** A probe's time limit, with the start of its process. */
const LIMIT_MS = PROBE_LIMIT_MS + 10_000;

const BLOCKED: ReadonlySet<Outcome> = new Set(["refused", "unreachable", "no-answer"]);

/**
 * Tries the rules as a user who may not pass. Whatever is not plainly a refusal fails: rules that
 * could not be tried are taken for rules that do nothing.
 *
 * @param uids who may pass besides root
 * @returns the outcome for each address
 * @throws {AnnexError} `firewall-leak` when the metadata service was reached, `firewall-untested`
 *   when that is not known
 */
export async function verifyFirewall(
  host: AnnexHost,
  uids: readonly number[],
): Promise<Readonly<Record<string, Outcome>>> {
  let uid = NOBODY;
  while (uids.includes(uid)) uid--;
  const { code, stdout, stderr } = await host.run("self", {
    args: [PROBE_COMMAND],
    timeoutMs: LIMIT_MS,
    uid,
    gid: uid,
  });
  const report = parseReport(stdout);
  if (code !== 0 || report === undefined) {
    const said = stderr.trim().replaceAll(/\s+/g, " ").slice(0, 300);
    throw untested(`the probe ended with status ${code}${said === "" ? "" : `, ${said}`}`);
  }
  if (report.uid !== uid || report.gid !== uid) {
    throw untested(`the probe ran as user ${report.uid}, group ${report.gid}`);
  }
  for (const address of Object.values(METADATA_ADDRESSES)) {
    const outcome = report.outcomes[address] ?? "unknown";
    if (outcome === "connected") throw leak(address, uid);
    if (!BLOCKED.has(outcome)) throw untested(`the probe of ${address} had no clear outcome`);
  }
  return report.outcomes;
}

/** Reads what a probe printed. */
function parseReport(text: string): ProbeReport | undefined {
  try {
    const value = JSON.parse(text) as Partial<ProbeReport> | null;
    const { uid, gid, outcomes } = value ?? {};
    if (typeof uid !== "number" || typeof gid !== "number") return undefined;
    if (typeof outcomes !== "object" || outcomes === null) return undefined;
    return { uid, gid, outcomes };
  } catch {
    return undefined;
  }
}

function leak(address: string, uid: number): AnnexError {
  return new AnnexError(
    `Cannot keep jobs from the metadata service: user ${uid} reached ${address}`,
    { code: "firewall-leak", remedy: "look for rules that accept before those of the annex" },
  );
}

function untested(state: string): AnnexError {
  return new AnnexError(`Cannot try the firewall: ${state}`, { code: "firewall-untested" });
}
