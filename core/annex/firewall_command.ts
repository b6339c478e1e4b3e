/** `firewall`: the firewall alone, early in the system's start. */
import { AnnexError } from "./errors.ts";
import { installFirewall } from "./firewall/install.ts";
import type { AnnexHost } from "./host.ts";
import { findEc2 } from "./is_ec2.ts";
import { readSettings } from "./settings.ts";

/**
 * Installs the firewall and tries it.
 *
 * At boot a machine that is none of EC2's is left alone, so that units which need this one start.
 *
 * @returns the exit status: 1 when there is no firewall and there has to be one
 */
export async function firewall(host: AnnexHost): Promise<number> {
  if (host.boot) {
    const { isEc2, reason } = await findEc2(host);
    if (!isEc2) {
      host.note(`There is nothing to protect: ${reason}`, { event: "not-ec2" });
      return 0;
    }
  }
  const settings = await readSettings(host);
  try {
    const { backend, verified } = await installFirewall(host, settings);
    host.note("The metadata service is for root alone", { event: "firewall", backend, verified });
    return 0;
  } catch (error) {
    if (!(error instanceof AnnexError)) throw error;
    host.note(error.message, { event: "no-firewall", code: error.code, remedy: error.remedy });
    return settings.firewall_required ? 1 : 0;
  }
}
