/** Instances that either contender boots, in a network with a metadata service and AWS's stand-in. */

import { annexFiles } from "../../core/annex/files/mod.ts";
import { type Imds, type ImdsPlan, startImds } from "../../tests/servers/imds.ts";
import { type Machine, type MachineFile, startMachine } from "../../tests/servers/machine.ts";
import { IMDS_ADDRESSES, makeNetwork, type Network } from "../../tests/servers/netns.ts";
import { annexLayer, ORIGINAL_FOLDER } from "../pool/annex_layer.ts";
import { poolRoot } from "../pool/root.ts";
import type { Contender } from "./area.ts";

/** Where either is on an instance. */
export const BOOT_PROGRAM = "/usr/libexec/condor/condor-annex-ec2";

/** Where an instance is told to switch itself off. */
const POWER_OFF_LOG = "/var/log/power-off";
const POWER_OFF_STUB = `#!/bin/sh\necho "$@" >>${POWER_OFF_LOG}\n`;

const AWS_PORT = 5555;

/** What both are given of the environment, beside PATH. */
export const BOOT_ENV = { AWS_ENDPOINT_URL: `http://127.0.0.1:${AWS_PORT}` } as const;

/** What the original's package brings besides the script. */
const ORIGINAL_FILES: Readonly<Record<string, number>> = {
  [BOOT_PROGRAM]: 0o755,
  "/etc/condor/config.d/50ec2.config": 0o644,
  "/etc/condor/master_shutdown_script.sh": 0o755,
};

/** What a stage is made of. */
export interface StagePlan {
  readonly imds: ImdsPlan;
  /** Port of AWS's stand-in on loopback. */
  readonly awsPort: number;
  /** Our executable. */
  readonly executable: string;
}

/** A network in which instances are booted, one after the other. */
export interface Stage extends AsyncDisposable {
  readonly network: Network;
  readonly imds: Imds;
  /** Makes an instance that was never booted, and on which jobs may reach everything. */
  instance(contender: Contender): Promise<Machine>;
}

/** Makes the network, and starts the metadata service. */
export async function makeStage({ imds: plan, awsPort, executable }: StagePlan): Promise<Stage> {
  await using made = new AsyncDisposableStack();
  const network = made.use(await makeNetwork());
  const imds = made.use(startImds(plan));
  const { hostname, port } = new URL(imds.origin);
  const places = Object.values(IMDS_ADDRESSES).map((hostname) => ({ hostname, port: 80 }));
  await network.expose("imds", places, { hostname, port: Number(port) });
  const outside = { hostname: "127.0.0.1", port: awsPort };
  await network.expose("inst", [{ hostname: "127.0.0.1", port: AWS_PORT }], outside);
  const kept = made.move();
  return {
    network,
    imds,
    instance: (contender) => startInstance(network, contender, executable),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** How often, and with which words, an instance was told to switch itself off. */
export function powerOffs(machine: Pick<Machine, "read">): Promise<string> {
  return machine.read(POWER_OFF_LOG);
}

async function startInstance(
  network: Network,
  contender: Contender,
  executable: string,
): Promise<Machine> {
  const machine = await startMachine({
    network,
    place: "inst",
    hostname: "ip-10-77-0-2.ec2.internal",
    address: "10.77.0.2",
    isEc2: true,
    layer: annexLayer(poolRoot()),
    without: ["/etc/condor/config.d"],
    files: {
      ...contender === "upstream" ? originalFiles() : ownFiles(executable),
      "/usr/sbin/shutdown": { text: POWER_OFF_STUB, mode: 0o755 },
    },
  });
  try {
    // The network outlives its instances, and keeps their rules.
    await machine.must(["/usr/sbin/nft", "flush", "ruleset"]);
    await machine.must(["/usr/bin/install", "-d", "-m", "700", ...SECRET_FOLDERS]);
    return machine;
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}

/** Folders of secrets, as HTCondor's packages make them. */
export const SECRET_FOLDERS = ["/etc/condor/passwords.d", "/etc/condor/tokens.d"] as const;

function originalFiles(): Record<string, MachineFile> {
  const folder = annexLayer(poolRoot()) + ORIGINAL_FOLDER;
  return Object.fromEntries(
    Object.entries(ORIGINAL_FILES).map(([path, mode]) => [path, { copyOf: folder + path, mode }]),
  );
}

function ownFiles(executable: string): Record<string, MachineFile> {
  return {
    ...Object.fromEntries(annexFiles().map(({ path, ...file }) => [path, file])),
    [BOOT_PROGRAM]: { copyOf: executable, mode: 0o755 },
  };
}
