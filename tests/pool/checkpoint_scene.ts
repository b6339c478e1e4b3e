/**
 * A place for the checkpoints of a test's jobs, the map file that leads there, and what HTCondor's
 * daemons did about them.
 */

import { assertEquals } from "@std/assert";
import { exists } from "@std/fs";
import { condor, insidePath } from "../../scripts/pool/instance.ts";
import type { Finished } from "../../scripts/pool/command.ts";
import { JOB_USER } from "../../scripts/pool/root.ts";
import { until } from "./ads.ts";
import type { Pool, PoolOptions } from "./harness.ts";
import { type Content, type Job, userFolder } from "./job.ts";
import {
  type Call,
  JOB,
  JOB_FILES,
  manifestRecorder,
  parseCall,
  RECORDER,
  UPLOAD_PLUGIN,
} from "./checkpoint_scripts.ts";
import { untilWritten } from "./user_log.ts";

/** Configuration that all checkpoint tests share. */
const CONFIG: readonly string[] = [
  "CHECKPOINT_DESTINATION_MAPFILE = $(LOCAL_DIR)/checkpoint-map",
  // One that a job brings does not upload its checkpoints.
  "FILETRANSFER_PLUGINS = $(FILETRANSFER_PLUGINS), $(LIBEXEC)/ckpt_plugin",
  // How each clean-up ended is said at D_TEST alone.
  "SCHEDD_DEBUG = D_TEST D_STATUS",
  "SHADOW_DEBUG = D_TEST D_STATUS:2",
  // Runs only when a test wants it.
  "PREEN = /bin/false",
];

/** What a checkpoint test needs, besides more lines of configuration. */
export function checkpointPool(...config: readonly string[]): PoolOptions {
  return {
    config: [...CONFIG, ...config],
    scripts: { ckpt_plugin: UPLOAD_PLUGIN, recorder: RECORDER },
  };
}

/** Seconds for what the daemons do when they get round to it. */
const DAEMON_SECONDS = 30;

/** A job whose checkpoints go to the scene's store. */
export interface CheckpointJob extends Job {
  /** Its id as it is in names. */
  readonly gid: string;
  /** What its directories are called. */
  readonly key: string;
  /** `<destination>/<gid>` on disk. */
  readonly stored: string;
  /** Its directory in SPOOL, and its clean-up directory. */
  readonly spool: string;
  readonly cleanup: string;
  /** Lets the job end. */
  release(): Promise<void>;
}

/** How a job takes its checkpoints. */
export interface JobOptions {
  readonly steps: number;
  /** Numbers of the checkpoints that cannot be stored. */
  readonly fails?: readonly number[];
  /** Let it end by itself. */
  readonly ends?: boolean;
  /** Default: `ckpt://hard` and the scene's store. */
  readonly destination?: string;
  /** More lines of the submit file. */
  readonly lines?: readonly string[];
  /** More files beside the submit file. */
  readonly files?: Readonly<Record<string, Content>>;
}

/** How one start of condor_manifest ended. */
export interface Cleanup {
  readonly pid: number;
  /** The wait status, or that it got SIGTERM for its time was up; nothing before that was seen. */
  readonly status: number | "timed out" | undefined;
}

/** The world of one test. */
export class Scene {
  readonly pool: Pool;
  /** The user's folder for this test, inside the root. */
  readonly home: string;

  private constructor(pool: Pool, home: string) {
    this.pool = pool;
    this.home = home;
  }

  /** Makes a place in the pool, and a map file by which our own plug-in cleans it up. */
  static async make(pool: Pool): Promise<Scene> {
    const home = await userFolder(pool.instance);
    await condor(pool.instance, ["mkdir", "store", "calls"], { user: JOB_USER, folder: home });
    const scene = new Scene(pool, home);
    await scene.map(
      "* ckpt://soft cleanup_locally_mounted_checkpoint,-prefix,\\0,-path,/",
      "* ckpt://hard cleanup_locally_mounted_checkpoint,-prefix,\\0,-path,/",
    );
    return scene;
  }

  /** A path of the scene as seen from the host. */
  path(...rest: string[]): string {
    return [this.pool.instance.root + this.home, ...rest].join("/");
  }

  /** Writes the map file. */
  async map(...lines: readonly string[]): Promise<void> {
    await Deno.writeTextFile(this.pool.path("checkpoint-map"), `${lines.join("\n")}\n`);
  }

  /** Has {@link RECORDER} clean up what goes to `ckpt://`. */
  async record(): Promise<void> {
    const rest = `recorder,${this.home},-prefix,\\0,-path,/`;
    await this.map(`* ckpt://soft ${rest}`, `* ckpt://hard ${rest}`);
  }

  /** The calls that were recorded, oldest first. */
  async calls(): Promise<Call[]> {
    const names: { name: string; at: number }[] = [];
    for await (const { name } of Deno.readDir(this.path("calls"))) {
      if (name.endsWith(".new")) continue;
      const { mtime } = await Deno.stat(this.path("calls", name));
      names.push({ name, at: mtime?.getTime() ?? 0 });
    }
    names.sort((a, b) => a.at - b.at || Number(a.name) - Number(b.name));
    return await Promise.all(names.map(async ({ name }) => {
      return parseCall(Number(name), await Deno.readTextFile(this.path("calls", name)));
    }));
  }

  /** All calls that are recorded while `work` goes on, with those of condor_manifest itself. */
  async recordManifest(work: () => Promise<void>): Promise<Call[]> {
    const program = this.pool.path("bin/condor_manifest");
    await Deno.rename(program, `${program}.real`);
    try {
      await Deno.writeTextFile(program, manifestRecorder(this.home));
      await Deno.chmod(program, 0o755);
      await work();
    } finally {
      await Deno.rename(`${program}.real`, program);
    }
    return await this.calls();
  }

  /** Waits until there are that many. */
  async untilCalls(count: number): Promise<void> {
    await until(`${count} calls of the plug-in`, async () => {
      return (await this.calls()).length >= count ? true : undefined;
    });
  }

  /** Makes an empty file that the jobs and plug-ins look for, or one with a text. */
  async mark(name: string, text = ""): Promise<void> {
    await Deno.writeTextFile(this.path(name), text);
  }

  /** Removes it. */
  async unmark(name: string): Promise<void> {
    await Deno.remove(this.path(name));
  }

  /** Submits a job that takes checkpoints and then waits to be released. */
  async submit(options: JobOptions): Promise<CheckpointJob> {
    const { steps, fails = [], ends = false, lines = [] } = options;
    const gate = `gate-${crypto.randomUUID()}`;
    const words = [steps, fails.join(",") || "none", ...(ends ? [] : [`${this.home}/${gate}`])];
    return await this.#start(options, gate, {
      files: { "job.sh": JOB },
      lines: [
        "executable = job.sh",
        `arguments = ${words.join(" ")}`,
        "transfer_checkpoint_files = state, top.dat",
        ...lines,
      ],
    });
  }

  /** Submits a script that takes checkpoints; its argument is the file it waits for. */
  async submitScript(
    script: string,
    options: Omit<JobOptions, "steps" | "fails" | "ends">,
  ): Promise<CheckpointJob> {
    const gate = `gate-${crypto.randomUUID()}`;
    return await this.#start(options, gate, {
      files: { "job.sh": script },
      lines: ["executable = job.sh", `arguments = ${this.home}/${gate}`, ...options.lines ?? []],
    });
  }

  async #start(
    { destination = `ckpt://hard${this.home}/store`, files }: Pick<
      JobOptions,
      "destination" | "files"
    >,
    gate: string,
    own: { lines: readonly string[]; files: Record<string, Content> },
  ): Promise<CheckpointJob> {
    const { pool } = this;
    const job = await pool.submit([
      "transfer_executable = true",
      "when_to_transfer_output = ON_EXIT",
      "transfer_output_files =",
      "checkpoint_exit_code = 85",
      `checkpoint_destination = ${destination}`,
      ...own.lines,
    ], { ...own.files, ...files });
    const gid = String((await job.ad())["GlobalJobId"]).replaceAll("#", "_");
    const key = `cluster${job.cluster}.proc0.subproc0`;
    return Object.assign(job, {
      gid,
      key,
      stored: this.path("store", gid),
      spool: pool.path("spool", `${job.cluster % 10_000}/0`, key),
      cleanup: pool.path("spool/checkpoint-cleanup", JOB_USER, key),
      release: () => this.mark(gate),
    });
  }

  /** Waits until SPOOL holds these files of a job, and its clean-up directory these. */
  async settled(
    job: CheckpointJob,
    { spool, cleanup }: { spool: readonly string[]; cleanup: readonly string[] },
  ): Promise<void> {
    await until(`${spool.length} and ${cleanup.length} MANIFESTs of ${job.gid}`, async () => {
      const is = [await manifests(job.spool), await manifests(job.cleanup)];
      return JSON.stringify(is) === JSON.stringify([spool, cleanup]) ? true : undefined;
    }, { seconds: DAEMON_SECONDS });
  }

  /** Waits until nothing of a job is left, and sees that nothing else went. */
  async left(job: CheckpointJob): Promise<void> {
    await until(`the end of ${job.gid}`, async () => {
      const there = await Promise.all([job.stored, job.spool, job.cleanup].map((p) => exists(p)));
      return there.includes(true) ? undefined : true;
    }, { seconds: DAEMON_SECONDS });
    assertEquals(await exists(this.path("store")), true);
    assertEquals(await exists(this.pool.path("spool/checkpoint-cleanup", JOB_USER)), true);
  }

  /** Waits until the schedd has seen the end of a job's clean-up. */
  async cleanedBySchedd(job: CheckpointJob): Promise<Cleanup[]> {
    return await this.#ended("SchedLog", job);
  }

  /** Waits until the shadow has seen the ends of that many clean-ups of a job. */
  async cleanedByShadow(job: CheckpointJob, count: number): Promise<Cleanup[]> {
    return await this.#ended("ShadowLog", job, count);
  }

  async #ended(log: string, { cluster }: Job, count = 1): Promise<Cleanup[]> {
    return await untilWritten(this.pool.path("log", log), (text) => {
      const cleanups = cleanupsIn(text, cluster);
      const ended = cleanups.filter(({ status }) => status !== undefined);
      return ended.length >= count ? cleanups : undefined;
    }, DAEMON_SECONDS);
  }

  /** Runs our condor_manifest inside the pool. */
  async manifest(words: readonly string[], user: "root" | "alice" = "root"): Promise<Finished> {
    const program = insidePath(this.pool.instance, "bin/condor_manifest");
    return await condor(this.pool.instance, [program, ...words], { user, mayFail: true });
  }

  /** Lets everybody look into the owner's directory below `checkpoint-cleanup`, for a while. */
  async openOwner(): Promise<Disposable> {
    const owner = this.pool.path("spool/checkpoint-cleanup", JOB_USER);
    await Deno.chmod(owner, 0o755);
    return { [Symbol.dispose]: () => Deno.chmodSync(owner, 0o700) };
  }

  /** Runs condor_preen as root, reporting only. */
  async preen(): Promise<Finished> {
    return await condor(this.pool.instance, ["condor_preen", "-v"], { mayFail: true });
  }
}

/** The clean-ups that a daemon's log tells of, oldest first. */
export function cleanupsIn(log: string, cluster: number): Cleanup[] {
  const started = log.matchAll(/checkpoint clean-up for job (\d+)\.\d+ spawned as pid (\d+)\./g);
  const found: Cleanup[] = [];
  for (const { 1: of, 2: pid, index } of started) {
    if (Number(of) !== cluster) continue;
    // Process ids come back: the first end after the start counts.
    const ended = new RegExp(`checkpoint clean-up proc ${pid} (?:returned (\\d+)|timed out)`)
      .exec(log.slice(index));
    const status = ended === null ? undefined : Number(ended[1] ?? NaN);
    found.push({ pid: Number(pid), status: Number.isNaN(status) ? "timed out" : status });
  }
  return found;
}

/** Numbers of the MANIFEST and FAILURE files in a directory: `0001`, or `0001 failed`. */
export async function manifests(directory: string): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir(directory)).catch(() => [])).map((e) => e.name);
  return names.flatMap((name) => {
    const [, kind, digits] = /^_condor_checkpoint_(MANIFEST|FAILURE)\.(\d+)$/.exec(name) ?? [];
    return kind === undefined ? [] : [kind === "FAILURE" ? `${digits} failed` : `${digits}`];
  }).toSorted();
}

/** All files below a directory, sorted. */
export async function filesBelow(directory: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (below: string) => {
    const entries = await Array.fromAsync(Deno.readDir(`${directory}/${below}`)).catch(() => []);
    for (const { name, isDirectory } of entries) {
      if (isDirectory) await walk(`${below}${name}/`);
      else found.push(below + name);
    }
  };
  await walk("");
  return found.toSorted();
}

/** What the store holds of a job of which these checkpoints are whole. */
export function wholeCheckpoints(numbers: readonly string[]): string[] {
  return numbers.flatMap((number) => JOB_FILES.map((name) => `${number}/${name}`)).toSorted();
}
