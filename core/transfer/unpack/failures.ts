/**
 * Failures of unpacking.
 *
 * What a job asked for and cannot have (no archive, unsafe or unsupported content, over a limit) is
 * a Parameter failure for good. Bytes that prove to be damaged or cut are a failure of the transfer
 * and worth another attempt. The number is libcurl's for content it cannot decode.
 */
import { errorText, TransferFailure } from "../../errors.ts";
import { localFailure } from "../local_failure.ts";

/** libcurl's CURLE_BAD_CONTENT_ENCODING. */
const BAD_CONTENT = 61;

/** An archive, as messages name it. */
export interface ArchiveName {
  /** Name of the target that was to be downloaded. */
  readonly name: string;
  /** `host:port` the archive came from, or this machine. */
  readonly server: string;
}

/** The archive cannot be unpacked, and no other attempt changes that. */
export function refused({ name }: ArchiveName, state: string): TransferFailure {
  return new TransferFailure("Parameter", `Cannot unpack ${quote(name)}: ${state}`, {
    errorCode: BAD_CONTENT,
    retryable: -1,
  });
}

/** The archive ends too early. */
export function truncated({ name, server }: ArchiveName, cause?: unknown): TransferFailure {
  return broken(name, "the archive ends too early", { server, type: "Incomplete", cause });
}

/** The archive contradicts itself. */
export function damaged(
  { name, server }: ArchiveName,
  state: string,
  cause?: unknown,
): TransferFailure {
  return broken(name, state, { server, type: "Checksum", cause });
}

function broken(
  name: string,
  state: string,
  { server, type, cause }: { server: string; type: "Incomplete" | "Checksum"; cause: unknown },
): TransferFailure {
  return new TransferFailure("Transfer", `Cannot unpack ${quote(name)}: ${state}`, {
    errorCode: BAD_CONTENT,
    retryable: 0,
    failureType: type,
    server,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The failure that an error of a decompressor, an unpacker or a file means. */
export function unpackFailure(error: unknown, archive: ArchiveName, path: string): TransferFailure {
  if (error instanceof TransferFailure) return error;
  const code = String((error as { code?: unknown } | null)?.code);
  if (code === "Z_BUF_ERROR") return truncated(archive, error);
  if (code.startsWith("Z_") || code === "ERR_BUFFER_TOO_LARGE") {
    return damaged(archive, "its compressed data is damaged", error);
  }
  if (/^E[A-Z0-9]+$/.test(code) && !code.startsWith("ERR_")) return localFailure(error, { path });
  if (/truncated|unexpected end|incomplete/i.test(errorText(error))) {
    return truncated(archive, error);
  }
  return damaged(archive, "it is no valid archive", error);
}

/** A name in quotes, on one line of bounded length. */
export function quote(name: string): string {
  // deno-lint-ignore no-control-regex
  const shown = name.replace(/[\x00-\x1f\x7f"]/g, "?");
  return `"${shown.length > 100 ? `${shown.slice(0, 99)}…` : shown}"`;
}
