/** The place in which an archive is unpacked: nobody looks there, and it lies on the same disk. */

import type { AnnexHost } from "../host.ts";
import { CONDOR_DIR } from "../paths.ts";
import { makeDirectory } from "../directories.ts";
import { STAGING_PREFIX } from "./members.ts";

/** Directories of one run, absolute, with the host's root; disposing of it removes all of it. */
export interface Staging extends AsyncDisposable {
  /** For what is unpacked. */
  readonly fresh: string;
  /** For what it replaces, until nothing can go wrong any more. */
  readonly former: string;
}

/**
 * Makes a new staging directory beside the place that is unpacked for, after removing what runs that
 * were killed have left. The caller holds the lock of all runs.
 *
 * @throws {AnnexError} `unsafe-path`
 */
export async function makeStaging(host: AnnexHost): Promise<Staging> {
  await makeDirectory(host, CONDOR_DIR, { mode: 0o755 });
  await removeStaging(host);
  const path = `${host.root}${CONDOR_DIR}/${STAGING_PREFIX}${Deno.pid}`;
  const [fresh, former] = [`${path}/new`, `${path}/old`] as const;
  for (const directory of [path, fresh, former]) await Deno.mkdir(directory, { mode: 0o700 });
  return {
    fresh,
    former,
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true });
    },
  };
}

/** Removes what runs that were killed have left. The caller holds the lock of all runs. */
export async function removeStaging(host: AnnexHost): Promise<void> {
  const parent = host.root + CONDOR_DIR;
  for await (const { name } of Deno.readDir(parent)) {
    // A link itself is removed, not what it leads to.
    if (name.startsWith(STAGING_PREFIX)) {
      await Deno.remove(`${parent}/${name}`, { recursive: true });
    }
  }
}
