/** Writes down what came of each look at a credential: for the log, the status file and later scans. */
import type { Clock } from "../../clock.ts";
import { errorText } from "../../errors.ts";
import { type Logger, redact } from "../../log/mod.ts";
import { type Monitor, type Tended, TendFailure } from "../monitor.ts";
import { type ListedCredential, StoreError } from "../store/mod.ts";
import { backOff } from "./back_off.ts";
import { type CredentialRecord, keyOf, newRecord, stampOf } from "./record.ts";

/** Milliseconds after which a failure that stays is said again. */
const SAY_AGAIN = 3_600_000;
/** Most characters kept of a failure. */
const LONGEST_TEXT = 500;

/** What a ledger needs. */
export interface LedgerOptions {
  readonly clock: Clock;
  readonly log: Logger;
}

/** One look at a credential. */
export interface Look {
  readonly credential: ListedCredential;
  readonly record: CredentialRecord;
  readonly monitor: Monitor;
}

/** The records of all credentials that the last scans saw. */
export class Ledger {
  /** Whether something changed that the status file says; at first it says what was of another run. */
  changed = true;
  readonly #records = new Map<string, CredentialRecord>();
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor({ clock, log }: LedgerOptions) {
    this.#clock = clock;
    this.#log = log;
  }

  /** All records, in no order. */
  get records(): Iterable<CredentialRecord> {
    return this.#records.values();
  }

  get size(): number {
    return this.#records.size;
  }

  /** The record of a credential that a scan sees. */
  recordOf(credential: ListedCredential, { label }: Monitor, scan: number): CredentialRecord {
    const key = keyOf(credential);
    let record = this.#records.get(key);
    if (record === undefined) {
      record = newRecord(credential, label);
      this.#records.set(key, record);
      this.changed = true;
    }
    // With another configuration another monitor may own it: nothing holds of what was.
    if (record.monitor !== label) {
      record.monitor = label;
      forgetFailure(record);
      record.expires = record.next = record.renewed = undefined;
      this.changed = true;
    }
    record.seen = scan;
    return record;
  }

  /** Drops the credentials that a whole scan did not see. */
  keepSeen(scan: number): void {
    for (const [key, { seen, busy }] of this.#records) {
      if (seen === scan || busy) continue;
      this.#records.delete(key);
      this.changed = true;
    }
  }

  /** Has everything looked at again, back-off or not: the clock, or the configuration, is another. */
  forgiveAll(): void {
    for (const record of this.#records.values()) {
      record.retryAt = record.failedWith = undefined;
      if (record.busy) record.again = true;
    }
  }

  /**
   * Whether a monitor has not come to an end with a credential. When that has changed meanwhile, it
   * is to be looked at once more.
   */
  isInWork(credential: ListedCredential, record: CredentialRecord): boolean {
    if (record.busy && record.begunWith !== stampOf(credential)) record.again = true;
    return record.busy;
  }

  /** Whether a credential that failed is to be left alone for now. */
  isBackedOff(credential: ListedCredential, record: CredentialRecord): boolean {
    return record.retryAt !== undefined && this.#clock.monotonic() < record.retryAt &&
      record.failedWith === stampOf(credential);
  }

  /** A look that ended well. */
  succeeded({ credential, record, monitor }: Look, tended: Tended): void {
    if (tended.kind === "gone") {
      this.#log.full(`${monitor.label}: "${keyOf(credential)}" went away`);
      return;
    }
    if (tended.kind === "renewed") {
      this.#log.always(`${monitor.label}: ${tended.line}`);
      record.renewed = this.#clock.now();
      this.changed = true;
    }
    if (record.renewed === undefined) record.renewed = credential.use?.mtime;
    if (record.failure !== undefined || record.expires !== tended.expires) this.changed = true;
    forgetFailure(record);
    record.expires = tended.expires;
    record.next = tended.next;
  }

  /** A look that failed, in whatever way. */
  failed({ credential, record, monitor }: Look, error: unknown): void {
    const { code, text, next } = this.#explain(credential, error);
    const [now, monotonic] = [this.#clock.now(), this.#clock.monotonic()];
    const last = record.failure;
    const same = last !== undefined && last.code === code && last.text === text;
    const count = (last?.count ?? 0) + 1;
    const silent = monitor.local === true && same && monotonic - last.logged < SAY_AGAIN;
    if (!silent) this.#log.error(`${monitor.label}: ${text}`);
    if (!same) this.changed = true;
    record.failure = {
      code,
      text,
      since: same ? last.since : now,
      count,
      logged: silent ? last.logged : monotonic,
    };
    const wait = next === undefined ? backOff(count, this.#clock.random()) : next - now;
    // What needs nothing but this machine may be mended at any moment, and costs nothing to try.
    record.retryAt = monitor.local === true ? undefined : monotonic + wait;
    record.failedWith = stampOf(credential);
    record.next = monitor.local === true ? undefined : now + wait;
  }

  #explain(credential: ListedCredential, error: unknown) {
    const text = short(errorText(error));
    if (error instanceof TendFailure) return { code: error.code, text, next: error.options.next };
    if (error instanceof StoreError) return { code: error.code, text, next: undefined };
    // A fault of this program: whoever mends it needs to know where.
    if (error instanceof Error) this.#log.full(`${keyOf(credential)}: ${error.stack ?? text}`);
    return {
      code: "unexpected",
      text: `Cannot look after "${keyOf(credential)}": ${text}`,
      next: undefined,
    };
  }
}

function forgetFailure(record: CredentialRecord): void {
  record.failure = record.retryAt = record.failedWith = undefined;
}

/** It is kept, so it is made fit for others here. */
function short(text: string): string {
  const whole = redact(text);
  return whole.length > LONGEST_TEXT ? `${whole.slice(0, LONGEST_TEXT)}...` : whole;
}
