/** The lines of the map file and of the files it includes, in the order in which they count. */
import { dirname } from "@std/path";
import { bytesToBinary, decodeBinary } from "../../classad/text.ts";
import { quote } from "../location.ts";
import { type Column, ColumnReader } from "./columns.ts";
import { MapError } from "./error.ts";
import { DISK, type MapFiles } from "./files.ts";

const MOST_LINES = 10_000;
const LONGEST_LINE = 64 * 1024;
const MOST_FILES = 1000;
/** What files of a configuration directory are never called (LOCAL_CONFIG_DIR_EXCLUDE_REGEXP). */
const EXCLUDED = /^(?:\..*|.*~|#.*|.*\.rpmsave|.*\.rpmnew)$/;

/** How a map file is read. */
export interface ReadMapOptions {
  /** Whether lines of included files are prefixes too, as those of the map file itself. */
  readonly includePrefix: boolean;
  /** Default: the disk. */
  readonly files?: MapFiles;
}

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
  /** Of an `@include`: why nothing is included. */
  readonly fault?: string;
}

/**
 * Reads the lines of the map file; behind an `@include` stand the lines of what it names.
 *
 * @throws {MapError} when the map file cannot be read, or all files together are beyond all bounds
 */
export function readLines(path: string, options: ReadMapOptions): MapLine[] {
  return new LineReader(options).readAll(path);
}

/** Whether a line includes a file or a directory. */
export function isInclude({ columns }: Pick<MapLine, "columns">): boolean {
  return columns[0]?.text === "@include";
}

class LineReader {
  readonly #files: MapFiles;
  readonly #patterns: boolean;
  #lines = 0;
  #filesRead = 0;

  constructor({ includePrefix, files = DISK }: ReadMapOptions) {
    this.#files = files;
    this.#patterns = !includePrefix;
  }

  readAll(path: string): MapLine[] {
    return this.#read(path, false).flatMap((line) => isInclude(line) ? this.#include(line) : line);
  }

  /** HTCondor goes on without what it cannot include. */
  #include(line: MapLine): MapLine[] {
    const { file, columns } = line;
    const name = columns[1]?.text ?? "";
    if (name === "") return [{ ...line, fault: "Cannot include: no file is named" }];
    const path = name.startsWith("/") ? name : `${dirname(file)}/${name}`;
    try {
      return [line, ...this.#expand(path).flatMap((one) => this.#read(one, true))];
    } catch (error) {
      if (error instanceof MapError && !error.isBound) return [{ ...line, fault: error.message }];
      throw error;
    }
  }

  /** The files of a directory, in a configuration directory's order. */
  #expand(path: string): string[] {
    const names = this.#files.list(path);
    if (names === undefined) return [path];
    return names.filter((name) => !EXCLUDED.test(name)).sort()
      .map((name) => `${path.replace(/\/$/, "")}/${name}`);
  }

  #read(file: string, isIncluded: boolean): MapLine[] {
    if (++this.#filesRead > MOST_FILES) throw tooMuch(file, `more than ${MOST_FILES} files`);
    // A byte that is no UTF-8 becomes a character that no URL has.
    const text = decodeBinary(bytesToBinary(this.#files.read(file)));
    const lines: MapLine[] = [];
    for (const [index, content] of text.split("\n").entries()) {
      const line = index + 1;
      if (++this.#lines > MOST_LINES) throw tooMuch(file, `more than ${MOST_LINES} lines`);
      if (content.length > LONGEST_LINE) {
        throw tooMuch(`${file}:${line}`, `more than ${LONGEST_LINE} characters in a line`);
      }
      const reader = new ColumnReader(content);
      const columns: Column[] = [];
      for (const patterns of [false, this.#patterns && isIncluded, false]) {
        const column = reader.next({ patterns });
        if (column !== undefined) columns.push(column);
      }
      // Carriage returns alone are the empty line of another system.
      if (columns.length === 0 || /^(?:#|\r*$)/.test(columns[0]!.text)) continue;
      lines.push({ file, line, isIncluded, columns, rest: reader.rest() });
    }
    return lines;
  }
}

function tooMuch(where: string, state: string): MapError {
  return new MapError(`Cannot read map file ${quote(where)}: ${state}`, { isBound: true });
}
