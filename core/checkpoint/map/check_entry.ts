/** What can be said of a line of the map file together with the others, and with its plug-in. */
import { basename } from "@std/path";
import { errorText } from "../../errors.ts";
import { quote } from "../location.ts";
import type { MapEntry } from "./entry.ts";
import { MapError } from "./error.ts";
import { error, type Finding, note, warning } from "./finding.ts";
import { type CheckpointMap, choose, programOf } from "./map.ts";
import type { ProgramState } from "./program_state.ts";

/** What a check of plug-ins depends on. */
export interface PluginChecks {
  /** Where plug-ins without a path are looked for. */
  readonly libexec: string;
  /**
   * Says what is wrong with the arguments that a line gives to one of this project's plug-ins;
   * undefined when nothing is, or when it is none of them.
   */
  checkArguments(name: string, args: readonly string[]): string | undefined;
  look(path: string): Promise<ProgramState>;
}

/** Checks which lines a line takes URLs from, and which take them from it. */
export function checkRank(entry: MapEntry, map: CheckpointMap): Finding[] {
  if (entry.kind === "pattern") return [];
  const { key, kind } = entry;
  const rivals = [...map.candidates(key)].map((candidate) => candidate.entry);
  const rank = rivals.indexOf(entry);
  const winner = rivals.slice(0, rank).find((other) =>
    other.kind === "prefix" || (kind === "exact" && other.kind === "exact")
  );
  if (winner !== undefined) {
    return [
      winner.key === key
        ? error(`the same second column as ${placeOf(winner)}; this line is never used`)
        : error(`${placeOf(winner)} comes first and matches all of it; this line is never used`),
    ];
  }
  const losers = rivals.slice(rank + 1).filter((other) =>
    other.kind === "prefix" && other.key !== key
  );
  return losers.map((other) =>
    note(`wins over the shorter ${quote(other.key)} of ${placeOf(other)}`)
  );
}

/** Checks the third column: the plug-in is there, and is given what it understands. */
export async function checkProgram(entry: MapEntry, checks: PluginChecks): Promise<Finding[]> {
  if (entry.fault !== undefined) return [];
  // What a pattern will match is not known.
  if (entry.kind === "pattern" && entry.program.includes("\\")) return [];
  let words: readonly string[];
  try {
    ({ words } = choose({ entry, groups: [entry.key] }));
  } catch (cause) {
    if (cause instanceof MapError) return [error(errorText(cause))];
    throw cause;
  }
  return [...checkGroups(entry), ...await checkFile(words, checks), ...checkPrefix(entry, words)];
}

function checkGroups({ kind, key, program }: MapEntry): Finding[] {
  // Pairs that begin with a doubled backslash stay as they are.
  const digits = [...program.matchAll(/\\([^])/g)].map(([, digit]) => digit!);
  const found: Finding[] = [];
  const stays = digits.find((digit) => /[1-9]/.test(digit));
  if (kind !== "pattern" && stays !== undefined) {
    found.push(warning(`\\${stays} stays as it is: a prefix has no groups`));
  }
  if (digits.includes("0") && /[\s,]/.test(key)) {
    found.push(error(`\\0 is more than one argument: ${quote(key)} has a blank or a comma`));
  }
  return found;
}

async function checkFile(words: readonly string[], checks: PluginChecks): Promise<Finding[]> {
  const path = programOf(words[0]!, checks.libexec);
  const state = await checks.look(path);
  if (!state.exists) return [error(`plug-in ${quote(path)} does not exist`)];
  if (!state.isExecutable) return [error(`plug-in ${quote(path)} is not executable`)];
  // A plug-in of HTCondor may have the same name, but not the same options.
  if (!state.isPinion) return [];
  const fault = checks.checkArguments(basename(path), words.slice(1));
  return fault === undefined ? [] : [error(`${basename(path)}: ${fault}`)];
}

function checkPrefix({ kind, key }: MapEntry, words: readonly string[]): Finding[] {
  const at = words.indexOf("-prefix");
  const given = at < 0 ? undefined : words[at + 1];
  if (kind !== "prefix" || given === undefined || given === key || /[\s,]/.test(key)) return [];
  return [warning(`-prefix ${quote(given)} is not the line's own prefix; write \\0`)];
}

function placeOf({ file, line }: MapEntry): string {
  return `${file}:${line}`;
}
