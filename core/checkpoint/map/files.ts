/** Reading map files, with bounds on their size and number. */
import { errorText } from "../../errors.ts";
import { quote } from "../location.ts";
import { MapError } from "./error.ts";

/** Most bytes of one file; a line takes some hundred. */
const LARGEST_FILE = 1 << 20;

/** The files a map is read from. */
export interface MapFiles {
  /**
   * The bytes of a regular file.
   *
   * @throws {MapError} for anything else, and beyond a mebibyte
   */
  read(path: string): Uint8Array;
  /** The names in a directory, directories left out; undefined when it is none. */
  list(path: string): readonly string[] | undefined;
}

/** The files on disk. */
export const DISK: MapFiles = {
  read: (path) =>
    guard(path, () => {
      const { isFile, isDirectory, size } = Deno.statSync(path);
      // A pipe or a device could keep the reader for ever.
      if (!isFile) throw refuse(path, isDirectory ? "is a directory" : "not a regular file");
      if (size > LARGEST_FILE) throw refuse(path, `more than ${LARGEST_FILE} bytes`);
      const bytes = Deno.readFileSync(path);
      if (bytes.length > LARGEST_FILE) throw refuse(path, `more than ${LARGEST_FILE} bytes`);
      return bytes;
    }),
  list: (path) =>
    guard(path, () => {
      if (!Deno.statSync(path).isDirectory) return undefined;
      return [...Deno.readDirSync(path)].map(({ name }) => name)
        .filter((name) => !isDirectory(`${path}/${name}`));
    }),
};

/** A link that leads nowhere is none. */
function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function guard<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof MapError) throw error;
    const missing = error instanceof Deno.errors.NotFound;
    throw refuse(path, missing ? "no such file" : errorText(error), error);
  }
}

function refuse(path: string, state: string, cause?: unknown): MapError {
  return new MapError(`Cannot read map file ${quote(path)}: ${state}`, { cause });
}
