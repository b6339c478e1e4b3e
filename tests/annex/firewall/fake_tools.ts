/** Programs of the firewall that keep their rules in memory. */
import type { RunOptions } from "../../../core/annex/host.ts";
import { METADATA_ADDRESSES } from "../../../core/annex/firewall/rules.ts";
import type { Tool } from "../../../core/annex/tools.ts";
import type { FakeTool } from "../test_host.ts";

/** nftables with one table at most; counters grow with each listing, as they do in the world. */
export class FakeNft {
  table: string | undefined;
  loads = 0;
  #packets = 0;

  readonly run: FakeTool = ({ args, stdin }) => {
    if (args.join(" ") === "-f -") {
      this.loads++;
      this.table = stdin ?? "";
      return { code: 0, stdout: "", stderr: "" };
    }
    if (args.join(" ") !== "list table inet htcondor_annex") return fail("syntax error");
    if (this.table === undefined) return fail("No such file or directory");
    this.#packets++;
    const stdout = this.table.split("\n").slice(2).join("\n")
      .replaceAll("counter", `counter packets ${this.#packets} bytes ${this.#packets * 60}`);
    return { code: 0, stdout, stderr: "" };
  };
}

/** iptables of one family: the filter table's chains, and the transactions of `-restore`. */
export class FakeIptables {
  readonly chains: Record<string, string[]> = { OUTPUT: [], FORWARD: [] };
  readonly #length: string;

  constructor(length: 32 | 128) {
    this.#length = `/${length}`;
  }

  readonly run: FakeTool = ({ args }) => {
    const [wait, seconds, ...words] = args;
    if (wait !== "-w" || seconds !== "10") return fail("no lock");
    return this.#apply(words);
  };

  readonly restore: FakeTool = ({ args, stdin = "" }) => {
    if (args.join(" ") !== "-w 10 --noflush") return fail("bad arguments");
    const lines = stdin.split("\n");
    if (lines[0] !== "*filter" || lines.at(-2) !== "COMMIT" || lines.at(-1) !== "") {
      return fail("no transaction");
    }
    const before = structuredClone(this.chains);
    for (const line of lines.slice(1, -2)) {
      const result = this.#apply(line.split(" "));
      if (result.code === 0) continue;
      Object.assign(this.chains, before);
      return result;
    }
    return { code: 0, stdout: "", stderr: "" };
  };

  #apply([verb, ...rest]: string[]) {
    if (verb === "-v") [verb, ...rest] = rest;
    const [chain = "", ...words] = rest;
    const rules = this.chains[chain];
    if (rules === undefined) return fail("No chain by that name");
    const text = this.#canonical(words);
    switch (verb) {
      case "-S":
        return {
          code: 0,
          stderr: "",
          stdout: [
            `-P ${chain} ACCEPT -c 0 0`,
            ...rules.map((rule, at) => `-A ${chain} ${rule.replace(" -j", ` -c ${at + 1} 60 -j`)}`),
            "",
          ].join("\n"),
        };
      case "-C":
        return rules.includes(text) ? ends0 : fail("Bad rule");
      case "-I":
        if (words[0] !== "1") return fail("only at the start");
        rules.unshift(this.#canonical(words.slice(1)));
        return ends0;
      case "-D": {
        const at = rules.indexOf(text);
        if (at < 0) return fail("Bad rule");
        rules.splice(at, 1);
        return ends0;
      }
      default:
        return fail(`unknown ${verb}`);
    }
  }

  /** As iptables lists what it was given. */
  #canonical(words: string[]): string {
    const text = words.join(" ")
      .replace(/^-d (\S+)/, (all, address) => address.includes("/") ? all : all + this.#length);
    const why = this.#length === "/32" ? "icmp-port-unreachable" : "icmp6-port-unreachable";
    return /-j REJECT$/.test(text) ? `${text} --reject-with ${why}` : text;
  }
}

const ends0 = { code: 0, stdout: "", stderr: "" };

function fail(stderr: string) {
  return { code: 1, stdout: "", stderr };
}

/** A probe that ran as it should and was refused, but for the given outcomes. */
export function probed(outcomes: Readonly<Record<string, string>> = {}): FakeTool {
  return ({ uid, gid }: RunOptions) => {
    const all = Object.values(METADATA_ADDRESSES).map((address) => [address, "refused"]);
    const report = { uid, gid, outcomes: { ...Object.fromEntries(all), ...outcomes } };
    return { code: 0, stdout: `${JSON.stringify(report)}\n`, stderr: "" };
  };
}

/** All programs of a machine that has both. */
export function allTools(): {
  readonly nft: FakeNft;
  readonly ipv4: FakeIptables;
  readonly ipv6: FakeIptables;
  readonly tools: Partial<Record<Tool, FakeTool>>;
} {
  const nft = new FakeNft();
  const ipv4 = new FakeIptables(32);
  const ipv6 = new FakeIptables(128);
  const tools: Partial<Record<Tool, FakeTool>> = {
    nft: nft.run,
    iptables: ipv4.run,
    "iptables-restore": ipv4.restore,
    ip6tables: ipv6.run,
    "ip6tables-restore": ipv6.restore,
    self: probed(),
  };
  return { nft, ipv4, ipv6, tools };
}
