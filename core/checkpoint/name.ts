/** Names of files in a checkpoint: bytes that nobody vouches for. */
import { CleanupFailure } from "./failure.ts";
import { quote } from "./location.ts";

const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * The components of a name, none of them empty, `.` or `..`: joined to a base they stay below it.
 * Slashes at the beginning and doubled ones are dropped, as every file system does.
 *
 * @throws {CleanupFailure} `Unsafe` for a name that leads out of its base, `NotDeleted` for one that
 *   names nothing
 */
export function componentsOf(name: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  // Such as a file system leaves behind in what was written before a crash: no file is called so.
  const isName = !name.includes(0);
  for (let start = 0; isName && start <= name.length;) {
    const slash = name.indexOf(SLASH, start);
    const end = slash < 0 ? name.length : slash;
    const part = name.subarray(start, end);
    start = end + 1;
    if (part.length === 0 || (part.length === 1 && part[0] === DOT)) continue;
    if (part.length === 2 && part[0] === DOT && part[1] === DOT) {
      if (found.pop() !== undefined) continue;
      throw new CleanupFailure("Unsafe", `Refused ${shown(name)}: it leads out of its checkpoint`);
    }
    found.push(part);
  }
  if (found.length === 0) {
    throw new CleanupFailure("NotDeleted", `Cannot remove ${shown(name)}: it names no file`);
  }
  return found;
}

/** Whether two names are the same. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  // A call for each byte would take longer than the comparison, and walks make millions.
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

/** A path below another. */
export function joinPaths(above: Uint8Array, below: Uint8Array): Uint8Array {
  const path = new Uint8Array(above.length + 1 + below.length);
  path.set(above);
  path[above.length] = SLASH;
  path.set(below, above.length + 1);
  return path;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder();

/** A name as text, or undefined when it is none (UTF-8). */
export function textOf(name: Uint8Array): string | undefined {
  try {
    return strict.decode(name);
  } catch {
    return undefined;
  }
}

/** Most bytes of a name that are looked at to show it: more than `quote` shows of any text. */
const SHOWN = 8192;

/** A name for messages: in quotes, one line, bounded; what is no text becomes U+FFFD. */
export function shown(name: Uint8Array): string {
  return quote(lenient.decode(name.subarray(0, SHOWN)));
}
