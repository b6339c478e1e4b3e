/** The firewall in front of the metadata service: installed first of all, and tried. */
import type { FirewallBackend, FirewallReport } from "../contracts.ts";
import { errorText } from "../../errors.ts";
import { AnnexError } from "../errors.ts";
import type { AnnexHost } from "../host.ts";
import type { AnnexSettings } from "../settings.ts";
import { countIptables, ensureIptables } from "./iptables.ts";
import { countNft, loadNft } from "./nft.ts";
import { verifyFirewall } from "./verify.ts";

/**
 * Installs the rules and tries them as another user. Doing it again changes nothing, and there is no
 * moment without rules.
 *
 * With `firewall = auto` nftables is used where it works, else iptables. What fails leaves the rules
 * that are there.
 *
 * @throws {AnnexError} whose code begins with `firewall-`, or `no-tool`
 */
export async function installFirewall(
  host: AnnexHost,
  settings: AnnexSettings,
): Promise<FirewallReport> {
  const backend = await applyRules(host, settings);
  if (backend === "off") return { backend, verified: false, counters: {} };
  await verifyFirewall(host, settings.firewall_allow_uids);
  return { backend, verified: true, counters: await countRefused(host, backend) };
}

async function applyRules(host: AnnexHost, settings: AnnexSettings): Promise<FirewallBackend> {
  const uids = settings.firewall_allow_uids;
  switch (settings.firewall) {
    case "off":
      if (settings.firewall_required) {
        throw new AnnexError("Cannot go on without a firewall: firewall is off", {
          code: "firewall-off",
          remedy: "set firewall_required to false as well if jobs may have the instance's role",
        });
      }
      host.note("There is no firewall: jobs can read the instance's credentials", {
        firewall: "off",
      });
      return "off";
    case "nft":
      await loadNft(host, uids);
      return "nft";
    case "iptables":
      await ensureIptables(host, uids);
      return "iptables";
    case "auto":
      return await applyEither(host, uids);
  }
}

async function applyEither(host: AnnexHost, uids: readonly number[]): Promise<FirewallBackend> {
  let why = "there is no nft";
  if (await host.hasTool("nft")) {
    try {
      await loadNft(host, uids);
      return "nft";
    } catch (error) {
      if (!(error instanceof AnnexError)) throw error;
      why = error.message;
      host.note("Falling back to iptables", { reason: why });
    }
  }
  try {
    await ensureIptables(host, uids);
    return "iptables";
  } catch (error) {
    if (!(error instanceof AnnexError)) throw error;
    throw new AnnexError(
      `Cannot install a firewall: nftables: ${why}; iptables: ${error.message}`,
      {
        code: error.code === "no-tool" ? "no-tool" : "firewall-tool",
        remedy: "install nftables, or iptables with its part for IPv6",
        cause: error,
      },
    );
  }
}

/** Figures for whoever looks; that there are none is no reason to stop. */
async function countRefused(
  host: AnnexHost,
  backend: "nft" | "iptables",
): Promise<Record<string, number>> {
  try {
    return await (backend === "nft" ? countNft(host) : countIptables(host));
  } catch (error) {
    if (!(error instanceof AnnexError)) throw error;
    host.note("Cannot read the firewall's counters", { reason: errorText(error) });
    return {};
  }
}
