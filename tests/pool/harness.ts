/**
 * The pool of a test run and the jobs in it.
 *
 * All test files of a run share one pool: the first starts it, and it ends with the test process.
 */

import { assertEquals } from "@std/assert";
import { PoolError, run } from "../../scripts/pool/command.ts";
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
import { ensureRoot, JOB_USER, poolRoot, whyNoRoot } from "../../scripts/pool/root.ts";
import { HELD, type JobEvent, TERMINATED, untilLogged } from "./user_log.ts";

/** A ClassAd as HTCondor prints it in JSON. */
export type Ad = Readonly<Record<string, unknown>>;

/** Seconds a job may take to get where a test waits for it. */
const JOB_SECONDS = 60;
const POLL_MS = 100;
const POLLS = 100;

/** Why a job went on hold. */
export interface Hold {
  readonly reason: string;
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
  /** The ads `condor_status` shows for these words. */
  status(...words: string[]): Promise<Ad[]>;
  /** Runs a command as the submitting user in the folder of a job. */
  asUser(words: readonly string[], job?: Job): Promise<string>;
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
  /** The ads of its transfers, oldest first: one for each direction of each run. */
  transfers(): Promise<Ad[]>;
  /** The text of a file in its folder. */
  read(name: string): Promise<string>;
}

/** What a test's pool is to be like. */
export interface PoolOptions {
  /** Lines of configuration, after all others. */
  readonly config?: readonly string[];
}

/**
 * The run's pool with this configuration; whatever another test configured is gone.
 *
 * @throws {PoolError} when no pool can be had.
 */
export async function startPool({ config = [] }: PoolOptions = {}): Promise<Pool> {
  const instance = { root: poolRoot(), name: `test-${Deno.pid}` };
  if (!await isRunning(instance)) {
    await ensureRoot(instance.root, () => {});
    await sweep(instance.root, isOwned);
    await startInstance(instance, { owner: Deno.pid });
  }
  await configure(instance, config);
  return {
    instance,
    submit: (lines, files = {}) => submit(instance, lines, files),
    status: (...words) => ads(instance, ["condor_status", ...words]),
    asUser: async (words, job) => {
      const folder = job === undefined ? "/" : job.folder.slice(instance.root.length);
      return (await condor(instance, words, { user: JOB_USER, folder })).stdout;
    },
  };
}

/** Whether a pool's owner, the process in its name, still runs; a person's pool owns itself. */
async function isOwned(name: string): Promise<boolean> {
  const pid = /^test-(\d+)$/.exec(name)?.[1];
  if (pid === undefined) return true;
  return await Deno.stat(`/proc/${pid}`).then(() => true, () => false);
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
    const [ad] = await ads(instance, ["condor_status"]);
    return ad?.["PinionSettings"] === number ? true : undefined;
  });
}

async function submit(
  instance: Instance,
  lines: readonly string[],
  files: Readonly<Record<string, Content>>,
): Promise<Job> {
  const made = await run([
    "chroot",
    `--userspec=${JOB_USER}:${JOB_USER}`,
    instance.root,
    "mktemp",
    "-d",
    insidePath(instance, "jobs/XXXXXX"),
  ]);
  const inside = made.stdout.trim();
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

  async transfers(): Promise<Ad[]> {
    return await until(`the transfer history of job ${this.cluster}`, async () => {
      const words = ["condor_history", "-transfer-history", "-forwards", String(this.cluster)];
      const found = await ads(this.#instance, words);
      return found.length > 0 ? found : undefined;
    });
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

/** The path of a file of the pool, as seen from the host. */
export function poolFile(pool: Pool, ...rest: string[]): string {
  return hostPath(pool.instance, ...rest);
}

const missing = await whyNoRoot();

/** Declares a test that needs the pool; where none can be had its name says so and it is ignored. */
export function poolTest(
  name: string,
  fn: (pool: Pool) => Promise<void>,
  options: PoolOptions = {},
): void {
  Deno.test({
    name: missing === undefined ? name : `${name} (no pool: ${missing})`,
    ignore: missing !== undefined,
    fn: async () => await fn(await startPool(options)),
  });
}
