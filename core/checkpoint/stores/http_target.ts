/**
 * The target of a request for a file of a checkpoint, to the byte as its upload had it.
 *
 * HTCondor joins a file's URL from raw text, and the uploaders (libcurl, and our own) send visible
 * ASCII as it is and percent-encode the rest; `?` begins a query, `#` ends the URL. So the removal
 * has to build its targets in the same way, and then to judge what a server makes of them: it
 * decodes escapes and resolves dot segments.
 */
import { percentDecode, sendable } from "../../http/percent.ts";
import { CleanupFailure } from "../failure.ts";
import { type JobLocation, quote } from "../location.ts";
import { componentsOf, shown } from "../name.ts";

const [HASH, PERCENT, SLASH, SEMICOLON, QUESTION, BACKSLASH] = [0x23, 0x25, 0x2f, 0x3b, 0x3f, 0x5c];

/** Most ways to understand a path that are tried. */
const MOST_READINGS = 64;

const latin1 = new TextDecoder("latin1");

/** The methods served, and what they are on the wire. */
const METHODS: Readonly<Record<string, { protocol: "http:" | "https:"; webdav: boolean }>> = {
  http: { protocol: "http:", webdav: false },
  https: { protocol: "https:", webdav: false },
  dav: { protocol: "http:", webdav: true },
  davs: { protocol: "https:", webdav: true },
};

/** A job's `CheckpointDestination`, understood. */
export interface Destination {
  /** The server, with path `/` and without user information. */
  readonly server: URL;
  /** The path as it is sent, without a slash at its end; may be empty. */
  readonly path: string;
  /** What stands before the last `+` of the scheme, e.g. `chtc.ro`. */
  readonly credential: string | undefined;
  /** `user:password`, decoded, where the URL has them. */
  readonly userInfo: string | undefined;
  /** The scheme says that the server speaks WebDAV. */
  readonly webdav: boolean;
}

/**
 * Reads a destination.
 *
 * @throws {CleanupFailure} `Usage` for one that is not of http, https, dav or davs; `Unsafe` for one
 *   below which no path can lie
 */
export function parseDestination({ destination, gid }: JobLocation): Destination {
  // Never quoted: it may hold a password.
  const [, scheme, authority = "", path = ""] =
    /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^]*)$/.exec(destination) ?? [];
  const method = METHODS[/[^+.-]*$/.exec(scheme ?? "")![0].toLowerCase()];
  if (scheme === undefined || method === undefined) {
    throw new CleanupFailure(
      "Usage",
      "Cannot use the destination: not a URL of http, https, dav or davs",
    );
  }
  const server = URL.parse(`${method.protocol}//${authority}/`);
  if (server === null || server.pathname !== "/" || /[\\\s]/.test(authority)) {
    throw new CleanupFailure("Usage", "Cannot use the destination: no host in its URL");
  }
  if (/[?#]/.test(path)) {
    throw new CleanupFailure("Unsafe", "Cannot use the destination: its URL has a query");
  }
  judge(new TextEncoder().encode(gid), quote(gid), { single: true });
  const plus = scheme.lastIndexOf("+");
  const at = authority.lastIndexOf("@");
  server.username = server.password = "";
  return {
    server,
    path: sendable(path).replace(/\/+$/, ""),
    credential: plus < 0 ? undefined : scheme.slice(0, plus),
    userInfo: at < 0 ? undefined : userInfoOf(authority.slice(0, at)),
    webdav: method.webdav,
  };
}

/**
 * Checks the way from a prefix to a job's location, as servers may understand it.
 *
 * @throws {CleanupFailure} `Unsafe`, when it may lead out of the prefix
 */
export function refuseWayOut(way: string): void {
  judge(new TextEncoder().encode(way), "the destination", { single: false });
}

/** The target of a job's collection, or of one checkpoint's, with a slash at its end. */
export function collectionTarget({ path }: Destination, gid: string, number?: string): string {
  return `${path}/${sendable(gid)}/${number === undefined ? "" : `${number}/`}`;
}

/**
 * The target of a file.
 *
 * @param collection the target of its checkpoint
 * @param name its name in the MANIFEST
 * @throws {CleanupFailure} `Unsafe`, when a server could take the target for something else than
 *   one file strictly below its checkpoint; `NotDeleted` for a name that names nothing
 */
export function fileTarget(collection: string, name: Uint8Array): string {
  componentsOf(name);
  const hash = name.indexOf(HASH);
  const written = hash < 0 ? name : name.subarray(0, hash);
  const question = written.indexOf(QUESTION);
  judge(question < 0 ? written : written.subarray(0, question), shown(name), { single: false });
  return collection + sendable(written);
}

/** Checks a path, and whatever servers may make of it. */
function judge(path: Uint8Array, title: string, { single }: { single: boolean }): void {
  const refused = (why: string) => new CleanupFailure("Unsafe", `Refused ${title}: ${why}`);
  const readings = readingsOf(path);
  if (readings.length > MOST_READINGS) throw refused("it is encoded too often");
  for (const { bytes, isUsual } of readings) {
    if (bytes.includes(0)) throw refused("it holds a zero byte");
    const count = countOf(bytes);
    if (count < 0) throw refused("it leads out of its checkpoint");
    if (count === 0) throw refused("its URL names the checkpoint itself");
    const last = latin1.decode(bytes.subarray(bytes.lastIndexOf(SLASH) + 1));
    if (last === "." || last === ".." || (last === "" && isUsual)) {
      throw refused("its URL names a directory");
    }
    if (single && count !== 1) throw refused("it is no job's id");
  }
}

/** One way to understand a path. */
interface Reading {
  readonly bytes: Uint8Array;
  /** Every server may understand it so. */
  readonly isUsual: boolean;
}

/**
 * A path in all its readings: servers decode it, some more than once; some take `\` for `/`, or drop
 * what follows `;` in a component.
 */
function readingsOf(path: Uint8Array): Reading[] {
  const readings = new Map<string, Reading>();
  const add = (bytes: Uint8Array, isUsual: boolean) => {
    const key = latin1.decode(bytes);
    if (!readings.has(key)) readings.set(key, { bytes, isUsual });
  };
  add(path, true);
  // What is added meanwhile is visited, too; each step makes a path shorter or changes a byte for good.
  for (const { bytes, isUsual } of readings.values()) {
    if (readings.size > MOST_READINGS) break;
    if (bytes.includes(PERCENT)) add(percentDecode(bytes), isUsual);
    if (bytes.includes(BACKSLASH)) add(bytes.map((b) => b === BACKSLASH ? SLASH : b), false);
    if (bytes.includes(SEMICOLON)) add(withoutParameters(bytes), false);
  }
  return [...readings.values()];
}

function withoutParameters(path: Uint8Array): Uint8Array {
  let dropping = false;
  return path.filter((byte) => {
    dropping = byte !== SLASH && (dropping || byte === SEMICOLON);
    return !dropping;
  });
}

/** How many components a path has; -1 when it leads out of where it begins. */
function countOf(path: Uint8Array): number {
  try {
    return componentsOf(path).length;
  } catch (error) {
    if (!(error instanceof CleanupFailure)) throw error;
    return error.kind === "Unsafe" ? -1 : 0;
  }
}

function userInfoOf(text: string): string {
  const decoded = new TextDecoder().decode(percentDecode(text));
  return text.includes(":") ? decoded : `${decoded}:`;
}
