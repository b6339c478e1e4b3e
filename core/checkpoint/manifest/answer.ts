/** What a function of `condor_manifest` answers. */
import { concat } from "../../std/bytes.ts";

/** Outputs and exit status; names in them are the bytes they are. */
export interface Answer {
  readonly stdout: Uint8Array;
  readonly stderr: string;
  readonly status: number;
}

const encoder = new TextEncoder();

/** Joins texts and bytes, a few of them. */
export function joinBytes(...parts: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  return joinAll(parts);
}

/** Joins texts and bytes, any number of them. */
export function joinAll(parts: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  return concat(parts.map((part) => typeof part === "string" ? encoder.encode(part) : part));
}

/** An answer on standard output. */
export function answer(status: number, ...stdout: readonly (string | Uint8Array)[]): Answer {
  return { stdout: joinBytes(...stdout), stderr: "", status };
}
