/** The status file: what the daemon knows of each credential, for administrators and their tools. */
import { PINION_VERSION } from "../../version.ts";
import type { CredentialRecord } from "./record.ts";

/** Most credentials in the file; what failed comes first. */
export const MOST_ENTRIES = 10_000;
/** Largest file that is read, in bytes. */
export const LARGEST_STATUS = 16 << 20;
/** Most characters of a failure in the file. */
const LONGEST_TEXT = 300;

/** A credential in the file. All times as in RFC 3339. */
export interface StatusEntry {
  readonly user: string;
  readonly name: string;
  /** Label of its monitor, e.g. `LOCAL`. */
  readonly monitor: string;
  readonly expires?: string;
  /** When its file was made. */
  readonly lastSuccess?: string;
  readonly lastFailure?: {
    readonly code: string;
    readonly text: string;
    /** When it first failed in this way. */
    readonly since: string;
    /** Failures in a row. */
    readonly count: number;
  };
  readonly nextTry?: string;
}

/** The file. */
export interface StatusReport {
  /** Of this format. */
  readonly version: 1;
  readonly program: string;
  readonly pid: number;
  readonly written: string;
  readonly credentials: number;
  readonly failed: number;
  /** Credentials that are not in the list, for there are too many. */
  readonly omitted: number;
  readonly list: readonly StatusEntry[];
}

/** What is written down. */
export interface StatusFacts {
  readonly records: Iterable<CredentialRecord>;
  readonly pid: number;
  /** Unix time in milliseconds. */
  readonly now: number;
}

/** The status file's content, in one line. */
export function statusReport({ records, pid, now }: StatusFacts): StatusReport {
  const all = [...records].sort(byPlace);
  const failed = all.filter(({ failure }) => failure !== undefined);
  const good = all.filter(({ failure }) => failure === undefined);
  const list = [...failed, ...good].slice(0, MOST_ENTRIES).map(entryOf);
  return {
    version: 1,
    program: `condor_credmon_local ${PINION_VERSION}`,
    pid,
    written: timeText(now)!,
    credentials: all.length,
    failed: failed.length,
    omitted: all.length - list.length,
    list,
  };
}

/** The bytes of a report. */
export function encodeStatus(report: StatusReport): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(report)}\n`);
}

/**
 * Reads a status file, which others may have written.
 *
 * @throws {SyntaxError} for what is none
 */
export function parseStatus(bytes: Uint8Array): StatusReport {
  const report = JSON.parse(new TextDecoder().decode(bytes)) as StatusReport;
  if (report?.version !== 1) throw new SyntaxError("another version wrote it");
  const numbers = [report.pid, report.credentials, report.failed, report.omitted];
  const texts = [report.program, report.written];
  const isWhole = numbers.every(Number.isSafeInteger) &&
    texts.every((text) => typeof text === "string") &&
    Array.isArray(report.list) && report.list.length <= MOST_ENTRIES &&
    report.list.every(isEntry);
  if (!isWhole) throw new SyntaxError("something in it is missing");
  return report;
}

function isEntry(entry: unknown): boolean {
  if (typeof entry !== "object" || entry === null) return false;
  const { user, name, monitor, expires, lastSuccess, nextTry, lastFailure } = entry as StatusEntry;
  const isText = (text: unknown) => typeof text === "string";
  return [user, name, monitor].every(isText) &&
    [expires, lastSuccess, nextTry].every((text) => text === undefined || isText(text)) &&
    (lastFailure === undefined || isFailure(lastFailure));
}

function isFailure(failure: NonNullable<StatusEntry["lastFailure"]> | null): boolean {
  return failure !== null && typeof failure === "object" &&
    [failure.code, failure.text, failure.since].every((text) => typeof text === "string") &&
    Number.isSafeInteger(failure.count);
}

function entryOf(record: CredentialRecord): StatusEntry {
  const { user, name, monitor, failure } = record;
  const times = {
    expires: timeText(record.expires),
    lastSuccess: timeText(record.renewed),
    nextTry: timeText(record.next),
  };
  return {
    user,
    name,
    monitor,
    ...Object.fromEntries(Object.entries(times).filter(([, text]) => text !== undefined)),
    ...(failure === undefined ? {} : {
      lastFailure: {
        code: failure.code,
        text: failure.text.slice(0, LONGEST_TEXT),
        since: timeText(failure.since)!,
        count: failure.count,
      },
    }),
  };
}

/** Times beyond what a date can be are none. */
function timeText(time: number | undefined): string | undefined {
  if (time === undefined || !(Math.abs(time) <= 8.64e15)) return undefined;
  return new Date(time).toISOString();
}

function byPlace(a: CredentialRecord, b: CredentialRecord): number {
  if (a.user !== b.user) return a.user < b.user ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
