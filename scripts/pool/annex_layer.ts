/**
 * HTCondor's own boot script of annex instances, with all that it runs: a layer over the pool root, for
 * use with overlayfs.
 *
 * The script's package is unpacked and never installed, for its installation would start it. The pool
 * root itself stays as it is. Like the root, a layer is recognised by a marker that is written last;
 * the marker also names the state of the root that it was made over.
 */

import { exists } from "@std/fs";
import { PoolError, run } from "./command.ts";
import { lockRoot, packageStatus, runLong } from "./root.ts";

/** Where the package is unpacked, inside the layer. */
export const ORIGINAL_FOLDER = "/opt/condor-annex-ec2";

const PACKAGE = "condor-annex-ec2";
/** What the script runs, and its package does not depend on all of it. */
const TOOLS = ["awscli", "curl", "e2fsprogs", "gawk", "iptables"];

/** Raised when the recipe below changes. */
const RECIPE = 1;
const MARKER = "whole";
/** The layer, what overlayfs works with, and where both are mounted together. */
const FOLDERS = ["upper", "work", "root"];
const SCRIPT = "make.sh";

/** The folder to name to overlayfs, above the pool root. */
export function annexLayer(root: string): string {
  return `${folderOf(root)}/upper`;
}

/**
 * Makes the layer, unless it is there.
 *
 * @param root a whole pool root
 * @param log told of what takes time
 * @throws {PoolError} without root rights, network or Debian's packages
 */
export async function ensureAnnexLayer(root: string, log: (line: string) => void): Promise<void> {
  using _lock = await lockRoot(root);
  const folder = folderOf(root);
  const wanted = `${RECIPE} ${await digest(await packageStatus(root))}\n`;
  if (await Deno.readTextFile(`${folder}/${MARKER}`).catch(() => "") === wanted) return;
  await discard(root);
  log(`pool: making "${folder}" for ${PACKAGE} (about a minute)`);
  for (const name of FOLDERS) {
    await Deno.mkdir(`${folder}/${name}`, { recursive: true });
  }
  await Deno.writeTextFile(`${folder}/${SCRIPT}`, MAKE);
  await runLong(root, [...ISOLATE, "sh", "-eu", `${folder}/${SCRIPT}`, root, folder]);
  await Deno.writeTextFile(`${folder}/${MARKER}.new`, wanted);
  await Deno.rename(`${folder}/${MARKER}.new`, `${folder}/${MARKER}`);
}

/** Deletes the layer, if there is one. */
export async function removeAnnexLayer(
  root: string,
  log: (line: string) => void,
): Promise<void> {
  using _lock = await lockRoot(root);
  if (await exists(folderOf(root))) log(`pool: removing "${folderOf(root)}"`);
  await discard(root);
}

/** What is mounted to make the layer is never seen elsewhere, and goes with the last process. */
const ISOLATE = ["unshare", "--mount", "--propagation", "private", "--"] as const;

const MAKE = `root=$1 folder=$2 here=$2/root
mount -t overlay overlay -o "lowerdir=$root,upperdir=$folder/upper,workdir=$folder/work" "$here"
mount -t proc proc "$here/proc"
mount --rbind /dev "$here/dev"
in_layer() { chroot "$here" "$@"; }
in_layer apt-get -qy --no-install-recommends update
in_layer apt-get -qy --no-install-recommends install ${TOOLS.join(" ")}
mkdir "$here/tmp/${PACKAGE}"
in_layer sh -euc '
  cd /tmp/${PACKAGE}
  apt-get -qy -o APT::Sandbox::User=root download ${PACKAGE}
  dpkg -x ${PACKAGE}_*.deb ${ORIGINAL_FOLDER}
'
rm -r "$here/tmp/${PACKAGE}"
in_layer apt-get clean
`;

function folderOf(root: string): string {
  return `${root}.annex`;
}

/** Removes a layer, whole or not, and nothing else: what made it can no longer be at work. */
async function discard(root: string): Promise<void> {
  const folder = folderOf(root);
  if (!await exists(folder)) return;
  const known = new Set([...FOLDERS, SCRIPT, MARKER, `${MARKER}.new`]);
  for await (const { name } of Deno.readDir(folder)) {
    if (known.has(name)) continue;
    throw new PoolError(`Cannot replace "${folder}": the folder holds something else, "${name}"`);
  }
  // What is without its marker is never taken for a whole one.
  await Deno.remove(`${folder}/${MARKER}`).catch(() => {});
  await run(["rm", "-rf", "--one-file-system", folder], { seconds: 600 });
}

async function digest(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
