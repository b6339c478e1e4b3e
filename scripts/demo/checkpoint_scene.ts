/** What HTCondor leaves for a clean-up: checkpoints at a destination, and a directory about them. */

import { createHash } from "node:crypto";
import { dirname, join } from "@std/path";
import { text } from "./content.ts";

/** The job's clean-up directory, by name. */
export const JOB = "cluster7.proc0.subproc0";
/** Its global id, as it stands in locations. */
export const GID = "demo_7.0_1795255200";
/** The directory that was swapped for a link. */
export const TRAP = "state";
/** The file behind it, as the MANIFEST names it. */
export const HINDERED = `${TRAP}/leaf.bin`;

const PREFIX = "demo://store/";
const CHECKPOINTS = ["0000", "0001"] as const;
/** Files of each checkpoint besides the hindered one, which only the second has. */
const FILES = 500;

/** The scene, until it is removed. */
export interface CheckpointScene {
  /** Everything lies below it. */
  readonly folder: string;
  /** The directory that the destination's prefix stands for. */
  readonly store: string;
  /** A file that the trap leads to. */
  readonly outside: string;
  /** The job's clean-up directory. */
  readonly directory: string;
  /** The arguments that the schedd would give. */
  readonly schedd: readonly string[];
  /** HTCondor's configuration, as variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Puts a directory with the file in the place of the trap. */
  clearTrap(): Promise<void>;
  /** The only name in the second MANIFEST; undefined if there are none or several. */
  listed(): Promise<string | undefined>;
  remove(): Promise<void>;
}

/**
 * Makes the scene.
 *
 * @param dist directory with the executables
 */
export async function makeScene(dist: string): Promise<CheckpointScene> {
  const folder = await Deno.makeTempDir({ prefix: "pinion-demo-" });
  const store = join(folder, "store");
  const outside = join(folder, "elsewhere", "leaf.bin");
  const directory = join(folder, "spool", "checkpoint-cleanup", "demo", JOB);
  const stem = join(directory, "_condor_checkpoint_MANIFEST");
  const trap = join(store, GID, CHECKPOINTS[1], TRAP);
  const map = join(folder, "mapfile");
  const plugin = join(dist, "cleanup_locally_mounted_checkpoint");

  await place(outside, "precious\n");
  await place(map, `*  ${PREFIX}  ${plugin},-prefix,\\0,-path,${store}\n`);
  await place(join(directory, ".job.ad"), jobAd());
  for (const number of CHECKPOINTS) {
    const names = Array.from({ length: FILES }, (_, i) => `data/${i}.dat`);
    for (const name of names) await place(join(store, GID, number, name), name);
    if (number === CHECKPOINTS[1]) names.push(HINDERED);
    await place(`${stem}.${number}`, manifest(names, `_condor_checkpoint_MANIFEST.${number}`));
  }
  await Deno.symlink(dirname(outside), trap);

  return {
    folder,
    store,
    outside,
    directory,
    schedd: ["deleteFilesStoredAt", `${PREFIX}${GID}`, stem, "0", "1"],
    environment: {
      // The machine may have an HTCondor of its own, which is not meant.
      PATH: folder,
      _CONDOR_CHECKPOINT_DESTINATION_MAPFILE: map,
      _CONDOR_SPOOL: join(folder, "spool"),
    },
    async clearTrap() {
      await Deno.remove(trap);
      await place(join(trap, "leaf.bin"), "at its own place\n");
    },
    async listed() {
      const lines = await Deno.readTextFile(`${stem}.${CHECKPOINTS[1]}`).catch(() => "");
      const names = lines.split("\n").slice(0, -2).map((line) => line.replace(/^\S+ \*/, ""));
      return names.length === 1 ? names[0] : undefined;
    },
    remove: () => Deno.remove(folder, { recursive: true }),
  };
}

async function place(path: string, content: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, content);
}

function jobAd(): string {
  return [
    "CheckpointDestination = " + JSON.stringify(PREFIX),
    "CheckpointNumber = 1",
    "ClusterId = 7",
    'GlobalJobId = "demo#7.0#1795255200"',
    // Completed.
    "JobStatus = 4",
    "ProcId = 0",
    "",
  ].join("\n");
}

function manifest(names: readonly string[], itself: string): string {
  const lines = names.map((name) => `${sha256(name)} *${name}\n`).join("");
  return `${lines}${sha256(lines)} *${itself}\n`;
}

function sha256(content: string): string {
  return createHash("sha256").update(text(content)).digest("hex");
}
