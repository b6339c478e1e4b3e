/** An instance with its metadata service and its cloud, on which `start` runs within this process. */
import { assertEquals } from "@std/assert";
import type { BootSteps } from "../../core/annex/contracts.ts";
import { SETTINGS_FILE } from "../../core/annex/paths.ts";
import { start } from "../../core/annex/start.ts";
import { BOOT_STEPS } from "../../core/annex/steps.ts";
import { type FakeAws, type FakeCloud, startFakeAws } from "../servers/fake_aws.ts";
import {
  type Imds,
  type ImdsInstance,
  imdsItems,
  type ImdsPlan,
  startImds,
} from "../servers/imds.ts";
import { type Entry, gzip, tar } from "./archive/tar.ts";
import { TestClock, TestHost, type TestHostOptions } from "./test_host.ts";

export const INSTANCE_ID = "i-0123456789abcdef0";
export const GUID = "11111111-2222-3333-4444-555555555555";
export const BUCKET = "annex-bucket";
export const DONE = "Configuring HTCondor to be an EC2 annex: done.\n";
export const FAILED = "Configuring HTCondor to be an EC2 annex: failed!\n";

/** Its secrets, none of which may be seen anywhere. */
export const ROLE = {
  name: "annexrole",
  accessKeyId: "ASIAFIRSTKEY",
  secretAccessKey: "first/secret/access/key/abcdefgh",
  token: "FirstSessionToken//////////abcdefgh==",
};

/** As the default role has it. */
export const POLICY = policy(`arn:aws:s3:::${BUCKET}/config-*.tar.gz`);

/** How a scene differs from the plainest. */
export interface SceneOptions {
  readonly imds?: Partial<ImdsPlan>;
  readonly instance?: ImdsInstance;
  readonly cloud?: Partial<FakeCloud>;
  readonly settings?: string;
  readonly host?: TestHostOptions;
  readonly steps?: Partial<BootSteps>;
}

/** The scene. */
export interface Scene {
  readonly host: TestHost;
  readonly clock: TestClock;
  readonly imds: Imds;
  readonly aws: FakeAws;
  /** What the steps did that are played here, in order. */
  readonly done: string[];
  /** Runs `start`; standard output is emptied before. */
  start(): Promise<number>;
  /** The log so far in one text. */
  log(): string;
  /** All files below `/etc` with modes and contents. */
  files(): string;
}

/** A policy that allows to fetch what the resources name. */
export function policy(...resources: readonly string[]): unknown {
  return {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: resources }],
  };
}

/** An archive as the requester makes it. */
export async function archive(
  mark: string,
  more: readonly Entry[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  return await gzip(tar([
    { name: "config.d/", mode: 0o755 },
    { name: "config.d/00ec2-dynamic.config", mode: 0o644, content: `MARK = ${mark}\n` },
    { name: "tokens.d/", mode: 0o755 },
    { name: "tokens.d/foo.user@pool", mode: 0o600, content: "archived-token\n" },
    { name: "passwords.d/", mode: 0o755 },
    { name: "passwords.d/POOL", mode: 0o644, content: "archived-password" },
    ...more,
  ]));
}

/** Plays a scene, and looks afterwards whether a secret got into the log, the output or the state. */
export async function play(
  options: SceneOptions,
  work: (scene: Scene) => Promise<void>,
): Promise<void> {
  const clock = new TestClock();
  await using imds = startImds({
    version: "required",
    items: imdsItems({ role: ROLE, ...options.instance }),
    ...options.imds,
  });
  await using aws = startFakeAws({
    instance: {
      instanceId: INSTANCE_ID,
      clientToken: `my_annex_${GUID}`,
      tags: { "htcondor:AnnexName": "my_annex" },
    },
    fleets: {},
    managed: {},
    inline: { Configuration: POLICY },
    objects: { [`${BUCKET}/config-my_annex.tar.gz`]: await archive("one") },
    denied: ["DescribeTags", "DescribeFleets", "DescribeInstanceAttribute"],
    accessKeyId: ROLE.accessKeyId,
    now: () => clock.time,
    ...options.cloud,
  });
  using host = new TestHost({
    clock,
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.origin, AWS_ENDPOINT_URL: aws.origin },
    ...options.host,
    files: {
      "/sys/devices/virtual/dmi/id/sys_vendor": "Amazon EC2\n",
      ...(options.settings !== undefined && { [SETTINGS_FILE]: options.settings }),
      ...options.host?.files,
    },
  });
  const done: string[] = [];
  const steps: BootSteps = {
    ...BOOT_STEPS,
    installFirewall() {
      done.push(`firewall after ${imds.requests.length} requests`);
      return Promise.resolve({ backend: "nft", verified: true, counters: {} });
    },
    ...options.steps,
  };
  const start_ = async () => {
    host.printed = "";
    return await start(host, steps);
  };
  const files = () => list(host.root, "/etc");
  await work({
    host,
    clock,
    imds,
    aws,
    done,
    start: start_,
    log: () => host.notes.join("\n"),
    files,
  });
  const state = await Deno.readTextFile(`${host.root}/var/lib/condor-annex/state.json`)
    .catch(() => "");
  const seen = host.printed + host.notes.join("\n") + state;
  const tokens = imds.requests.map(({ token }) => token).filter((token) => token !== "");
  const secrets = [ROLE.secretAccessKey, ROLE.token, ROLE.accessKeyId, ...tokens];
  for (const secret of [...secrets, "archived-token", "archived-password"]) {
    assertEquals([secret, seen.includes(secret)], [secret, false]);
  }
}

function list(root: string, dir: string): string {
  return [...Deno.readDirSync(root + dir)].toSorted((a, b) => a.name < b.name ? -1 : 1)
    .map(({ name, isDirectory }) => {
      const path = `${dir}/${name}`;
      const mode = (Deno.lstatSync(root + path).mode! & 0o7777).toString(8);
      return isDirectory
        ? `${path} ${mode}\n${list(root, path)}`
        : `${path} ${mode} ${JSON.stringify(Deno.readTextFileSync(root + path))}\n`;
    }).join("");
}
