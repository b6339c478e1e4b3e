/**
 * A running pool: one `condor_master` in the pool root, with folders and a configuration of its own.
 *
 * Several can run beside each other, since each has its own ports, folders and copies of BIN and
 * LIBEXEC. One that belongs to a process ends with it, however that process ends.
 */

import { exists } from "@std/fs";
import { PoolError, run, type RunOptions } from "./command.ts";
import { JOB_USER } from "./root.ts";

/** A pool that was started, as others find it. */
export interface Instance {
  readonly root: string;
  readonly name: string;
}

/** Folder of all instances inside the root. */
const INSTANCES = "/srv/pinion";
const PACKAGED_LIBEXEC = "/usr/libexec/condor";
const PACKAGED_COMMANDS = "/usr/bin/condor_*";
const AUTHORITIES = "authorities.pem";
const SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";
/** Seconds until the pool must answer, and until it must be gone. */
const START_SECONDS = 60;
const STOP_SECONDS = 20;
const POLL_MS = 100;

/** An instance's folder as seen inside the root. */
export function insidePath(instance: Instance, ...rest: string[]): string {
  return [INSTANCES, instance.name, ...rest].join("/").replace("//", "/");
}

/** An instance's folder as seen from the host. */
export function hostPath(instance: Instance, ...rest: string[]): string {
  return instance.root + insidePath(instance, ...rest);
}

/** Name in LIBEXEC of the credential monitor that a pool may have. */
const MONITOR = "condor_credmon_local";

/**
 * Has condor_master run the credential monitor, which makes itself a key. No provider is named, so no
 * job gets a token unless it asks. What is only read at a daemon's start is short.
 */
const WITH_MONITOR = `use FEATURE: OAUTH
CREDMON_OAUTH = $(LIBEXEC)/${MONITOR}
LOCAL_CREDMON_PRIVATE_KEY = $(ETC)/credmon/private.pem
LOCAL_CREDMON_PUBLIC_KEY = $(ETC)/credmon/public.pem
LOCAL_CREDMON_TOKEN_AUDIENCE = https://storage.example
SEC_CREDENTIAL_SWEEP_INTERVAL = 2
MASTER_BACKOFF_CONSTANT = 1
MASTER_BACKOFF_CEILING = 2
`;

/** The configuration of a small, quick pool on loopback that takes its ports as they come. */
function configuration(instance: Instance, { monitor }: { monitor: boolean }): string {
  return `RELEASE_DIR = /usr
LOCAL_DIR = ${insidePath(instance)}
LOCAL_CONFIG_FILE =
REQUIRE_LOCAL_CONFIG_FILE = false
LOCAL_CONFIG_DIR = $(LOCAL_DIR)/config.d
LOG = $(LOCAL_DIR)/log
RUN = $(LOCAL_DIR)/run
LOCK = $(LOCAL_DIR)/lock
SPOOL = $(LOCAL_DIR)/spool
EXECUTE = $(LOCAL_DIR)/execute
ETC = $(LOCAL_DIR)
BIN = $(LOCAL_DIR)/bin
SBIN = $(RELEASE_DIR)/sbin
LIB = $(RELEASE_DIR)/lib/condor
LIBEXEC = $(LOCAL_DIR)/libexec
use ROLE: CentralManager
use ROLE: Submit
use ROLE: Execute
use SECURITY: recommended
DAEMON_LIST = $(DAEMON_LIST) CREDD
${monitor ? WITH_MONITOR : ""}\
# The packaged list names plug-ins whose absence goes into every hold reason.
FILETRANSFER_PLUGINS = $(LIBEXEC)/curl_plugin, $(LIBEXEC)/data_plugin
SEC_PASSWORD_DIRECTORY = $(LOCAL_DIR)/passwords.d
SEC_TOKEN_SYSTEM_DIRECTORY = $(LOCAL_DIR)/tokens.d
SEC_CREDENTIAL_DIRECTORY_OAUTH = $(LOCAL_DIR)/oauth
CONDOR_HOST = 127.0.0.1
COLLECTOR_HOST = 127.0.0.1:0
SHARED_PORT_PORT = 0
NETWORK_INTERFACE = 127.0.0.1
ENABLE_IPV6 = false
NO_DNS = true
DEFAULT_DOMAIN_NAME = local
# A root that is no mount point cannot be unshared.
MOUNT_UNDER_SCRATCH =
NUM_CPUS = 8
MEMORY = 4096
RUNBENCHMARKS = 0
SCHEDD_INTERVAL = 1
SCHEDD_MIN_INTERVAL = 1
NEGOTIATOR_INTERVAL = 1
NEGOTIATOR_MIN_INTERVAL = 1
NEGOTIATOR_CYCLE_DELAY = 1
UPDATE_INTERVAL = 2
STARTER_DEBUG = D_FULLDEBUG
`;
}

/** Where a test or a person puts settings that come after all others. */
export function configFile(instance: Instance): string {
  return hostPath(instance, "config.d/99-settings");
}

/** The certificate authorities that the pool's plug-ins trust, in PEM. */
export function authoritiesFile(instance: Instance): string {
  return hostPath(instance, AUTHORITIES);
}

/** How a pool is started. */
export interface StartOptions {
  readonly settings?: readonly string[];
  readonly owner?: number;
  readonly libexec?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
}

/**
 * Starts a pool and waits until it has a slot and takes jobs.
 *
 * @param settings Lines of configuration that come last.
 * @param owner Process id the pool ends with; without one it runs until it is stopped.
 * @param libexec Executables that take the place of HTCondor's own in LIBEXEC, by name there.
 * @param bin The same for BIN.
 * @throws {PoolError} when it does not answer in time, with the end of the master's log.
 */
export async function startInstance(
  instance: Instance,
  { settings = [], owner, libexec = {}, bin = {} }: StartOptions = {},
): Promise<void> {
  const folder = insidePath(instance);
  const script = `umask 022
mkdir -p "$1" && cd "$1" &&
mkdir config.d log run lock spool execute oauth credmon jobs bin &&
cp -al ${PACKAGED_LIBEXEC} libexec && cp -al ${PACKAGED_COMMANDS} bin &&
chown condor: log run lock spool execute && chgrp condor oauth && chmod 2770 oauth &&
chown ${JOB_USER}: jobs`;
  await run(["chroot", instance.root, "sh", "-c", script, "sh", folder]);
  await Deno.writeTextFile(
    hostPath(instance, "condor_config"),
    configuration(instance, { monitor: Object.hasOwn(libexec, MONITOR) }),
  );
  await Deno.copyFile(`${instance.root}${SYSTEM_AUTHORITIES}`, authoritiesFile(instance));
  await Deno.writeTextFile(configFile(instance), settings.map((line) => `${line}\n`).join(""));
  for (const [folder, programs] of Object.entries({ libexec, bin })) {
    for (const [name, path] of Object.entries(programs)) {
      await install(path, hostPath(instance, folder, name));
    }
  }
  // The shell outlives this program, so it must hold none of its pipes; it ends the master when the
  // owner is gone.
  await run([
    "setsid",
    "--fork",
    "sh",
    "-c",
    `exec >"$2/log/master.out" 2>&1
     chroot "$1" condor_master -f & master=$!
     echo $master >"$2/master.pid"
     if [ -n "$3" ]; then tail --pid="$3" -f /dev/null; kill -QUIT $master; fi
     wait`,
    "sh",
    instance.root,
    hostPath(instance),
    owner?.toString() ?? "",
  ], {
    env: {
      CONDOR_CONFIG: insidePath(instance, "condor_config"),
      SSL_CERT_FILE: insidePath(instance, AUTHORITIES),
    },
  });
  await ready(instance);
}

/** Puts an executable in the place of a hard link, whose other names must keep their content. */
async function install(path: string, target: string): Promise<void> {
  await run(["cp", "--remove-destination", path, target]);
  await Deno.chmod(target, 0o755);
}

/** Waits until the collector shows a slot, a schedd and a credd. */
async function ready(instance: Instance): Promise<void> {
  const deadline = Date.now() + START_SECONDS * 1000;
  while (Date.now() < deadline) {
    const types = await condor(instance, ["condor_status", "-any", "-af", "MyType"], {
      mayFail: true,
    });
    const seen = types.stdout.split("\n");
    if (["Machine", "Scheduler", "CredD"].every((type) => seen.includes(type))) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const log = await Deno.readTextFile(hostPath(instance, "log/MasterLog")).catch(() => "no log");
  throw new PoolError(
    `Cannot start the pool: no slot after ${START_SECONDS} s\n${
      log.split("\n").slice(-8).join("\n")
    }`,
  );
}

/** How to run one of HTCondor's commands. */
export interface CondorOptions extends RunOptions {
  /** Who runs it: the pool's administrator or the user of the jobs. @default {"root"} */
  readonly user?: "root" | typeof JOB_USER;
  /** Working folder inside the root. */
  readonly folder?: string;
}

/** Runs one of HTCondor's commands inside the root, against this pool. */
export function condor(
  instance: Instance,
  words: readonly string[],
  { user = "root", folder = "/", ...options }: CondorOptions = {},
): ReturnType<typeof run> {
  const home = user === "root" ? "/root" : `/home/${user}`;
  return run(
    ["chroot", `--userspec=${user}:${user}`, instance.root, "env", "-C", folder, ...words],
    { ...options, env: { HOME: home, ...condorEnv(instance), ...options.env } },
  );
}

/** The variable that leads HTCondor's commands to this pool. */
export function condorEnv(instance: Instance): { CONDOR_CONFIG: string } {
  return { CONDOR_CONFIG: insidePath(instance, "condor_config") };
}

/** Whether the pool's master runs. */
export async function isRunning(instance: Instance): Promise<boolean> {
  return await masterPid(instance) !== undefined;
}

async function masterPid(instance: Instance): Promise<number | undefined> {
  const text = await Deno.readTextFile(hostPath(instance, "master.pid")).catch(() => "");
  const pid = Number.parseInt(text);
  if (!Number.isInteger(pid)) return undefined;
  const name = await Deno.readTextFile(`/proc/${pid}/comm`).catch(() => "");
  return name.trim() === "condor_master" ? pid : undefined;
}

/** Ends a pool; its folder stays for its logs until the next sweep. */
export async function stopInstance(instance: Instance): Promise<void> {
  const master = await masterPid(instance);
  if (master === undefined) return;
  const family = await descendants(master);
  Deno.kill(master, "SIGQUIT");
  const deadline = Date.now() + STOP_SECONDS * 1000;
  while (Date.now() < deadline && await exists(`/proc/${master}`)) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  for (const pid of [master, ...family]) {
    const name = await Deno.readTextFile(`/proc/${pid}/comm`).catch(() => "");
    if (name.startsWith("condor_")) Deno.kill(pid, "SIGKILL");
  }
}

/** Process ids of a process's children, their children and so on. */
async function descendants(of: number): Promise<number[]> {
  const text = await Deno.readTextFile(`/proc/${of}/task/${of}/children`).catch(() => "");
  const children = text.split(" ").filter((word) => word !== "").map(Number);
  return [...children, ...(await Promise.all(children.map(descendants))).flat()];
}

/** Ends and removes the pools of a root whose owners are gone, except those `keep` names. */
export async function sweep(root: string, keep: (name: string) => Promise<boolean>): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir(root + INSTANCES)).catch(() => []);
  for (const { name } of entries) {
    if (await keep(name)) continue;
    const instance = { root, name };
    await stopInstance(instance);
    await run(["rm", "-rf", "--one-file-system", hostPath(instance)]);
  }
}
