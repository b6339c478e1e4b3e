/** Putting a role that is a part of the system into one, running or an image of one. */

import { dirname, join } from "@std/path";
import type { SystemFile, SystemSetup } from "../cli/program.ts";
import { installRole } from "./install.ts";
import { lookAt } from "../std/look.ts";

/** Settings of {@linkcode installSystem}. */
export interface SystemInstallOptions {
  /** Path of the multi-call executable. */
  readonly executable: string;
  /** Top of the system's files: `/`, or the directory that an image is mounted on. */
  readonly root: string;
  /** Replace what an administrator changed, and what is another program. */
  readonly force: boolean;
}

/** What became of a file. */
export interface SystemFileOutcome {
  /** Without the root. */
  readonly path: string;
  readonly how: "written" | "unchanged" | "kept" | "linked" | "copied";
}

/** Where units of packages are, now and on old systems. */
const UNIT_DIRS = ["/usr/lib/systemd/system/", "/lib/systemd/system/"] as const;

/**
 * Installs a role's executable and the files that belong to it, units last, for they start the rest.
 * Each file is replaced in one step, and no symbolic link below the root is followed: the links of an
 * image lead to other places than on the system that it is made for. Nothing is started or enabled.
 *
 * @returns what became of each file
 * @throws {Error} if another program is in the executable's place, or a directory is none; what is
 *   installed by then stays, and does no harm
 */
export async function* installSystem(
  { executable: target, files }: SystemSetup,
  { executable, root, force }: SystemInstallOptions,
): AsyncGenerator<SystemFileOutcome, void, void> {
  const top = await Deno.stat(root).catch(() => undefined);
  if (!top?.isDirectory) throw new Error(`Cannot install into "${root}": it is no directory`);
  const dir = dirname(target);
  await makeDirectories(root, dir);
  const name = target.slice(dir.length + 1);
  yield { path: target, how: await installRole(name, { executable, dir: join(root, dir), force }) };
  const all = await Promise.all(files.map((file) => placed(root, file)));
  const isUnit = ({ path }: SystemFile) => UNIT_DIRS.some((unitDir) => path.startsWith(unitDir));
  for (const file of [...all.filter((one) => !isUnit(one)), ...all.filter(isUnit)]) {
    yield { path: file.path, how: await installFile(file, { root, force }) };
  }
}

/** A unit's file where this system looks for units. */
async function placed(root: string, file: SystemFile): Promise<SystemFile> {
  const [now, old] = UNIT_DIRS;
  if (!file.path.startsWith(now) || await isDirectory(join(root, now))) return file;
  // Where /lib is a link to /usr/lib, systemd has no place of old.
  const isOld = await isDirectory(join(root, "/lib")) && await isDirectory(join(root, old));
  return isOld ? { ...file, path: old + file.path.slice(now.length) } : file;
}

async function installFile(
  { path, mode, text, isConfiguration }: SystemFile,
  { root, force }: { readonly root: string; readonly force: boolean },
): Promise<"written" | "unchanged" | "kept"> {
  await makeDirectories(root, dirname(path));
  const target = join(root, path);
  const found = await lookAt(target);
  if (found?.isDirectory) throw new Error(`Cannot install "${target}": it is a directory`);
  if (found !== undefined) {
    // A link is an administrator's way of having the file elsewhere, and of having none.
    const isSame = found.isFile && found.size < 2 * text.length + 1024 &&
      await Deno.readTextFile(target) === text;
    if (isSame && (found.mode! & 0o7777) === mode) return "unchanged";
    if (!isSame && isConfiguration && !force) return "kept";
  }
  await replace(target, text, mode);
  return "written";
}

async function replace(target: string, text: string, mode: number): Promise<void> {
  const dir = dirname(target);
  // HTCondor skips files of such names when it reads a directory of settings.
  const draft = join(dir, `.${target.slice(dir.length + 1)}.${crypto.randomUUID()}`);
  try {
    {
      using file = await Deno.open(draft, { write: true, createNew: true, mode: 0o600 });
      const bytes = new TextEncoder().encode(text);
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await file.write(rest));
      await Deno.chmod(draft, mode);
      await file.sync();
    }
    await Deno.rename(draft, target);
  } finally {
    await Deno.remove(draft).catch(() => {});
  }
}

/** Makes the directories of a path below the root; those that are there must not be links. */
async function makeDirectories(root: string, path: string): Promise<void> {
  let here = root;
  for (const name of path.split("/").filter((part) => part !== "")) {
    here = join(here, name);
    try {
      await Deno.mkdir(here, { mode: 0o700 });
      await Deno.chmod(here, 0o755);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      if (await isDirectory(here)) continue;
      throw new Error(`Cannot install into "${here}": it is no directory, or a symbolic link`);
    }
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await lookAt(path.replace(/\/$/, "")))?.isDirectory ?? false;
}
