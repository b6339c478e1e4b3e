/** `-check-config`: what the configuration comes to. */
import { errorText } from "../../errors.ts";
import { HttpClient } from "../../http/client.ts";
import { redact } from "../../log/redact.ts";
import { PINION_VERSION } from "../../version.ts";
import { explainConfig } from "../local/explain.ts";
import { CredentialStore, StoreError } from "../store/mod.ts";
import { Configuration, type Reading } from "./configuration.ts";
import type { DaemonHost } from "./host.ts";
import { LocalSource } from "./local_source.ts";
import type { Request } from "./options.ts";
import { chooseDirectory, configurationError, EXIT, readFirst, StartError } from "./start.ts";

type CheckRequest = Extract<Request, { mode: "check" }>;

/**
 * Prints what the daemon would do with the configuration, and looks whether issuers publish the
 * keys.
 *
 * @returns the exit status: 0 without faults
 */
export async function runCheck(request: CheckRequest, host: DaemonHost): Promise<number> {
  const stop = new AbortController();
  const unlisten = host.onSignals(() => stop.abort(new StartError(EXIT.failed, "Interrupted")));
  const http = new HttpClient({
    env: (name) => host.environment[name],
    userAgent: `Pinion/${PINION_VERSION}`,
  });
  try {
    const source = new LocalSource();
    const configuration = new Configuration({ host, name: request.name, source });
    const reading = await readFirst(configuration);
    const context = configuration.context({ createKey: false, note: () => {} });
    const explained = await explainConfig(await source.complete(reading.config, context), {
      hostname: host.hostname(),
      signal: stop.signal,
      ...(request.offline ? {} : { http }),
    });
    const daemon = lookAround(request, reading);
    const isBad = daemon.problems.length > 0 || explained.status !== 0;
    if (request.json) host.out(JSON.stringify({ daemon, ...explained.json }));
    else host.out([...daemonLines(daemon), ...explained.lines].map(redact).join("\n"));
    return isBad ? EXIT.failed : EXIT.done;
  } catch (error) {
    host.note(`condor_credmon_local: ${redact(errorText(error))}`);
    const known = configurationError(error);
    return known instanceof StartError ? known.status : EXIT.failed;
  } finally {
    http.close();
    unlisten();
  }
}

/** What the daemon itself works with. */
interface Surroundings {
  readonly name: string;
  readonly directory?: string;
  readonly log: string;
  readonly levels: readonly string[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

function lookAround(request: CheckRequest, { config, settings }: Reading): Surroundings {
  const problems: string[] = [];
  let directory: string | undefined;
  try {
    directory = chooseDirectory(request, settings);
    CredentialStore.open(directory, { access: "read" })[Symbol.dispose]();
  } catch (error) {
    // The daemon makes one that is missing.
    const isMissing = error instanceof StoreError && error.code === "missing";
    if (!isMissing) problems.push(errorText(error));
  }
  return {
    name: request.name,
    ...(directory === undefined ? {} : { directory }),
    log: request.logFile ?? settings.log,
    levels: [...settings.levels],
    problems,
    warnings: config.warnings,
  };
}

function daemonLines({ name, directory, log, levels, problems, warnings }: Surroundings): string[] {
  return [
    `Daemon ${name}`,
    ...(directory === undefined ? [] : [`  Credential directory: ${directory}`]),
    `  Log: ${log}${levels.length === 0 ? "" : ` (${levels.join(" ")})`}`,
    ...problems.map((text) => `  PROBLEM: ${text}`),
    ...warnings.map((text) => `  WARNING: ${text}`),
  ];
}
