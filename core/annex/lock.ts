/** One run at a time. */

import type { AnnexHost } from "./host.ts";
import { LOCK_FILE } from "./paths.ts";
import { makeDirectory } from "./directories.ts";
import { AnnexError } from "./errors.ts";
import { onlyRoot } from "./safe_file.ts";

const POLL_MS = 100;
/** Longest wait, in milliseconds. */
const WAIT_MS = 10_000;

/**
 * Takes the lock, waiting for up to 10 s. The kernel holds it (flock(2)) and lets go when this process
 * ends, however that comes about, so that a file alone never means a run; it is left where it is, for
 * another run may be waiting for that very file.
 *
 * @returns undefined when another run holds the lock all the time
 * @throws {AnnexError} `unsafe-path`, `unsafe-file`
 */
export async function takeLock(host: AnnexHost): Promise<AsyncDisposable | undefined> {
  await makeDirectory(host, LOCK_FILE.slice(0, LOCK_FILE.lastIndexOf("/")), { mode: 0o755 });
  const file = await openLock(host).catch((error) => {
    throw error instanceof Deno.errors.PermissionDenied ? onlyRoot("lock", LOCK_FILE) : error;
  });
  const start = host.clock.monotonic();
  try {
    while (!await file.tryLock(true)) {
      if (host.clock.monotonic() - start >= WAIT_MS) {
        file.close();
        return undefined;
      }
      await host.clock.sleep(POLL_MS, host.signal);
    }
    // For people who look who it is.
    await file.truncate();
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  } catch (error) {
    file.close();
    throw error;
  }
  return {
    [Symbol.asyncDispose]() {
      file.close();
      return Promise.resolve();
    },
  };
}

async function openLock(host: AnnexHost): Promise<Deno.FsFile> {
  const path = host.root + LOCK_FILE;
  const options = { read: true, write: true, mode: 0o600 };
  try {
    return await Deno.open(path, { ...options, createNew: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  if (!(await Deno.lstat(path)).isFile) {
    throw new AnnexError(`Cannot lock "${LOCK_FILE}": it is no regular file`, {
      code: "unsafe-file",
      remedy: "remove it",
    });
  }
  return await Deno.open(path, options);
}
