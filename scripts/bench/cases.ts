/** What is measured, and what is aimed at. */

/** One measurement. */
export interface BenchCase {
  /** Name for `-case`. */
  readonly name: string;
  readonly title: string;
  /** Files to download; none: the plug-in is asked what it can do. */
  readonly files: number;
  /** Size of each in bytes. */
  readonly size: number;
  /** Round trip to the server in milliseconds; 0: as loopback is. */
  readonly roundTrip: number;
  /** What is looked at. */
  readonly unit: "s" | "ms" | "MB";
  /** Most that is aimed at: of our figure itself, or of it divided by that of HTCondor's own. */
  readonly target: number;
  readonly of: "figure" | "ratio";
  /** Measure so many times as often as is asked for, because it is quick. */
  readonly times?: number;
}

const BIG = 2 ** 31;
const SMALL = 20_000;

/** All measurements. */
export const CASES: readonly BenchCase[] = [
  {
    name: "big",
    title: "one file of 2 GB",
    files: 1,
    size: BIG,
    roundTrip: 0,
    unit: "s",
    target: 0.8,
    of: "ratio",
  },
  {
    name: "small",
    title: "1,000 files of 20 kB",
    files: 1000,
    size: SMALL,
    roundTrip: 0,
    unit: "s",
    target: 0.6,
    of: "ratio",
  },
  {
    name: "far",
    title: "100 of 20 kB, 20 ms away",
    files: 100,
    size: SMALL,
    roundTrip: 20,
    unit: "s",
    target: 0.25,
    of: "ratio",
  },
  {
    name: "classad",
    title: "`-classad`",
    files: 0,
    size: 0,
    roundTrip: 0,
    unit: "ms",
    target: 30,
    of: "figure",
    times: 3,
  },
  {
    name: "memory-big",
    title: "memory, one file of 2 GB",
    files: 1,
    size: BIG,
    roundTrip: 0,
    unit: "MB",
    target: 100,
    of: "figure",
  },
  {
    name: "memory-many",
    title: "memory, 10,000 of 20 kB",
    files: 10_000,
    size: SMALL,
    roundTrip: 0,
    unit: "MB",
    target: 200,
    of: "figure",
  },
];
