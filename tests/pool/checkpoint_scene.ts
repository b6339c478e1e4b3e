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
import { manifests } from "./checkpoint_files.ts";
import { type Cleanup, cleanupsIn } from "./checkpoint_log.ts";
import {
  type Call,
  JOB,
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

/** How a job is submitted. */
export interface JobOptions {
  /** Default: `ckpt://hard` and the scene's store. */
  readonly destination?: string;
  /** More lines of the submit file. */
  readonly lines?: readonly string[];
  /** More files beside the submit file. */
  readonly files?: Readonly<Record<string, Content>>;
}

/** How a job of {@link JOB} takes its checkpoints. */
export interface StepOptions extends JobOptions {
  readonly steps: number;
  /** Numbers of the checkpoints that cannot be stored. */
  readonly fails?: readonly number[];
  /** Let it end by itself. */
  readonly ends?: boolean;
}

/** The world of one test. */
export class Scene {
  readonly pool: Pool;
  /** The user's folder for this test, inside the root. */
  readonly home: string;
  #jobs = 0;

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
      return parseCall(await Deno.readTextFile(this.path("calls", name)));
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
  async submit(options: StepOptions): Promise<CheckpointJob> {
    const { steps, fails = [], ends = false, lines = [] } = options;
    return await this.#submit(JOB, {
      ...options,
      words: (gate) => [steps, fails.join(",") || "none", ...(ends ? [] : [gate])],
      lines: ["transfer_checkpoint_files = state, top.dat", ...lines],
    });
  }

  /** Submits a script that takes checkpoints; its argument is the file it waits for. */
  async submitScript(script: string, options: JobOptions): Promise<CheckpointJob> {
    return await this.#submit(script, { ...options, words: (gate) => [gate] });
  }

  async #submit(
    script: string,
    { destination, lines = [], files, words }: JobOptions & {
      words: (gate: string) => readonly (string | number)[];
    },
  ): Promise<CheckpointJob> {
    const { pool, home } = this;
    const gate = `release-${++this.#jobs}`;
    const job = await pool.submit([
      "executable = job.sh",
      `arguments = ${words(`${home}/${gate}`).join(" ")}`,
      "transfer_executable = true",
      "when_to_transfer_output = ON_EXIT",
      "transfer_output_files =",
      "checkpoint_exit_code = 85",
      `checkpoint_destination = ${destination ?? `ckpt://hard${home}/store`}`,
      ...lines,
    ], { "job.sh": script, ...files });
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

  /** Runs our condor_manifest inside the pool, as root. */
  async manifest(words: readonly string[]): Promise<Finished> {
    const program = insidePath(this.pool.instance, "bin/condor_manifest");
    return await condor(this.pool.instance, [program, ...words], { mayFail: true });
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
