/**
 * Errors of this machine's own files, as the failures that a result ad reports.
 *
 * Deno tells most errors by `code`, and a few (`EFBIG`, `EDQUOT`) only by the number in
 * `(os error N)`. Nothing here is worth a retry on this machine.
 */
import { errorText, TransferFailure } from "../errors.ts";

/** What was being done with a local file when it failed. */
export interface LocalOperation {
  /** The file, as the job or the engine named it, when one is known. */
  readonly path?: string | undefined;
  /** `opening`: a job's file that is to be sent; `writing` by default. */
  readonly doing?: "opening" | "reading" | "writing";
  /** Bytes read or written before the error. */
  readonly bytes?: number | undefined;
  /** The machine's name; `Deno.hostname()` by default. */
  readonly hostname?: () => string;
}

/** What the operating system said. */
export interface SystemError {
  /** Symbolic name as in errno(3), e.g. `ENOSPC`; empty when unknown. */
  readonly code: string;
  /** Number of the error on Linux; 0 when unknown. */
  readonly number: number;
  /** The system's text, e.g. `No space left on device`. */
  readonly text: string;
}

/** Numbers and texts of errno(3) on Linux for errors that come without one of the two. */
const ERRORS: Readonly<Record<string, readonly [number, string]>> = {
  EPERM: [1, "Operation not permitted"],
  ENOENT: [2, "No such file or directory"],
  EIO: [5, "Input/output error"],
  EACCES: [13, "Permission denied"],
  EEXIST: [17, "File exists"],
  ENOTDIR: [20, "Not a directory"],
  EISDIR: [21, "Is a directory"],
  EFBIG: [27, "File too large"],
  ENOSPC: [28, "No space left on device"],
  EROFS: [30, "Read-only file system"],
  ENAMETOOLONG: [36, "File name too long"],
  ELOOP: [40, "Too many levels of symbolic links"],
  EDQUOT: [122, "Disk quota exceeded"],
};

/** Errors that say: this name cannot be used this way. */
const BAD_NAME = new Set([
  "EPERM",
  "ENOENT",
  "EACCES",
  "EEXIST",
  "ENOTDIR",
  "EISDIR",
  "EROFS",
  "ENAMETOOLONG",
  "ELOOP",
  "EINVAL",
]);

/** Reads the operating system's error out of whatever Deno or `node:fs` threw. */
export function systemError(error: unknown): SystemError {
  const message = errorText(error);
  const told = /^(.*?) \(os error (\d+)\)/.exec(message);
  const given = (error as { code?: unknown } | null | undefined)?.code;
  const code = typeof given === "string" && /^E[A-Z0-9]+$/.test(given)
    ? given
    : Object.keys(ERRORS).find((name) => ERRORS[name]![0] === Number(told?.[2])) ?? "";
  const known = ERRORS[code];
  return {
    code,
    number: told ? Number(told[2]) : known?.[0] ?? 0,
    text: known?.[1] ?? told?.[1] ?? oneLine(message),
  };
}

/**
 * The failure to report for an error of a local file.
 *
 * A `TransferFailure` is returned as it is. `ErrorCode` is libcurl's: 23 for writing, 26 for
 * reading.
 *
 * @param error what was thrown
 */
export function localFailure(error: unknown, operation: LocalOperation): TransferFailure {
  if (error instanceof TransferFailure) return error;
  const { path = "the local file", doing = "writing", bytes, hostname = Deno.hostname } = operation;
  const { code, number, text } = systemError(error);
  const errorCode = doing === "writing" ? 23 : 26;
  const shown = oneLine(path);
  if (doing !== "writing" && code === "EISDIR") {
    return new TransferFailure("Parameter", `local file ${shown} is a directory`, {
      errorCode,
      retryable: -1,
      cause: error,
    });
  }
  const soFar = bytes === undefined ? "" : ` after ${bytes} bytes`;
  const message = doing === "opening"
    ? `could not open local file ${shown}, error ${number} (${text})`
    : `${text} ${doing} ${shown}${soFar}`;
  if (BAD_NAME.has(code)) {
    return new TransferFailure("Parameter", message, { errorCode, retryable: -1, cause: error });
  }
  return new TransferFailure("Transfer", message, {
    errorCode,
    retryable: -1,
    failureType: code === "ENOSPC"
      ? "NoSpace"
      : code === "EDQUOT" || code === "EFBIG"
      ? "Quota"
      : "Incomplete",
    server: hostname(),
    cause: error,
  });
}

/** Makes a text fit for a message of one line. */
function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f]+/g, " ");
}
