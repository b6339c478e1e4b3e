/** Clean-ups: both remove the same checkpoint, laid out as HTCondor does it. */

import { basename, dirname, join } from "@std/path";
import { exists } from "@std/fs";
import { newSha256 } from "../../core/checkpoint/manifest/hash.ts";
import { run } from "../pool/command.ts";
import { JOB_USER } from "../pool/root.ts";
import type { Area, Contender } from "./area.ts";
import type { CleanupCase } from "./cases.ts";
import type { Start, Workload } from "./measure.ts";

/** HTCondor's own, inside the pool root. */
export const UPSTREAM_MANIFEST = "/usr/bin/condor_manifest";
export const UPSTREAM_PLUGIN = "/usr/libexec/condor/cleanup_locally_mounted_checkpoint";

/** A plug-in that is neither's, and calls everything gone. */
const FOREIGN_PLUGIN = "/bin/true";

const PREFIX = "bench://store/";
const GID = "ap.example_7.0_1700000000";
const STEM = "_condor_checkpoint_MANIFEST";
const NUMBER = "0000";

const FILES_PER_DIRECTORY = 1000;
const CONTENT = new TextEncoder().encode("0");
/** SHA-256 of that. */
const CHECKSUM = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9";
/** More than such a file, its directory entry and its line take. */
const BYTES_PER_FILE = 8192;

/** The ad of a job that was removed. */
const JOB_AD = `CheckpointDestination = "${PREFIX}"
CheckpointNumber = 0
ClusterId = 7
GlobalJobId = "ap.example#7.0#1700000000"
JobStatus = 3
OsUser = "${JOB_USER}"
Owner = "${JOB_USER}"
ProcId = 0
`;

/** Checkpoints that are cleaned up by their owner, one in each run. */
export class Cleanups implements Workload {
  readonly bytes: number;
  readonly #area: Area;
  readonly #work: Pick<CleanupCase, "files" | "how">;

  constructor(work: Pick<CleanupCase, "files" | "how">, area: Area) {
    this.bytes = work.files * BYTES_PER_FILE;
    this.#area = area;
    this.#work = work;
  }

  /** Makes a checkpoint, its MANIFEST, the job's ad and a map file. */
  async prepare(contender: Contender, folder: string): Promise<Start> {
    const { files, how } = this.#work;
    const outside = placesIn(this.#area.outside(folder));
    const inside = placesIn(join(this.#area.inside, folder));
    const names = Array.from(
      { length: files },
      (_, i) => `part-${Math.floor(i / FILES_PER_DIRECTORY)}/file-${i}`,
    );
    await Deno.mkdir(outside.job, { recursive: true });
    await Deno.chmod(outside.job, 0o700);
    await Deno.mkdir(outside.checkpoint, { recursive: true });
    makeFiles(outside.checkpoint, how === "foreign" ? [] : names);
    await Deno.writeTextFile(join(outside.job, ".job.ad"), JOB_AD);
    await writeManifest(outside.job, names);
    const ownPlugin = contender === "upstream"
      ? UPSTREAM_PLUGIN
      : this.#area.executable("cleanup_locally_mounted_checkpoint");
    const mapping = ["-prefix", PREFIX, "-path", inside.store];
    const plugin = how === "foreign" ? [FOREIGN_PLUGIN] : [ownPlugin, ...mapping];
    await Deno.writeTextFile(outside.map, `* ${PREFIX} ${plugin.join(",")}\n`);
    await run(["chroot", this.#area.root, "chown", "-R", JOB_USER, inside.folder]);

    const jobAd = join(inside.job, ".job.ad");
    if (how === "call") {
      const base = `${PREFIX}${GID}/${NUMBER}`;
      const words = [...plugin, "-from", base, "-delete", names[0]!, "-jobad", jobAd];
      return { words, user: JOB_USER };
    }
    const program = contender === "upstream"
      ? UPSTREAM_MANIFEST
      : this.#area.executable("condor_manifest");
    return {
      words: [program, "deleteFilesStoredAt", PREFIX + GID, join(inside.job, STEM), "0", "0"],
      user: JOB_USER,
      env: { _CONDOR_CHECKPOINT_DESTINATION_MAPFILE: inside.map },
    };
  }

  /** Makes sure that nothing is left of the checkpoint, and of the job's directory. */
  async check(folder: string): Promise<void> {
    const { checkpoint, job } = placesIn(this.#area.outside(folder));
    const { how } = this.#work;
    const gone = [
      ...(how === "foreign" ? [] : [dirname(checkpoint)]),
      ...(how === "call" ? [] : [job]),
    ];
    for (const path of gone) {
      if (await exists(path)) {
        throw new Error(`Cannot measure: "${basename(path)}" was left behind`);
      }
    }
  }

  /** There is nothing to end. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** What is where in the folder of a run. */
function placesIn(folder: string) {
  const store = join(folder, "store");
  return {
    folder,
    store,
    checkpoint: join(store, GID, NUMBER),
    job: join(folder, "spool/checkpoint-cleanup", JOB_USER, "cluster7.proc0.subproc0"),
    map: join(folder, "map"),
  };
}

/** Makes the files, whose directories come in their order. */
function makeFiles(directory: string, names: readonly string[]): void {
  for (const [i, name] of names.entries()) {
    if (i % FILES_PER_DIRECTORY === 0) Deno.mkdirSync(join(directory, name, ".."));
    Deno.writeFileSync(`${directory}/${name}`, CONTENT, { createNew: true });
  }
}

/** Writes the MANIFEST. */
async function writeManifest(directory: string, names: readonly string[]): Promise<void> {
  const file = `${STEM}.${NUMBER}`;
  const lines = new TextEncoder().encode(names.map((name) => `${CHECKSUM} *${name}\n`).join(""));
  const hash = await newSha256();
  hash.update(lines);
  const path = join(directory, file);
  await Deno.writeFile(path, lines, { mode: 0o600 });
  await Deno.writeTextFile(path, `${hash.digest("hex")} *${file}\n`, { append: true });
}
