/** `clean`, `plan` and `deleteFilesStoredAt`: cleaning up one job. */
import { dirname, join, resolve } from "@std/path";
import { cleanJob, type CleanRequest } from "../clean/clean_job.ts";
import { cleanLocation } from "../clean/clean_location.ts";
import { locationOf, readJobAd } from "../clean/job_ad.ts";
import { JOB_AD, parseNumber, parseStem } from "../clean/job_directory.ts";
import { isRescanNote } from "../clean/rescan_note.ts";
import { readSettings, type Settings } from "../clean/settings.ts";
import { accountByName } from "../../posix/mod.ts";
import type { ToolHost } from "./host.ts";
import { becomeOwner, settleIn } from "./identity.ts";

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
  const directory = resolve("/", path.startsWith("/") ? path : join(Deno.cwd(), path));
  const settings = { ...await settingsFor(host), dryRun, budget };
  const identity = await becomeOwner(directory, { asRoot });
  const facts = await readJobAd(directory);
  if (facts === undefined) {
    throw new Error(`Cannot clean up "${directory}": there is no ${JOB_AD} in it`);
  }
  if (!asRoot && identity.user !== undefined && identity.user.uid !== 0) {
    const owner = facts.account === undefined ? undefined : accountByName(facts.account);
    if (owner !== undefined && owner.uid !== identity.user.uid) {
      throw new Error(
        `Cannot clean up "${directory}": it belongs to ${identity.user.name}, ` +
          `its job to ${owner.name}`,
      );
    }
  }
  const location = locationOf(facts);
  if (location === undefined) {
    throw new Error(
      `Cannot clean up "${directory}": its job ad has no CheckpointDestination or GlobalJobId`,
    );
  }
  const options = { settings, host, ...identity };
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
