/** URLs of places that are reached by SSH: `sftp://`, `scp://` and `ssh://[user@]host[:port]/path`. */
import { percentDecode } from "../../http/percent.ts";
import { CleanupFailure } from "../failure.ts";
import { type JobLocation, quote } from "../location.ts";
import { componentsOf, joinPaths, shown } from "../name.ts";

/**
 * Longest path that is sent: above what any file system takes, below what makes servers hang up
 * (256 KiB for OpenSSH's).
 */
const LONGEST_PATH = 32 * 1024;

/** Where the server is, and as whom. All of it is fit to be an argument of `ssh`. */
export interface SshServer {
  readonly host: string;
  readonly port: string | undefined;
  readonly user: string | undefined;
}

/** How paths are read from URLs, which is the affair of the plug-in that uploads. */
export interface PathOptions {
  /** They begin at the user's home, not at the root. */
  readonly home: boolean;
  /** They are percent-encoded. */
  readonly decode: boolean;
}

/** A job's location on a server. */
export interface SshLocation {
  readonly server: SshServer;
  /** Path of the destination, without a slash at its end: `""` is the root. */
  readonly destination: Uint8Array;
  /** Name of the job's directory in it. */
  readonly gid: Uint8Array;
}

/**
 * Reads a job's location.
 *
 * `/~/` at a path's beginning stands for the user's home, as in libcurl.
 *
 * @throws {CleanupFailure} `Usage` for a URL of another kind; `Unsafe` for a host or user that `ssh`
 *   could take for something else, and for a job id that is more than one component
 */
export function parseSshLocation(
  { destination, gid }: JobLocation,
  options: PathOptions,
): SshLocation {
  // Never quoted before it is known to hold no password.
  const found =
    /^(?:sftp|scp|ssh):\/\/(?:([^@/]*)@)?(\[[^\]/]*\]|[^:/@[\]]*)(?::(\d{0,5}))?((?:\/.*)?)$/is
      .exec(destination);
  if (found === null) {
    throw new CleanupFailure(
      "Usage",
      "Cannot use the destination: not a URL like sftp://user@host:port/path",
    );
  }
  const [, user, host = "", port, path = ""] = found;
  if (user?.includes(":")) {
    throw new CleanupFailure("Usage", "Cannot use the destination: a URL with a password");
  }
  const bare = /^\[([0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?)\]$/.exec(host)?.[1] ?? host;
  if (bare === host && !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(host)) {
    throw new CleanupFailure("Unsafe", `Refused the host ${quote(host)}: it is no name`);
  }
  if (user !== undefined) checkUser(user);
  if (Number(port || 22) < 1 || Number(port || 22) > 65535) {
    throw new CleanupFailure("Usage", `Cannot use port ${port}: not between 1 and 65535`);
  }
  return {
    server: { host: bare, port: port || undefined, user },
    destination: directoryOf(path, options),
    gid: component(bytesOf(gid, options), gid),
  };
}

/** The path in the beginning of a URL, without a slash at its end. */
export function pathOfPrefix(prefix: string, options: PathOptions): Uint8Array {
  const path = /^[^:/]*:\/\/[^/]*(.*?)\/*$/s.exec(prefix)?.[1] ?? "";
  return directoryOf(path, options);
}

/** @throws {CleanupFailure} `Unsafe` for what `ssh` could take for something else than a user */
export function checkUser(user: string): void {
  if (!/^[A-Za-z0-9_.][A-Za-z0-9_.@+-]*\$?$/.test(user)) {
    throw new CleanupFailure("Unsafe", `Refused the user ${quote(user)}: it is no name`);
  }
}

/**
 * The components of a file's name below its checkpoint.
 *
 * @throws {CleanupFailure} for a name that leads out of there, or that cannot be sent
 */
export function sshComponentsOf(name: Uint8Array, { decode }: PathOptions): Uint8Array[] {
  const bytes = decode ? percentDecode(name) : name;
  if (bytes.includes(0) || bytes.length > LONGEST_PATH) {
    const why = bytes.length > LONGEST_PATH ? "it is too long" : "it holds a zero byte";
    throw new CleanupFailure("NotDeleted", `Cannot remove ${shown(name)}: ${why}`);
  }
  return componentsOf(bytes);
}

const encoder = new TextEncoder();
/** Where a session begins (section 6.2 of the draft). */
const HOME = encoder.encode(".");

function bytesOf(text: string, { decode }: PathOptions): Uint8Array {
  return decode ? percentDecode(text) : encoder.encode(text);
}

function component(bytes: Uint8Array, text: string): Uint8Array {
  let found: readonly Uint8Array[] = [];
  try {
    found = componentsOf(bytes);
  } catch (error) {
    if (!(error instanceof CleanupFailure)) throw error;
  }
  const [first] = found;
  if (found.length !== 1 || first?.length !== bytes.length || bytes.includes(0)) {
    throw new CleanupFailure("Unsafe", `Refused ${quote(text)}: it is no job's id`);
  }
  return first;
}

/** The destination's path; dot components are the destination's own affair, and stay. */
function directoryOf(text: string, options: PathOptions): Uint8Array {
  const path = bytesOf(text, options);
  if (path.includes(0) || path.length > LONGEST_PATH) {
    throw new CleanupFailure("Unsafe", "Cannot use the destination: its path cannot be sent");
  }
  const isTilde = path[1] === 0x7e && (path.length === 2 || path[2] === 0x2f);
  if (!isTilde && !options.home) return path;
  const below = isTilde ? path.subarray(3) : path.subarray(1);
  return below.length === 0 ? HOME : joinPaths(HOME, below);
}
