/** The groups of measurements: what each needs, and how its cases are run. */

import { join } from "@std/path";
import { exists } from "@std/fs";
import { poolRoot, whyNoPool } from "../pool/root.ts";
import type { BenchCase } from "./cases.ts";
import { Cleanups, UPSTREAM_MANIFEST, UPSTREAM_PLUGIN } from "./cleanup.ts";
import { Credentials, UPSTREAM_MONITOR } from "./credentials.ts";
import { costs, measureGrowth, type Point } from "./growth.ts";
import { type Figures, measureCase, type MeasureOptions, type Workload } from "./measure.ts";
import { FileServer, NGINX } from "./server.ts";
import { ratios } from "./statistics.ts";
import { Transfers, UPSTREAM_CURL } from "./transfer.ts";

type Group = BenchCase["group"];

/** Our executables that each is about. */
export const EXECUTABLES: Readonly<Record<Group, readonly string[]>> = {
  transfer: ["curl_plugin"],
  cleanup: ["condor_manifest", "cleanup_locally_mounted_checkpoint"],
  credentials: ["condor_credmon_local"],
  annex: ["condor-annex-ec2"],
};

/** HTCondor's own. */
const UPSTREAM: Readonly<Record<Group, readonly string[]>> = {
  transfer: [UPSTREAM_CURL],
  cleanup: [UPSTREAM_MANIFEST, UPSTREAM_PLUGIN],
  credentials: [UPSTREAM_MONITOR],
  // It lies in a layer of its own over the pool root.
  annex: [],
};

/** The size that growth is compared with: of fewer files, the start is the greater part. */
const COMPARED = 10_000;

/**
 * What keeps groups from being measured here; empty: nothing.
 *
 * @param tell told of what is made now, for it is missing
 */
export async function missingParts(
  groups: ReadonlySet<Group>,
  tell: (line: string) => void,
): Promise<string[]> {
  const missing: string[] = [];
  const pool = await whyNoPool();
  if (pool !== undefined) missing.push(`the pool root: ${pool} (deno task pool root makes it)`);
  for (const program of pool === undefined ? [...groups].flatMap((one) => UPSTREAM[one]) : []) {
    if (!await exists(join(poolRoot(), program))) missing.push(`${program} in the pool root`);
  }
  if (groups.has("transfer") && !await exists(NGINX)) missing.push("nginx: package nginx-light");
  if (groups.has("annex") && pool === undefined) {
    // Loaded only here: it tries what this machine allows.
    const { missingForAnnex } = await import("./annex_needs.ts");
    missing.push(...await missingForAnnex(tell));
  }
  return missing;
}

/** Measures cases of any group. */
export class Runner implements AsyncDisposable {
  /** What {@linkcode measureGrowth} found, if it was asked. */
  points: readonly Point[] = [];
  readonly #options: MeasureOptions;
  readonly #resources = new AsyncDisposableStack();
  #server: FileServer | undefined;

  constructor(options: MeasureOptions) {
    this.#options = options;
  }

  /** What both do in the circumstances in which HTCondor's own is known to fail, as Markdown. */
  async circumstances(): Promise<string> {
    const { area, tell } = this.#options;
    const { compareInAll } = await import("./annex_defects.ts");
    const { circumstanceTable } = await import("./annex_table.ts");
    const executable = area.outside(...EXECUTABLES.annex);
    return circumstanceTable(await compareInAll({ executable, tell }));
  }

  /** Measures a case. */
  async measure(bench: BenchCase): Promise<Figures> {
    const { area } = this.#options;
    const options = { ...this.#options, runs: Math.ceil(this.#options.runs * (bench.times ?? 1)) };
    if (bench.group === "cleanup" && bench.how === "growth") {
      this.points = await measureGrowth(bench, options);
      const [few, many] = [COMPARED, bench.files].map((n) => costs(this.points, "pinion", n));
      return { upstream: [], pinion: ratios(many!, few!) };
    }
    await using stack = new AsyncDisposableStack();
    stack.defer(() => area.endCase());
    const work = stack.use(await this.#workload(bench));
    await area.checkRoom(work.bytes, 2 * (options.runs + 1));
    return await measureCase(bench, work, options);
  }

  async #workload(bench: BenchCase): Promise<Workload> {
    const { area } = this.#options;
    if (bench.group === "cleanup") return new Cleanups(bench, area);
    if (bench.group === "credentials") return new Credentials(bench, area);
    if (bench.group === "annex") {
      const { Boots } = await import("./annex_boot.ts");
      return await Boots.open({ area, executable: area.outside(...EXECUTABLES.annex) });
    }
    this.#server ??= this.#resources.use(await FileServer.start(area.outside()));
    return await Transfers.open(bench, { area, server: this.#server });
  }

  /** Ends what it started. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#resources.disposeAsync();
  }
}
