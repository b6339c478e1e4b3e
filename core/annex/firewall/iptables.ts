/** The rules in iptables and ip6tables, where there is no nftables. */
import { AnnexError, type AnnexErrorFacts } from "../errors.ts";
import type { AnnexHost } from "../host.ts";
import type { Tool } from "../tools.ts";
import { type Chain, type Family, type IptablesRule, iptablesRules } from "./rules.ts";
import { METADATA_ADDRESSES } from "./rules.ts";
import { failedTool, TOOL_LIMIT_MS } from "./tool.ts";

const TOOLS = {
  ipv4: { program: "iptables", restore: "iptables-restore" },
  ipv6: { program: "ip6tables", restore: "ip6tables-restore" },
} as const satisfies Record<Family, Record<"program" | "restore", Tool>>;

/** Seconds that another user of the tables is waited for. */
const WAIT = ["-w", "10"] as const;

/**
 * Makes sure that each rule is there once, and first in its chain: others insert rules that accept
 * before what they find, as container engines do in FORWARD.
 *
 * @param uids who may pass besides root
 * @returns how many rules were not as they should be
 * @throws {AnnexError} `firewall-tool`; `no-tool` without iptables, or without ip6tables where the
 *   machine speaks IPv6
 */
export async function ensureIptables(host: AnnexHost, uids: readonly number[]): Promise<number> {
  let changed = 0;
  for (const family of await families(host)) {
    for (const rule of iptablesRules(family, uids)) {
      if (await ensureRule(host, family, rule)) changed++;
    }
  }
  return changed;
}

/** Packets that were refused, by chain and family, such as `output-ipv4`. */
export async function countIptables(host: AnnexHost): Promise<Record<string, number>> {
  const counters: Record<string, number> = {};
  for (const family of await families(host)) {
    for (const chain of ["OUTPUT", "FORWARD"] as const) {
      const found = await ownRules(host, family, chain);
      const packets = found.reduce((sum, one) => sum + one.packets, 0);
      counters[`${chain.toLowerCase()}-${family}`] = packets;
    }
  }
  return counters;
}

/** A rule of ours as iptables lists it. */
export interface ListedRule {
  /** Its place in the chain, from 0. */
  readonly index: number;
  /** Its words after the chain's name, without counters. */
  readonly words: readonly string[];
  readonly packets: number;
}

/**
 * Finds the rules that refuse the metadata address to all but some users in what `-v -S` printed.
 *
 * @param text lines such as `-A OUTPUT -d 169.254.169.254/32 -c 0 0 -j REJECT --reject-with …`
 */
export function parseListing(text: string, family: Family): ListedRule[] {
  const address = METADATA_ADDRESSES[family];
  const length = family === "ipv4" ? 32 : 128;
  return text.split("\n").filter((line) => line.startsWith("-A ")).flatMap((line, index) => {
    const packets = Number(/ -c (\d+) \d+(?= |$)/.exec(line)?.[1] ?? 0);
    const words = line.replace(/ -c \d+ \d+(?= |$)/, "").trim().split(/ +/).slice(2);
    const rest = words.join(" ");
    const isOurs = rest.startsWith(`-d ${address}/${length} `) &&
      /^-d \S+ (?:-m owner ! --uid-owner \d+ )*-j REJECT(?: --reject-with [a-z0-9-]+)?$/
        .test(rest);
    return isOurs ? [{ index, words, packets }] : [];
  });
}

/** Which families there have to be rules for. */
async function families(host: AnnexHost): Promise<Family[]> {
  if (!await host.hasTool("iptables")) throw noTool("iptables");
  if (await host.hasTool("ip6tables")) return await hasTables(host) ? ["ipv4", "ipv6"] : ["ipv4"];
  if (await speaksIpv6(host)) throw noTool("ip6tables");
  return ["ipv4"];
}

/** Whether ip6tables works: a kernel without IPv6 has no tables for it, and needs none. */
async function hasTables(host: AnnexHost): Promise<boolean> {
  const args = [...WAIT, "-S", "OUTPUT"];
  const result = await host.run("ip6tables", { args, timeoutMs: TOOL_LIMIT_MS });
  if (result.code === 0) return true;
  if (await speaksIpv6(host)) throw failedTool("ip6tables", args, result);
  return false;
}

/**
 * Whether the machine has a global IPv6 address or a default route (proc_pid_net(5)); routes of `lo`
 * are those that refuse.
 */
async function speaksIpv6(host: AnnexHost): Promise<boolean> {
  const addresses = await host.readSystem("/proc/net/if_inet6") ?? "";
  const routes = await host.readSystem("/proc/net/ipv6_route") ?? "";
  return /^[0-9a-f]{32} +[0-9a-f]+ +[0-9a-f]+ +00 /m.test(addresses) ||
    /^0{32} 00 .* (?!lo$)\S+$/m.test(routes);
}

async function ensureRule(host: AnnexHost, family: Family, rule: IptablesRule): Promise<boolean> {
  const { program } = TOOLS[family];
  const { chain, words } = rule;
  const run = (args: readonly string[]) =>
    host.run(program, { args: [...WAIT, ...args], timeoutMs: TOOL_LIMIT_MS });
  let isNew = false;
  if ((await run(["-C", chain, ...words])).code !== 0) {
    const args = ["-I", chain, "1", ...words];
    const inserted = await run(args);
    if (inserted.code !== 0) throw failedTool(program, [...WAIT, ...args], inserted);
    isNew = true;
  }
  return await makeOnlyAndFirst(host, family, rule) || isNew;
}

/** Takes away what other runs left for other users, and puts the rule first, in one transaction. */
async function makeOnlyAndFirst(
  host: AnnexHost,
  family: Family,
  { chain, words }: IptablesRule,
): Promise<boolean> {
  const found = await ownRules(host, family, chain);
  const [first] = found;
  // What cannot be recognized is there nevertheless, as was just checked.
  if (first === undefined) return false;
  const isWanted = owners(first.words) === owners(words);
  if (found.length === 1 && first.index === 0 && isWanted) return false;
  const { restore } = TOOLS[family];
  const lines = [
    "*filter",
    ...found.map((rule) => `-D ${chain} ${rule.words.join(" ")}`),
    `-I ${chain} 1 ${words.join(" ")}`,
    "COMMIT",
  ];
  const args = [...WAIT, "--noflush"];
  const stdin = `${lines.join("\n")}\n`;
  const result = await host.run(restore, { args, stdin, timeoutMs: TOOL_LIMIT_MS });
  if (result.code !== 0) throw failedTool(restore, args, result);
  return true;
}

function owners(words: readonly string[]): string {
  return words.filter((_, at) => words[at - 1] === "--uid-owner").map(Number)
    .toSorted((a, b) => a - b).join(" ");
}

async function ownRules(host: AnnexHost, family: Family, chain: Chain): Promise<ListedRule[]> {
  const { program } = TOOLS[family];
  const args = [...WAIT, "-v", "-S", chain];
  const result = await host.run(program, { args, timeoutMs: TOOL_LIMIT_MS });
  if (result.code !== 0) throw failedTool(program, args, result);
  return parseListing(result.stdout, family);
}

function noTool(name: string): AnnexError {
  const facts: AnnexErrorFacts = {
    code: "no-tool",
    remedy: "install nftables, or iptables with its part for IPv6",
  };
  return new AnnexError(`Cannot install the firewall: there is no ${name}`, facts);
}
