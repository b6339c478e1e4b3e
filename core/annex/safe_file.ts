/** Files of root's that nobody else may have had a hand in, written whole or not at all. */
import { errorText } from "../errors.ts";
import { AnnexError } from "./errors.ts";
import type { AnnexHost } from "./host.ts";

/** Bits of a mode that let others than the owner write. */
const OTHERS_WRITE = 0o022;
const ATTEMPTS = 8;

/** What a new file is to be. */
export interface ReplaceOptions {
  readonly mode: number;
  /** Its owner; the process's own unless given. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/**
 * Replaces a file, or makes it: whoever reads sees the old content or the new, also after a crash.
 *
 * @param path absolute, without the host's root
 * @throws {AnnexError} `unsafe-path` when a directory on the way is not root's own; `write-failed`
 */
export async function replaceFile(
  host: AnnexHost,
  path: string,
  { content, mode, owner }: ReplaceOptions & { readonly content: string | Uint8Array },
): Promise<void> {
  const dir = parentOf(path);
  await checkDirectory(host, dir);
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  try {
    await replaceBy(host, path, { content: bytes, mode, ...(owner !== undefined && { owner }) });
    await syncDirectory(host, dir);
  } catch (error) {
    throw writeFailure(path, error);
  }
}

/**
 * The error for a file that cannot be written.
 *
 * @param path absolute, without the host's root
 * @param options `retryable` whether that may be otherwise later
 */
export function writeFailure(
  path: string,
  error: unknown,
  { retryable = false } = {},
): AnnexError {
  // What the system said, without paths and numbers.
  const state = errorText(error).replace(/ \(os error .*/s, "").toLowerCase();
  return new AnnexError(`Cannot write "${path}": ${state}`, {
    code: "write-failed",
    retryable,
    remedy: "look whether its disk is full, broken or mounted for reading only",
    cause: error,
  });
}

async function replaceBy(
  host: AnnexHost,
  path: string,
  { content, mode, owner }: ReplaceOptions & { readonly content: Uint8Array },
): Promise<void> {
  const { file, temporary } = await createBeside(host, path);
  try {
    try {
      for (let rest = content; rest.length > 0;) rest = rest.subarray(await file.write(rest));
      // Not at opening, where the process's umask has a say.
      await Deno.chmod(temporary, mode);
      if (owner !== undefined) await Deno.chown(temporary, owner.uid, owner.gid);
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(temporary, host.root + path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/** Makes a directory's entries last (fsync(2)). */
export async function syncDirectory(host: AnnexHost, dir: string): Promise<void> {
  using opened = await Deno.open(host.root + dir);
  await opened.sync();
}

/**
 * Checks that a directory and all above it are real directories of root's, or of the user's whom
 * the process runs as, which others cannot write to.
 *
 * @param dir absolute, without the host's root; below which nothing is looked at
 * @throws {AnnexError} `unsafe-path`; {Deno.errors.NotFound} when one is not there
 */
export async function checkDirectory(host: AnnexHost, dir: string): Promise<void> {
  let path = "";
  for (const name of dir.split("/").slice(1)) {
    path += `/${name}`;
    const info = await Deno.lstat(host.root + path);
    const state = !info.isDirectory || info.isSymlink
      ? "it is no directory"
      : !isOurs(info)
      ? `it belongs to user ${info.uid}`
      : ((info.mode ?? 0) & OTHERS_WRITE) !== 0 && ((info.mode ?? 0) & 0o1000) === 0
      ? `its mode is 0${((info.mode ?? 0) & 0o7777).toString(8)}`
      : undefined;
    if (state !== undefined) throw unsafe(path, state);
  }
}

/**
 * Reads a text file of root's that nobody else can write to; no symbolic link is followed.
 *
 * @param path absolute, without the host's root
 * @param limit most bytes
 * @returns undefined when there is none
 * @throws {AnnexError} `unsafe-file`; {Deno.errors.PermissionDenied} for others than root
 */
export async function readOwnFile(
  host: AnnexHost,
  path: string,
  limit: number,
): Promise<string | undefined> {
  try {
    const seen = await Deno.lstat(host.root + path);
    if (!seen.isFile) throw unsafeFile(path, "it is no regular file");
    using file = await Deno.open(host.root + path);
    const info = await file.stat();
    if (info.ino !== seen.ino || info.dev !== seen.dev) throw unsafeFile(path, "it was exchanged");
    if (!isOurs(info)) throw unsafeFile(path, `it belongs to user ${info.uid}`);
    const mode = (info.mode ?? 0) & 0o7777;
    if ((mode & OTHERS_WRITE) !== 0) throw unsafeFile(path, `its mode is 0${mode.toString(8)}`);
    if (info.size > limit) throw unsafeFile(path, `${info.size} bytes are more than ${limit}`);
    const bytes = new Uint8Array(info.size);
    let filled = 0;
    while (filled < bytes.length) {
      const count = await file.read(bytes.subarray(filled));
      if (count === null) break;
      filled += count;
    }
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, filled));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.PermissionDenied) throw onlyRoot("read", path);
    throw error;
  }
}

/** The error for what somebody else than root tries. */
export function onlyRoot(action: string, path: string): Error {
  return new Deno.errors.PermissionDenied(`Cannot ${action} "${path}": only root may`);
}

/** A new file in the same directory, which only its owner can read. */
async function createBeside(host: AnnexHost, path: string) {
  for (let attempt = 1;; attempt++) {
    const tail = Math.floor(host.clock.random() * 2 ** 32).toString(36);
    // A name that HTCondor skips when it reads the directory.
    const name = `.${path.slice(path.lastIndexOf("/") + 1)}.${tail}.tmp~`;
    const temporary = `${host.root}${parentOf(path)}/${name}`;
    try {
      const file = await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 });
      return { file, temporary };
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists) || attempt === ATTEMPTS) throw error;
    }
  }
}

function isOurs({ uid }: Deno.FileInfo): boolean {
  return uid === 0 || uid === Deno.uid();
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function unsafe(path: string, state: string): AnnexError {
  return new AnnexError(`Cannot use directory "${path}": ${state}`, {
    code: "unsafe-path",
    remedy: "make it a directory of root's that nobody else can write to",
  });
}

function unsafeFile(path: string, state: string): AnnexError {
  return new AnnexError(`Cannot read "${path}": ${state}`, {
    code: "unsafe-file",
    remedy: "make it a regular file of root's that nobody else can write to",
  });
}
