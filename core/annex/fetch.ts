/** Fetches the archive and installs it: from the first place that has it, again until one has. */
import { archiveIn } from "./archive_places.ts";
import type { ArchiveSource, BootSteps, Download, InstalledFile } from "./contracts.ts";
import { type DiscoveryOptions, lookForPlaces } from "./discover.ts";
import { AnnexError } from "./errors.ts";
import type { InstanceFacts } from "./facts.ts";
import type { AnnexHost } from "./host.ts";
import { limitedHost } from "./limited_host.ts";
import type { ArchivePlace } from "./policy.ts";
import type { Services } from "./services.ts";
import type { AnnexSettings } from "./settings.ts";

/** An archive whose files are in their places. */
export interface Installed extends ArchiveSource {
  readonly etag: string;
  readonly sha256: string;
  readonly files: readonly InstalledFile[];
}

/** How an archive is asked for. */
export interface AskOptions {
  readonly facts: InstanceFacts;
  readonly settings: AnnexSettings;
  readonly services: Services;
  /** Of what is installed. */
  readonly etag?: string;
}

/** What an annex's name has of the client token's 64 characters. */
const LONGEST_NAME_IN_TOKEN = 27;

/** Asks for one archive, once. */
export async function askForArchive(
  host: AnnexHost,
  steps: BootSteps,
  { source, options }: { readonly source: ArchiveSource; readonly options: AskOptions },
): Promise<Download> {
  const { facts, settings, services, etag } = options;
  return await steps.downloadArchive(host, {
    ...source,
    region: facts.region,
    dnsSuffix: facts.dnsSuffix,
    endpoint: services.s3Endpoint,
    expectedOwner: expectedOwner(settings, facts),
    etag,
  }, { http: services.http, session: services.session });
}

/** The account that the bucket has to belong to; undefined for any. */
export function expectedOwner(settings: AnnexSettings, facts: InstanceFacts): string | undefined {
  switch (settings.expected_bucket_owner) {
    case "auto":
      return facts.accountId;
    case "off":
      return undefined;
    default:
      return settings.expected_bucket_owner;
  }
}

/** Installs what came, and says what an administrator should know. */
export async function installDownload(
  host: AnnexHost,
  steps: BootSteps,
  { source, download, before }: {
    readonly source: ArchiveSource;
    readonly download: Download & { kind: "archive" };
    readonly before: readonly InstalledFile[];
  },
): Promise<Installed> {
  const { files, warnings } = await steps.installArchive(host, download.path, before);
  for (const warning of warnings) host.note(warning, { event: "archive-warning" });
  host.note("Installed the archive", {
    event: "installed",
    bucket: source.bucket,
    key: source.key,
    bytes: download.size,
    files: files.length,
    sha256: download.sha256,
  });
  return { ...source, etag: download.etag, sha256: download.sha256, files };
}

/**
 * Tries all places in turn until one has the archive; between rounds the policies are read again,
 * for somebody may be editing them.
 *
 * @throws {AnnexError} what is final, such as `archive-rejected`; the last failure when the time is over
 */
export async function fetchArchive(
  host: AnnexHost,
  steps: BootSteps,
  { discovery, name, places, before }: {
    readonly discovery: DiscoveryOptions;
    readonly name: string;
    readonly places: readonly ArchivePlace[];
    readonly before: readonly InstalledFile[];
  },
): Promise<Installed> {
  let next: readonly ArchivePlace[] | undefined = places;
  let told = name.length !== LONGEST_NAME_IN_TOKEN;
  return await discovery.clock.retry(async (signal) => {
    const candidates = next ?? await lookForPlaces(host, discovery, signal);
    next = undefined;
    const limited = limitedHost(host, signal);
    let failure: AnnexError | undefined;
    for (const place of candidates) {
      const source = archiveIn(place, { name, settings: discovery.settings });
      try {
        const download = await askForArchive(limited, steps, { source, options: discovery });
        if (download.kind === "archive") {
          return await installDownload(host, steps, { source, download, before });
        }
      } catch (error) {
        if (!(error instanceof AnnexError) || !error.retryable) throw error;
        if (error.code === "archive-absent" && !told) {
          told = true;
          host.note(
            "The annex's name may be longer: client tokens have 27 characters of it, archives all",
            { event: "name-maybe-cut", name },
          );
        }
        failure ??= error;
      }
    }
    throw failure ?? new AnnexError("Cannot fetch the archive: there is no place to ask", {
      code: "no-bucket",
      retryable: true,
    });
  }, { action: "Cannot fetch the archive" });
}
