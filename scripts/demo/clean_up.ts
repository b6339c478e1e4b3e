/** The demonstration of the clean-up: checkpoints of a job, one file in the way, and a second run. */

import { join } from "@std/path";
import { exists } from "@std/fs";
import { type Ended, runProgram } from "./program.ts";
import { type CheckpointScene, GID, HINDERED, JOB, makeScene, TRAP } from "./checkpoint_scene.ts";
import type { Paint } from "./table.ts";

/** Columns of what is printed. */
const WIDTH = 80;

/** Settings of {@linkcode runCleanUp}. */
export interface CleanUpOptions {
  /** Directory with the executables. */
  readonly dist: string;
  readonly paint: Paint;
  /** Takes what is to be shown. */
  readonly print: (text: string) => void;
  /** Put nothing in the way, which has to be noticed. @default {false} */
  readonly unhindered?: boolean;
  /** Leave what is in the way, which has to be noticed. @default {false} */
  readonly hinderedForEver?: boolean;
}

/**
 * Lets `condor_manifest` clean up after a job as the schedd would, and again when what was in the
 * way is gone.
 *
 * @returns what was not as it has to be, one line each
 */
export async function runCleanUp(options: CleanUpOptions): Promise<string[]> {
  const { dist, paint, print, unhindered = false, hinderedForEver = false } = options;
  const scene = await makeScene(dist);
  try {
    const wrong: string[] = [];
    const expect = (isSo: boolean, otherwise: string) => {
      if (!isSo) wrong.push(`condor_manifest: ${otherwise}`);
    };
    const start = async (shown: string, args: readonly string[]): Promise<Ended> => {
      print(paint.title(`\n$ condor_manifest ${shown}`));
      const began = performance.now();
      const ended = await runProgram(join(dist, "condor_manifest"), args, scene.environment);
      const seconds = ((performance.now() - began) / 1000).toFixed(2);
      for (const line of saying(ended, scene)) print(`  ${line}`);
      print(`  exit status ${ended.code}, ${await left(scene)} files left, ${seconds} s`);
      return ended;
    };

    print(paint.title("\nA job has left two checkpoints behind, and a trap"));
    print(`  ${await left(scene)} files; "state" was swapped for a link that leads elsewhere`);
    if (unhindered) await scene.clearTrap();
    const first = await start("deleteFilesStoredAt … 0 1", scene.schedd);
    expect(first.code === 1, `exit status ${first.code}, not 1, with a file that has to stay`);
    expect(first.stdout.includes("Refused"), "no word of what was refused");
    expect(await left(scene) === 1, `${await left(scene)} files left after the first run, not 1`);
    expect(await scene.listed() === HINDERED, "the MANIFEST does not name just what is left");

    const waiting = await start("status", ["status"]);
    expect(waiting.code === 1 && waiting.stdout.includes(JOB), "status does not name the job");

    if (!hinderedForEver && !unhindered) await scene.clearTrap();
    const second = await start("clean DIRECTORY", ["clean", scene.directory]);
    expect(second.code === 0, `exit status ${second.code}, not 0, with nothing in the way`);
    expect(!await exists(join(scene.store, GID)), "something is left at the destination");
    expect(!await exists(scene.directory), "the job's clean-up directory is left");
    expect(await exists(scene.store), "the destination itself is gone");
    expect(await exists(scene.outside), "a file outside the checkpoint is gone");
    return wrong;
  } finally {
    await scene.remove();
  }
}

/** What a program said, without the temporary directory's long name. */
function saying({ stdout, stderr }: Ended, { folder }: CheckpointScene): string[] {
  return `${stdout}${stderr}`.split("\n").filter((line) => line !== "")
    .map((line) => line.replaceAll(folder, ""))
    .map((line) => line.length > WIDTH - 2 ? `${line.slice(0, WIDTH - 3)}…` : line);
}

/** How many files there are at the destination. */
async function left({ store }: CheckpointScene): Promise<number> {
  return await count(join(store, GID));
}

async function count(path: string): Promise<number> {
  let files = 0;
  const entries = await Array.fromAsync(Deno.readDir(path)).catch(() => []);
  for (const { name, isDirectory } of entries) {
    // What is behind the trap belongs to the checkpoint, too, as far as its MANIFEST knows.
    files += isDirectory || name === TRAP ? await count(join(path, name)) : 1;
  }
  return files;
}
