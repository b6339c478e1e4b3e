/** Where the measurements take place: a directory in the pool root. */

import { basename, join } from "@std/path";
import { ensureDir } from "@std/fs";
import { run } from "../pool/command.ts";
import { mountAll } from "../pool/mounts.ts";
import { poolRoot } from "../pool/root.ts";

/** Directory that runs write to. */
export const RUNS = "runs";

/** The two that are compared. */
export type Contender = "upstream" | "pinion";

/** A directory in the pool root, for both contenders. */
export class Area implements AsyncDisposable {
  /** The pool root. */
  readonly root: string;
  /** The directory, as seen from inside the root. */
  readonly inside: string;
  readonly #disk: boolean;
  readonly #resources: AsyncDisposableStack;

  private constructor(
    place: { root: string; inside: string; disk: boolean },
    resources: AsyncDisposableStack,
  ) {
    this.root = place.root;
    this.inside = place.inside;
    this.#disk = place.disk;
    this.#resources = resources;
  }

  /**
   * Makes the directory.
   *
   * @param executables ours, which are copied into it
   * @param options.disk write to the disk instead of to memory. A disk's own doings are measured
   *   then, too: ext4 avoids inodes that were freed in the last minutes, by whomever, and looks
   *   through all of them for each new file.
   */
  static async open(executables: readonly string[], { disk }: { disk: boolean }): Promise<Area> {
    const root = poolRoot();
    await mountAll(root);
    await using resources = new AsyncDisposableStack();
    const dir = await Deno.makeTempDir({ dir: join(root, "var/tmp"), prefix: "pinion-bench-" });
    resources.defer(() => Deno.remove(dir, { recursive: true }));
    // Whatever user a contender runs as has to get through.
    await Deno.chmod(dir, 0o755);
    await ensureDir(join(dir, RUNS));
    if (!disk) {
      await run(["mount", "-t", "tmpfs", "-o", "size=90%,mode=755", "tmpfs", join(dir, RUNS)]);
      // Lazily, for a run that was interrupted may still be at work there.
      resources.defer(async () => void await run(["umount", "--lazy", join(dir, RUNS)]));
    }
    for (const path of executables) {
      await Deno.copyFile(path, join(dir, basename(path)));
      await Deno.chmod(join(dir, basename(path)), 0o755);
    }
    return new Area({ root, inside: dir.slice(root.length), disk }, resources.move());
  }

  /** The directory, or something in it, as seen from outside the root. */
  outside(...names: string[]): string {
    return join(this.root, this.inside, ...names);
  }

  /** One of our executables, as seen from inside the root. */
  executable(name: string): string {
    return join(this.inside, name);
  }

  /** Removes what a run left: at once, where that is no burden on the next one. */
  async endRun(folder: string): Promise<void> {
    if (!this.#disk) await Deno.remove(this.outside(folder), { recursive: true });
  }

  /** Removes what all runs of a case left. */
  async endCase(): Promise<void> {
    for await (const { name } of Deno.readDir(this.outside(RUNS))) {
      await Deno.remove(this.outside(RUNS, name), { recursive: true });
    }
  }

  /** Lets the disk come to rest, so that no run pays for the one before it. */
  async settle(): Promise<void> {
    await run(["sync", "-f", this.outside()], { seconds: 600 });
  }

  /**
   * Makes sure that there is room.
   *
   * @param perRun bytes that each run writes
   * @throws {Error} if there is not
   */
  async checkRoom(perRun: number, runs: number): Promise<void> {
    const needed = perRun * (this.#disk ? runs : 1);
    const { stdout } = await run(["df", "--output=avail", "-B1", this.outside(RUNS)]);
    const free = Number(stdout.trim().split("\n").at(-1));
    if (free < needed) throw new Error(`Cannot measure: ${needed} bytes needed, ${free} free`);
  }

  /** Removes everything; at most once, however often it is called. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#resources.disposeAsync();
  }
}
