/**
 * The pool of a test run and the jobs in it.
 *
 * All test files of a run share one pool: the first starts it, and it ends with the test process.
 */

import { assertEquals } from "@std/assert";
import { exists } from "@std/fs";
import { PoolError } from "../../scripts/pool/command.ts";
import {
  condor,
  configFile,
  hostPath,
  insidePath,
  type Instance,
  isRunning,
  startInstance,
  sweep,
} from "../../scripts/pool/instance.ts";
import { ensureRoot, JOB_USER, poolRoot, whyNoPool } from "../../scripts/pool/root.ts";
import { built } from "../build/built.ts";
import { HELD, type JobEvent, TERMINATED, untilLogged } from "./user_log.ts";

/** A ClassAd as HTCondor prints it in JSON. */
export type Ad = Readonly<Record<string, unknown>>;

/** The programs of HTCondor that ours take the place of. */
const REPLACED = ["curl_plugin", "data_plugin"];

/** Seconds a job may take to get where a test waits for it. */
const JOB_SECONDS = 60;
const POLL_MS = 100;
const POLLS = 100;

/** Why a job went on hold. */
export interface Hold {
  readonly reason: string;
  /** What follows `Details: ` in the reason, up to what HTCondor adds of further errors. */
  readonly details: string;
  readonly code: number;
  readonly subCode: number;
}

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

/** What a file of a job holds: its bytes, or a file of the host to copy with its mode. */
export type Content = string | Uint8Array | { readonly copyOf: string };

/** A submitted job. */
export interface Job {
  readonly cluster: number;
  /** Its folder, as seen from the host. */
  readonly folder: string;
  /** Waits until it ended by itself. */
  finished(): Promise<JobEvent>;
  /** Waits until it is on hold and says why. */
  held(): Promise<Hold>;
  /** Waits for the first event with this number. */
  logged(code: number): Promise<JobEvent>;
  /** Its ad in the queue. */
  ad(): Promise<Ad>;
  /** The ad of its last transfer in that direction. */
  transfer(direction: "INPUT" | "OUTPUT"): Promise<Ad>;
  /** Takes it out of the queue. */
  remove(): Promise<void>;
  /** The text of a file in its folder. */
  read(name: string): Promise<string>;
}

/** What a test needs. */
export interface PoolOptions {
  /** Lines of configuration, after all others. */
  readonly config?: readonly string[];
  /** Packages the test needs and this machine lacks; it is ignored unless this is empty. */
  readonly missing?: string;
}

/**
 * The run's pool with this configuration; whatever another test configured is gone.
 *
 * @throws {PoolError} when no pool can be had.
 */
export async function startPool({ config = [] }: PoolOptions = {}): Promise<Pool> {
  const instance = { root: poolRoot(), name: `test-${Deno.pid}` };
  await (started ??= startOnce(instance));
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
  const libexec = Object.fromEntries(
    await Promise.all(REPLACED.map(async (role) => [role, await built(role)])),
  );
  await startInstance(instance, { owner: Deno.pid, libexec });
}

/** Whether the process in a pool's name still runs; a person's pool is its own. */
async function isOwned(name: string, own: Instance): Promise<boolean> {
  const pid = /^test-(\d+)$/.exec(name)?.[1];
  if (pid === undefined) return true;
  if (name === own.name) return false; // left by another process that had this number
  return await exists(`/proc/${pid}`);
}

/** Puts the lines in force, and waits until the slot shows that they are. */
async function configure(instance: Instance, lines: readonly string[]): Promise<void> {
  const file = configFile(instance);
  const stamp = /^PinionSettings = (\d+)$/m.exec(await Deno.readTextFile(file))?.[1];
  const settings = (number: number): string =>
    [
      ...lines,
      `PinionSettings = ${number}`,
      "STARTD_ATTRS = $(STARTD_ATTRS) PinionSettings",
      "",
    ].join("\n");
  if (stamp !== undefined && await Deno.readTextFile(file) === settings(Number(stamp))) return;
  const number = Number(stamp ?? 0) + 1;
  await Deno.writeTextFile(file, settings(number));
  await condor(instance, ["condor_reconfig"]);
  await until(`the slot to show setting ${number}`, async () => {
    return (await slot(instance))["PinionSettings"] === number ? true : undefined;
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

/** Makes a folder of the submitting user; its path inside the root. */
async function userFolder(instance: Instance): Promise<string> {
  const words = ["mktemp", "-d", insidePath(instance, "jobs/XXXXXX")];
  return (await condor(instance, words, { user: JOB_USER })).stdout.trim();
}

async function slot(instance: Instance): Promise<Ad> {
  const [ad] = await ads(instance, ["condor_status", "-constraint", "PartitionableSlot"]);
  return ad ?? {};
}

async function submit(
  instance: Instance,
  lines: readonly string[],
  files: Readonly<Record<string, Content>>,
): Promise<Job> {
  const inside = await userFolder(instance);
  const folder = instance.root + inside;
  const owner = await Deno.stat(folder);
  for (const [name, content] of Object.entries(files)) {
    const path = `${folder}/${name}`;
    if (typeof content === "string") await Deno.writeTextFile(path, content);
    else if (content instanceof Uint8Array) await Deno.writeFile(path, content);
    else await Deno.copyFile(content.copyOf, path);
    await Deno.chown(path, owner.uid, owner.gid);
  }
  const text = [
    "log = job.log",
    "output = out",
    "error = err",
    "should_transfer_files = YES",
    "transfer_executable = false",
    "executable = /bin/true",
    "request_cpus = 1",
    "request_memory = 32",
    "request_disk = 100M",
    ...lines,
    "queue",
    "",
  ].join("\n");
  await Deno.writeTextFile(`${folder}/job.sub`, text);
  const said = await condor(instance, ["condor_submit", "-terse", "job.sub"], {
    user: JOB_USER,
    folder: inside,
  });
  const cluster = Number.parseInt(said.stdout);
  if (!Number.isInteger(cluster)) throw new PoolError(`Cannot submit: "${said.stdout}"`);
  return new PoolJob(instance, cluster, folder);
}

class PoolJob implements Job {
  readonly #instance: Instance;
  readonly cluster: number;
  readonly folder: string;

  constructor(instance: Instance, cluster: number, folder: string) {
    this.#instance = instance;
    this.cluster = cluster;
    this.folder = folder;
  }

  async finished(): Promise<JobEvent> {
    const end = await this.#until([TERMINATED, HELD]);
    assertEquals(end.code, TERMINATED, `The job went on hold:\n${end.text}`);
    return end;
  }

  async held(): Promise<Hold> {
    const end = await this.#until([TERMINATED, HELD]);
    assertEquals(end.code, HELD, `The job was not held:\n${end.text}`);
    const { HoldReason, HoldReasonCode, HoldReasonSubCode } = await this.ad();
    return {
      reason: String(HoldReason),
      details: String(HoldReason).replace(/^.*? Details: |\|.*$/gs, ""),
      code: Number(HoldReasonCode),
      subCode: Number(HoldReasonSubCode),
    };
  }

  logged(code: number): Promise<JobEvent> {
    return this.#until([code]);
  }

  async ad(): Promise<Ad> {
    const [ad] = await ads(this.#instance, ["condor_q", String(this.cluster)]);
    if (ad === undefined) throw new Error(`Job ${this.cluster} is not in the queue`);
    return ad;
  }

  transfer(direction: "INPUT" | "OUTPUT"): Promise<Ad> {
    return until(`the ${direction} history of job ${this.cluster}`, async () => {
      const words = ["condor_history", "-epochs", "-type", direction, String(this.cluster)];
      return (await ads(this.#instance, words))[0];
    });
  }

  async remove(): Promise<void> {
    await condor(this.#instance, ["condor_rm", String(this.cluster)], { user: JOB_USER });
  }

  read(name: string): Promise<string> {
    return Deno.readTextFile(`${this.folder}/${name}`);
  }

  #until(codes: readonly number[]): Promise<JobEvent> {
    const find = (events: JobEvent[]) => events.find(({ code }) => codes.includes(code));
    return untilLogged(`${this.folder}/job.log`, find, JOB_SECONDS);
  }
}

async function ads(instance: Instance, words: readonly string[]): Promise<Ad[]> {
  const { stdout } = await condor(instance, [...words, "-json"]);
  return stdout.trim() === "" ? [] : JSON.parse(stdout) as Ad[];
}

/** Asks again until there is an answer: for what HTCondor only shows when asked. */
async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (let left = POLLS; left > 0; left--) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`No sign of ${what} after ${POLLS * POLL_MS / 1000} s`);
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
