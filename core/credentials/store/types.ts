/** What the credential store shows of its files, and what it is given. */
import type { Clock } from "../../clock.ts";

/** A credential by its place: `<user>/<name>.top` and `<user>/<name>.use`. */
export interface CredentialName {
  /** Name of the user's directory: the user without `@domain`. */
  readonly user: string;
  /** `<provider>` or `<provider>_<handle>`; a file's name without its extension. */
  readonly name: string;
}

/** A file as it was when the directory was listed. */
export interface FileFacts {
  readonly size: number;
  /** Unix time of its content in milliseconds. */
  readonly mtime: number;
  readonly inode: bigint;
}

/** A credential that somebody asked for: its `.top` is there. */
export interface ListedCredential extends CredentialName {
  readonly top: FileFacts;
  /** Its `.use`, unless it has none that can be used: then it is to be made first. */
  readonly use?: FileFacts;
}

/** A user whose credentials are to be removed by HTCondor's credd in a while. */
export interface Mark {
  readonly user: string;
  /** Unix time of the mark in milliseconds; its age counts from there. */
  readonly since: number;
}

/** The two files of a credential that a monitor reads or writes. */
export type CredentialExtension = "top" | "use";

/** Whom HTCondor's daemons are when they are not root. */
export interface CondorIds {
  readonly uid?: number;
  readonly gid?: number;
}

/** How a store is opened. */
export interface StoreOptions {
  /**
   * Takes a line for the log about something that was skipped, said once until it changes. No
   * level, no prefix, never a secret.
   */
  note?(line: string): void;
  /** The account of HTCondor's daemons; `condor` and the group `condor` unless given. */
  readonly condor?: CondorIds;
  /** `read` makes nothing and needs no right to write; `write` unless given. */
  readonly access?: "read" | "write";
  /** The system's unless given. */
  readonly clock?: Clock;
}

/** How long to wait for the lock. */
export interface LockOptions {
  /** Longest wait in milliseconds; 0 unless given. */
  readonly wait?: number;
  /** Ends the waiting; its reason is thrown. */
  readonly signal?: AbortSignal;
}
