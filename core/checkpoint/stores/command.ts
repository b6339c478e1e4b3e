/** Checkpoints at any place that some program can remove files from. */
import type { Program } from "../../cli/program.ts";
import { UsageError } from "../../errors.ts";
import { PINION_VERSION } from "../../version.ts";
import { CleanupFailure } from "../failure.ts";
import { readOwn } from "../plugin_options.ts";
import type { BackEnd, StoreContext } from "../store.ts";
import { type CommandOptions, CommandStore, type ListFormat } from "./command_store.ts";
import { hasPlace } from "./command_template.ts";
import { searchOf } from "./command_words.ts";
import { environmentFor } from "./foreign_environment.ts";

const DEFAULT_TIMEOUT = 300;
const DEFAULT_PARALLEL = 4;

const program = {
  name: "cleanup_command_checkpoint",
  version: PINION_VERSION,
  summary: "remove checkpoints by a command of the site's choice",
  usage: ["-command PROGRAM [-arg WORD]..."],
  description: [
    "Starts a program for each file of a checkpoint, such as xrdfs, gfal-rm, rclone or irm, without " +
    "a shell. Each -arg is one argument of the program, and these have a meaning in it: {url} the " +
    "file's URL, {path} and {host} its parts, {base} the checkpoint's URL, {name} the file's name " +
    "below it, {gid} and {number} the job's and the checkpoint's. They are put in as they were " +
    "written, without any quoting or encoding.",
    "An argument that would begin with a dash only because of a file's name is refused.",
    "An exit status of 0 says that the file is gone, and 75 to try again later.",
  ],
  options: [
    {
      name: "command",
      value: "PROGRAM",
      literal: true,
      text: "The program for one file: a path, or a name to be looked for in PATH.",
    },
    {
      name: "arg",
      value: "WORD",
      literal: true,
      repeatable: true,
      text: "The program's next argument.",
    },
    {
      name: "batch-command",
      value: "PROGRAM",
      literal: true,
      text: "A program for many files at once; what it fails with is tried by -command, if given.",
    },
    {
      name: "batch-arg",
      value: "WORD",
      literal: true,
      repeatable: true,
      text: "Its next argument; {list} is a file that names the files to remove.",
    },
    {
      name: "list-format",
      value: "FORMAT",
      text: "What is in the list: url, path or name, one in a line (default name); with 0 at the " +
        "end, e.g. name0, each is followed by a zero byte instead.",
    },
    {
      name: "ok-exit",
      value: "N",
      repeatable: true,
      text: "Another exit status that means that the file is gone.",
    },
    {
      name: "missing-regex",
      value: "TEXT",
      text: "What a program says in a line when it fails because the file is gone: a regular " +
        "expression with at most two repetitions, and none of a group.",
    },
    {
      name: "command-timeout",
      value: "SECONDS",
      text: `End a program that takes longer (default ${DEFAULT_TIMEOUT}).`,
    },
    {
      name: "parallel",
      value: "N",
      text: `Programs at once (default ${DEFAULT_PARALLEL}).`,
    },
  ],
  exitStatus: [],
  examples: [
    {
      name: "*   root://data.example.org/   cleanup_command_checkpoint," +
        "-command,xrdfs,-arg,{host},-arg,rm,-arg,{path},-ok-exit,54",
      text: "A line of the map, for XRootD.",
    },
    {
      name: "*   gsiftp://se.example.org/   cleanup_command_checkpoint,-command,gfal-rm,-arg,{url}",
      text: "One for whatever gfal2 knows.",
    },
  ],
  seeAlso: ["condor_manifest(1)"],
} as const satisfies Program;

/** Removes by commands. */
export const commandBackEnd: BackEnd = {
  program,
  permissions: { read: true, write: true, env: true, ffi: true },
  open(args, context) {
    const values = readOwn(program, args);
    const { command, arg, "batch-command": batch, "batch-arg": batchArgs } = values;
    if (command === undefined && batch === undefined) {
      throw wrong("option -command or -batch-command is needed");
    }
    if (command === undefined && arg.length > 0) throw wrong("option -arg needs -command");
    if (command !== undefined && !hasPlace(arg, "url", "path", "name")) {
      throw wrong("one -arg needs {url}, {path} or {name}");
    }
    if (hasPlace([...arg, command ?? ""], "list")) throw wrong("{list} belongs in a -batch-arg");
    if (hasPlace(batchArgs, "url", "path", "name")) {
      throw wrong("a -batch-arg takes {list} instead");
    }
    if ((batch !== undefined) !== hasPlace(batchArgs, "list")) {
      throw wrong("option -batch-command needs a -batch-arg with {list}, and that needs it");
    }
    const { timeout, parallel } = {
      timeout: count(values["command-timeout"], "command-timeout", 86_400) ?? DEFAULT_TIMEOUT,
      parallel: count(values.parallel, "parallel", 256) ??
        Math.min(DEFAULT_PARALLEL, context.parallel),
    };
    return Promise.resolve(
      new CommandStore({
        command: command === undefined ? [] : [find(command, context), ...arg],
        batch: batch === undefined ? [] : [find(batch, context), ...batchArgs],
        format: formatOf(values["list-format"] ?? "name"),
        ok: new Set([0, ...values["ok-exit"].map((text) => count(text, "ok-exit", 255)!)]),
        isMissing: missingOf(values["missing-regex"]),
        timeout,
        parallel,
        environment: environmentFor(Deno.env.toObject(), context.user),
        verbose: context.verbose,
      }),
    );
  },
};

function wrong(text: string): UsageError {
  return new UsageError(`${program.name}: ${text} (see -help)`);
}

function count(text: string | undefined, name: string, most: number): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (number >= 1 && number <= most) return number;
  throw wrong(`option -${name} takes 1 to ${most}: ${JSON.stringify(text)} given`);
}

function formatOf(text: string): ListFormat {
  const found = /^(name|path|url)(0?)$/.exec(text);
  if (found === null) throw wrong(`unknown -list-format ${JSON.stringify(text)}`);
  return { place: found[1] as ListFormat["place"], end: found[2] === "" ? 0x0a : 0x00 };
}

function missingOf(text: string | undefined): CommandOptions["isMissing"] {
  if (text === undefined) return () => false;
  try {
    return searchOf(text);
  } catch (error) {
    throw error instanceof UsageError ? wrong(`option -missing-regex ${error.message}`) : error;
  }
}

/** The absolute path of a program. */
function find(name: string, { env }: StoreContext): string {
  const places = name.includes("/")
    ? [""]
    : (env("PATH") || "/usr/bin:/bin").split(":").map((dir) => `${dir}/`);
  for (const place of places) {
    const path = `${place}${name}`;
    if (path.startsWith("/") && isProgram(path)) return path;
  }
  throw new CleanupFailure("StoreUnavailable", `Cannot find the program ${JSON.stringify(name)}`);
}

function isProgram(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && ((mode ?? 0) & 0o111) !== 0;
  } catch {
    return false;
  }
}
