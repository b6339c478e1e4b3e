/**
 * What is known so far of one file of a run; in the end its result.
 */
import type { TransferFailure } from "../errors.ts";
import type { Attempt } from "./attempt.ts";
import type { Clock } from "../clock.ts";
import type { FileRequest } from "./in_file.ts";
import type { Direction, FailedAttempt, FileResult } from "./result.ts";
import type { DeveloperFacts } from "./scheme.ts";

/** The record of one file. */
export class FileRecord {
  readonly request: FileRequest;
  /** Its place among the files of the run. */
  readonly index: number;
  readonly facts: DeveloperFacts = {};
  /** Attempts begun. */
  tries = 0;
  readonly #direction: Direction;
  readonly #clock: Clock;
  readonly #failures: FailedAttempt[] = [];
  #startTime: number | undefined;
  #totalBytes = 0;
  #connectionSeconds = 0;

  constructor(
    request: FileRequest,
    { index, direction, clock }: { index: number; direction: Direction; clock: Clock },
  ) {
    this.request = request;
    this.index = index;
    this.#direction = direction;
    this.#clock = clock;
  }

  /** How the last attempt failed. */
  get lastFailure(): TransferFailure | undefined {
    return this.#failures.at(-1)?.failure;
  }

  /** An attempt begins. */
  begin(): void {
    this.tries++;
    this.#startTime ??= this.#seconds();
  }

  /** What a finished attempt cost. */
  count(attempt: Attempt): void {
    this.#totalBytes += attempt.bytes;
    this.#connectionSeconds += attempt.connectionSeconds();
  }

  /** A failure of the current attempt, or of the request itself where none was begun. */
  fail(failure: TransferFailure): void {
    this.#failures.push({ attempt: this.tries, failure });
  }

  /** The result as things stand: a success only if `bytes` says how much was moved. */
  result(bytes?: number): FileResult {
    const now = this.#seconds();
    return {
      url: this.request.url,
      localFileName: this.request.localFileName,
      direction: this.#direction,
      protocol: this.request.method,
      success: bytes !== undefined,
      bytes: bytes ?? 0,
      // A scheme that reports nothing moved the file once, or it would not be there.
      totalBytes: Math.max(this.#totalBytes, bytes ?? 0),
      startTime: this.#startTime ?? now,
      endTime: now,
      connectionSeconds: this.#connectionSeconds,
      tries: this.tries,
      failures: this.#failures,
      facts: this.facts,
    };
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}

/** The result of a file that was never tried. */
export function failedResult(
  request: Pick<FileRequest, "url" | "localFileName" | "method">,
  { direction, failure, now }: { direction: Direction; failure: TransferFailure; now: number },
): FileResult {
  return {
    url: request.url,
    localFileName: request.localFileName,
    direction,
    protocol: request.method,
    success: false,
    bytes: 0,
    totalBytes: 0,
    startTime: now,
    endTime: now,
    connectionSeconds: 0,
    tries: 0,
    failures: [{ attempt: 0, failure }],
    facts: {},
  };
}
