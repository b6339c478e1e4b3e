/** `condor_manifest check-map FILE`: what is wrong with a map file, or may surprise. */
import { errorText } from "../../errors.ts";
import { checkProgram, checkRank, type PluginChecks } from "./check_entry.ts";
import { checkLine } from "./check_line.ts";
import { entryOf, type MapEntry } from "./entry.ts";
import { MapError } from "./error.ts";
import { error, type Finding } from "./finding.ts";
import { readLines, type ReadMapOptions } from "./lines.ts";
import { CheckpointMap } from "./map.ts";
import { programState } from "./program_state.ts";
import type { Report } from "./report.ts";

/** What checking a map file depends on. */
export interface CheckMapOptions
  extends ReadMapOptions, Omit<PluginChecks, "look">, Partial<Pick<PluginChecks, "look">> {}

/**
 * Checks a map file and the files it includes.
 *
 * @returns one line `FILE:LINE: error|warning|note: TEXT` for each finding, and a summary; status 1
 *   when there are errors
 * @throws {MapError} when the map file cannot be read, or all files together are beyond all bounds
 */
export async function checkMap(path: string, options: CheckMapOptions): Promise<Report> {
  const checks: PluginChecks = { look: programState, ...options };
  const lines = readLines(path, options);
  const entries = lines.map((line) => entryOf(line, options));
  const map = new CheckpointMap(entries.filter((entry) => entry !== undefined));
  const findings: (Finding & { readonly file: string; readonly line: number })[] = [];
  for (const [index, line] of lines.entries()) {
    const found = checkLine(line, options);
    const entry = entries[index];
    if (entry !== undefined) found.push(...await checkEntry(entry, { map, checks }));
    findings.push(...found.map((one) => ({ file: line.file, line: line.line, ...one })));
  }
  const count = (severity: string) => findings.filter((one) => one.severity === severity).length;
  const [errors, warnings] = [count("error"), count("warning")];
  return {
    lines: [
      ...findings.map(({ file, line, severity, text }) => `${file}:${line}: ${severity}: ${text}`),
      `${number(lines.length, "line")}, ` +
      (errors + warnings === 0
        ? "no faults"
        : `${number(errors, "error")}, ${number(warnings, "warning")}`),
    ],
    facts: { path, lines: lines.length, errors, warnings, findings },
    status: errors === 0 ? 0 : 1,
  };
}

async function checkEntry(entry: MapEntry, { map, checks }: {
  readonly map: CheckpointMap;
  readonly checks: PluginChecks;
}): Promise<Finding[]> {
  try {
    return [...checkRank(entry, map), ...await checkProgram(entry, checks)];
  } catch (cause) {
    // Another line's pattern takes too long.
    if (cause instanceof MapError) return [error(errorText(cause))];
    throw cause;
  }
}

function number(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
