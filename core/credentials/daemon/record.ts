/** What the daemon remembers of each credential, from one scan to the next. */
import type { CredentialName, FileFacts, ListedCredential } from "../store/mod.ts";

/** Why a credential is not there, or not good for long. */
export interface Failure {
  /** A stable word. */
  readonly code: string;
  /** One line without secrets. */
  readonly text: string;
  /** Unix time in milliseconds when it first failed in this way, without a success since. */
  readonly since: number;
  /** How often it failed in a row, in whatever way. */
  readonly count: number;
  /** When that was last said in the log, by the monotonic clock. */
  readonly logged: number;
}

/** A credential as the daemon knows it. */
export interface CredentialRecord extends CredentialName {
  /** Label of its monitor. */
  monitor: string;
  /** Number of the scan that saw it last. */
  seen: number;
  /** Its monitor has not come to an end with it, whatever the deadline says. */
  busy: boolean;
  /** Its files when that began. */
  begunWith?: string | undefined;
  /** It changed while it was busy: to be looked at once more. */
  again: boolean;
  /** When the last look ended, by the monotonic clock. */
  ended: number;
  /** Unix time in milliseconds. */
  expires?: number | undefined;
  /** Unix time in milliseconds of the last new file. */
  renewed?: number | undefined;
  /** Unix time in milliseconds when it is to be looked at again. */
  next?: number | undefined;
  failure?: Failure | undefined;
  /** Not to be tried before, by the monotonic clock, while its files stay as they were. */
  retryAt?: number | undefined;
  /** Its files when it failed. */
  failedWith?: string | undefined;
}

/** A record of a credential that nobody has looked at yet. */
export function newRecord({ user, name }: CredentialName, monitor: string): CredentialRecord {
  return { user, name, monitor, seen: 0, busy: false, again: false, ended: -Infinity };
}

/** Credentials by this; no name has a slash in it. */
export function keyOf({ user, name }: CredentialName): string {
  return `${user}/${name}`;
}

/** The files of a credential in one word, to see whether they changed. */
export function stampOf({ top, use }: ListedCredential): string {
  return `${factsOf(top)} ${use === undefined ? "-" : factsOf(use)}`;
}

function factsOf({ inode, size, mtime }: FileFacts): string {
  return `${inode}.${size}.${mtime}`;
}
