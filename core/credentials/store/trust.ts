/** Whom and what the store trusts in a directory that more than one may change. */
import { effectiveUser, type FileStatus } from "../../posix/mod.ts";
import type { CondorIds } from "./types.ts";

/** Whose files are accepted, and whose they become. */
export interface Trust {
  /** Whoever runs this program: root, but in tests and for trying things out. */
  readonly self: number;
  /** Root, whoever runs this program, and HTCondor's account. */
  readonly owners: ReadonlySet<number>;
  readonly condor: CondorIds;
}

/** Makes a {@linkcode Trust} for the user who runs this program. */
export function trustFor(condor: CondorIds): Trust {
  const self = effectiveUser();
  const owners = new Set([0, self, ...(condor.uid === undefined ? [] : [condor.uid])]);
  return { self, owners, condor };
}

const GROUP_OR_OTHERS_WRITE = 0o022;
const GROUP_OR_OTHERS = 0o077;
const OTHERS = 0o007;
const GROUP_WRITE = 0o020;

/** A mode as chmod(1) takes it. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/**
 * What is wrong with the credential directory itself, and what to do about it.
 *
 * @returns undefined when nothing is
 */
export function directoryFault(
  { uid, gid, mode }: FileStatus,
  { self, condor }: Trust,
): string | undefined {
  if (uid !== 0 && uid !== self) return `it belongs to user ${uid}, chown it to root`;
  if ((mode & OTHERS) !== 0) return `mode is ${octal(mode)}, run chmod o= on it`;
  const strange = condor.gid !== undefined && gid !== condor.gid && gid !== 0;
  if (strange && (mode & GROUP_WRITE) !== 0) {
    return `group ${gid} may write to it, chgrp it to group ${condor.gid} of HTCondor`;
  }
  return undefined;
}

/** What is wrong with a user's directory; undefined when nothing is. */
export function userFault(
  { type, uid, mode }: FileStatus,
  { owners }: Trust,
): string | undefined {
  if (type !== "directory") return typeFault(type);
  if (!owners.has(uid)) return `it belongs to user ${uid}`;
  return (mode & GROUP_OR_OTHERS_WRITE) === 0
    ? undefined
    : `mode is ${octal(mode)}, which lets others write`;
}

/** What is wrong with a file that is to be read; undefined when nothing is. */
export function fileFault(
  { type, uid, mode, nlink }: FileStatus,
  { owners }: Trust,
): string | undefined {
  if (type !== "file") return typeFault(type);
  // One that is removed while it is open has none.
  if (nlink > 1) return `it has ${nlink} names (hard links)`;
  if (!owners.has(uid)) return `it belongs to user ${uid}`;
  return (mode & GROUP_OR_OTHERS_WRITE) === 0
    ? undefined
    : `mode is ${octal(mode)}, which lets others write`;
}

/**
 * What is wrong with a token file: as for others, and HTCondor's readers refuse one that is not
 * root's alone (knob `TRUST_CREDENTIAL_DIRECTORY`).
 */
export function tokenFault(status: FileStatus, trust: Trust): string | undefined {
  const fault = fileFault(status, trust);
  if (fault !== undefined) return fault;
  if (status.uid !== 0 && status.uid !== trust.self) return `it belongs to user ${status.uid}`;
  if ((status.mode & GROUP_OR_OTHERS) !== 0) {
    return `mode is ${octal(status.mode)}, which lets others read`;
  }
  return status.size === 0 ? "it is empty" : undefined;
}

function typeFault(type: FileStatus["type"]): string {
  return {
    symlink: "it is a symbolic link",
    directory: "it is a directory",
    file: "it is a regular file",
    other: "it is neither file nor directory",
  }[type];
}
