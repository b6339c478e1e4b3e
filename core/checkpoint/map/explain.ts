/** `condor_manifest explain URL`: which line of the map file a URL belongs to, and what comes of it. */
import { basename } from "@std/path";
import { quote } from "../location.ts";
import { type Candidate, type CheckpointMap, choose, type Found, programOf } from "./map.ts";
import { type ProgramState, programState } from "./program_state.ts";
import type { Report } from "./report.ts";

/** What an explanation depends on. */
export interface ExplainOptions {
  readonly map: CheckpointMap;
  /** Where plug-ins without a path are looked for. */
  readonly libexec: string;
  /** Names of the plug-ins that need no process of their own. */
  readonly ownNames: readonly string[];
  /** Default: the disk's. */
  readonly look?: (path: string) => Promise<ProgramState>;
}

/** What HTCondor puts behind a destination. */
const ANY_CHECKPOINT = "GID/0000";

/**
 * Explains a URL, which is a job's `CheckpointDestination` or a checkpoint's base.
 *
 * @returns status 1 when HTCondor would not clean it up
 * @throws {MapError} when the line cannot be used
 */
export async function explainUrl(url: string, options: ExplainOptions): Promise<Report> {
  const { map, libexec, ownNames, look = programState } = options;
  const parts = partsOf(url);
  const { base } = parts;
  const [best, ...others] = map.candidates(base);
  if (best === undefined) {
    return {
      lines: [`No line of the map file matches ${quote(url)}`],
      facts: { url, base, candidates: [] },
      status: 1,
    };
  }
  const trap = trapOf(map, parts);
  const found = choose(best);
  const program = programOf(found.words[0]!, libexec);
  const state = await look(program);
  const isOwn = state.isPinion && ownNames.includes(basename(program));
  const argv = argvOf(program, { found, base });
  return {
    lines: [
      `line:    ${placeOf(best)}`,
      `program: ${program} (${describe(state, isOwn)})`,
      `command: ${argv.map(shownWord).join(" ")}`,
      ...others.map((other) => `also:    ${placeOf(other)}`),
      ...(trap === undefined ? [] : [trap]),
    ],
    facts: {
      url,
      base,
      file: found.file,
      line: found.line,
      prefix: found.prefix,
      program,
      ...state,
      inProcess: isOwn,
      argv,
      candidates: [best, ...others].map(({ entry: { file, line, kind, key } }) => (
        { file, line, kind, key }
      )),
      ...(trap === undefined ? {} : { warning: trap }),
    },
    status: state.isExecutable && trap === undefined ? 0 : 1,
  };
}

/** The id of a job, "#" made "_", and a number tell a base from a destination. */
const BASE = /^(.*?)\/+[^/]*_\d+\.\d+_\d+\/+\d{4,}\/*$/s;

interface Parts {
  readonly base: string;
  readonly destination: string;
  /** Taken from a base, which does not tell whether it ended in a slash. */
  readonly isGuessed: boolean;
}

function partsOf(url: string): Parts {
  const destination = BASE.exec(url)?.[1];
  if (destination !== undefined) return { base: url, destination, isGuessed: true };
  const base = `${url}${url.endsWith("/") ? "" : "/"}${ANY_CHECKPOINT}`;
  return { base, destination: url, isGuessed: false };
}

/** The schedd and the submit policy look for the bare destination, condor_manifest for a base. */
function trapOf(map: CheckpointMap, { destination, isGuessed }: Parts): string | undefined {
  if (map.find(destination) !== undefined) return undefined;
  const isMendable = map.find(`${destination}/`) !== undefined;
  if (isGuessed && isMendable) return undefined;
  return `warning: no line matches the bare destination ${quote(destination)}, so HTCondor never ` +
    `starts condor_manifest for it${isMendable ? ": add a trailing / to the destination" : ""}`;
}

function argvOf(program: string, { found, base }: { found: Found; base: string }): string[] {
  const args = found.words.slice(1);
  return [program, ...args, "-from", base, "-delete", "FILE", "-jobad", "JOBAD"];
}

function placeOf({ entry: { file, line, kind, key } }: Candidate): string {
  return `${file}:${line}: ${kind} ${quote(key)}`;
}

function describe(state: ProgramState, isOwn: boolean): string {
  if (!state.exists) return "does not exist";
  if (!state.isExecutable) return "is not executable";
  return isOwn ? "Pinion's: in-process" : "one process per file";
}

/** As a shell would take it, so that the command can be tried. */
function shownWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return /\p{Cc}/u.test(word) ? quote(word) : `'${word.replaceAll("'", "'\\''")}'`;
}
