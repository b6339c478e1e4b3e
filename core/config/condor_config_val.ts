/** Settings as HTCondor itself sees them: one run of its tool for all knobs. */
import { ConfigError } from "./error.ts";
import type { Setting } from "./knobs.ts";
import { splitList } from "./reader.ts";
import type { ConfigSources } from "./sources.ts";

/** Runs a program to its end. */
export type Run = (
  command: string,
  args: readonly string[],
) => Promise<{ readonly stdout: string; readonly stderr: string }>;

/** How the tool is asked. */
export interface ConfigValOptions {
  /** Default: `condor_config_val`, looked for on PATH. */
  readonly command?: string;
  readonly subsystem?: string;
  readonly localName?: string;
  /** Default: starts the process. */
  readonly run?: Run;
}

/**
 * The expanded values of the knobs, with what set them; knobs that are not set are left out.
 *
 * @throws {ConfigError} when the tool cannot be started or reports an error
 */
export async function askCondorConfigVal(
  names: readonly string[],
  options: ConfigValOptions = {},
): Promise<{ readonly settings: ReadonlyMap<string, Setting>; readonly warnings: string[] }> {
  const { command, stdout, stderr } = await ask(["-verbose", ...names], options);
  const warnings: string[] = [];
  for (const line of stderr.split("\n")) {
    if (line === "" || line.startsWith("Not defined: ")) continue;
    if (!line.startsWith("Config source Warning ")) throw new ConfigError(line.trim(), command);
    warnings.push(line);
  }
  return { settings: parseVerbose(stdout, names), warnings };
}

/**
 * The files that the configuration is read from, in a run that also asks for its folders.
 *
 * @throws {ConfigError} when the tool cannot be started or reports an error
 */
export async function askConfigSources(options: ConfigValOptions): Promise<ConfigSources> {
  const { command, stdout, stderr } = await ask(["-config", "-verbose", FOLDERS], options);
  for (const line of stderr.split("\n")) {
    // The headings of the list go to standard error, the list does not.
    if (
      /^(?:(?:Local c|C)onfiguration sources?:|Not defined: .*|Config source Warning .*|)$/.test(
        line,
      )
    ) {
      continue;
    }
    throw new ConfigError(line.trim(), command);
  }
  const listed = stdout.split("\n").filter((line) => line.startsWith("\t"))
    .map((line) => line.slice(1));
  const folders = splitList(parseVerbose(stdout, [FOLDERS]).get(FOLDERS)?.value ?? "");
  return {
    paths: [...listed.filter((source) => !isCommand(source)), ...folders],
    unsteady: listed.some(isCommand),
  };
}

const FOLDERS = "LOCAL_CONFIG_DIR";

/** What `include command` names, or a local file that is one. */
function isCommand(source: string): boolean {
  return source.trimEnd().endsWith("|");
}

async function ask(words: readonly string[], options: ConfigValOptions) {
  const { command = "condor_config_val", run = start, subsystem, localName } = options;
  const args = [
    ...(subsystem === undefined ? [] : ["-subsystem", subsystem]),
    ...(localName === undefined ? [] : ["-local-name", localName]),
    ...words,
  ];
  return { command, ...await run(command, args) };
}

/**
 * Reads what `condor_config_val -verbose` prints: `NAME = value` or a block from `NAME @=tag` to
 * `@tag`, then comments, of which the first says where the value was set. A name may be printed
 * under the prefix it was found with.
 */
export function parseVerbose(text: string, names: readonly string[]): Map<string, Setting> {
  const wanted = new Map(names.map((name) => [name.toLowerCase(), name]));
  const found = new Map<string, Setting>();
  const lines = text.split("\n");
  let current: { name: string; value: string } | undefined;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const origin = /^ # at: (.*)$/.exec(line)?.[1];
    if (origin !== undefined) {
      if (current !== undefined && current.value !== "") {
        found.set(current.name, { value: current.value, origin: place(origin) });
      }
      current = undefined;
      continue;
    }
    if (current !== undefined || line.startsWith(" #")) continue;
    const match = /^([\w.]+) (=|@=)(?: ?)(.*)$/.exec(line);
    if (match === null) continue;
    let value = match[3]!;
    if (match[2] === "@=") {
      const end = lines.indexOf(`@${value}`, i);
      if (end < 0) throw new ConfigError(`Cannot read output: no line "@${value}"`);
      value = lines.slice(i + 1, end).map((one) => one.replace(/^ {3}/, "")).join("\n");
      i = end;
    }
    const name = withoutPrefixes(match[1]!, wanted);
    if (name !== undefined) current = { name, value };
  }
  return found;
}

function withoutPrefixes(printed: string, wanted: ReadonlyMap<string, string>): string | undefined {
  for (let name = printed.toLowerCase(); name !== ""; name = name.replace(/^[^.]*\.?/, "")) {
    const known = wanted.get(name);
    if (known !== undefined) return known;
  }
  return undefined;
}

/** `/path, line 7` becomes `/path:7`; `<Default>` and `<Environment>` stay. */
function place(origin: string): string {
  return origin.replace(/, line (\d+).*$/, ":$1");
}

async function start(command: string, args: readonly string[]) {
  try {
    const { stdout, stderr } = await new Deno.Command(command, { args: [...args], stdin: "null" })
      .output();
    const decoder = new TextDecoder();
    return { stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`Cannot start "${command}": ${reason}`, undefined, { cause });
  }
}
