/** What becomes of each member: its mode, its place in the order, and whether HTCondor reads it. */

import { INSTANCE_CONFIG, SETTINGS_FILE } from "../paths.ts";
import { archiveError } from "./error.ts";
import { shown } from "./header.ts";
import type { ArchiveMember } from "./reader.ts";

/** Name of staging directories, without the number after it. */
export const STAGING_PREFIX = ".annex-staging-";

/** Directories whose files HTCondor takes only when nobody but root can read them. */
const SECRET_ROOMS = ["passwords.d", "tokens.d"];

/** Directories in which HTCondor skips files by their names. */
const LISTED_ROOMS = ["config.d", ...SECRET_ROOMS];

/** Default of `LOCAL_CONFIG_DIR_EXCLUDE_REGEXP` (HTCondor manual, "Configuration Macros"). */
const SKIPPED = /^(?:\..*|#.*|.*~|.*\.(?:pl|py|sh|rpmsave|rpmnew|dpkg-old|dpkg-dist|cfsaved))$/;

/** What an archive may not replace, by its first part, and whose it is. */
const RESERVED: Readonly<Record<string, string>> = {
  condor_config: "HTCondor's root configuration, which is the image's",
  [nameIn(SETTINGS_FILE)]: "this program's own settings, which are the image's",
};

/** The directory that a path lies in, of those directly below the archive's root. */
function roomOf(path: string): string {
  return path.split("/", 1)[0]!;
}

/** Whether a path leads to, or is, a directory of secrets. */
export function isSecret(path: string): boolean {
  return SECRET_ROOMS.includes(roomOf(path));
}

/** Mode of a file: never more than the archive says, never writable by others, no set-id bits. */
export function fileMode({ path, mode = 0o644 }: Pick<ArchiveMember, "path" | "mode">): number {
  return isSecret(path) ? 0o600 : mode & 0o755;
}

/** Mode of a directory that is made. */
export function directoryMode(path: string): number {
  return isSecret(path) ? 0o700 : 0o755;
}

/**
 * When a file is put in place: secrets before the settings that make use of them.
 *
 * @returns a number to sort by
 */
export function turnOf(path: string): number {
  const turn = [...SECRET_ROOMS, undefined, "config.d"].indexOf(roomOf(path));
  return turn < 0 ? SECRET_ROOMS.length : turn;
}

/**
 * Refuses members in whose place an archive has nothing to put.
 *
 * @throws {AnnexError}
 */
export function checkPlace({ path, type }: Pick<ArchiveMember, "path" | "type">): void {
  const room = roomOf(path);
  const owner = Object.hasOwn(RESERVED, room) ? RESERVED[room] : undefined;
  if (owner !== undefined) throw archiveError(`member ${shown(path)} would be ${owner}`);
  if (room.startsWith(STAGING_PREFIX)) {
    throw archiveError(`member ${shown(path)} has a name that is used for unpacking`);
  }
  if (type === "file" && LISTED_ROOMS.includes(path)) {
    throw archiveError(`member ${shown(path)} is no directory`);
  }
}

/** Whether a file is written anew at every boot, so that the archive's would not last. */
export function isOwn(path: string): boolean {
  return INSTANCE_CONFIG.endsWith(`/${path}`) && path.startsWith("config.d/");
}

/** Whether a file is one of those that HTCondor's settings come from. */
export function isConfig(path: string): boolean {
  return roomOf(path) === "config.d";
}

/** Whether HTCondor skips a file because of its name. */
export function isSkipped(path: string): boolean {
  const [room, name, ...more] = path.split("/");
  return LISTED_ROOMS.includes(room!) && name !== undefined && more.length === 0 &&
    SKIPPED.test(name);
}

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
