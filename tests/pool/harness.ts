/**
 * The pool of a test run and the jobs in it.
 *
 * All test files of a run share one pool: the first starts it, and it ends with the test process.
 */

import { exists } from "@std/fs";
import {
  condor,
  configFile,
  hostPath,
  type Instance,
  isRunning,
  startInstance,
  sweep,
} from "../../scripts/pool/instance.ts";
import { ensureRoot, JOB_USER, poolRoot, whyNoPool } from "../../scripts/pool/root.ts";
import { built } from "../build/built.ts";
import { type Ad, ads, until } from "./ads.ts";
import { type Content, type Job, submit, userFolder } from "./job.ts";

/** What of ours lies in the pool's folders, most of it in the place of HTCondor's own. */
const INSTALLED = {
  libexec: [
    "bearer_token_env",
    "cleanup_http_checkpoint",
    "cleanup_locally_mounted_checkpoint",
    "cleanup_s3_checkpoint",
    "condor_credmon_local",
    "curl_plugin",
    "data_plugin",
    "scitokens_credential_producer",
  ],
  bin: ["condor_manifest"],
};

/** The pool as a test uses it. */
export interface Pool {
  readonly instance: Instance;
  /**
   * Submits as an ordinary user, from a folder of its own that holds `files`.
   *
   * The submit file gets a log, small requests and file transfer; `queue` is added at its end.
   */
  submit(lines: readonly string[], files?: Readonly<Record<string, Content>>): Promise<Job>;
  /** Puts these lines of configuration in force, in place of the ones of before. */
  configure(lines: readonly string[]): Promise<void>;
  /** The ad of the pool's partitionable slot. */
  slot(): Promise<Ad>;
  /** A file of the pool's own, as seen from the host. */
  path(...rest: string[]): string;
  /** Stores an access token of the submitting user with the pool's credential daemon. */
  storeToken(service: string, token: string): Promise<void>;
  /** What all starters have logged so far. */
  starterLogs(): Promise<string>;
}

/** What a test needs. */
export interface PoolOptions {
  /** Lines of configuration, after all others. */
  readonly config?: readonly string[];
  /** Scripts that LIBEXEC has to hold, by name. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** Packages the test needs and this machine lacks; it is ignored unless this is empty. */
  readonly missing?: string;
}

/**
 * The run's pool with this configuration; whatever another test configured is gone.
 *
 * @throws {PoolError} when no pool can be had.
 */
export async function startPool({ config = [], scripts = {} }: PoolOptions = {}): Promise<Pool> {
  const instance = { root: poolRoot(), name: `test-${Deno.pid}` };
  await (started ??= startOnce(instance));
  for (const [name, text] of Object.entries(scripts)) {
    const path = hostPath(instance, "libexec", name);
    await Deno.writeTextFile(path, text);
    await Deno.chmod(path, 0o755);
  }
  await configure(instance, config);
  return {
    instance,
    submit: (lines, files = {}) => submit(instance, lines, files),
    configure: (lines) => configure(instance, lines),
    slot: () => slot(instance),
    path: (...rest) => hostPath(instance, ...rest),
    storeToken: (service, token) => storeToken(instance, service, token),
    starterLogs: () => starterLogs(instance),
  };
}

/** So that a pool which does not start fails the tests of a file at once, not each after a minute. */
let started: Promise<void> | undefined;

async function startOnce(instance: Instance): Promise<void> {
  await ensureRoot(instance.root, () => {});
  if (await isRunning(instance)) return;
  await sweep(instance.root, (name) => isOwned(name, instance));
  const [libexec, bin] = await Promise.all([
    builtPrograms(INSTALLED.libexec),
    builtPrograms(INSTALLED.bin),
  ]);
  await startInstance(instance, { owner: Deno.pid, libexec, bin });
}

async function builtPrograms(roles: readonly string[]): Promise<Record<string, string>> {
  return Object.fromEntries(
    await Promise.all(roles.map(async (role) => [role, await built(role)])),
  );
}

/** Whether the process in a pool's name still runs; a person's pool is its own. */
async function isOwned(name: string, own: Instance): Promise<boolean> {
  const pid = /^test-(\d+)$/.exec(name)?.[1];
  if (pid === undefined) return true;
  if (name === own.name) return false; // left by another process that had this number
  return await exists(`/proc/${pid}`);
}

/** Puts the lines in force, and waits until the slot and the schedd show that they are. */
async function configure(instance: Instance, lines: readonly string[]): Promise<void> {
  const file = configFile(instance);
  const stamp = /^PinionSettings = (\d+)$/m.exec(await Deno.readTextFile(file))?.[1];
  const settings = (number: number): string =>
    [
      ...lines,
      `PinionSettings = ${number}`,
      "STARTD_ATTRS = $(STARTD_ATTRS) PinionSettings",
      "SCHEDD_ATTRS = $(SCHEDD_ATTRS) PinionSettings",
      "",
    ].join("\n");
  if (stamp !== undefined && await Deno.readTextFile(file) === settings(Number(stamp))) return;
  const number = Number(stamp ?? 0) + 1;
  await Deno.writeTextFile(file, settings(number));
  await condor(instance, ["condor_reconfig"]);
  await until(`the slot and the schedd to show setting ${number}`, async () => {
    const [schedd] = await ads(instance, ["condor_status", "-schedd"]);
    const shown = [await slot(instance), schedd].map((ad) => ad?.["PinionSettings"]);
    return shown.every((one) => one === number) ? true : undefined;
  });
}

async function storeToken(instance: Instance, service: string, token: string): Promise<void> {
  const folder = await userFolder(instance);
  const file = `${instance.root}${folder}/token`;
  await Deno.writeTextFile(file, JSON.stringify({ access_token: token }), { mode: 0o644 });
  // The daemon wants a refresh token (which a credential monitor would use) and an access token.
  const store = ["condor_store_cred", "add-oauth", "-s", service, "-i", "token"];
  await condor(instance, store, { user: JOB_USER, folder });
  await condor(instance, [...store, "-P"], { user: JOB_USER, folder });
  await Deno.remove(file);
}

async function starterLogs(instance: Instance): Promise<string> {
  const entries = await Array.fromAsync(Deno.readDir(hostPath(instance, "log")));
  const logs = entries.filter(({ name }) => name.startsWith("StarterLog."));
  const texts = logs.map(({ name }) => Deno.readTextFile(hostPath(instance, "log", name)));
  return (await Promise.all(texts)).join("\n");
}

async function slot(instance: Instance): Promise<Ad> {
  const [ad] = await ads(instance, ["condor_status", "-constraint", "PartitionableSlot"]);
  return ad ?? {};
}

const noPool = await whyNoPool();

/** Declares a test that needs the pool; where none can be had its name says so and it is ignored. */
export function poolTest(
  name: string,
  fn: (pool: Pool) => Promise<void>,
  options: PoolOptions = {},
): void {
  const missing = [noPool, options.missing].filter((text) => text !== undefined && text !== "");
  const ignore = missing.length > 0;
  Deno.test({
    name: ignore ? `${name} (ignored: ${missing.join(", ")})` : name,
    ignore,
    fn: async () => await fn(await startPool(options)),
  });
}
