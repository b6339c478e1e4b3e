/** What can be said of a line of the map file by itself. */
import { isWellFormedText } from "../../classad/text.ts";
import { quote } from "../location.ts";
import { error, type Finding, warning } from "./finding.ts";
import { isInclude, type MapLine } from "./lines.ts";
import { readPattern } from "./pattern.ts";

/** Checks how a line is written. */
export function checkLine(line: MapLine, options: { readonly includePrefix: boolean }): Finding[] {
  if (isInclude(line)) return checkInclude(line);
  return [...checkColumns(line), ...checkKey(line, options)];
}

function checkInclude({ isIncluded, fault }: MapLine): Finding[] {
  if (isIncluded) return [warning("an @include in an included file is ignored")];
  if (fault !== undefined) return [error(fault)];
  return [
    warning(
      "HTCondor compares lines of included files with the whole URL, not with its beginning; " +
        "they belong into this file",
    ),
  ];
}

function checkColumns({ columns, rest, line }: MapLine): Finding[] {
  const [method, , program] = columns;
  const found: Finding[] = [];
  if (columns.length < 3) {
    found.push(error(`${columns.length} of three columns; the line is ignored`));
  }
  if (line === 1 && method!.text.startsWith("\ufeff")) {
    found.push(error("a byte order mark stands before the first column; the line is ignored"));
  } else if (method!.text !== "*") {
    found.push(warning(`the first column is ${quote(method!.text)}, not *; no URL matches`));
  }
  if (columns.some(({ form, isUnclosed }) => form === "quoted" && isUnclosed)) {
    found.push(error("a quote is not closed"));
  }
  if (columns.some(({ text }) => text === "")) {
    found.push(error("a column is empty; the line is ignored"));
  }
  if (rest !== "") {
    found.push(
      error(
        `${quote(rest)} after the third column is ignored; ` +
          "put commas between arguments, or the column in quotes",
      ),
    );
  }
  if (/(?<!\\)(?:\\\\)*\\$/.test(program?.text ?? "")) {
    found.push(error("the third column ends in a lone backslash, on which HTCondor may crash"));
  }
  return found;
}

function checkKey(
  { columns: [, key], isIncluded }: MapLine,
  { includePrefix }: { readonly includePrefix: boolean },
): Finding[] {
  if (key === undefined || key.text === "") return [];
  if (key.form === "pattern") {
    const pattern = readPattern(key.text, key.flags);
    return [
      ...(key.isUnclosed ? [error("a pattern is not closed")] : []),
      ...(typeof pattern === "string" ? [error(`the pattern cannot be used: ${pattern}`)] : []),
    ];
  }
  if (!isWellFormedText(key.text)) return [error("the second column is not UTF-8; no URL matches")];
  if (isIncluded && !includePrefix) return [];
  const found: Finding[] = [];
  if (key.text.startsWith("/")) {
    found.push(warning("the second column looks like a pattern, but is taken literally"));
  } else if (!/^[a-z][a-z0-9+.-]*:/i.test(key.text)) {
    found.push(warning("the prefix has no scheme"));
  }
  if (!key.text.endsWith("/")) {
    found.push(
      warning(`the prefix does not end in /; it also matches ${quote(`${key.text}-other/`)}`),
    );
  }
  return found;
}
