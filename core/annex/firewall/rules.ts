/**
 * The rules that keep everybody but root from the metadata service, whose answers are credentials.
 *
 * What leaves the machine itself goes by its owner. What the machine forwards has none here: it
 * comes from containers, in which nobody has a right to the instance's role.
 */

/** The addresses of the metadata service (EC2 user guide, "Instance metadata"). */
export const METADATA_ADDRESSES = { ipv4: "169.254.169.254", ipv6: "fd00:ec2::254" } as const;

/** The two families of addresses. */
export type Family = keyof typeof METADATA_ADDRESSES;

/** Name of the table that all of nftables' rules are in. */
export const NFT_TABLE = "htcondor_annex";

/**
 * What `nft -f -` takes: one transaction that makes the table or replaces it, so that no moment is
 * without rules (nft(8)).
 *
 * The users who may pass are accepted and all else is refused: packets that no socket owns match
 * no test of an owner, negated or not. TCP is answered with a reset, which clients see at once.
 *
 * @param uids who may pass besides root
 */
export function nftRuleset(uids: readonly number[]): string {
  const owners = [...new Set([0, ...uids])].join(", ");
  const refuse = [
    "ip daddr @imds4 meta l4proto tcp counter reject with tcp reset",
    "ip6 daddr @imds6 meta l4proto tcp counter reject with tcp reset",
    "ip daddr @imds4 counter reject with icmpx type admin-prohibited",
    "ip6 daddr @imds6 counter reject with icmpx type admin-prohibited",
  ].join("\n    ");
  return `table inet ${NFT_TABLE}
delete table inet ${NFT_TABLE}
table inet ${NFT_TABLE} {
  set imds4 { type ipv4_addr; elements = { ${METADATA_ADDRESSES.ipv4} } }
  set imds6 { type ipv6_addr; elements = { ${METADATA_ADDRESSES.ipv6} } }
  chain output {
    type filter hook output priority -10; policy accept;
    ip daddr @imds4 meta skuid { ${owners} } accept
    ip6 daddr @imds6 meta skuid { ${owners} } accept
    ${refuse}
  }
  chain forward {
    type filter hook forward priority -10; policy accept;
    ${refuse}
  }
}
`;
}

/** The chains of iptables that a rule belongs into. */
export type Chain = "OUTPUT" | "FORWARD";

/** One rule of iptables. */
export interface IptablesRule {
  readonly chain: Chain;
  /** What comes after the chain's name, such as `-d 169.254.169.254 -j REJECT`. */
  readonly words: readonly string[];
}

/**
 * The rules of one family for iptables(8) and ip6tables(8). Negated owners match packets without a
 * socket there; each further user is one more condition of the same rule.
 *
 * @param uids who may pass besides root
 */
export function iptablesRules(family: Family, uids: readonly number[]): IptablesRule[] {
  const address = METADATA_ADDRESSES[family];
  const owners = [...new Set([0, ...uids])].toSorted((a, b) => a - b)
    .flatMap((uid) => ["-m", "owner", "!", "--uid-owner", `${uid}`]);
  return [
    { chain: "OUTPUT", words: ["-d", address, ...owners, "-j", "REJECT"] },
    { chain: "FORWARD", words: ["-d", address, "-j", "REJECT"] },
  ];
}
