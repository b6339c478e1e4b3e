/** Noticing that the configuration is no longer what it was when it was read. */
import { askConfigSources } from "./condor_config_val.ts";
import { DISK, type Files } from "./files.ts";
import { ConfigReader, type ReaderOptions } from "./reader.ts";
import { type ToolChoice, toolOf } from "./tool.ts";

/**
 * Milliseconds before reading in which a change may have been missed: clocks of file servers differ,
 * and two changes within one of their ticks look like one.
 */
const SLACK = 2000;

/** Where a configuration comes from. */
export interface ConfigSources {
  /** Files and folders, also some that were looked for and are not there. */
  readonly paths: readonly string[];
  /** Whether a part comes from a program, of which nobody can tell whether it changed. */
  readonly unsteady: boolean;
}

/** What a watch depends on. */
export interface WatchOptions extends ReaderOptions, ToolChoice {
  /** Unix time in milliseconds, as the file systems have it. */
  readonly now: () => number;
}

/** The configuration's files as they were. */
export class ConfigWatch {
  readonly #paths: readonly string[];
  readonly #print: string;
  /** Unix time in milliseconds from which on a change may have been missed. */
  readonly #from: number;
  readonly #unsure: boolean;

  private constructor(paths: readonly string[], from: number, unsure: boolean, before = "") {
    const { text, latest } = fingerprint(paths);
    this.#paths = paths;
    this.#print = text;
    this.#from = from;
    this.#unsure = unsure || latest >= from || !text.startsWith(before);
  }

  /**
   * Looks at all files that the configuration is read from. To be called before reading, and may end
   * after it: what changes meanwhile counts as changed.
   *
   * @throws {ConfigError} when the configuration cannot be read
   */
  static async start(options: WatchOptions): Promise<ConfigWatch> {
    const from = options.now() - SLACK;
    const { paths, unsteady } = await configSources(options);
    return new ConfigWatch(paths, from, unsteady);
  }

  /**
   * Looks at files that were read.
   *
   * @param from Unix time in milliseconds when that began
   */
  static of(paths: readonly string[], from: number): ConfigWatch {
    return new ConfigWatch(paths, from - SLACK, false);
  }

  /** The same with further files that were read meanwhile, e.g. keys that the configuration names. */
  with(paths: readonly string[]): ConfigWatch {
    const all = [...new Set([...this.#paths, ...paths])];
    return new ConfigWatch(all, this.#from, this.#unsure, this.#print);
  }

  /** Whether reading again might give something else. */
  changed(): boolean {
    return this.#unsure || fingerprint(this.#paths).text !== this.#print;
  }
}

/**
 * The files and folders that the configuration is read from.
 *
 * @throws {ConfigError} when the configuration cannot be read
 */
export async function configSources(
  options: ReaderOptions & ToolChoice,
): Promise<ConfigSources> {
  const tool = toolOf(options);
  if (tool !== false) return await askConfigSources(tool);
  const files = new RecordingFiles(options.files ?? DISK);
  new ConfigReader({ ...options, files }).readAll();
  return { paths: [...files.seen], unsteady: false };
}

/** Remembers the paths that somebody asked for. */
export class RecordingFiles implements Files {
  readonly seen = new Set<string>();
  readonly #files: Files;

  constructor(files: Files) {
    this.#files = files;
  }

  read(path: string): string | undefined {
    this.seen.add(path);
    return this.#files.read(path);
  }

  list(path: string): readonly string[] | undefined {
    this.seen.add(path);
    return this.#files.list(path);
  }

  exists(path: string): boolean {
    this.seen.add(path);
    return this.#files.exists(path);
  }
}

/** Which files there are, and when one of them changed last. */
function fingerprint(paths: readonly string[]): { text: string; latest: number } {
  let latest = -Infinity;
  const lines = paths.map((path) => {
    const status = statusOf(path);
    if (status === undefined) return `${path}\0\n`;
    const mtime = status.mtime?.getTime() ?? 0;
    latest = Math.max(latest, mtime);
    return `${path}\0${status.dev} ${status.ino} ${status.size} ${mtime}\n`;
  });
  return { text: lines.join(""), latest };
}

/** A file that cannot be looked at is as good as none: reading it will say so. */
function statusOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}
