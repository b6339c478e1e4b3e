/** Running the contenders in turn, and what each run took. */

import { join } from "@std/path";
import { type Area, type Contender, RUNS } from "./area.ts";
import type { BenchCase } from "./cases.ts";
import { type Daemon, measureRound } from "./daemon.ts";
import { spreadOf } from "./statistics.ts";

/** How often the highest memory use is read, in milliseconds; the kernel keeps it meanwhile. */
const MEMORY_INTERVAL_MS = 5;

/** The figures of both, run by run, in the case's unit; none of upstream's where we run alone. */
export interface Figures {
  readonly upstream: readonly number[];
  readonly pinion: readonly number[];
}

/** How to start a contender. */
export interface Start {
  /** A program inside the pool root, and its arguments. */
  readonly words: readonly string[];
  /** A user of the pool root; default root. */
  readonly user?: string;
  /** Words that run a program elsewhere than in the pool root. */
  readonly enter?: readonly string[];
  /** Added to a small environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** It runs until it is told to end: this is how it shows what it has done. */
  readonly daemon?: Daemon;
}

/** Work that contenders do, each run of it in a folder of its own. */
export interface Workload extends AsyncDisposable {
  /** What each run takes on the disk. */
  readonly bytes: number;
  /** Makes the folder of a run, with what it works on. */
  prepare(contender: Contender, folder: string): Promise<Start>;
  /**
   * Makes sure that a run did its work.
   *
   * @throws {Error} if it did not
   */
  check(folder: string): Promise<void>;
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
 * Measures one case: one run of each to warm up, then both in turn.
 *
 * @throws {Error} if a contender fails or leaves work undone
 */
export async function measureCase(
  bench: BenchCase,
  work: Workload,
  { area, runs, tell }: MeasureOptions,
): Promise<Figures> {
  const contenders = bench.alone ? ["pinion"] as const : ["upstream", "pinion"] as const;
  const figures = { upstream: [] as number[], pinion: [] as number[] };
  for (let i = 0; i <= runs; i++) {
    for (const contender of contenders) {
      const figure = await measureRun(work, contender, { area, unit: bench.unit });
      const which = i === 0 ? "to warm up" : `${i} of ${runs}`;
      tell(`${bench.name}, ${contender}, ${which}: ${figure.toFixed(3)} ${bench.unit}`);
      if (i > 0) figures[contender].push(figure);
    }
  }
  return figures;
}

/** One run of a contender: prepared, measured, checked and removed. */
export async function measureRun(
  work: Workload,
  contender: Contender,
  { area, unit }: { area: Area; unit: BenchCase["unit"] },
): Promise<number> {
  const folder = join(RUNS, crypto.randomUUID());
  const words = await work.prepare(contender, folder);
  await area.settle();
  const figure = await start(words, { area, unit });
  await work.check(folder);
  await area.endRun(folder);
  return figure;
}

/** Milliseconds for a program that does nothing: they are part of every time measured. */
export async function measureStart(area: Area): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 9; i++) {
    times.push(await start({ words: ["/bin/true"] }, { area, unit: "ms" }));
  }
  return spreadOf(times).median;
}

/** Runs a program inside the pool root, and gives its figure. */
async function start(
  { words, user = "root", enter, env = {}, daemon }: Start,
  { area, unit }: { area: Area; unit: BenchCase["unit"] },
): Promise<number> {
  const [program, ...args] = [...enter ?? ["chroot", `--userspec=${user}`, area.root], ...words];
  const command = new Deno.Command(program!, {
    args,
    clearEnv: true,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...env },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  const began = performance.now();
  const child = command.spawn();
  if (daemon !== undefined) {
    const round = await measureRound(child, began, { daemon, memory: unit === "MB" });
    if (unit === "MB") return round.peak;
    return unit === "s" ? round.milliseconds / 1000 : round.milliseconds;
  }
  // Looking costs time: a run whose memory is watched is not timed.
  const memory = unit === "MB" ? watchMemory(child.pid) : undefined;
  const { code } = await child.status;
  const took = performance.now() - began;
  const peak = memory?.();
  if (code !== 0) throw new Error(`Cannot measure "${words[0]}": exit status ${code}`);
  return peak ?? (unit === "s" ? took / 1000 : took);
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
