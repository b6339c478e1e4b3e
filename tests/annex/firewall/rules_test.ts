import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import {
  iptablesRules,
  METADATA_ADDRESSES,
  nftRuleset,
} from "../../../core/annex/firewall/rules.ts";

const uids = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 2 }), { maxLength: 64 });

Deno.test("nftRuleset() replaces its own table and no other, in one transaction", () => {
  const lines = nftRuleset([]).split("\n");
  assertEquals(lines.slice(0, 3), [
    "table inet htcondor_annex",
    "delete table inet htcondor_annex",
    "table inet htcondor_annex {",
  ]);
  assertEquals(lines.filter((line) => /flush|delete/.test(line)).length, 1);
});

Deno.test("nftRuleset() lets root pass and refuses whatever has no owner", () => {
  const text = nftRuleset([]);
  for (const family of ["ip", "ip6"]) {
    const set = family === "ip" ? "@imds4" : "@imds6";
    const rules = text.split("\n").map((line) => line.trim())
      .filter((line) => line.startsWith(`${family} daddr ${set}`));
    assertEquals(rules, [
      `${family} daddr ${set} meta skuid { 0 } accept`,
      `${family} daddr ${set} meta l4proto tcp counter reject with tcp reset`,
      `${family} daddr ${set} counter reject with icmpx type admin-prohibited`,
      // FORWARD: nobody passes.
      `${family} daddr ${set} meta l4proto tcp counter reject with tcp reset`,
      `${family} daddr ${set} counter reject with icmpx type admin-prohibited`,
    ]);
  }
  assert(!text.includes("!="), "a negated owner does not match packets without a socket");
});

Deno.test("nftRuleset() names each further user once", () => {
  assertStringIncludes(nftRuleset([1000, 0, 1000, 4]), "meta skuid { 0, 1000, 4 } accept");
});

Deno.test("nftRuleset() and iptablesRules() write nothing but numbers for users", () => {
  fc.assert(fc.property(uids, (list) => {
    const owners = [...nftRuleset(list).matchAll(/skuid \{ ([^}]*) \}/g)].map(([, text]) => text!);
    assertEquals(owners.length, 2);
    for (const text of owners) {
      assertEquals(new Set(text.trim().split(", ").map(Number)), new Set([0, ...list]));
    }
    for (const family of ["ipv4", "ipv6"] as const) {
      const [output] = iptablesRules(family, list);
      const words = output!.words;
      const named = words.filter((_, at) => words[at - 1] === "--uid-owner").map(Number);
      assertEquals(named, [...new Set([0, ...list])].toSorted((a, b) => a - b));
    }
  }));
});

Deno.test("iptablesRules() has one rule for the machine and one for what it forwards", () => {
  for (const [family, address] of Object.entries(METADATA_ADDRESSES)) {
    assertEquals(iptablesRules(family as "ipv4" | "ipv6", []), [
      {
        chain: "OUTPUT",
        words: ["-d", address, "-m", "owner", "!", "--uid-owner", "0", "-j", "REJECT"],
      },
      { chain: "FORWARD", words: ["-d", address, "-j", "REJECT"] },
    ]);
  }
});
