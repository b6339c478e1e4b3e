/**
 * What became of one file, and the ad that tells HTCondor so.
 *
 * The ad is made as the manual's section "File Transfer Plugins" says: HTCondor drops attributes of
 * another type from the job's history, and finds the file by name and URL, byte for byte.
 */
import { type AdValue, type ClassAd, makeAd, printRecord, real } from "../classad/mod.ts";
import { errorText, type FailureKind, type TransferFailure } from "../errors.ts";
import { redact } from "../log/redact.ts";
import type { DeveloperFacts } from "./scheme.ts";

/** Which way the bytes go, seen from the plug-in. */
export type Direction = "download" | "upload";

/** One failed attempt. */
export interface FailedAttempt {
  /** 1 for the first; 0 when there was no attempt, as for a malformed request. */
  readonly attempt: number;
  readonly failure: TransferFailure;
}

/** What became of one file. */
export interface FileResult {
  /** `Url` of the input ad. */
  readonly url: string;
  /** `LocalFileName` of the input ad. */
  readonly localFileName: string;
  readonly direction: Direction;
  /** The method in lower case; HTCondor counts files and bytes under it. */
  readonly protocol: string;
  readonly success: boolean;
  /** Size of the file moved. */
  readonly bytes: number;
  /** Payload bytes over the wire in all attempts. */
  readonly totalBytes: number;
  /** Unix times in seconds. */
  readonly startTime: number;
  readonly endTime: number;
  /** Seconds spent transferring after connecting, over all attempts. */
  readonly connectionSeconds: number;
  /** Attempts made. */
  readonly tries: number;
  /** Failed attempts in order, also those before a success. */
  readonly failures: readonly FailedAttempt[];
  readonly facts: DeveloperFacts;
}

/** What a result ad says that is the same for all files of a run. */
export interface ResultFrame {
  /** As in the answer to `-classad`. */
  readonly pluginVersion: string;
  readonly hostname: string;
}

/** Longest error text in characters; it becomes part of a job's hold reason. */
const LONGEST_TEXT = 1000;

/** The failure that decided the file's fate; undefined after a success. */
export function lastFailure(result: FileResult): TransferFailure | undefined {
  return result.success ? undefined : result.failures.at(-1)?.failure;
}

/**
 * The result ad of one file.
 *
 * @param result what became of the file
 * @param frame what is the same for all files
 */
export function resultAd(result: FileResult, frame: ResultFrame): ClassAd {
  return makeAd(resultRecord(result, frame));
}

/** The result ad of one file in new format, as `printAd()` would write it. */
export function resultText(result: FileResult, frame: ResultFrame): string {
  return printRecord(resultRecord(result, frame));
}

function resultRecord(result: FileResult, frame: ResultFrame): { [name: string]: AdValue } {
  const last = lastFailure(result);
  const code = last === undefined ? 0 : whole(last.facts.errorCode);
  return {
    TransferUrl: result.url,
    TransferFileName: result.localFileName,
    TransferType: result.direction,
    TransferProtocol: result.protocol,
    TransferSuccess: result.success,
    TransferFileBytes: result.bytes,
    TransferTotalBytes: result.totalBytes,
    TransferStartTime: result.startTime,
    TransferEndTime: result.endTime,
    ConnectionTimeSeconds: real(result.connectionSeconds),
    TransferError: last === undefined ? undefined : failureText(last),
    DeveloperData: {
      TransferHostName: result.facts.TransferHostName,
      TransferLocalMachineName: frame.hostname,
      TransferTries: result.tries > 0 ? result.tries : undefined,
      TransferHTTPStatusCode: whole(result.facts.TransferHTTPStatusCode ?? 0) || undefined,
      LibcurlReturnCode: code >= 0 ? code : undefined,
      HttpCacheHitOrMiss: result.facts.HttpCacheHitOrMiss,
      HttpCacheHost: result.facts.HttpCacheHost,
    },
    TransferErrorData: result.failures.length === 0
      ? undefined
      : result.failures.map((failed) => stanza(failed, frame)),
  };
}

/** An integer whatever a scheme gave, for an ad that cannot be made is an ad that is missing. */
function whole(n: number): number {
  return Number.isFinite(n) ? Math.trunc(n) : 0;
}

/** One element of `TransferErrorData`: all attributes of its stanza are there. */
function stanza({ attempt, failure }: FailedAttempt, frame: ResultFrame) {
  const { facts } = failure;
  return {
    ErrorType: failure.kind,
    ...stanzaOf(failure, frame),
    IntermediateServer: facts.intermediate?.server,
    IntermediateServerErrorType: facts.intermediate?.errorType,
    ErrorCode: whole(facts.errorCode),
    ErrorString: failureText(failure),
    Retryable: whole(facts.retryable),
    DeveloperData: attempt === 0 ? undefined : { Attempt: attempt },
  };
}

function stanzaOf(failure: TransferFailure, frame: ResultFrame) {
  const { facts } = failure;
  const FailedServer = facts.server ?? frame.hostname;
  const FailureType = facts.failureType;
  switch (failure.kind) {
    case "Parameter":
      return { PluginVersion: frame.pluginVersion, PluginLaunched: true };
    case "Resolution":
      return { FailedName: facts.name ?? "", FailureType: FailureType ?? "PostContact" };
    case "Authorization":
      return {
        FailedServer,
        FailureType: FailureType ?? "Authorization",
        ShouldRefresh: facts.shouldRefresh ?? false,
      };
    case "Transfer":
      return { FailedServer, FailureType: FailureType ?? "Incomplete" };
    case "Contact":
    case "Specification":
      return { FailedServer };
  }
}

/**
 * The text of a failure as it may stand in a result ad: one line, without secrets, and without the
 * marks by which HTCondor finds the parts of a hold reason.
 */
export function failureText(failure: TransferFailure): string {
  const text = redact(errorText(failure))
    .replaceAll("|", "/")
    .replaceAll("; SHADOW", ", SHADOW")
    .replaceAll("; STARTER", ", STARTER")
    .replaceAll("URL file = ", "URL: ");
  return text.length <= LONGEST_TEXT
    ? text
    : `${text.slice(0, LONGEST_TEXT - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** The more telling a failure, the later its ad: HTCondor's hold reason leads with the last one. */
const TELLING: Record<FailureKind, number> = {
  Transfer: 2,
  Contact: 3,
  Resolution: 4,
  Parameter: 5,
  Authorization: 6,
  Specification: 6,
};

/** Rank of a result's ad in the out file: lower ones come first. */
export function rank(result: FileResult): number {
  const last = lastFailure(result);
  if (last === undefined) return 0;
  return result.tries === 0 && last.kind === "Transfer" ? 1 : TELLING[last.kind];
}
