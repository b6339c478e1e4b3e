/** One statement's text, with the number of the last line it was written on. */
export interface LogicalLine {
  readonly text: string;
  readonly line: number;
}

/**
 * Joins lines that end with a backslash; leaves out comments and blank lines.
 *
 * As HTCondor does it: a comment between continued lines is left out, and ends the statement unless
 * it ends with a backslash itself; so does a blank line. Lines are trimmed before they are joined.
 * (Version 25.14.1 appends stray characters where such a comment ends a statement; this does not.)
 */
export function* logicalLines(text: string): Generator<LogicalLine> {
  let joined: string | undefined;
  let line = 0;
  const physical = text.split("\n");
  if (physical.at(-1) === "") physical.pop();
  for (const raw of physical) {
    line++;
    const trimmed = trim(raw);
    const comment = trimmed.startsWith("#");
    if (comment && joined === undefined) continue;
    const continued = trimmed.endsWith("\\");
    const content = comment ? "" : continued ? trimmed.slice(0, -1) : trimmed;
    joined = (joined ?? "") + content;
    if (continued) continue;
    if (joined !== "") yield { text: joined, line };
    joined = undefined;
  }
  if (joined !== undefined && joined !== "") yield { text: joined, line };
}

/** Without the white space of C's `isspace` at both ends. */
export function trim(text: string): string {
  return text.replace(/^[ \t\r\n\v\f]+/, "").replace(/(?<![ \t\r\n\v\f])[ \t\r\n\v\f]+$/, "");
}
