/**
 * The long ("old") format: one `Name = expression` per line, as in `.job.ad` and `.machine.ad`.
 */

import { ClassAd } from "./ad.ts";
import { ClassAdError } from "./error.ts";
import { Lexer } from "./lexer.ts";
import { type Limits, withDefaults } from "./limits.ts";
import { type AdText, Parser, toBinary } from "./parser.ts";
import { decodeBinary, trimSpace } from "./text.ts";

/** A line that holds no attribute. */
export interface BadLine {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  readonly error: ClassAdError;
}

/** How {@link parseOldAd} reads. */
export interface OldAdOptions extends Partial<Limits> {
  /** Called for a line that cannot be read, which is then skipped; without it that line throws. */
  readonly onBadLine?: (line: BadLine) => void;
}

/**
 * Parses an ad in long format; blank lines and those that start with `#` are skipped.
 *
 * @throws ClassAdError for a line that cannot be read, unless `onBadLine` takes it
 */
export function parseOldAd(text: AdText, options: OldAdOptions = {}): ClassAd {
  const { onBadLine, ...changed } = options;
  const limits = withDefaults(changed);
  const input = toBinary(text, limits);
  const ad = new ClassAd();
  let line = 0;
  for (let start = 0; start < input.length;) {
    const newline = input.indexOf("\n", start);
    const end = newline < 0 ? input.length : newline;
    const content = trimSpace(input.slice(start, end));
    line++;
    if (content !== "" && !content.startsWith("#")) {
      try {
        readLine(ad, content, limits);
      } catch (error) {
        if (!(error instanceof ClassAdError)) throw error;
        const placed = new ClassAdError(
          error.code,
          `${error.message} of line ${line}`,
          start + Math.max(error.offset, 0),
        );
        if (onBadLine === undefined) throw placed;
        onBadLine({ line, text: decodeBinary(content), error: placed });
      }
    }
    start = end + 1;
  }
  return ad;
}

function readLine(ad: ClassAd, line: string, limits: Limits): void {
  const { name, rest } = splitLine(line);
  if (name === "") throw new ClassAdError("syntax", "Cannot read attribute: it has no name", 0);
  const parser = new Parser(rest, limits, "old");
  const expression = parser.expression();
  parser.end();
  ad.setExpression(name, expression);
  if (ad.size > limits.maxAttributes) {
    throw new ClassAdError(
      "limit",
      `Cannot read ad: more than ${limits.maxAttributes} attributes`,
      0,
    );
  }
}

/** Name and expression; HTCondor takes for the name whatever precedes the equals sign. */
function splitLine(line: string): { name: string; rest: string } {
  if (line.startsWith("'")) {
    const lexer = new Lexer(line);
    lexer.next();
    const name = lexer.text;
    lexer.next();
    if (lexer.is("=")) return { name, rest: line.slice(lexer.position) };
  }
  const equals = line.indexOf("=");
  const name = equals < 0 ? "" : trimSpace(line.slice(0, equals));
  return { name: decodeBinary(name), rest: line.slice(equals + 1) };
}
