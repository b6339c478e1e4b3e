/**
 * Strings, which are counted and cut in bytes.
 */

import { ClassAd } from "../ad.ts";
import { compareBytes, lowerAscii, upperAscii } from "../compare.ts";
import { toText } from "../convert.ts";
import { literal } from "../expression.ts";
import { decodeBinary, encodeBinary, isSpace } from "../text.ts";
import { ERROR, type Value, ValueList } from "../value.ts";
import {
  allArguments,
  argument,
  type BuiltIn,
  type Call,
  type Family,
  ofTwoTexts,
} from "./call.ts";

function strcat(call: Call): Value {
  let text = "";
  for (let i = 0; i < call.args.length; i++) {
    const part = toText(argument(call, i));
    if (typeof part !== "string") return part;
    text += part;
    call.evaluation.checkLength(text.length);
  }
  return text;
}

/** The separator comes first; what is joined is the rest, or the one list; undefined is left out. */
function join(call: Call): Value {
  let values: Value[];
  let hasList = false;
  const last = call.args.length === 1 || call.args.length === 2
    ? argument(call, call.args.length - 1)
    : undefined;
  if (last instanceof ValueList) {
    hasList = true;
    const items = last.items.map((item) => call.evaluation.evaluate(item, last.scope));
    values = [call.args.length === 2 ? argument(call, 0) : "", ...items];
  } else {
    values = allArguments(call);
  }
  const texts: string[] = [];
  for (const [index, value] of values.entries()) {
    const text = toText(value);
    if (text === ERROR) return ERROR;
    if (text !== undefined || index === 0) texts.push(text ?? "");
  }
  const isBare = !hasList && (values.length === 1 || values.length === 2);
  if (isBare && values.at(-1) === undefined) return undefined;
  const [separator = "", ...parts] = texts;
  call.evaluation.checkLength(
    parts.reduce((sum, part) => sum + part.length + separator.length, 0),
  );
  return parts.join(separator);
}

function changing(change: (text: string) => string): BuiltIn {
  return (call) => {
    if (call.args.length !== 1) return ERROR;
    const text = toText(argument(call, 0));
    return typeof text === "string" ? change(text) : text;
  };
}

function comparing(ignoreCase: boolean): BuiltIn {
  return ofTwoTexts((a, b) => BigInt(compareBytes(a, b, { ignoreCase })));
}

/** As in Perl: a negative offset or length counts from the end. */
function substr(call: Call): Value {
  if (call.args.length < 2 || call.args.length > 3) return ERROR;
  const [text, from, count] = allArguments(call);
  const hasCount = call.args.length === 3;
  if (text === undefined || from === undefined || (hasCount && count === undefined)) {
    return undefined;
  }
  if (typeof text !== "string" || typeof from !== "bigint") return ERROR;
  if (hasCount && typeof count !== "bigint") return ERROR;
  const bytes = encodeBinary(text);
  const size = bytes.length;
  const offset = Number(from);
  const start = Math.min(offset < 0 ? Math.max(size + offset, 0) : offset, size);
  const length = hasCount ? Number(count) : size;
  const end = length < 0 ? Math.max(size + length, start) : Math.min(start + length, size);
  return decodeBinary(bytes.slice(start, end));
}

function size(call: Call): Value {
  if (call.args.length !== 1) return ERROR;
  const value = argument(call, 0);
  if (value === undefined) return undefined;
  if (typeof value === "string") return BigInt(encodeBinary(value).length);
  if (value instanceof ValueList) return BigInt(value.items.length);
  return value instanceof ClassAd ? BigInt(value.size) : ERROR;
}

function split(call: Call): Value {
  if (call.args.length < 1 || call.args.length > 2) return ERROR;
  const text = argument(call, 0);
  const separators = call.args.length === 2 ? argument(call, 1) : ", \t";
  if (typeof text !== "string" || typeof separators !== "string") return ERROR;
  return new ValueList(splitText(text, separators).map(literal));
}

/**
 * The parts of a text between separators.
 *
 * Before each part at most one separator is skipped, and any number of those that are white space.
 */
function splitText(text: string, separators: string): string[] {
  const parts: string[] = [];
  const isSeparator = (at: number): boolean => separators.includes(text.charAt(at));
  const isBlank = (at: number): boolean => isSpace(text.charCodeAt(at)) && isSeparator(at);
  let at = 0;
  for (;;) {
    while (at < text.length && isBlank(at)) at++;
    if (at < text.length && isSeparator(at)) at++;
    while (at < text.length && isBlank(at)) at++;
    if (at >= text.length) return parts;
    const start = at;
    while (at < text.length && !isSeparator(at)) at++;
    parts.push(text.slice(start, at));
  }
}

function splitName(bareIsName: boolean): BuiltIn {
  return (call) => {
    if (call.args.length !== 1) return ERROR;
    const text = argument(call, 0);
    if (typeof text !== "string") return text === undefined ? undefined : ERROR;
    const at = text.indexOf("@");
    const parts = at >= 0
      ? [text.slice(0, at), text.slice(at + 1)]
      : bareIsName
      ? [text, ""]
      : ["", text];
    return new ValueList(parts.map(literal));
  };
}

/** strcat(), join(), split(), substr() and their relatives. */
export const STRING_FUNCTIONS: Family = {
  strcat,
  join,
  toupper: changing(upperAscii),
  tolower: changing(lowerAscii),
  strcmp: comparing(false),
  stricmp: comparing(true),
  substr,
  size,
  split,
  splitusername: splitName(true),
  splitslotname: splitName(false),
};
