/**
 * Regular expressions: matching and replacing.
 *
 * A pattern that is malformed, too long or too costly on its subject is error, as are subjects
 * beyond the limit.
 */

import { type Match, MatchLimitError, search } from "../regex.ts";
import { parsePattern, type Pattern, PatternError } from "../regex_parser.ts";
import { decodeBinary, encodeBinary } from "../text.ts";
import { ERROR, type Value, ValueList } from "../value.ts";
import { allArguments, type BuiltIn, type Call, type Family } from "./call.ts";
import { splitList } from "./string_lists.ts";

/** Runs a search; what is wrong with the pattern makes the value error. */
function guard(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (error instanceof PatternError || error instanceof MatchLimitError) return ERROR;
    throw error;
  }
}

function compile(call: Call, pattern: string, options: string): Pattern {
  if (pattern.length > call.evaluation.limits.maxPatternLength) throw new PatternError("too long");
  return parsePattern(encodeBinary(pattern), options);
}

function prepare(call: Call, subject: string): string {
  if (subject.length > call.evaluation.limits.maxSubjectLength) throw new MatchLimitError();
  return encodeBinary(subject);
}

/** The arguments, the last of which are options; error and undefined go through. */
function readArguments(call: Call, count: number): Value[] | undefined | typeof ERROR {
  if (call.args.length < count || call.args.length > count + 1) return ERROR;
  const values = allArguments(call);
  if (values.includes(ERROR)) return ERROR;
  if (values.includes(undefined)) return undefined;
  return values.length > count ? values : [...values, ""];
}

function matches(call: Call): Value {
  const values = readArguments(call, 2);
  if (!Array.isArray(values)) return values;
  const [pattern, subject, options] = values;
  if (typeof pattern !== "string" || typeof subject !== "string") return ERROR;
  if (typeof options !== "string") return ERROR;
  return guard(() => search(compile(call, pattern, options), prepare(call, subject)) !== undefined);
}

function matchesMember(call: Call): Value {
  const values = readArguments(call, 2);
  if (!Array.isArray(values)) return values;
  const [pattern, list, options] = values;
  if (typeof pattern !== "string" || !(list instanceof ValueList)) return ERROR;
  if (typeof options !== "string") return ERROR;
  return guard(() => {
    const compiled = compile(call, pattern, options);
    let hasUndefined = false;
    for (const item of list.items) {
      const subject = call.evaluation.evaluate(item, list.scope);
      if (subject === undefined) hasUndefined = true;
      else if (typeof subject !== "string") return ERROR;
      else if (search(compiled, prepare(call, subject)) !== undefined) return true;
    }
    return hasUndefined ? undefined : false;
  });
}

/** In a replacement `\0` to `\9` stand for the match and its groups. */
function fill(replacement: string, subject: string, match: Match): string {
  return replacement.replace(/\\([0-9])/g, (_, digit: string) => {
    const group = match[Number(digit)];
    if (group === undefined) throw new PatternError("replacement names a group without text");
    return subject.slice(group[0], group[1]);
  });
}

/** Option `f` keeps what is around the match, `g` goes on to further matches. */
function substitutes(fixed: string): BuiltIn {
  return (call) => {
    const values = readArguments(call, 3);
    if (!Array.isArray(values)) return values;
    const [pattern, subject, replacement, given] = values;
    if (typeof pattern !== "string" || typeof subject !== "string") return ERROR;
    if (typeof replacement !== "string" || typeof given !== "string") return ERROR;
    return guard(() => {
      const options = given + fixed;
      const text = prepare(call, subject);
      const compiled = compile(call, pattern, options);
      const by = encodeBinary(replacement);
      const keeps = options.includes("f");
      let result = "";
      let at = 0;
      for (let match = search(compiled, text); match !== undefined;) {
        const [start, end] = match[0] ?? [0, 0];
        result += (keeps ? text.slice(at, start) : "") + fill(by, text, match);
        call.evaluation.checkLength(result.length);
        at = end;
        if (!options.includes("g")) break;
        // HTCondor refuses to go on from a match of nothing.
        if (start === end) return ERROR;
        match = search(compiled, text, end);
      }
      return decodeBinary(keeps ? result + text.slice(at) : result);
    });
  };
}

function stringListMember(call: Call): Value {
  if (call.args.length < 2 || call.args.length > 4) return ERROR;
  const [pattern, list, separators = ", ", options = ""] = allArguments(call);
  if (typeof pattern !== "string" || typeof list !== "string") return ERROR;
  if (typeof separators !== "string" || typeof options !== "string") return ERROR;
  return guard(() => {
    const compiled = compile(call, pattern, options);
    const items = splitList(list, separators);
    if (items.length === 0) return undefined;
    return items.some((item) => search(compiled, prepare(call, item)) !== undefined);
  });
}

/** regexp(), replace() and their relatives. */
export const REGEX_FUNCTIONS: Family = {
  regexp: matches,
  regexpmember: matchesMember,
  regexps: substitutes(""),
  replace: substitutes("f"),
  replaceall: substitutes("fg"),
  stringlist_regexpmember: stringListMember,
};
