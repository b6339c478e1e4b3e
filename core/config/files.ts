/** Reading configuration files, with a bound on their size. */
import { ConfigError } from "./error.ts";

const LARGEST_FILE = 4 * 1024 * 1024;

/** The files a reader may see. */
export interface Files {
  /** The text of a file, or nothing when there is none. */
  read(path: string): string | undefined;
  /** Names of the files in a folder, folders left out, or nothing when there is none. */
  list(path: string): readonly string[] | undefined;
  /** Whether there is a file or a folder. */
  exists(path: string): boolean;
}

/** The files on disk. */
export const DISK: Files = {
  read(path) {
    return unlessMissing(path, () => {
      const { size, isFile } = Deno.statSync(path);
      if (path === "/dev/null") return "";
      // A pipe or a device could keep the reader forever.
      if (!isFile) throw new ConfigError("Cannot read configuration: not a regular file", path);
      if (size > LARGEST_FILE) throw tooLarge(path);
      const bytes = Deno.readFileSync(path);
      if (bytes.length > LARGEST_FILE) throw tooLarge(path);
      return new TextDecoder().decode(bytes);
    });
  },
  list(path) {
    return unlessMissing(path, () =>
      [...Deno.readDirSync(path)].map((entry) => entry.name)
        .filter((name) => !Deno.statSync(`${path}/${name}`).isDirectory));
  },
  exists(path) {
    return unlessMissing(path, () => Deno.statSync(path)) !== undefined;
  },
};

function tooLarge(path: string): ConfigError {
  return new ConfigError(`Cannot read configuration: more than ${LARGEST_FILE} bytes`, path);
}

function unlessMissing<T>(path: string, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof ConfigError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`Cannot read configuration: ${reason}`, path, { cause: error });
  }
}
