/** Running the contenders in turn, and what each run took. */

import { join } from "@std/path";
import { printValue } from "../../core/classad/mod.ts";
import { type Area, RUNS } from "./area.ts";
import type { BenchCase } from "./cases.ts";
import { startDelay } from "./delay.ts";
import { spreadOf } from "./statistics.ts";

/** Blanks that HTCondor puts into the out file. */
const RESERVED = 19_264;

/** How often the highest memory use is read, in milliseconds; the kernel keeps it meanwhile. */
const MEMORY_INTERVAL_MS = 5;

/** The figures of both, run by run, in the case's unit. */
export interface Figures {
  readonly upstream: readonly number[];
  readonly pinion: readonly number[];
}

/** Settings of {@linkcode measureCase}. */
export interface MeasureOptions {
  readonly area: Area;
  /** Runs of each contender that count. */
  readonly runs: number;
  /** Told of each run. */
  readonly tell: (line: string) => void;
}

/**
 * Measures one case: one run of each to warm up, then both in turn, each into a directory of its
 * own.
 *
 * @throws {Error} if a contender fails or leaves a file incomplete
 */
export async function measureCase(bench: BenchCase, options: MeasureOptions): Promise<Figures> {
  const { area, tell } = options;
  const runs = options.runs * (bench.times ?? 1);
  await area.checkRoom(bench.files * bench.size, 2 * (runs + 1));
  const paths = await area.serve(bench.files, bench.size);
  const figures = { upstream: [] as number[], pinion: [] as number[] };
  await using stack = new AsyncDisposableStack();
  stack.defer(() => area.endCase());
  const { port } = bench.roundTrip === 0
    ? area
    : stack.use(await startDelay({ port: area.port, delayMs: bench.roundTrip / 2 }));
  for (let i = 0; i <= runs; i++) {
    for (const contender of ["upstream", "pinion"] as const) {
      const folder = join(RUNS, `${bench.name}-${contender}-${i}`);
      const args = await prepare(paths, { area, folder, port });
      await area.settle();
      const figure = await start([area.program(contender), ...args], { area, unit: bench.unit });
      await check(bench, area.outside(folder));
      await area.endRun(folder);
      const which = i === 0 ? "to warm up" : `${i} of ${runs}`;
      tell(`${bench.name}, ${contender}, ${which}: ${figure.toFixed(3)} ${bench.unit}`);
      if (i > 0) figures[contender].push(figure);
    }
  }
  return figures;
}

/** Milliseconds for a program that does nothing: they are part of every time measured. */
export async function measureStart(area: Area): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 9; i++) times.push(await start(["/bin/true"], { area, unit: "ms" }));
  return spreadOf(times).median;
}

/** Writes the in file and the out file of a run; gives its arguments. */
async function prepare(
  paths: readonly string[],
  { area, folder, port }: { area: Area; folder: string; port: number },
): Promise<string[]> {
  await Deno.mkdir(area.outside(folder, "files"), { recursive: true });
  if (paths.length === 0) return ["-classad"];
  const ads = paths.map((path, i) => {
    const name = join(area.inside, folder, "files", `${i}`);
    const url = `http://127.0.0.1:${port}${path}`;
    return `[ LocalFileName = ${printValue(name)}; Url = ${printValue(url)} ]`;
  });
  await Deno.writeTextFile(area.outside(folder, ".in"), ads.join(""));
  await Deno.writeTextFile(area.outside(folder, ".out"), " ".repeat(RESERVED));
  const inside = (name: string) => join(area.inside, folder, name);
  return ["-infile", inside(".in"), "-outfile", inside(".out")];
}

/** Runs a program inside the pool root, and gives its figure. */
async function start(
  words: readonly string[],
  { area, unit }: { area: Area; unit: BenchCase["unit"] },
): Promise<number> {
  const command = new Deno.Command("chroot", {
    args: [area.root, ...words],
    clearEnv: true,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  const began = performance.now();
  const child = command.spawn();
  // Looking costs time: a run whose memory is watched is not timed.
  const memory = unit === "MB" ? watchMemory(child.pid) : undefined;
  const { code } = await child.status;
  const took = performance.now() - began;
  if (code !== 0) throw new Error(`Cannot measure "${words[0]}": exit status ${code}`);
  return memory !== undefined ? memory() : unit === "s" ? took / 1000 : took;
}

/** Watches a process; the function returned gives the most memory it had, in MB. */
function watchMemory(pid: number): () => number {
  let peak = 0;
  const look = () => {
    try {
      const status = Deno.readTextFileSync(`/proc/${pid}/status`);
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0));
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, MEMORY_INTERVAL_MS);
  return () => {
    clearInterval(timer);
    return peak * 1024 / 1e6;
  };
}

/** Makes sure that all files are there in full. */
async function check({ files, size, name }: BenchCase, folder: string): Promise<void> {
  for (let i = 0; i < files; i++) {
    const found = await Deno.stat(join(folder, "files", `${i}`)).catch(() => undefined);
    if (found?.size !== size) {
      throw new Error(`Cannot measure "${name}": file ${i} has ${found?.size ?? "no"} bytes`);
    }
  }
}
