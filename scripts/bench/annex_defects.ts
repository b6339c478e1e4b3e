/** Circumstances in which HTCondor's own program is known to fail, and how both do in them. */

import { type AnnexCloud, packArchive, startCloud } from "../../tests/pool/annex_cloud.ts";
import { startFakeAws } from "../../tests/servers/fake_aws.ts";
import { type ImdsInstance, imdsItems, type ImdsPlan } from "../../tests/servers/imds.ts";
import { type Account, INSTANCE_ID, oneInstance, ROLE, twoFleets } from "./annex_accounts.ts";
import { annexArchive } from "./annex_boot.ts";
import {
  attachVolume,
  lookAtConfiguration,
  lookAtFirewall,
  lookAtReboot,
  lookAtRefusal,
  lookAtSecrets,
  lookAtVolume,
} from "./annex_looks.ts";
import { boot, type Booted, lookAtBoot, type Outcome } from "./annex_run.ts";
import { makeStage } from "./annex_stage.ts";
import type { Contender } from "./area.ts";

/** What both did in one circumstance. */
export interface Compared {
  readonly title: string;
  readonly upstream: Outcome;
  readonly pinion: Outcome;
}

/** A circumstance: what differs from an ordinary boot, and what is looked at. */
interface Circumstance {
  readonly title: string;
  readonly annexName: string;
  readonly imds?: Omit<ImdsPlan, "items">;
  readonly instance?: ImdsInstance;
  /** An item as the metadata service has it; undefined: it has it not. */
  readonly item?: (path: string, text: string) => string | undefined;
  /** The archive; default: an ordinary one. */
  readonly archive?: (ordinary: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
  /** The account, where the greater stand-in cannot play it. */
  readonly account?: Account;
  readonly equip?: (instance: Pick<Booted, "machine">) => Promise<void>;
  readonly look?: (booted: Booted, cloud: AnnexCloud) => Promise<Outcome>;
}

const CIRCUMSTANCES: readonly Circumstance[] = [
  { title: "the annex is called `my_annex`", annexName: "my_annex" },
  {
    title: "Spot Fleet, its tag is late, the account has another one",
    annexName: "mine",
    account: twoFleets("mine", "theirs"),
  },
  {
    title: "no public IPv4 address",
    annexName: "private",
    instance: { publicIp: "" },
    look: lookAtConfiguration,
  },
  {
    title: "metadata by token only (IMDSv2)",
    annexName: "tokens",
    imds: { version: "required" },
  },
  { title: "modes of secrets", annexName: "secrets", look: lookAtSecrets },
  { title: "the firewall", annexName: "firewall", look: lookAtFirewall },
  {
    title: "the archive is cut short",
    annexName: "short",
    archive: (ordinary) => ordinary.slice(0, ordinary.length >> 1),
    look: lookAtRefusal,
  },
  {
    title: "reboot after the lease has ended",
    annexName: "reboot",
    look: (booted, cloud) =>
      lookAtReboot(booted, () => cloud.putArchive(undefined, booted.annexName)),
  },
  {
    title: "an EBS volume is called `nvme1n1`",
    annexName: "volume",
    equip: attachVolume,
    look: lookAtVolume,
  },
  {
    title: 'metadata spelled `"key": "value"`',
    annexName: "spelling",
    item: (_path, text) =>
      text.startsWith("{") ? JSON.stringify(JSON.parse(text), undefined, 2) : text,
  },
  {
    title: "metadata without `placement/`",
    annexName: "placement",
    item: (path, text) => path.startsWith("meta-data/placement/") ? undefined : text,
  },
  {
    title: "China's partition, `aws-cn`",
    annexName: "china",
    instance: { region: "cn-north-1", partition: "aws-cn" },
    account: oneInstance("aws-cn", "china"),
  },
  {
    title: "for comparison: the same account in `aws`",
    annexName: "others",
    account: oneInstance("aws", "others"),
  },
];

/**
 * Lets both boot an instance in each circumstance.
 *
 * @param executable ours
 * @param tell told of each boot
 */
export async function compareInAll(
  { executable, tell }: { executable: string; tell: (line: string) => void },
): Promise<Compared[]> {
  const archive = annexArchive("first");
  await using cloud = await startCloud({ annexName: "first", archive });
  const all: Compared[] = [];
  for (const circumstance of CIRCUMSTANCES) {
    const outcomes = { upstream: NONE, pinion: NONE };
    for (const contender of ["upstream", "pinion"] as const) {
      const outcome = await bootIn(circumstance, { cloud, contender, executable });
      tell(`${circumstance.title}, ${contender}: ${outcome.text}`);
      outcomes[contender] = outcome;
    }
    all.push({ title: circumstance.title, ...outcomes });
  }
  return all;
}

const NONE: Outcome = { good: false, text: "" };

async function bootIn(
  circumstance: Circumstance,
  { cloud, contender, executable }: {
    cloud: AnnexCloud;
    contender: Contender;
    executable: string;
  },
): Promise<Outcome> {
  const { annexName, imds, instance, item, equip, look = lookAtBoot } = circumstance;
  await using made = new AsyncDisposableStack();
  const ordinary = await packArchive(annexArchive(annexName));
  const archive = circumstance.archive?.(ordinary) ?? ordinary;
  let [instanceId, role, awsPort] = [INSTANCE_ID, ROLE, 0];
  if (circumstance.account === undefined) {
    await cloud.putArchive(archive, annexName);
    [instanceId, role, awsPort] = [await cloud.launch(annexName), cloud.role, cloud.port];
  } else {
    const aws = made.use(startFakeAws(circumstance.account(archive)));
    awsPort = Number(new URL(aws.origin).port);
  }
  const items = Object.entries(imdsItems({ instanceId, role, ...instance }))
    .map(([path, text]) => [path, item === undefined ? text : item(path, text)] as const)
    .filter((one): one is [string, string] => one[1] !== undefined);
  const plan = { ...imds, items: Object.fromEntries(items) };
  const stage = made.use(await makeStage({ imds: plan, awsPort, executable }));
  const machine = made.use(await stage.instance(contender));
  await equip?.({ machine });
  const ended = await boot(machine);
  return await look({ stage, machine, annexName, ended }, cloud);
}
