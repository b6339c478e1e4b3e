/** What the comparison of annex instances needs besides the pool root. */

import { missing as noCa } from "../../tests/servers/ca.ts";
import { missing as noMachine } from "../../tests/servers/machine.ts";
import { missing as noMoto } from "../../tests/servers/moto.ts";
import { ensureAnnexLayer } from "../pool/annex_layer.ts";
import { PoolError } from "../pool/command.ts";
import { poolRoot } from "../pool/root.ts";

/**
 * Makes HTCondor's own program available, where the rest is there.
 *
 * @param tell told when that takes time
 * @returns what is missing, for whoever can get it
 */
export async function missingForAnnex(tell: (line: string) => void): Promise<string[]> {
  const missing = [...new Set([noMachine, noMoto, noCa])].filter((text) => text !== "");
  if (missing.length > 0) return missing;
  try {
    await ensureAnnexLayer(poolRoot(), tell);
    return [];
  } catch (error) {
    if (!(error instanceof PoolError)) throw error;
    return [`HTCondor's condor-annex-ec2: ${error.message}`];
  }
}
