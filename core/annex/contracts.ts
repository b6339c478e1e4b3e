/** What the steps of the boot sequence hand to each other. */
import type { AwsSession } from "../aws/mod.ts";
import type { HttpClient } from "../http/mod.ts";
import type { InstanceFacts } from "./facts.ts";
import type { AnnexHost } from "./host.ts";
import type { AnnexSettings } from "./settings.ts";

/** Whoever keeps jobs from the metadata service. */
export type FirewallBackend = "nft" | "iptables" | "off";

/** A firewall that was installed and tried. */
export interface FirewallReport {
  readonly backend: FirewallBackend;
  /** Whether probes of another user were refused; false only for `off`. */
  readonly verified: boolean;
  /** Packets that were refused, by rule, as far as the backend counts them. */
  readonly counters: Readonly<Record<string, number>>;
}

/** Where the archive is looked for. */
export interface ArchiveSource {
  readonly bucket: string;
  readonly key: string;
}

/** How the archive is asked for. */
export interface DownloadPlan extends ArchiveSource {
  readonly region: string;
  readonly dnsSuffix: string;
  /** An endpoint of tests, addressed path-style, without a slash at its end. */
  readonly endpoint?: string | undefined;
  /** Twelve digits; the bucket has to be this account's. */
  readonly expectedOwner?: string | undefined;
  /** Of what is installed already. */
  readonly etag?: string | undefined;
}

/** The archive, or word that what is installed is still the same. */
export type Download =
  | { readonly kind: "not-modified" }
  | {
    readonly kind: "archive";
    /** Where it lies, with the host's root. */
    readonly path: string;
    readonly etag: string;
    /** Hexadecimal. */
    readonly sha256: string;
    readonly size: number;
  };

/** A file that came out of the archive. */
export interface InstalledFile {
  /** Absolute, without the host's root. */
  readonly path: string;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** What is remembered from one boot to the next; never a secret. */
export interface AnnexState {
  /** Of this file's form. */
  readonly version: 1;
  readonly program: string;
  readonly instanceId: string;
  readonly annexName: string;
  /** `client-token`, `tag`, `spot-fleet` or `ec2-fleet`. */
  readonly nameSource: string;
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  readonly sha256: string;
  readonly files: readonly InstalledFile[];
  readonly firewall: FirewallReport;
  /** RFC 3339, UTC. */
  readonly installedAt: string;
  /** RFC 3339, UTC: the last `start` that ended well. */
  readonly startedAt: string;
}

/** What came out of an archive. */
export interface InstallReport {
  readonly files: readonly InstalledFile[];
  /** What an administrator should know, one line each. */
  readonly warnings: readonly string[];
}

/** The metadata service, as the steps see it. */
export interface Metadata {
  /**
   * The text at a path such as `meta-data/instance-id`.
   *
   * @returns undefined when there is no such item
   * @throws {ImdsError}
   */
  get(path: string, signal: AbortSignal): Promise<string | undefined>;
}

/**
 * The steps, each in a file of its own; `boot.ts` puts them in order and is given others by tests.
 * All throw `AnnexError`; all take paths below `host.root` and end with `host.signal`.
 */
export interface BootSteps {
  /** `firewall/install.ts`: installs the rules and tries them as another user. */
  installFirewall(host: AnnexHost, settings: AnnexSettings): Promise<FirewallReport>;
  /** `scratch.ts`: the local disk; never throws, for an annex works without one. */
  setUpScratch(host: AnnexHost, settings: AnnexSettings, metadata: Metadata): Promise<void>;
  /** `instance_config.ts`: writes `49ec2-instance.config`, the same bytes for the same facts. */
  writeInstanceConfig(
    host: AnnexHost,
    settings: AnnexSettings,
    facts: InstanceFacts,
  ): Promise<void>;
  /** `archive/download.ts`: one attempt at one place; `archive-absent` for 403 and 404. */
  downloadArchive(
    host: AnnexHost,
    plan: DownloadPlan,
    tools: { readonly http: HttpClient; readonly session: AwsSession },
  ): Promise<Download>;
  /** `archive/install.ts`: unpacks, checks and installs the archive, and removes it. */
  installArchive(
    host: AnnexHost,
    archive: string,
    before: readonly InstalledFile[],
  ): Promise<InstallReport>;
  /** `state.ts`; undefined where there is none, or one that cannot be trusted. */
  readState(host: AnnexHost): Promise<AnnexState | undefined>;
  writeState(host: AnnexHost, state: AnnexState): Promise<void>;
  /** `state.ts`: whether all installed files are still what they were. */
  isIntact(host: AnnexHost, state: AnnexState): Promise<boolean>;
  /** `state.ts`: removes what an earlier instance left in the image. */
  forgetInstance(host: AnnexHost, state: AnnexState): Promise<void>;
  /** `lock.ts`: waits up to 10 s; undefined when another run holds the lock. */
  takeLock(host: AnnexHost): Promise<AsyncDisposable | undefined>;
}
