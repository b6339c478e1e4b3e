/** How the time of a clean-up grows with the number of files. */

import type { Contender } from "./area.ts";
import type { CleanupCase } from "./cases.ts";
import { Cleanups } from "./cleanup.ts";
import { type MeasureOptions, measureRun } from "./measure.ts";
import { spreadOf } from "./statistics.ts";

/** Numbers of files: HTCondor's own is asked only for what it can do in seconds. */
const SIZES: Readonly<Record<Contender, readonly number[]>> = {
  upstream: [1, 250, 500, 1000],
  pinion: [1, 1000, 10_000, 100_000, 1_000_000],
};

/** Seconds of a contender for a number of files, run by run. */
export interface Point {
  readonly contender: Contender;
  readonly files: number;
  readonly seconds: readonly number[];
}

/** Measures all sizes in turn, as often as is asked for. */
export async function measureGrowth(
  bench: CleanupCase,
  { area, runs, tell }: MeasureOptions,
): Promise<Point[]> {
  await area.checkRoom(new Cleanups({ files: bench.files, how: "own" }, area).bytes, runs);
  const points = (["upstream", "pinion"] as const).flatMap((contender) =>
    SIZES[contender].map((files) => ({ contender, files, seconds: [] as number[] }))
  );
  for (let i = 1; i <= runs; i++) {
    for (const { contender, files, seconds } of points) {
      const work = new Cleanups({ files, how: "own" }, area);
      const took = await measureRun(work, contender, { area, unit: "s" });
      tell(`${bench.name}, ${contender}, ${files} files, ${i} of ${runs}: ${took.toFixed(3)} s`);
      seconds.push(took);
    }
  }
  return points;
}

/**
 * What one more file costs a contender at a number of files, in seconds, run by run: without what a
 * clean-up of a single file takes, which is the start.
 */
export function costs(points: readonly Point[], contender: Contender, files: number): number[] {
  const start = spreadOf(secondsOf(points, contender, 1)).median;
  return secondsOf(points, contender, files).map((seconds) => (seconds - start) / (files - 1));
}

/**
 * The table of all points. What HTCondor's own would need for the larger ones is calculated from
 * what a file costs it at most files.
 */
export function growthTable(points: readonly Point[]): string {
  const sizes = [...new Set(points.map(({ files }) => files))].sort((a, b) => a - b);
  const rows = sizes.map((files) => {
    const cells = (["upstream", "pinion"] as const).flatMap((contender) => {
      const seconds = secondsOf(points, contender, files);
      if (seconds.length === 0) {
        return contender === "upstream" ? [expected(points, files), ""] : ["", ""];
      }
      const { median } = spreadOf(seconds);
      const cost = files === 1
        ? ""
        : `${microseconds(spreadOf(costs(points, contender, files)).median)}`;
      return [`${median.toFixed(median < 10 ? 3 : 1)} s`, cost];
    });
    return [files.toLocaleString("en"), ...cells];
  });
  const head = ["files", "HTCondor's", "per file", "Pinion", "per file"];
  return [head, head.map(() => "--:"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function secondsOf(
  points: readonly Point[],
  contender: Contender,
  files: number,
): readonly number[] {
  return points.find((one) => one.contender === contender && one.files === files)?.seconds ?? [];
}

function expected(points: readonly Point[], files: number): string {
  const largest = Math.max(
    ...points.flatMap((one) => one.contender === "upstream" ? [one.files] : []),
  );
  if (files < largest) return "";
  const seconds = spreadOf(costs(points, "upstream", largest)).median * files;
  return `≈ ${Math.round(seconds).toLocaleString("en")} s`;
}

function microseconds(seconds: number): string {
  return `${(seconds * 1e6).toLocaleString("en", { maximumSignificantDigits: 3 })} µs`;
}
