/** `-once`: everything that is due, and then the end; for cron, timers and administrators. */
import { errorText } from "../../errors.ts";
import type { LocalIssuer } from "../local/open.ts";
import type { CredentialStore } from "../store/mod.ts";
import { Configuration, type Reading } from "./configuration.ts";
import { DaemonLog } from "./daemon_log.ts";
import type { DaemonHost } from "./host.ts";
import { Ledger } from "./ledger.ts";
import { LocalSource } from "./local_source.ts";
import type { Request, Selection } from "./options.ts";
import { ScanLoop } from "./scan_loop.ts";
import { selectOnly } from "./selection.ts";
import type { MonitorSource } from "./source.ts";
import {
  chooseDirectory,
  configurationError,
  EXIT,
  openLog,
  openStore,
  readFirst,
  removeStale,
  StartError,
  takeLock,
} from "./start.ts";
import { StatusWriter } from "./status_writer.ts";

/** Milliseconds that a daemon, or another run, is waited for. */
const LOCK_WAIT = 10_000;

type OnceRequest = Extract<Request, { mode: "once" }>;
type UsersRequest = Extract<Request, { mode: "users" }>;
type StdoutRequest = Extract<Request, { mode: "stdout" }>;

/** What a run has at hand. */
interface Run {
  readonly host: DaemonHost;
  readonly log: DaemonLog;
  readonly configuration: Configuration;
  readonly reading: Reading;
  readonly signal: AbortSignal;
}

/**
 * Makes what is due.
 *
 * @returns the exit status: 0 when nothing failed
 */
export async function runOnce(
  request: OnceRequest,
  host: DaemonHost,
  source: MonitorSource,
): Promise<number> {
  return await withRun(request, { host, source }, async (run) => {
    using store = openDirectory(request, run);
    using _lock = await takeLock(store, LOCK_WAIT, { status: EXIT.busy, signal: run.signal });
    return await scanOnce(request, run, store);
  });
}

/**
 * Asks for the credentials of all users of a group map, then makes what is due. Where a daemon runs
 * it makes them.
 */
export async function runForUsers(request: UsersRequest, host: DaemonHost): Promise<number> {
  const source = new LocalSource();
  return await withRun(request, { host, source }, async (run) => {
    const { log } = run.log;
    using store = openDirectory(request, run);
    using lock = await store.lock();
    const names = await providersOf(request.select, source, run);
    const { preCreate } = await import("../local/one_off.ts");
    const { created, present, failed } = await preCreate(store, request.map, {
      names,
      signal: run.signal,
      asked: (line) => log.always(`LOCAL: ${line}`),
      note: (line) => log.error(line),
    });
    host.out(`Asked for ${created} credentials, ${present} were there, ${failed} failed`);
    if (lock === undefined) {
      host.out("The daemon that runs makes them within a minute");
      return failed === 0 ? EXIT.done : EXIT.failed;
    }
    const status = await scanOnce(request, run, store);
    return failed === 0 ? status : EXIT.failed;
  });
}

/** Prints one token, and touches nothing. */
export async function runStdout(request: StdoutRequest, host: DaemonHost): Promise<number> {
  const source = new LocalSource();
  return await withRun(request, { host, source }, async (run) => {
    const issuer = await openIssuer(source, run);
    for (const { provider, text } of issuer.problems) {
      if (provider === request.provider) throw new StartError(EXIT.failed, text);
    }
    for (const text of issuer.warnings) run.log.log.always(`WARNING: LOCAL: ${text}`);
    const { issueToken } = await import("../local/one_off.ts");
    const { user, provider } = request;
    const { text, line } = await issueToken(issuer.providers, {
      user,
      provider,
      now: host.clock.now(),
      note: (note) => run.log.log.always(`WARNING: LOCAL: ${note}`),
    });
    host.out(text.trimEnd());
    run.log.log.always(`LOCAL: ${line}`);
    return EXIT.done;
  });
}

/** Reads the configuration, opens the log, and turns what is thrown into an exit status. */
async function withRun(
  request: Request,
  { host, source }: { readonly host: DaemonHost; readonly source: MonitorSource },
  work: (run: Run) => Promise<number>,
): Promise<number> {
  await host.settle();
  using log = new DaemonLog({ host, request, echo: request.verbose ? "all" : "failures" });
  const stop = new AbortController();
  const unlisten = host.onSignals((signal) => {
    if (signal !== "SIGHUP") stop.abort(new StartError(EXIT.failed, `Got ${signal}, terminating`));
  });
  try {
    const configuration = new Configuration({ host, name: request.name, source });
    const reading = await readFirst(configuration);
    openLog(log, reading.settings, true);
    return await work({ host, log, configuration, reading, signal: stop.signal });
  } catch (error) {
    const known = configurationError(error);
    log.log.error(errorText(known));
    return known instanceof StartError ? known.status : EXIT.failed;
  } finally {
    unlisten();
  }
}

function openDirectory(request: Request, { log, reading, host }: Run): CredentialStore {
  return openStore(chooseDirectory(request, reading.settings), {
    log: log.log,
    clock: host.clock,
  });
}

async function scanOnce(
  request: OnceRequest | UsersRequest,
  run: Run,
  store: CredentialStore,
): Promise<number> {
  const { host, log: { log }, configuration, reading, signal } = run;
  const loaded = await configuration.load(reading, {
    createKey: request.createKey,
    note: (line) => log.always(line),
  });
  for (const text of loaded.problems) log.error(text);
  for (const text of loaded.warnings) log.always(`WARNING: ${text}`);
  if (!loaded.usable) {
    throw new StartError(EXIT.configuration, "Cannot start: no provider is left that works");
  }
  const ledger = new Ledger({ clock: host.clock, log });
  const ended = new AbortController();
  const loop = new ScanLoop({
    store,
    monitors: loaded.monitors.map((monitor) => selectOnly(monitor, request.select)),
    ledger,
    clock: host.clock,
    log,
    onComplete: () => {},
    onRest: () => ended.abort(),
  });
  await loop.run(AbortSignal.any([signal, ended.signal]));
  await loop.drain(1500);
  signal.throwIfAborted();
  if (loop.idle) removeStale(store, log);
  await writeStatus(request, run, { store, ledger });
  const failed = [...ledger.records].some(({ failure }) => failure !== undefined);
  return failed || loaded.problems.length > 0 || !loop.listed ? EXIT.failed : EXIT.done;
}

/** The status of a part would hide that of the others. */
async function writeStatus(
  { jsonStatus, select }: OnceRequest | UsersRequest,
  { host, log }: Run,
  { store, ledger }: { readonly store: CredentialStore; readonly ledger: Ledger },
): Promise<void> {
  if (select.user !== undefined || select.providers.length > 0) return;
  ledger.changed = true;
  const status = new StatusWriter({
    store,
    ledger,
    log: log.log,
    pid: host.pid,
    now: () => host.clock.now(),
    ...(jsonStatus === undefined ? {} : { copy: jsonStatus }),
  });
  status.update();
  await status.end();
}

/** Those that were asked for, else all that there are. */
async function providersOf(
  { providers }: Selection,
  source: LocalSource,
  run: Run,
): Promise<readonly string[]> {
  if (providers.length > 0) return providers;
  const issuer = await openIssuer(source, run);
  return issuer.providers.map(({ name }) => name);
}

async function openIssuer(source: LocalSource, run: Run): Promise<LocalIssuer> {
  const { configuration, reading, log } = run;
  return await source.open(
    reading.config,
    configuration.context({ createKey: false, note: (line) => log.log.always(line) }),
  );
}
