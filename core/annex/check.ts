/** `check`: the whole discovery with the reasons for each step, and nothing written or switched off. */
import { getObject, type ImdsClient, shutdownBehavior } from "../aws/mod.ts";
import { errorText } from "../errors.ts";
import { type AnnexName, findAnnexName } from "./annex_name.ts";
import { archiveIn, findPlaces } from "./archive_places.ts";
import type { AnnexState } from "./contracts.ts";
import { AnnexError } from "./errors.ts";
import type { InstanceFacts } from "./facts.ts";
import { asAnnexError } from "./failures.ts";
import { expectedOwner } from "./fetch.ts";
import type { AnnexHost } from "./host.ts";
import { readInstanceFacts } from "./instance_facts.ts";
import { findEc2 } from "./is_ec2.ts";
import { openMetadata, openServices, type Services } from "./services.ts";
import { type AnnexSettings, readSettings } from "./settings.ts";

/** How a step came out; with a warning an annex works all the same. */
export type Outcome = "ok" | "warning" | "failed" | "skipped";

/** One step. */
export interface CheckedStep {
  readonly step: string;
  readonly outcome: Outcome;
  /** One line without secrets. */
  readonly text: string;
  /** What can be done about it. */
  readonly remedy?: string;
}

/** What is checked with. */
export interface CheckTools {
  readState(host: AnnexHost): Promise<AnnexState | undefined>;
  isIntact(host: AnnexHost, state: AnnexState): Promise<boolean>;
  /** Tries the firewall as another user; throws where it does not hold. */
  verifyFirewall(host: AnnexHost, uids: readonly number[]): Promise<unknown>;
}

const MS = 60_000;

/**
 * Checks everything once.
 *
 * @param options `json` prints an object instead of lines
 * @returns the exit status: 1 when a step failed
 */
export async function check(
  host: AnnexHost,
  tools: CheckTools,
  { json }: { readonly json: boolean },
): Promise<number> {
  const report = new Report(host);
  const settings = await readSettings(host);
  await checkMachine(host, report, { settings, tools });
  const isOk = report.steps.every(({ outcome }) => outcome !== "failed");
  host.out(
    json
      ? `${JSON.stringify({ ok: isOk, steps: report.steps })}\n`
      : report.steps.map(lineOf).join(""),
  );
  return isOk ? 0 : 1;
}

function lineOf({ step, outcome, text, remedy }: CheckedStep): string {
  const advice = remedy === undefined ? "" : ` (${remedy})`;
  return `${outcome.padEnd(8)}${step.padEnd(13)}${text}${advice}\n`;
}

/** Collects the steps. */
class Report {
  readonly steps: CheckedStep[] = [];
  readonly #host: AnnexHost;

  constructor(host: AnnexHost) {
    this.#host = host;
  }

  add(step: string, outcome: Outcome, text: string, remedy?: string): void {
    this.steps.push({ step, outcome, text, ...(remedy !== undefined && { remedy }) });
  }

  /** Runs a step; what it throws is its outcome. */
  async run<T>(
    step: string,
    work: () => Promise<T>,
    { say, outcome = "failed" }: {
      readonly say: (value: T) => string;
      /** Of a failure. */
      readonly outcome?: Outcome;
    },
  ): Promise<T | undefined> {
    try {
      const value = await work();
      this.add(step, "ok", say(value));
      return value;
    } catch (error) {
      this.#host.signal.throwIfAborted();
      const known = asAnnexError(error, "Cannot go on");
      this.add(
        step,
        outcome,
        errorText(known),
        known instanceof AnnexError ? known.remedy : undefined,
      );
      return undefined;
    }
  }
}

interface Bench {
  readonly settings: AnnexSettings;
  readonly tools: CheckTools;
}

async function checkMachine(
  host: AnnexHost,
  report: Report,
  { settings, tools }: Bench,
): Promise<void> {
  const ec2 = await findEc2(host);
  report.add("ec2", ec2.isEc2 ? "ok" : "warning", ec2.reason);
  await checkState(host, report, tools);
  if (settings.firewall === "off") {
    report.add("firewall", "warning", "switched off: jobs can read the instance's credentials");
  } else {
    const uids = settings.firewall_allow_uids;
    await report.run("firewall", () => tools.verifyFirewall(host, uids), {
      say: () => "keeps others than root from the metadata service",
      outcome: settings.firewall_required ? "failed" : "warning",
    });
  }
  const metadata = openMetadata(host, settings);
  const { boardId } = ec2;
  const { signal } = host;
  const facts = await report.run(
    "metadata",
    () => readInstanceFacts(host, metadata, { boardId, signal }),
    {
      say: ({ instanceId, region }) =>
        `${instanceId} in ${region}, asked by ${metadata.version} at ${metadata.address}`,
    },
  );
  if (facts === undefined) return skip(report, ["role", "name", "bucket", "archive"]);
  if (metadata.version === "v1") {
    report.add("metadata", "warning", "the metadata service knows no session tokens");
  }
  await checkServices(host, report, { settings, facts, metadata });
}

async function checkState(host: AnnexHost, report: Report, tools: CheckTools): Promise<void> {
  const state = await tools.readState(host);
  if (state === undefined) report.add("state", "skipped", "nothing is installed");
  else if (await tools.isIntact(host, state)) {
    report.add("state", "ok", `annex ${state.annexName} since ${state.installedAt}`);
  } else report.add("state", "warning", "installed files were changed or removed since");
}

async function checkServices(
  host: AnnexHost,
  report: Report,
  { settings, facts, metadata }: {
    readonly settings: AnnexSettings;
    readonly facts: InstanceFacts;
    readonly metadata: ImdsClient;
  },
): Promise<void> {
  using services = openServices(host, { facts, metadata });
  const { signal } = host;
  const role = await report.run("role", async () => {
    const name = await services.roles.role(signal);
    await services.session.call(() => Promise.resolve(), signal);
    return name;
  }, { say: (name) => name });
  if (role === undefined) return skip(report, ["name", "bucket", "archive"]);
  const questions = services.names;
  const name = await report.run(
    "name",
    () => findAnnexName(host, { facts, settings, questions, signal, sign: () => {} }),
    { say: ({ name, source }) => `${name}, from the ${source.replace("-", " ")}` },
  );
  if (name !== undefined) await checkInstance(host, report, { services, name });
  const { partition } = facts;
  const places = await report.run(
    "bucket",
    () => findPlaces(host, { settings, partition, questions: services.roles, signal }),
    { say: (all) => all.map(({ bucket, prefix }) => `s3://${bucket}/${prefix}`).join(", ") },
  );
  if (name === undefined || places === undefined) return skip(report, ["archive"]);
  const failures: AnnexError[] = [];
  for (const place of places) {
    const source = archiveIn(place, { name: name.name, settings });
    const shown = `s3://${source.bucket}/${source.key}`;
    try {
      const size = await look({ settings, facts, services, signal }, source);
      report.add("archive", "ok", `${shown}, ${size ?? "an unknown number of"} bytes`);
      return;
    } catch (error) {
      signal.throwIfAborted();
      const known = asAnnexError(error, `Cannot fetch "${shown}"`);
      if (!(known instanceof AnnexError)) throw known;
      failures.push(known);
    }
  }
  for (const { message, remedy } of failures) report.add("archive", "failed", message, remedy);
}

/** What EC2 says that is good to know. */
async function checkInstance(
  host: AnnexHost,
  report: Report,
  { services, name }: { readonly services: Services; readonly name: AnnexName },
): Promise<void> {
  const { description } = name;
  if (description === undefined) return;
  if (Number(description.hopLimit ?? 1) > 1) {
    const text = `metadata answers go ${description.hopLimit} hops, so containers get them`;
    report.add("instance", "warning", text, "set HttpPutResponseHopLimit to 1");
  }
  let behavior: string | undefined;
  try {
    behavior = await shutdownBehavior(services.ec2, description.instanceId, host.signal);
  } catch (error) {
    host.signal.throwIfAborted();
    report.add("instance", "skipped", errorText(error));
    return;
  }
  if (behavior === "stop") {
    const text = "a power-off leaves it stopped, and its disks are billed";
    report.add("instance", "warning", text, "set InstanceInitiatedShutdownBehavior to terminate");
  }
}

interface LookTools {
  readonly settings: AnnexSettings;
  readonly facts: InstanceFacts;
  readonly services: Services;
  readonly signal: AbortSignal;
}

/** Begins to fetch the archive, and hangs up: its size in bytes. */
async function look(
  { settings, facts, services, signal }: LookTools,
  source: { readonly bucket: string; readonly key: string },
): Promise<string | undefined> {
  const answer = await getObject({
    ...source,
    region: facts.region,
    dnsSuffix: facts.dnsSuffix,
    endpoint: services.s3Endpoint,
  }, {
    http: services.http,
    session: services.session,
    signal: AbortSignal.any([signal, AbortSignal.timeout(MS)]),
    expectedOwner: expectedOwner(settings, facts),
  });
  const size = answer.headers.get("content-length");
  await answer.cancel();
  return size !== null && /^\d{1,15}$/.test(size) ? size : undefined;
}

function skip(report: Report, steps: readonly string[]): void {
  for (const step of steps) report.add(step, "skipped", "something before it failed");
}
