/** `-status`: what the daemon says of each credential, failures first. */
import { errorText } from "../../errors.ts";
import { redact } from "../../log/redact.ts";
import { startOf } from "../../posix/exec.ts";
import type { CredentialStore, Mark } from "../store/mod.ts";
import { Configuration } from "./configuration.ts";
import { DaemonLog } from "./daemon_log.ts";
import type { DaemonHost } from "./host.ts";
import type { Request } from "./options.ts";
import { NO_SOURCE } from "./source.ts";
import { chooseDirectory, EXIT, openStore, readFirst, StartError } from "./start.ts";
import { LARGEST_STATUS, parseStatus, type StatusEntry, type StatusReport } from "./status_file.ts";

type StatusRequest = Extract<Request, { mode: "status" }>;

/**
 * Prints the status.
 *
 * @returns the exit status: 0 when nothing failed, 1 also when no daemon has run
 */
export async function runStatus(request: StatusRequest, host: DaemonHost): Promise<number> {
  // Nothing of this belongs into the daemon's log.
  using log = new DaemonLog({ host, request, echo: "none" });
  try {
    const directory = request.directory ?? await configuredDirectory(request, host);
    using store = openStore(directory, {
      log: log.log,
      clock: host.clock,
      access: "read",
    });
    const report = readReport(store);
    const marks = [...store.marks()];
    const running = startOf(report.pid) !== undefined;
    if (request.json) host.out(JSON.stringify({ ...report, running, marks: marks.map(markEntry) }));
    else printReport(only(report, request.user), { marks, running, host });
    return report.failed === 0 ? EXIT.done : EXIT.failed;
  } catch (error) {
    host.note(`condor_credmon_local: ${redact(errorText(error))}`);
    return error instanceof StartError ? error.status : EXIT.failed;
  }
}

async function configuredDirectory(request: StatusRequest, host: DaemonHost): Promise<string> {
  const configuration = new Configuration({ host, name: request.name, source: NO_SOURCE });
  return chooseDirectory(request, (await readFirst(configuration)).settings);
}

function readReport(store: CredentialStore): StatusReport {
  const bytes = store.readStatus(LARGEST_STATUS);
  if (bytes === undefined) {
    throw new StartError(
      EXIT.failed,
      `Cannot tell the status of "${store.path}": no daemon has run there yet`,
    );
  }
  try {
    return parseStatus(bytes);
  } catch (cause) {
    const state = cause instanceof SyntaxError ? cause.message : errorText(cause);
    throw new StartError(EXIT.failed, `Cannot read the status in "${store.path}": ${state}`);
  }
}

function only(report: StatusReport, user: string | undefined): StatusReport {
  if (user === undefined) return report;
  return { ...report, list: report.list.filter((entry) => entry.user === user) };
}

function printReport(
  report: StatusReport,
  { marks, running, host }: {
    readonly marks: readonly Mark[];
    /** Whether the process that wrote the report still runs; one of -once never does. */
    readonly running: boolean;
    readonly host: DaemonHost;
  },
): void {
  const now = host.clock.now();
  const { credentials, failed, pid, written, omitted, list } = report;
  const lines = [
    `${credentials} ${credentials === 1 ? "credential" : "credentials"}, ${failed} failed, ` +
    `by process ${pid} at ${written}${running ? "" : ", which has ended since"}`,
    ...list.map((entry) => entryLine(entry, now)),
    ...(omitted > 0 ? [`${omitted} more are not listed`] : []),
    ...marks.map(({ user, since }) =>
      `marked ${user}: to be removed, for ${duration(now - since)}`
    ),
  ];
  // Others may have written the file.
  host.out(lines.map(redact).join("\n"));
}

function entryLine(entry: StatusEntry, now: number): string {
  const { user, name, monitor, lastFailure: failure } = entry;
  const times = [
    until("expires", entry.expires, now),
    since("made", entry.lastSuccess, now),
  ];
  if (failure === undefined) {
    return [`ok     ${user}/${name} (${monitor})`, ...times].filter(Boolean).join(", ");
  }
  const more = [
    since("failing", failure.since, now).replace(" ago", ""),
    `${failure.count} times`,
    until("next try", entry.nextTry, now),
    ...times,
  ].filter(Boolean).join(", ");
  return `FAILED ${user}/${name} (${monitor}): ${failure.text} (${failure.code}; ${more})`;
}

function until(what: string, time: string | undefined, now: number): string {
  const left = Date.parse(time ?? "") - now;
  if (Number.isNaN(left)) return "";
  return left >= 0 ? `${what} in ${duration(left)}` : `${what} ${duration(-left)} ago`;
}

function since(what: string, time: string | undefined, now: number): string {
  const past = now - Date.parse(time ?? "");
  return Number.isNaN(past) ? "" : `${what} ${duration(past)} ago`;
}

function markEntry({ user, since }: Mark) {
  return { user, since: new Date(since).toISOString() };
}

/** Milliseconds as a person says them. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
