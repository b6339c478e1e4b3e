/**
 * A reader of HTCondor's configuration language, for hosts where HTCondor is not installed.
 *
 * It follows `condor_config_val` of the version below, except where that would start a program,
 * which is refused, or need HTCondor's own templates (`use`), which are collected as ignored.
 */
import { Conditions, type ConditionScope } from "./conditions.ts";
import { ConfigError, quote } from "./error.ts";
import { DISK, type Files } from "./files.ts";
import { type LogicalLine, logicalLines, trim } from "./lines.ts";
import { expand, expandSelf } from "./macros.ts";

/** The version of HTCondor whose language is read; conditions on `version` compare with it. */
export const HTCONDOR_VERSION = "25.14.1";

const DEEPEST_INCLUDE = 20;
const MOST_FILES = 1000;
const MOST_KNOBS = 100_000;
const LONGEST_VALUE = 64 * 1024;
const EXCLUDED = String.raw`^((\..*)|(.*~)|(#.*)|(.*\.rpmsave)|(.*\.rpmnew))$`;
const MAIN_FILES = [
  "/etc/condor/condor_config",
  "/usr/local/etc/condor_config",
  "/var/lib/condor/condor_config",
];

/** What reading depends on. */
export interface ReaderOptions {
  /** The process's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where files are read. Default: the disk. */
  readonly files?: Files;
  /** Whose knobs `SUBSYS.X` are, e.g. `CREDD`. Default: `TOOL`. */
  readonly subsystem?: string;
  /** Whose knobs `LOCALNAME.X` are; default none. */
  readonly localName?: string;
  /** A number from 0 up to 1, for `$RANDOM_CHOICE` and `$RANDOM_INTEGER`. */
  readonly random?: () => number;
  /** Values of knobs that nothing sets. */
  readonly defaults?: (name: string) => string | undefined;
}

/** A value as it was written. */
interface Entry {
  readonly raw: string;
  readonly origin: string;
}

/** What configuration files and environment set. */
export class ConfigReader {
  /** `warning` statements and obsolete syntax, with their place. */
  readonly warnings: string[] = [];
  /** `use` statements: templates exist only where HTCondor is installed. */
  readonly ignored: string[] = [];
  readonly #entries = new Map<string, Entry>();
  readonly #options: ReaderOptions;
  readonly #files: Files;
  readonly #scope: ConditionScope;
  #read = 0;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#files = options.files ?? DISK;
    this.#scope = {
      lookup: (name) => this.#entry(name)?.raw ?? options.defaults?.(name),
      environment: (name) =>
        Object.hasOwn(options.environment, name) ? options.environment[name] : undefined,
      random: options.random ?? Math.random,
      version: HTCONDOR_VERSION,
    };
  }

  /**
   * Reads the main file, the local files it names, and the environment, each winning over those
   * before it. Without `CONDOR_CONFIG` and without a main file only the environment counts.
   */
  readAll(): void {
    const given = this.#options.environment["CONDOR_CONFIG"];
    if (given?.toUpperCase() !== "ONLY_ENV") {
      const main = given ?? MAIN_FILES.find((path) => this.#files.exists(path));
      if (main !== undefined) {
        this.readFile(main);
        this.#readLocalFolders();
        this.#readLocalFiles();
      }
    }
    for (const [name, value] of Object.entries(this.#options.environment)) {
      const knob = /^_CONDOR_([\w.]+)$/i.exec(name)?.[1];
      if (knob !== undefined) this.#set(knob, value, `environment variable ${name}`);
    }
  }

  /** The expanded value of a knob and what set it, or nothing when it is not set. */
  find(name: string): { readonly value: string; readonly origin: string } | undefined {
    const entry = this.#entry(name);
    if (entry === undefined || entry.raw === "") return undefined;
    const value = within(entry.origin, () => expand(entry.raw, this.#scope));
    return { value, origin: entry.origin };
  }

  /** Reads one file, as `include` does. */
  readFile(path: string, depth = 0): void {
    if (depth >= DEEPEST_INCLUDE) throw new ConfigError("Includes are nested too deep", path);
    if (++this.#read > MOST_FILES) throw new ConfigError("Too many configuration files", path);
    const text = this.#files.read(path);
    if (text === undefined) throw new ConfigError("Cannot read configuration: no such file", path);
    const conditions = new Conditions();
    const lines = logicalLines(text);
    let last = 0;
    for (let next = lines.next(); next.done !== true; next = lines.next()) {
      last = next.value.line;
      const origin = `${path}:${last}`;
      within(origin, () => {
        if (conditions.take(next.value!.text, this.#scope) || !conditions.active) return;
        this.#statement(next.value!.text, origin, { lines, path, depth });
      });
    }
    if (conditions.open) throw new ConfigError(`"endif" is missing`, `${path}:${last}`);
  }

  #statement(text: string, origin: string, context: Context): void {
    const match = /^([^\s=:]*)([^=:]*)([=:])(.*)$/s.exec(text);
    if (match === null) throw new ConfigError(`Cannot read statement ${quote(text)}`);
    const [, name = "", words = "", operator] = match;
    const value = trim(match[4]!);
    if (operator === ":") {
      switch (name.toLowerCase().replace(/^@/, "")) {
        case "include":
          return this.#include(trim(words), value, context.depth);
        case "use":
          this.ignored.push(`${origin}: ${text}`);
          return;
        case "error":
          throw new ConfigError(`The configuration says: ${expand(value, this.#scope)}`);
        case "warning":
          this.warnings.push(`${origin}: ${expand(value, this.#scope)}`);
          return;
      }
      this.warnings.push(`${origin}: ":" is an obsolete way to set ${quote(name)}`);
    }
    const block = operator === "=" && trim(words).endsWith("@");
    this.#set(
      expand(name, this.#scope),
      block ? this.#block(value, context) : match[4]!.replace(/^[ \t\r\n\v\f]+/, ""),
      origin,
    );
  }

  /** The lines up to `@tag`; comments and blank lines are no part of the value. */
  #block(tag: string, { lines, path }: Context): string {
    const content: string[] = [];
    let last = 0;
    for (let next = lines.next(); next.done !== true; next = lines.next()) {
      last = next.value.line;
      if (next.value.text === `@${tag}`) return content.join("\n");
      content.push(next.value.text);
    }
    throw new ConfigError(`Line ${quote(`@${tag}`)} is missing`, `${path}:${last}`);
  }

  #include(words: string, value: string, depth: number): void {
    const how = words.toLowerCase();
    if (/^command(?:\s|$)/.test(how) || value.endsWith("|")) {
      throw new ConfigError("Cannot include the output of a command: no program is started here");
    }
    if (how !== "" && how !== "ifexist") {
      throw new ConfigError(`Cannot include: ${quote(words)} is not a keyword`);
    }
    const path = expand(value, this.#scope);
    if (how === "ifexist" && !this.#files.exists(path)) return;
    this.readFile(path, depth + 1);
  }

  #set(name: string, value: string, origin: string): void {
    if (!/^[\w.]+$/.test(name)) {
      throw new ConfigError(`Cannot set ${quote(name)}: not a knob's name`);
    }
    const raw = expandSelf(value, name, this.#scope);
    if (raw.length > LONGEST_VALUE) throw new ConfigError(`Value of ${quote(name)} is too long`);
    if (this.#entries.size >= MOST_KNOBS) throw new ConfigError("Too many knobs are set");
    this.#entries.set(name.toLowerCase(), { raw, origin });
  }

  #entry(name: string): Entry | undefined {
    const { localName, subsystem = "TOOL" } = this.#options;
    const names = [...(localName === undefined ? [] : [`${localName}.${name}`])];
    names.push(`${subsystem}.${name}`, name);
    for (const one of names) {
      const entry = this.#entries.get(one.toLowerCase());
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  #readLocalFolders(): void {
    const folders = this.#list("LOCAL_CONFIG_DIR");
    if (folders.length === 0) return;
    const excluded = this.#excluded();
    for (const folder of folders) {
      const names = this.#files.list(folder) ?? [];
      for (const name of names.filter((name) => !excluded.test(name)).sort()) {
        this.readFile(`${folder.replace(/\/$/, "")}/${name}`);
      }
    }
  }

  #excluded(): RegExp {
    const { value, origin } = this.find("LOCAL_CONFIG_DIR_EXCLUDE_REGEXP") ??
      { value: EXCLUDED, origin: "default" };
    try {
      return new RegExp(value);
    } catch (cause) {
      const message = `Cannot use LOCAL_CONFIG_DIR_EXCLUDE_REGEXP: ${quote(value)} is no pattern`;
      throw new ConfigError(message, origin, { cause });
    }
  }

  /** A local file may name other local files: then these are read, and the rest is forgotten. */
  #readLocalFiles(): void {
    const done = new Set<string>();
    const required = !/^(?:false|no|f|0)$/i.test(
      this.find("REQUIRE_LOCAL_CONFIG_FILE")?.value ?? "",
    );
    let names = this.#list("LOCAL_CONFIG_FILE");
    let queue = names;
    while (queue.length > 0) {
      const [path, ...rest] = queue;
      done.add(path!);
      if (required || this.#files.exists(path!)) this.readFile(path!);
      const now = this.#list("LOCAL_CONFIG_FILE");
      queue = now.join() === names.join() ? rest : now.filter((one) => !done.has(one));
      names = now;
    }
  }

  #list(name: string): readonly string[] {
    const found = this.find(name);
    if (found === undefined) return [];
    if (found.value.trimEnd().endsWith("|")) {
      throw new ConfigError(`Cannot use ${name}: no program is started here`, found.origin);
    }
    return splitList(found.value);
  }
}

interface Context {
  readonly lines: Generator<LogicalLine>;
  readonly path: string;
  readonly depth: number;
}

/** The items of a list, which commas and white space separate. */
export function splitList(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((item) => item !== "");
}

/** Gives an error of the macro language the place where the text stands. */
function within<T>(origin: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof ConfigError ? error.at(origin) : error;
  }
}
