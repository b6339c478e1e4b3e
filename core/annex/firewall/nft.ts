/** The rules in nftables. */
import { AnnexError } from "../errors.ts";
import type { AnnexHost } from "../host.ts";
import { failedTool, TOOL_LIMIT_MS } from "./tool.ts";
import { NFT_TABLE, nftRuleset } from "./rules.ts";

/**
 * Loads the rules; those that are there already are replaced in the same transaction.
 *
 * @param uids who may pass besides root
 * @throws {AnnexError} `firewall-tool`
 */
export async function loadNft(host: AnnexHost, uids: readonly number[]): Promise<void> {
  const args = ["-f", "-"];
  const result = await host.run("nft", {
    args,
    stdin: nftRuleset(uids),
    timeoutMs: TOOL_LIMIT_MS,
  });
  if (result.code !== 0) throw failedTool("nft", args, result);
}

/**
 * The rules as they are now, without their counters.
 *
 * @returns undefined when the table is not there
 */
export async function listNft(host: AnnexHost): Promise<string | undefined> {
  const text = await list(host);
  return text?.replaceAll(COUNTER, "counter");
}

/**
 * Packets that were refused, by chain and family, such as `output-ipv4`.
 *
 * @throws {AnnexError} `firewall-tool` when the table is not there
 */
export async function countNft(host: AnnexHost): Promise<Record<string, number>> {
  const text = await list(host);
  if (text === undefined) {
    throw new AnnexError("Cannot find the firewall rules: nftables does not list them", {
      code: "firewall-tool",
    });
  }
  return parseNftCounters(text);
}

/** Sums the counters of a listing of the table, by chain and family. */
export function parseNftCounters(text: string): Record<string, number> {
  const counters: Record<string, number> = {};
  let chain = "";
  for (const line of text.split("\n")) {
    chain = /^\s*chain (\w+) \{/.exec(line)?.[1] ?? chain;
    const [, ip, packets] = /^\s*(ip6?) daddr .*?\bcounter packets (\d+) bytes/.exec(line) ?? [];
    if (ip === undefined) continue;
    const name = `${chain}-${ip === "ip" ? "ipv4" : "ipv6"}`;
    counters[name] = (counters[name] ?? 0) + Number(packets);
  }
  return counters;
}

const COUNTER = /counter packets \d+ bytes \d+/g;

async function list(host: AnnexHost): Promise<string | undefined> {
  const args = ["list", "table", "inet", NFT_TABLE];
  const { code, stdout } = await host.run("nft", { args, timeoutMs: TOOL_LIMIT_MS });
  return code === 0 ? stdout : undefined;
}
