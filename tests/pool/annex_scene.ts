/** An annex instance, its cloud, and the central manager that it is to join. */

import { annexFiles } from "../../core/annex/files/mod.ts";
import { built } from "../build/built.ts";
import { makeCa, missing as noCa } from "../servers/ca.ts";
import { type Imds, imdsItems, startImds } from "../servers/imds.ts";
import {
  type Machine,
  missing as noMachine,
  STARTED_LOG,
  startMachine,
} from "../servers/machine.ts";
import { missing as noMoto } from "../servers/moto.ts";
import {
  IMDS_ADDRESSES,
  makeNetwork,
  type Network,
  type NetworkOptions,
} from "../servers/netns.ts";
import { joinMissing } from "../servers/process.ts";
import { type AnnexCloud, AWS_NAMES, startCloud } from "./annex_cloud.ts";

/** What is missing for `startScene()`; empty when it can work. */
export const missing: string = joinMissing(noMachine, noMoto, noCa);

/** How a scene differs from the usual one. */
export interface SceneOptions {
  readonly network?: NetworkOptions;
  /** Empty for an instance without a public address. @default {"54.214.160.173"} */
  readonly publicIp?: string;
  /** Seconds that the startd waits for a claim. @default {900} */
  readonly idleSeconds?: number;
  readonly settings?: string;
  readonly without?: readonly string[];
  /** Whether there is a pool to join. @default {false} */
  readonly hasPool?: boolean;
  /** Whether the machine is on EC2. @default {true} */
  readonly isEc2?: boolean;
}

/** The scene. */
export interface AnnexScene extends AsyncDisposable {
  readonly network: Network;
  readonly cloud: AnnexCloud;
  readonly imds: Imds;
  readonly instance: Machine;
  /** The central manager. */
  readonly manager: Machine | undefined;
  /** Runs `condor-annex-ec2` on the instance. */
  annex(...words: string[]): ReturnType<Machine["run"]>;
  /** Starts HTCondor on the instance. */
  startCondor(): Promise<void>;
  /** How often, and with which words, the instance was told to switch itself off. */
  powerOffs(): Promise<string>;
}

const INSIDE = 5555;
/** Where the machine finds the services by their own names. */
const AWS = "127.0.0.2";
const EXECUTABLE = "/usr/libexec/condor/condor-annex-ec2";
const MANAGER = { hostname: "cm.pool.test", address: "10.77.0.1" } as const;
const INSTANCE = { hostname: "ip-10-77-0-2.ec2.internal", address: "10.77.0.2" } as const;
const ENV = {
  AWS_ENDPOINT_URL: `http://127.0.0.1:${INSIDE}`,
  // Metadata never goes through a proxy; there is none here.
  HTTP_PROXY: "http://127.0.0.1:9",
  http_proxy: "http://127.0.0.1:9",
  NO_PROXY: "127.0.0.1",
};

const STUB = '#!/bin/sh\necho "$@" >>/var/log/power-off\n';

/** Starts everything but HTCondor on the instance. */
export async function startScene(options: SceneOptions = {}): Promise<AnnexScene> {
  await using made = new AsyncDisposableStack();
  const { publicIp = "54.214.160.173", hasPool = false, idleSeconds = 900 } = options;
  const network = made.use(await makeNetwork(options.network));
  const manager = hasPool ? made.use(await startManager(network)) : undefined;
  const cloud = made.use(
    await startCloud({ annexName: "foo_bar", archive: await archiveOf(manager, idleSeconds) }),
  );
  const { instanceId, role, accountId } = cloud;
  const imds = made.use(
    startImds({
      version: "required",
      items: imdsItems({ instanceId, role, accountId, publicIp }),
    }),
  );
  const { ipv4 = true, ipv6 = true } = options.network ?? {};
  const places = [...(ipv4 ? [IMDS_ADDRESSES.ipv4] : []), ...(ipv6 ? [IMDS_ADDRESSES.ipv6] : [])];
  await network.expose("imds", places.map((hostname) => ({ hostname, port: 80 })), at(imds.origin));
  const outside = { hostname: "127.0.0.1" };
  await network.expose("inst", [{ hostname: "127.0.0.1", port: INSIDE }], {
    ...outside,
    port: cloud.port,
  });
  await network.expose("inst", [{ hostname: AWS, port: 443 }], {
    ...outside,
    port: cloud.tlsPort,
  });
  if (publicIp !== "" && ipv4) await hairpin(network, publicIp);

  const executable = await built("condor-annex-ec2");
  const instance = made.use(
    await startMachine({
      network,
      place: "inst",
      ...INSTANCE,
      isEc2: options.isEc2 ?? true,
      hosts: Object.fromEntries(AWS_NAMES.map((name) => [name, AWS])),
      without: ["/etc/condor/config.d", ...(options.without ?? [])],
      files: {
        ...Object.fromEntries(annexFiles().map(({ path, ...file }) => [path, file])),
        [EXECUTABLE]: { copyOf: executable, mode: 0o755 },
        "/usr/sbin/shutdown": { text: STUB, mode: 0o755 },
        "/etc/condor/config.d/99-test": QUICK,
        "/etc/systemd/system/condor.service.d/99-test.conf": OUTPUT,
        "/etc/ssl/certs/ca-certificates.crt": (await makeCa()).ca,
        ...(options.settings !== undefined && { "/etc/condor/annex-ec2.conf": options.settings }),
      },
    }),
  );
  const kept = made.move();
  return {
    network,
    cloud,
    imds,
    instance,
    manager,
    annex: (...words) => instance.run([EXECUTABLE, ...words], { env: ENV, seconds: 60 }),
    startCondor: () => instance.start(["/usr/sbin/condor_master", "-f"]),
    powerOffs: () => instance.read("/var/log/power-off"),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** What HTCondor's master, and what it becomes, write under systemd. */
const OUTPUT = `[Service]
StandardOutput=append:${STARTED_LOG}
StandardError=append:${STARTED_LOG}
`;

/** Nothing but haste. */
const QUICK = `ENABLE_IPV6 = false
UPDATE_INTERVAL = 2
MASTER_UPDATE_INTERVAL = 2
RUNBENCHMARKS = 0
`;

/** As the requester's pool is, seen from the instance. */
const POOL = `DAEMON_LIST = MASTER COLLECTOR NEGOTIATOR SCHEDD
NEGOTIATOR_INTERVAL = 1
NEGOTIATOR_CYCLE_DELAY = 1
SCHEDD_INTERVAL = 1
SCHEDD_MIN_INTERVAL = 1
CONDOR_HOST = ${MANAGER.address}
NETWORK_INTERFACE = ${MANAGER.address}
ENABLE_IPV6 = false
use SECURITY:HOST_BASED
SEC_DEFAULT_AUTHENTICATION = REQUIRED
SEC_DEFAULT_AUTHENTICATION_METHODS = FS IDTOKENS PASSWORD
SEC_DEFAULT_INTEGRITY = REQUIRED
SEC_DEFAULT_ENCRYPTION = REQUIRED
SEC_PASSWORD_DIRECTORY = $(ETC)/passwords.d
ALLOW_READ = *
ALLOW_WRITE = condor_pool@*/* execute-side@matchsession/* ${MANAGER.address}
ALLOW_DAEMON = condor_pool@*/* ${MANAGER.address}
ALLOW_ADVERTISE_STARTD = condor_pool@*/* annex@*/*
ALLOW_ADVERTISE_MASTER = condor_pool@*/* annex@*/*
`;

async function startManager(network: Network): Promise<Machine> {
  const machine = await startMachine({
    network,
    place: "imds",
    ...MANAGER,
    without: ["/etc/condor/config.d"],
    files: { "/etc/condor/config.d/10-pool": POOL },
  });
  try {
    const script = "umask 077 && mkdir /etc/condor/passwords.d && " +
      "condor_store_cred add -c -p secret -f /etc/condor/passwords.d/POOL";
    await machine.must(["/bin/sh", "-c", script]);
    await machine.start(["/usr/sbin/condor_master", "-f"]);
    return machine;
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}

/** What the requester packs (HTCondor manual, "Customizing the annex"). */
async function archiveOf(
  manager: Machine | undefined,
  idleSeconds: number,
): Promise<Record<string, string>> {
  const token = await manager?.must([
    ...["/usr/bin/condor_token_create", "-identity", "annex@pool", "-key", "POOL"],
    ...["READ", "ADVERTISE_STARTD", "ADVERTISE_MASTER", "WRITE"].flatMap((one) => ["-authz", one]),
  ]);
  return {
    "config.d/00ec2-dynamic.config": `use security:host_based
LOCAL_HOSTS = $(FULL_HOSTNAME) $(IP_ADDRESS) 127.0.0.1 $(TCP_FORWARDING_HOST)
CONDOR_HOST = condor_pool@*/* $(LOCAL_HOSTS)
COLLECTOR_HOST = ${MANAGER.address}
SEC_DEFAULT_AUTHENTICATION = REQUIRED
SEC_DEFAULT_AUTHENTICATION_METHODS = FS IDTOKENS PASSWORD
SEC_DEFAULT_INTEGRITY = REQUIRED
SEC_DEFAULT_ENCRYPTION = REQUIRED
SEC_PASSWORD_DIRECTORY = $(ETC)/passwords.d
SEC_TOKEN_DIRECTORY = $(ETC)/tokens.d
SEC_TOKEN_SYSTEM_DIRECTORY = $(ETC)/tokens.d
ALLOW_WRITE = condor_pool@*/* $(LOCAL_HOSTS)
ALLOW_ADMINISTRATOR = condor_pool@*/* $(LOCAL_HOSTS)
AnnexName = "foo_bar"
IsAnnex = TRUE
STARTD_ATTRS = $(STARTD_ATTRS) AnnexName IsAnnex
MASTER_ATTRS = $(MASTER_ATTRS) AnnexName IsAnnex
STARTD_NOCLAIM_SHUTDOWN = ${idleSeconds}
`,
    "tokens.d/foo_bar.user@pool": token ?? "token\n",
    "passwords.d/POOL": await manager?.read("/etc/condor/passwords.d/POOL") ?? "password\n",
  };
}

/** The instance's public address leads to it through the network, also from itself, as on EC2. */
async function hairpin(network: Network, publicIp: string): Promise<void> {
  await network.must("imds", ["/bin/sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"]);
  await network.must("imds", ["/usr/sbin/ip", "route", "add", publicIp, "via", INSTANCE.address]);
  const rules = `table ip nat {
  chain in {
    type nat hook prerouting priority -100;
    ip daddr ${publicIp} dnat to ${INSTANCE.address}
  }
  chain own {
    type nat hook output priority -100;
    ip daddr ${publicIp} dnat to ${INSTANCE.address}
  }
  chain out {
    type nat hook postrouting priority 100;
    ip saddr ${INSTANCE.address} ip daddr ${INSTANCE.address} snat to ${publicIp}
  }
}
`;
  await network.must("imds", ["/usr/sbin/nft", "-f", "-"], { stdin: rules });
}

function at(origin: string): { hostname: string; port: number } {
  const { hostname, port } = new URL(origin);
  return { hostname, port: Number(port) };
}
