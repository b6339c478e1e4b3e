/** A tiny file system, to see what happens when it is full. */

import { join } from "@std/path";
import { findProgram, isRoot } from "./process.ts";

/** How large the file system is, and how much of it is in use. */
export interface FullDiskOptions {
  /** Size in bytes, rounded up to whole pages of 4096 bytes. */
  readonly size: number;
  /** Bytes already taken by a file `filler`; default 0. */
  readonly filled?: number;
}

/** A mounted file system. */
export interface FullDisk extends AsyncDisposable {
  readonly path: string;
  /** Bytes that are free now. */
  free(): Promise<number>;
}

/** What has to be there, or root; empty when `mountFullDisk()` can work. */
export const missing: string = isRoot() && mayMount() ? "" : "root that may mount a tmpfs";

/** Whether a file system can be mounted here. */
export const available: boolean = missing === "";

/**
 * Mounts a tmpfs of the given size and unmounts it when disposed.
 *
 * @example
 * await using disk = await mountFullDisk({ size: 65536, filled: 49152 });
 * await download(`${disk.path}/a`); // 16 KiB free
 */
export async function mountFullDisk(options: FullDiskOptions): Promise<FullDisk> {
  const path = await Deno.makeTempDir({ prefix: "pinion-disk-" });
  const unmount = async () => {
    // Lazily: a file that a failed test left open must not keep the mount.
    await run("umount", ["-l", path]);
    await Deno.remove(path);
  };
  await run("mount", ["-t", "tmpfs", "-o", `size=${options.size},mode=0777`, "tmpfs", path]);
  try {
    if (options.filled) {
      await Deno.writeFile(join(path, "filler"), new Uint8Array(options.filled));
    }
  } catch (error) {
    await unmount();
    throw error;
  }
  return {
    path,
    free: async () => {
      const text = await run("stat", ["-f", "-c", "%a %S", path]);
      const [blocks = 0, blockSize = 0] = text.trim().split(" ").map(Number);
      return blocks * blockSize;
    },
    [Symbol.asyncDispose]: unmount,
  };
}

/** Root in a container often lacks `CAP_SYS_ADMIN`, which is bit 21 of the set. */
function mayMount(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(Deno.readTextFileSync("/proc/self/status"));
  return effective !== null && (BigInt(`0x${effective[1]}`) & (1n << 21n)) !== 0n;
}

async function run(program: string, args: string[]): Promise<string> {
  const command = new Deno.Command(findProgram(program) ?? program, {
    args,
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot run ${program}: ${decoder.decode(stderr).trim()}`);
  return decoder.decode(stdout);
}
