/**
 * `no_proxy` as libcurl reads it: a list of host suffixes, addresses and networks, separated by
 * commas or blanks; a lone `*` means every host.
 */
import { bareHost } from "./address.ts";

const MOST_ENTRIES = 10_000;

/**
 * Whether `hostname` (as in a `URL`, IPv6 in brackets) is to be reached without a proxy.
 *
 * A suffix matches at a label's boundary, with or without a dot in front. A network is
 * `address/bits`. Entries with a port match nothing, as in libcurl.
 */
export function bypassesProxy(hostname: string, noProxy: string): boolean {
  if (noProxy === "*") return true;
  const entries = noProxy.split(/[\s,]+/, MOST_ENTRIES).filter((entry) => entry !== "");
  const address = parseAddress(bareHost(hostname));
  if (address) return entries.some((entry) => matchesNetwork(address, entry));
  const name = withoutDot(hostname.toLowerCase());
  return name !== "" && entries.some((entry) => matchesSuffix(name, entry.toLowerCase()));
}

function withoutDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

function matchesSuffix(name: string, entry: string): boolean {
  const suffix = withoutDot(entry.startsWith(".") ? entry.slice(1) : entry);
  return suffix !== "" && (name === suffix || name.endsWith(`.${suffix}`));
}

function matchesNetwork(address: Uint8Array, entry: string): boolean {
  const [text = "", length, ...more] = entry.split("/");
  const network = parseAddress(bareHost(text));
  if (!network || network.length !== address.length || more.length > 0) return false;
  const width = address.length * 8;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return false;
  // libcurl takes "/0" for a full comparison, not for every address.
  const bits = Number(length ?? width) || width;
  if (bits > width) return false;
  return network.every((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8));
    const mask = 0xff & (0xff << (8 - kept));
    return ((byte ^ (address[index] ?? 0)) & mask) === 0;
  });
}

/** The bytes of an IPv4 or IPv6 literal; undefined for anything else. */
function parseAddress(text: string): Uint8Array | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    const bytes = text.split(".").map(Number);
    return bytes.every((byte) => byte <= 255) ? Uint8Array.from(bytes) : undefined;
  }
  if (!/^[0-9a-f:.]{2,45}$/i.test(text) || !text.includes(":")) return undefined;
  let canonical: string;
  try {
    canonical = bareHost(new URL(`http://[${text}]/`).hostname);
  } catch {
    return undefined;
  }
  const [head = "", tail] = canonical.split("::");
  const groups = (part: string) => part === "" ? [] : part.split(":").map((g) => parseInt(g, 16));
  const first = groups(head);
  const last = groups(tail ?? "");
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  const words = [...first, ...Array<number>(zeros).fill(0), ...last];
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff]));
}
