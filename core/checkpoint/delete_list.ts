/**
 * How a plug-in is given many files at once, and answers:
 * `PLUGIN <arguments of the map> -from BASE -delete-list FILE -jobad JOBAD [-ignore-missing-files]`.
 *
 * FILE holds names, each followed by a zero byte. For each file that could not be removed the
 * plug-in prints one line of JSON on standard output, e.g.
 * `{"name":"state/x","error":"Cannot remove ...: 403","status":5}`; a name that is no UTF-8 stands
 * in `name_base64` instead, and seconds to wait for may follow in `retry_after`. Lines that do not
 * begin with `{` mean nothing. The plug-in ends with 0, or with the status of one of its answers;
 * then the files that it did not name are gone. With any other status nothing is known about them.
 */
import { CleanupFailure, type CleanupFailureKind, EXIT_STATUS } from "./failure.ts";
import { textOf } from "./name.ts";

/** Most characters of a line of an answer that are looked at: a longest path, escaped, and a text. */
export const ANSWER_LIMIT = 64 * 1024;

/** Most characters of an error's text in an answer. */
const ERROR_LIMIT = 4 * 1024;

/** A file that a plug-in could not remove. */
export interface DeleteAnswer {
  readonly name: Uint8Array;
  readonly failure: CleanupFailure;
}

/**
 * The contents of the list file.
 *
 * @param names names without zero bytes, which no file's name can have
 */
export function printDeleteList(names: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const list = new Uint8Array(names.reduce((sum, { length }) => sum + length + 1, 0));
  let at = 0;
  for (const name of names) {
    list.set(name, at);
    at += name.length + 1;
  }
  return list;
}

/** The names in a list file; the zero byte after the last may be missing. */
export function parseDeleteList(list: Uint8Array): Uint8Array[] {
  const names: Uint8Array[] = [];
  for (let start = 0; start < list.length;) {
    const zero = list.indexOf(0, start);
    const end = zero < 0 ? list.length : zero;
    names.push(list.subarray(start, end));
    start = end + 1;
  }
  return names;
}

/** The line, with its end, that says why a file could not be removed. */
export function printDeleteAnswer({ name, failure }: DeleteAnswer): string {
  const text = textOf(name);
  return `${
    JSON.stringify({
      ...(text === undefined ? { name_base64: name.toBase64() } : { name: text }),
      error: failure.message.slice(0, ERROR_LIMIT),
      status: failure.exitStatus,
      ...(failure.retryAfter === undefined ? {} : { retry_after: failure.retryAfter }),
    })
  }\n`;
}

const encoder = new TextEncoder();

/**
 * Reads a line that {@linkcode printDeleteAnswer} or another plug-in printed.
 *
 * @returns undefined for a line that is no answer; a status outside the table counts as `NotDeleted`
 */
export function parseDeleteAnswer(line: string): DeleteAnswer | undefined {
  if (line.length > ANSWER_LIMIT) return undefined;
  const fields = parseObject(line);
  const name = nameOf(fields);
  if (name === undefined) return undefined;
  const { error, status, retry_after: retryAfter } = fields;
  const message = typeof error === "string" && error !== "" ? error : "The plug-in gave no reason";
  const waits = typeof retryAfter === "number" && retryAfter >= 0;
  return {
    name,
    failure: new CleanupFailure(
      kindOf(status),
      message.slice(0, ERROR_LIMIT),
      waits ? { retryAfter } : {},
    ),
  };
}

function nameOf({ name, name_base64: base64 }: Readonly<Record<string, unknown>>) {
  if (typeof name === "string") return encoder.encode(name);
  if (typeof base64 !== "string") return undefined;
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    return undefined;
  }
}

function kindOf(status: unknown): CleanupFailureKind {
  const kinds = Object.keys(EXIT_STATUS) as CleanupFailureKind[];
  return kinds.find((kind) => EXIT_STATUS[kind] === status) ?? "NotDeleted";
}

function parseObject(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
