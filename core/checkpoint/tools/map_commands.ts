/** `explain` and `check-map`: what the map file says, and whether it says what was meant. */
import { errorText, UsageError } from "../../errors.ts";
import { checkMap } from "../map/check_map.ts";
import { explainUrl } from "../map/explain.ts";
import { readMap } from "../map/mod.ts";
import type { Report } from "../map/report.ts";
import { readMapArguments, readOwn } from "../plugin_options.ts";
import { OWN_BACK_ENDS } from "../stores/mod.ts";
import { settingsFor } from "./clean.ts";
import type { ToolHost } from "./host.ts";
import { printableJson, printableLines } from "./printable.ts";

/** How both commands print. */
interface Printing {
  readonly json: boolean;
}

/**
 * `explain URL`.
 *
 * @returns the exit status
 * @throws {MapError} when the map file cannot be read
 */
export async function explainCommand(
  url: string,
  { json }: Printing,
  host: ToolHost,
): Promise<number> {
  const { mapFile, includePrefix, libexec } = await settingsFor(host);
  const map = readMap(mapFile, { includePrefix });
  const ownNames = [...OWN_BACK_ENDS.keys()];
  return print(await explainUrl(url, { map, libexec, ownNames }), { json, host });
}

/**
 * `check-map [FILE]`.
 *
 * @returns the exit status
 * @throws {MapError} when the map file cannot be read
 */
export async function checkMapCommand(
  path: string | undefined,
  { json }: Printing,
  host: ToolHost,
): Promise<number> {
  const { mapFile, includePrefix, libexec } = await settingsFor(host);
  const backEnds = new Map(
    await Promise.all(
      [...OWN_BACK_ENDS].map(async ([name, load]) => [name, await load()] as const),
    ),
  );
  const checkArguments = (name: string, args: readonly string[]): string | undefined => {
    const backEnd = backEnds.get(name);
    if (backEnd === undefined) return undefined;
    try {
      readOwn(backEnd.program, readMapArguments(backEnd, args).own);
      return undefined;
    } catch (error) {
      if (error instanceof UsageError) return errorText(error);
      throw error;
    }
  };
  const report = await checkMap(path ?? mapFile, { includePrefix, libexec, checkArguments });
  return print(report, { json, host });
}

function print(
  { lines, facts, status }: Report,
  { json, host }: Printing & { host: ToolHost },
): number {
  for (const line of json ? [printableJson(facts)] : lines.map(printableLines)) host.out(line);
  return status;
}
