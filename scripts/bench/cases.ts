/** What is measured, and what is aimed at. */

/** One measurement. */
interface Case {
  /** Name for `-case`. */
  readonly name: string;
  readonly title: string;
  /** What is looked at; `×`: how many times as much. */
  readonly unit: "s" | "ms" | "MB" | "×";
  /** Most that is aimed at: of our figure itself, or of it divided by that of HTCondor's own. */
  readonly target: number;
  readonly of: "figure" | "ratio";
  /** HTCondor's own is not run, for it would take an hour. */
  readonly alone?: true;
  /** Measure so many times as often as is asked for: it is quick, or it is slow. */
  readonly times?: number;
}

/** A transfer. */
export interface TransferCase extends Case {
  readonly group: "transfer";
  /** Files to download; none: the plug-in is asked what it can do. */
  readonly files: number;
  /** Size of each in bytes. */
  readonly size: number;
  /** Round trip to the server in milliseconds; 0: as loopback is. */
  readonly roundTrip: number;
}

/** A clean-up of a checkpoint on local disk. */
export interface CleanupCase extends Case {
  readonly group: "cleanup";
  /** Files of the checkpoint; where growth is measured, of the largest. */
  readonly files: number;
  /**
   * `own`: condor_manifest with the plug-in it comes with; `foreign`: with one of neither; `call`:
   * the plug-in alone; `growth`: as `own`, at several numbers of files.
   */
  readonly how: "own" | "foreign" | "call" | "growth";
}

/** A credential monitor at work. */
export interface CredentialCase extends Case {
  readonly group: "credentials";
  /** Users with one token each. */
  readonly users: number;
  /** `due`: from the start until all have a first token; `idle`: a round in which none is due. */
  readonly how: "due" | "idle";
}

/** A boot of an annex instance. */
export interface AnnexCase extends Case {
  readonly group: "annex";
}

/** A measurement of any kind. */
export type BenchCase = TransferCase | CleanupCase | CredentialCase | AnnexCase;

const BIG = 2 ** 31;
const SMALL = 20_000;

/** All measurements. */
export const CASES: readonly BenchCase[] = [
  {
    name: "big",
    title: "one file of 2 GB",
    group: "transfer",
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
    group: "transfer",
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
    group: "transfer",
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
    group: "transfer",
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
    group: "transfer",
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
    group: "transfer",
    files: 10_000,
    size: SMALL,
    roundTrip: 0,
    unit: "MB",
    target: 200,
    of: "figure",
  },
  {
    name: "cleanup",
    title: "clean-up of 1,000 files",
    group: "cleanup",
    files: 1000,
    how: "own",
    unit: "s",
    target: 0.02,
    of: "ratio",
  },
  {
    name: "cleanup-many",
    title: "clean-up of 100,000 files",
    group: "cleanup",
    files: 100_000,
    how: "own",
    unit: "s",
    target: 5,
    of: "figure",
    alone: true,
  },
  {
    name: "cleanup-memory",
    title: "memory, clean-up of 100,000",
    group: "cleanup",
    files: 100_000,
    how: "own",
    unit: "MB",
    target: 150,
    of: "figure",
    alone: true,
  },
  {
    name: "cleanup-growth",
    title: "growth, 10,000 to 1,000,000",
    group: "cleanup",
    files: 1_000_000,
    how: "growth",
    unit: "×",
    target: 1.5,
    of: "figure",
    alone: true,
    times: 0.4,
  },
  {
    name: "cleanup-foreign",
    title: "1,000 calls, foreign plug-in",
    group: "cleanup",
    files: 1000,
    how: "foreign",
    unit: "s",
    target: 1.5,
    of: "ratio",
  },
  {
    name: "cleanup-call",
    title: "clean-up plug-in, one call",
    group: "cleanup",
    files: 1,
    how: "call",
    unit: "ms",
    target: 50,
    of: "figure",
    times: 3,
  },
  {
    name: "tokens",
    title: "10,000 first tokens at once",
    group: "credentials",
    users: 10_000,
    how: "due",
    unit: "s",
    target: 10,
    of: "figure",
    times: 0.4,
  },
  {
    name: "tokens-memory",
    title: "memory, 10,000 first tokens",
    group: "credentials",
    users: 10_000,
    how: "due",
    unit: "MB",
    target: 200,
    of: "figure",
    times: 0.4,
  },
  {
    name: "tokens-idle",
    title: "a scan of 10,000, none due",
    group: "credentials",
    users: 10_000,
    how: "idle",
    unit: "s",
    target: 0.5,
    of: "figure",
    times: 0.4,
  },
  {
    name: "monitor-start",
    title: "monitor, start to ready",
    group: "credentials",
    users: 10,
    how: "due",
    unit: "ms",
    target: 100,
    of: "figure",
  },
  {
    name: "boot",
    title: "boot of an annex instance",
    group: "annex",
    unit: "s",
    target: 0.1,
    of: "ratio",
  },
];
