/** What a program says, searched for what it says of a file that is gone. */
import { UsageError } from "../../errors.ts";

/** Characters of a line, and of all lines, that are looked at. */
const LONGEST_LINE = 512;
const LONGEST_TEXT = 4096;
/** Repetitions that may follow each other: each multiplies the time to find nothing by the length. */
const MOST_REPETITIONS = 2;

/**
 * Reads a regular expression that is to be found in a line.
 *
 * A program's words may have a file's name in them, and nothing can interrupt a search: only
 * expressions are taken that find nothing in a moment.
 *
 * @throws {UsageError} that says what it takes
 */
export function searchOf(text: string): (output: string) => boolean {
  let pattern: RegExp;
  try {
    pattern = new RegExp(text, "u");
  } catch {
    throw new UsageError(`takes a regular expression: ${JSON.stringify(text)} given`);
  }
  if (repetitions(text) > MOST_REPETITIONS) {
    throw new UsageError(
      "takes no repeated group, no reference to one, and at most two repetitions (* + ? {})",
    );
  }
  return (output) =>
    output.slice(0, LONGEST_TEXT).split(/[\r\n]+/)
      .some((line) => pattern.test(line.slice(0, LONGEST_LINE)));
}

/** Most repetitions that can follow each other; infinitely many with groups repeated. */
function repetitions(text: string): number {
  if (/\\[1-9k]/.test(text.replaceAll("\\\\", ""))) return Infinity;
  const plain = text.replace(/\\./gsu, "x").replace(/\[[^\]]*\]/g, "x").replace(/\(\?/g, "(");
  if (/\)[*+?{]/.test(plain)) return Infinity;
  const ways = plain.includes("(") ? [plain] : plain.split("|");
  return Math.max(...ways.map((way) => way.match(/[*+?{]/g)?.length ?? 0));
}
