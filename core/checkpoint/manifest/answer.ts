/** What a function of `condor_manifest` answers. */

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
  const pieces = parts.map((part) => typeof part === "string" ? encoder.encode(part) : part);
  const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** An answer on standard output. */
export function answer(status: number, ...stdout: readonly (string | Uint8Array)[]): Answer {
  return { stdout: joinBytes(...stdout), stderr: "", status };
}
