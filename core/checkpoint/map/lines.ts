/** The lines of the map file and of the files it includes, in the order in which they count. */
import { dirname } from "@std/path";
import { bytesToBinary, decodeBinary } from "../../classad/text.ts";
import { type Column, ColumnReader } from "./columns.ts";
import { MapError } from "./error.ts";
import { DISK, type MapFiles } from "./files.ts";

const MOST_LINES = 50_000;
const LONGEST_LINE = 64 * 1024;
const MOST_FILES = 1000;
/** What a configuration directory's files are never called (LOCAL_CONFIG_DIR_EXCLUDE_REGEXP). */
const EXCLUDED = /^(?:\..*|.*~|#.*|.*\.rpmsave|.*\.rpmnew)$/;

/** A line that is neither empty nor a comment. */
export interface MapLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Of a file that the map file includes. */
  readonly isIncluded: boolean;
  /** At most three. */
  readonly columns: readonly Column[];
  /** What follows the third column, which nobody reads. */
  readonly rest: string;
}

/** Options of {@linkcode readLines}. */
export interface ReadLinesOptions {
  /** Default: the disk. */
  readonly files?: MapFiles;
}

/**
 * Reads the lines of the map file; in the place of an `@include` stand the lines of what it names.
 *
 * @throws {MapError} when a file cannot be read, or is beyond all bounds
 */
export function readLines(path: string, { files = DISK }: ReadLinesOptions = {}): MapLine[] {
  return new LineReader(files).readAll(path);
}

/** Whether a line includes a file or a directory. */
export function isInclude({ columns: [first] }: MapLine): boolean {
  return first?.text.toLowerCase() === "@include" && !first.isQuoted;
}

class LineReader {
  readonly #files: MapFiles;
  readonly #lines: MapLine[] = [];
  #count = 0;
  #filesRead = 0;

  constructor(files: MapFiles) {
    this.#files = files;
  }

  readAll(path: string): MapLine[] {
    for (const line of this.#read(path, false)) {
      this.#lines.push(line);
      if (!isInclude(line)) continue;
      for (const file of this.#included(line)) this.#lines.push(...this.#read(file, true));
    }
    return this.#lines;
  }

  /** The files that a line includes; those of a directory in a configuration directory's order. */
  #included({ file, columns }: MapLine): string[] {
    const name = columns[1]?.text ?? "";
    if (name === "") return [];
    const path = name.startsWith("/") ? name : `${dirname(file)}/${name}`;
    return this.#files.list(path)?.filter((one) => !EXCLUDED.test(one)).sort()
      .map((one) => `${path.replace(/\/$/, "")}/${one}`) ?? [path];
  }

  *#read(file: string, isIncluded: boolean): Generator<MapLine> {
    if (++this.#filesRead > MOST_FILES) throw tooMuch(file, `more than ${MOST_FILES} files`);
    const text = decodeBinary(bytesToBinary(this.#files.read(file)));
    let line = 0;
    for (const content of text.split("\n")) {
      line++;
      if (++this.#count > MOST_LINES) throw tooMuch(file, `more than ${MOST_LINES} lines`);
      if (content.length > LONGEST_LINE) {
        throw tooMuch(`${file}:${line}`, `a line of more than ${LONGEST_LINE} characters`);
      }
      const reader = new ColumnReader(content);
      const columns = [reader.next(), reader.next(), reader.next()].filter((c) => c !== undefined);
      if (columns.length === 0 || columns[0]!.text.startsWith("#")) continue;
      yield { file, line, isIncluded, columns, rest: reader.rest() };
    }
  }
}

function tooMuch(where: string, state: string): MapError {
  return new MapError(`Cannot read map file "${where}": ${state}`);
}
