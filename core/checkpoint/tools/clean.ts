/** `clean`, `plan` and `deleteFilesStoredAt`: cleaning up one job. */
import { dirname, join, resolve } from "@std/path";
import { cleanJob } from "../clean/clean_job.ts";
import type { CleanRequest } from "../clean/clean_numbers.ts";
import { cleanLocation } from "../clean/clean_location.ts";
import { locationOf, readJobAd } from "../clean/job_ad.ts";
import { JOB_AD, parseNumber, parseStem } from "../clean/job_directory.ts";
import { isRescanNote } from "../clean/rescan_note.ts";
import type { CleanHost } from "../clean/run.ts";
import { readSettings, type Settings } from "../clean/settings.ts";
import { accountByName } from "../../posix/mod.ts";
import { quote } from "../location.ts";
import type { ToolHost } from "./host.ts";
import { becomeOwner, settleIn } from "./identity.ts";
import { printableLines } from "./printable.ts";

/**
 * `deleteFilesStoredAt LOCATION STEM LOW HIGH`, as HTCondor's daemons call it.
 *
 * @returns the exit status
 */
export async function deleteFilesStoredAt(
  [location, stem, low, high]: readonly string[],
  host: ToolHost,
): Promise<number> {
  const range: bigint[] = [];
  for (const text of [low!, high!]) {
    const number = parseNumber(text);
    if (number === undefined) {
      host.note(`'${text}' is not a number, aborting.`);
      return 1;
    }
    range.push(number);
  }
  settleIn();
  const settings = await settingsFor(host);
  const request = { location: location!, stem: stem!, low: range[0]!, high: range[1]! };
  return await clean(host, { request, settings, asRoot: false });
}

/** What `clean` is told. */
export interface CleanCommand {
  readonly dryRun: boolean;
  /** Seconds, 0 for no limit. */
  readonly budget: number;
  readonly asRoot: boolean;
}

/**
 * `clean JOBDIR`: as above, with everything taken from the job's ad. Instead of a directory it takes
 * a note that a destination is to be looked at once more.
 */
export async function cleanDirectory(
  path: string,
  { dryRun, budget, asRoot }: CleanCommand,
  host: ToolHost,
): Promise<number> {
  settleIn();
  const directory = absolute(path);
  const refused = (why: string) => new Error(`Cannot clean up ${quote(directory)}: ${why}`);
  const given = await settingsFor(host);
  const settings = { ...given, dryRun: dryRun || given.dryRun, budget };
  const identity = await becomeOwner(directory, { asRoot });
  const facts = await readJobAd(directory);
  if (facts === undefined) throw refused(`there is no ${JOB_AD} in it`);
  // Where HTCondor is nobody's but its user's, so are all directories, whoever the jobs belong to.
  if (identity.hasChanged && accountByName(facts.account ?? "")?.uid !== identity.user?.uid) {
    throw refused(`it belongs to ${identity.user?.name}, its job to ${quote(facts.account ?? "")}`);
  }
  const location = locationOf(facts);
  if (location === undefined) {
    throw refused("its job ad has no CheckpointDestination or GlobalJobId");
  }
  const options = { settings, host: printing(host), ...identity };
  return await untilTold(host, (signal) => {
    if (isRescanNote(directory.slice(dirname(directory).length + 1))) {
      return cleanLocation({ location, note: directory, job: facts }, { ...options, signal });
    }
    const request: CleanRequest = {
      location,
      stem: join(directory, "_condor_checkpoint_MANIFEST"),
      low: 0n,
      high: facts.number ?? 0n,
    };
    return cleanJob(request, { ...options, signal });
  });
}

async function clean(
  host: ToolHost,
  { request, settings, asRoot }: { request: CleanRequest; settings: Settings; asRoot: boolean },
): Promise<number> {
  const directory = parseStem(request.stem)?.directory ?? "";
  const identity = await becomeOwner(directory || "/", { asRoot });
  return await untilTold(
    host,
    (signal) => cleanJob(request, { settings, host, ...identity, signal }),
  );
}

/** The same machine, with messages fit for a terminal: only HTCondor's own are as they are. */
function printing({ out, note, clock, environment, terminal }: ToolHost): CleanHost {
  return {
    out: (line) => out(printableLines(line)),
    note: (line) => note(printableLines(line)),
    clock,
    environment,
    ...(terminal && { terminal }),
  };
}

/** A path as it is wherever the process is. */
export function absolute(path: string): string {
  return resolve("/", path.startsWith("/") ? path : join(Deno.cwd(), path));
}

/** The settings, as HTCondor has them; `condor_config_val` may lie beside this program. */
export async function settingsFor(host: ToolHost): Promise<Settings> {
  return await readSettings(host.environment, { toolFolder: dirname(host.executable) });
}

async function untilTold(
  host: ToolHost,
  work: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const stop = new AbortController();
  const end = host.onSignal((name) => stop.abort(new Error(`stopped by ${name}`)));
  try {
    return await work(stop.signal);
  } finally {
    end();
  }
}
