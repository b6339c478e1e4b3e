/** The boot sequence: from a bare instance to one that HTCondor can start on. */
import type { ImdsClient } from "../aws/mod.ts";
import { PINION_VERSION } from "../version.ts";
import type { AnnexState, BootSteps, FirewallReport } from "./contracts.ts";
import { discover } from "./discover.ts";
import { AnnexError } from "./errors.ts";
import type { InstanceFacts } from "./facts.ts";
import { fetchArchive, type Installed } from "./fetch.ts";
import { GiveUpClock, METADATA_PAUSES } from "./give_up.ts";
import type { AnnexHost } from "./host.ts";
import { readInstanceFacts } from "./instance_facts.ts";
import { findEc2 } from "./is_ec2.ts";
import { refresh, REFRESH_MS } from "./refresh.ts";
import { imdsEndpoint, openMetadata, openServices, type Services } from "./services.ts";
import type { AnnexSettings } from "./settings.ts";

/** What becomes known on the way, for whoever has to decide when it ends early. */
export interface Progress {
  /** Signs that this is an annex's instance. */
  readonly signs: Set<string>;
  clock?: GiveUpClock;
  wasConfigured: boolean;
  /** Is called when all that is left is HTCondor's configuration. */
  begins(): void;
}

/** Tries at a metadata service that nothing but a setting speaks for. */
const UNPROVEN_ATTEMPTS = 3;

/** An annex, as far as state goes. */
interface Named {
  readonly name: string;
  readonly source: string;
}

/**
 * Configures the instance.
 *
 * @throws {AnnexError}
 */
export async function configure(
  host: AnnexHost,
  steps: BootSteps,
  { settings, progress }: { readonly settings: AnnexSettings; readonly progress: Progress },
): Promise<void> {
  const ec2 = await findEc2(host);
  if (!ec2.isEc2 && imdsEndpoint(host) === undefined) {
    throw new AnnexError(`Cannot set up an annex: this is no instance of EC2: ${ec2.reason}`, {
      code: "not-ec2",
    });
  }
  // Nothing that a job could be after is fetched before jobs cannot reach it.
  const firewall = await closeMetadata(host, steps, settings);
  const clock = progress.clock = new GiveUpClock(host, settings.give_up_seconds);
  const metadata = openMetadata(host, settings);
  const { boardId } = ec2;
  const facts = await clock.retry(
    (signal) => readInstanceFacts(host, metadata, { boardId, signal }),
    {
      action: "Cannot ask the metadata service",
      pauses: METADATA_PAUSES,
      ...(!ec2.isEc2 && { attempts: UNPROVEN_ATTEMPTS }),
    },
  );
  tellInstance(host, facts, metadata);
  const state = await readOwnState(host, steps, facts);
  progress.wasConfigured = state !== undefined;
  await steps.setUpScratch(host, settings, metadata);
  progress.begins();
  await steps.writeInstanceConfig(host, settings, facts);
  using services = openServices(host, { facts, metadata });
  const known = { settings, facts, services };
  if (state !== undefined && await steps.isIntact(host, state)) {
    const installed = await refresh(host, steps, { state, options: known });
    await finish(host, steps, {
      facts,
      firewall,
      installed,
      state,
      annex: { name: state.annexName, source: state.nameSource },
    });
    return;
  }
  if (state !== undefined) {
    // What is not there after a while is gone for good, and HTCondor waits for this.
    clock.shorten(REFRESH_MS / 1000);
    host.note("Installed files were changed or removed since: fetching the archive again", {
      event: "not-intact",
      name: state.annexName,
    });
  }
  const discovery = { ...known, clock, sign: (word: string) => void progress.signs.add(word) };
  await openSession(services, clock);
  const { name, places } = await discover(host, discovery);
  host.note("Found the annex", { event: "annex", name: name.name, source: name.source });
  const installed = await fetchArchive(host, steps, {
    discovery,
    name: name.name,
    places,
    before: state?.files ?? [],
  });
  const { lifecycle } = name.description ?? {};
  const whole = lifecycle === undefined || facts.lifeCycle !== undefined
    ? facts
    : { ...facts, lifeCycle: lifecycle };
  await steps.writeInstanceConfig(host, settings, whole);
  await finish(host, steps, { facts, firewall, installed, state, annex: name });
}

async function closeMetadata(
  host: AnnexHost,
  steps: BootSteps,
  settings: AnnexSettings,
): Promise<FirewallReport> {
  try {
    return await steps.installFirewall(host, settings);
  } catch (error) {
    if (settings.firewall_required || !(error instanceof AnnexError)) throw error;
    host.note(`${error.message}; going on, for it is not required`, {
      event: "no-firewall",
      code: error.code,
    });
    return { backend: "off", verified: false, counters: {} };
  }
}

function tellInstance(host: AnnexHost, facts: InstanceFacts, metadata: ImdsClient): void {
  host.note("Found the instance", {
    event: "instance",
    id: facts.instanceId,
    region: facts.region,
    imds: metadata.version,
    address: metadata.address,
    public: facts.publicIp || "none",
  });
}

/** What an earlier boot of this very instance left; what another one did is removed. */
async function readOwnState(
  host: AnnexHost,
  steps: BootSteps,
  { instanceId }: InstanceFacts,
): Promise<AnnexState | undefined> {
  const state = await steps.readState(host);
  if (state === undefined || state.instanceId === instanceId) return state;
  host.note("This disk is a copy of another annex instance's: its configuration is removed", {
    event: "image-reused",
    other: state.instanceId,
  });
  await steps.forgetInstance(host, state);
  return undefined;
}

/** The role's credentials: without a role, nothing else is worth a try. */
async function openSession({ session }: Services, clock: GiveUpClock): Promise<void> {
  await clock.retry((signal) => session.call(() => Promise.resolve(), signal), {
    action: "Cannot get the role's credentials",
  });
}

async function finish(
  host: AnnexHost,
  steps: BootSteps,
  { facts, firewall, installed, state, annex }: {
    readonly facts: InstanceFacts;
    readonly firewall: FirewallReport;
    readonly installed: Installed;
    readonly state: AnnexState | undefined;
    readonly annex: Named;
  },
): Promise<void> {
  const now = new Date(host.clock.now()).toISOString();
  const isNew = state === undefined || state.sha256 !== installed.sha256;
  await steps.writeState(host, {
    version: 1,
    program: PINION_VERSION,
    instanceId: facts.instanceId,
    annexName: annex.name,
    nameSource: annex.source,
    ...installed,
    firewall,
    installedAt: isNew ? now : state.installedAt,
    startedAt: now,
  });
}
