/** The programs that may be started: absolute paths alone, so that no search path decides. */

/** The directories of each program, in the order in which they are looked at. */
const PLACES = {
  blkid: ["/usr/sbin/blkid", "/sbin/blkid"],
  /** Reads what the runtime refuses to open without every permission: files of `/sys`, `/proc`. */
  cat: ["/usr/bin/cat", "/bin/cat"],
  condor_drain: ["/usr/bin/condor_drain"],
  condor_off: ["/usr/bin/condor_off", "/usr/sbin/condor_off"],
  condor_reconfig: ["/usr/bin/condor_reconfig", "/usr/sbin/condor_reconfig"],
  ip6tables: ["/usr/sbin/ip6tables", "/sbin/ip6tables", "/usr/bin/ip6tables"],
  "ip6tables-restore": [
    "/usr/sbin/ip6tables-restore",
    "/sbin/ip6tables-restore",
    "/usr/bin/ip6tables-restore",
  ],
  iptables: ["/usr/sbin/iptables", "/sbin/iptables", "/usr/bin/iptables"],
  "iptables-restore": [
    "/usr/sbin/iptables-restore",
    "/sbin/iptables-restore",
    "/usr/bin/iptables-restore",
  ],
  ls: ["/usr/bin/ls", "/bin/ls"],
  "mkfs.ext4": ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4"],
  mount: ["/usr/bin/mount", "/bin/mount"],
  nft: ["/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"],
  /** This executable again, whatever its path is. */
  self: ["/proc/self/exe"],
  shutdown: ["/usr/sbin/shutdown", "/sbin/shutdown"],
  systemctl: ["/usr/bin/systemctl", "/bin/systemctl"],
} as const satisfies Record<string, readonly string[]>;

/** The name of a program that may be started. */
export type Tool = keyof typeof PLACES;

/** The paths at which a program is looked for. */
export function toolPlaces(tool: Tool): readonly string[] {
  return PLACES[tool];
}

/** All paths, as the executable's permission to start programs lists them. */
export const TOOL_PATHS: readonly string[] = Object.values(PLACES).flat();
