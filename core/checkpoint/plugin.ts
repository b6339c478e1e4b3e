/**
 * A clean-up plug-in: everything but the removing itself.
 *
 * HTCondor's side of the interface is the manual's section "Self-Checkpointing Jobs"; the author's
 * side is one {@linkcode BackEnd}. The plug-in never looks at standard input: started by the shadow
 * it is the job's event log.
 */
import type { Role } from "../cli/program.ts";
import type { Clock } from "../clock.ts";
import { redact } from "../log/redact.ts";
import { CleanupFailure } from "./failure.ts";
import { checkJob, JobAdFile } from "./job_ad_file.ts";
import { parseBase } from "./location.ts";
import { pluginContext } from "./plugin_context.ts";
import { type PluginHost, SYSTEM_PLUGIN_HOST } from "./plugin_host.ts";
import { namesOf } from "./plugin_names.ts";
import { describePlugin, readRequest, type Request } from "./plugin_options.ts";
import { Outcome } from "./plugin_outcome.ts";
import { removeWithRetries } from "./retry.ts";
import type { BackEnd } from "./store.ts";

/** Milliseconds that a store has to end after it was told that its time is over. */
const GRACE = 500;
/** Promises that may be settled one after the other by work that waits for nothing else. */
const TURNS = 100;

/** Peculiarities of a plug-in. */
export interface PluginManners {
  /** Ignores unknown words after the value of `-jobad`, and knows no `-h`: HTCondor's own way. */
  readonly lenient?: boolean;
}

/**
 * The executable of a back-end.
 *
 * What the back-end's permissions lack for reading the arguments is added. One that may run
 * `condor_q` gets the job's ad from the queue where there is no file of it.
 *
 * ```ts
 * import { cleanupPlugin } from "./plugin.ts";
 * import type { BackEnd } from "./store.ts";
 * declare const backEnd: BackEnd;
 * export const role = cleanupPlugin(backEnd);
 * ```
 */
export function cleanupPlugin(backEnd: BackEnd, manners: PluginManners = {}): Role {
  const { permissions } = backEnd;
  return {
    program: describePlugin(backEnd),
    permissions: { ...permissions, read: true, sys: [...(permissions.sys ?? []), "uid"] },
    main: (args) => runPlugin(backEnd, args, manners),
  };
}

/**
 * Runs a plug-in.
 *
 * @param args the arguments after the program's name
 * @param manners also the machine, for tests
 * @returns the exit status, of `EXIT_STATUS`
 * @throws {UsageError}
 */
export async function runPlugin(
  backEnd: BackEnd,
  args: readonly string[],
  manners: PluginManners & { readonly host?: PluginHost } = {},
): Promise<number> {
  const host = manners.host ?? SYSTEM_PLUGIN_HOST;
  const request = readRequest(backEnd, args, manners);
  if (request.kind === "print") {
    host.stdout(`${request.text}\n`);
    return 0;
  }
  const say = (text: string) => host.stderr(`${backEnd.program.name}: ${redact(text)}\n`);
  try {
    return await answer(backEnd, request, { host, say });
  } catch (error) {
    if (!(error instanceof CleanupFailure)) throw error;
    say(error.message);
    return error.exitStatus;
  }
}

async function answer(
  backEnd: BackEnd,
  request: Request,
  { host, say }: { host: PluginHost; say: (text: string) => void },
): Promise<number> {
  const { settings: { timeout, retries, dryRun, verbose: isVerbose }, ignoreMissing } = request;
  const { clock } = host;
  const deadline = clock.monotonic() + timeout * 1000;
  const base = parseBase(request.base);
  const jobAd = new JobAdFile(request.jobAd);
  checkJob(base, jobAd);
  const names = await namesOf(request);
  const batch = { base, ignoreMissing, count: names.length, name: (i: number) => names[i]! };
  const verbose = isVerbose ? say : () => {};
  const context = pluginContext(backEnd, { host, jobAd, gid: base.gid, verbose });
  const outcome = new Outcome(batch, { silence: `no answer within ${timeout} s`, verbose });

  const print = (text: string) => host.stdout(text);
  const work = async (signal: AbortSignal) => {
    await using store = await backEnd.open(request.own, context);
    if (dryRun) return outcome.pretend(print);
    const done = outcome.set.bind(outcome);
    await removeWithRetries(store, batch, { signal, done, retries, deadline, clock, verbose });
  };
  try {
    await inTime(clock, timeout * 1000, work);
  } catch (error) {
    if (!(error instanceof CleanupFailure)) throw error;
    outcome.thrown = error;
  }
  if (typeof request.name === "string" || dryRun) return outcome.report(say);
  return await outcome.answer({ say, print });
}

/** Does some work; what has not ended soon after its time is left behind. */
async function inTime(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  let isOver = false;
  const working = work(stop.signal).finally(() => isOver = true);
  // The first timer of a process takes 4 ms: there is none where the work never waits.
  for (let turn = 0; turn < TURNS && !isOver; turn++) await Promise.race([working, undefined]);
  if (isOver) return await working;
  const ended = new AbortController();
  const late = clock.sleep(ms, ended.signal).then(() => {
    stop.abort();
    return clock.sleep(GRACE, ended.signal);
  });
  await Promise.race([working, late]).finally(() => ended.abort());
}
