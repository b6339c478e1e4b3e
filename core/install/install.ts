/** Putting the roles of the multi-call executable into a directory. */

import { join } from "@std/path";
import { isPinion } from "../cli/is_pinion.ts";
import { lookAt } from "../std/look.ts";

/** Settings of {@linkcode installRole}. */
export interface InstallOptions {
  /** Path of the multi-call executable. */
  readonly executable: string;
  /** Directory to put the role in; it must exist. */
  readonly dir: string;
  /** Replace a file that is not ours. */
  readonly force: boolean;
}

/**
 * Puts one role into a directory, as a hard link to the executable, or as a copy where that is on
 * another file system or somebody else could change it. An older one of ours is replaced in one
 * step, so that a daemon starting it at that moment finds either.
 *
 * @param name name of the role
 * @param options where from and where to
 * @returns how it was put there
 * @throws {Error} if a file that is not ours is in the way
 */
export async function installRole(
  name: string,
  { executable, dir, force }: InstallOptions,
): Promise<"linked" | "copied"> {
  const target = join(dir, name);
  const found = await lookAt(target);
  if (found?.isDirectory) throw new Error(`Cannot install "${target}": it is a directory`);
  if (found && !force && !await isPinion(target)) {
    throw new Error(`Cannot install "${target}": another program is there (-force replaces it)`);
  }
  const draft = join(dir, `.${name}.${crypto.randomUUID()}`);
  try {
    const isLinked = await isSafe(executable, dir) && await link(executable, draft);
    if (!isLinked) await copy(executable, draft);
    // Where both names already are the same file, rename(2) does nothing and leaves the draft.
    await Deno.rename(draft, target);
    return isLinked ? "linked" : "copied";
  } finally {
    await Deno.remove(draft).catch(() => {});
  }
}

/** Whether only root and those who own the directory can change what a link would lead to. */
async function isSafe(executable: string, dir: string): Promise<boolean> {
  const [file, folder] = await Promise.all([Deno.stat(executable), Deno.stat(dir)]);
  const isShared = ((file.mode ?? 0) & 0o022) !== 0;
  return !isShared && (file.uid === 0 || file.uid === folder.uid);
}

/** Makes a hard link, unless there can be none: on another file system, or one without them. */
async function link(from: string, to: string): Promise<boolean> {
  return await Deno.link(from, to).then(() => true, () => false);
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.copyFile(from, to);
  await Deno.chmod(to, 0o755);
}
