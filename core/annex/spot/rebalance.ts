/** EC2's recommendation to move work away: advertised, and no more, for few interruptions follow. */
import { errorText } from "../../errors.ts";
import { PINION_VERSION } from "../../version.ts";
import { AnnexError } from "../errors.ts";
import type { AnnexHost } from "../host.ts";
import { REBALANCE_CONFIG } from "../paths.ts";
import { readOwnFile, replaceFile } from "../safe_file.ts";

const LARGEST_FILE = 4096;
const LIMIT_MS = 20_000;

/**
 * Makes the startd advertise the recommendation, or no longer advertise the one of an earlier boot.
 *
 * @param notice the recommendation: when it was made, in milliseconds since the epoch, where that is
 *   known; undefined when there is none
 * @throws {AnnexError} when the file cannot be written
 */
export async function advertiseRebalance(
  host: AnnexHost,
  notice: { readonly time: number | undefined } | undefined,
): Promise<void> {
  const before = await readOwnFile(host, REBALANCE_CONFIG, LARGEST_FILE);
  const content = notice && settings(notice.time);
  if (before === content) return;
  if (content === undefined) await Deno.remove(host.root + REBALANCE_CONFIG);
  else await replaceFile(host, REBALANCE_CONFIG, { content, mode: 0o644 });
  try {
    const args = ["-startd"];
    const { code } = await host.run("condor_reconfig", { args, timeoutMs: LIMIT_MS });
    if (code === 0) return;
    host.note("Cannot tell HTCondor of a rebalance recommendation", { status: code });
  } catch (error) {
    if (!(error instanceof AnnexError)) throw error;
    host.note("Cannot tell HTCondor of a rebalance recommendation", { reason: errorText(error) });
  }
}

function settings(time: number | undefined): string {
  const names = ["CloudRebalanceRecommended"];
  const lines = ["CloudRebalanceRecommended = True"];
  if (time !== undefined) {
    names.push("CloudRebalanceTime");
    lines.push(`CloudRebalanceTime = ${Math.floor(time / 1000)}`);
  }
  return `# Written by condor-annex-ec2 ${PINION_VERSION}: EC2 recommends to move work away.
${lines.join("\n")}
STARTD_ATTRS = $(STARTD_ATTRS) ${names.join(" ")}
`;
}
