/** Reading the map file and the files it includes. */
import { isWellFormedText } from "../../classad/text.ts";
import type { MapFiles } from "./files.ts";
import { isInclude, type MapLine, readLines } from "./lines.ts";
import { CheckpointMap, type Kind, type MapEntry } from "./map.ts";
import { readPattern } from "./pattern.ts";

/** How a map file is read. */
export interface ReadMapOptions {
  /** Whether lines of included files are prefixes too. */
  readonly includePrefix: boolean;
  /** Default: the disk. */
  readonly files?: MapFiles;
}

/**
 * Reads the map file, and the files it includes; lines that cannot be used are left out.
 *
 * @throws {MapError} when a file cannot be read, or is beyond all bounds
 */
export function readMap(path: string, { includePrefix, files }: ReadMapOptions): CheckpointMap {
  const lines = readLines(path, files === undefined ? {} : { files });
  return new CheckpointMap(path, lines.flatMap((line) => entryOf(line, includePrefix) ?? []));
}

/** What a line says, or nothing when it cannot be used. */
export function entryOf(line: MapLine, includePrefix: boolean): MapEntry | undefined {
  const { file, columns: [method, key, program] } = line;
  if (isInclude(line) || program === undefined || method?.text !== "*") return undefined;
  const isExact = line.isIncluded && !includePrefix;
  const pattern = isExact && !key!.isQuoted ? readPattern(key!.text) : undefined;
  if (typeof pattern === "string") return undefined;
  const kind: Kind = pattern !== undefined ? "pattern" : isExact ? "exact" : "prefix";
  return {
    file,
    line: line.line,
    kind,
    key: key!.text,
    ...(pattern === undefined ? {} : { pattern }),
    program: program.text,
    isText: isWellFormedText(program.text) && !program.text.includes("\0"),
  };
}
