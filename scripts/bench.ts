/** Measures our programs against HTCondor's own: `deno task bench [GROUP]`. */

import { join } from "@std/path";
import { parseOptions } from "../core/cli/mod.ts";
import type { Program } from "../core/cli/mod.ts";
import { UsageError } from "../core/errors.ts";
import { Area } from "./bench/area.ts";
import { type BenchCase, CASES } from "./bench/cases.ts";
import { growthTable } from "./bench/growth.ts";
import { EXECUTABLES, missingParts, Runner } from "./bench/groups.ts";
import { measureStart } from "./bench/measure.ts";
import { markdownChart, markdownTable, type Measured } from "./bench/report.ts";
import { DENO_VERSION } from "./build/pin.ts";
import { buildStale, DIST } from "./demo/fresh.ts";

const GROUPS: readonly string[] = [...new Set(CASES.map(({ group }) => group))];

const PROGRAM = {
  name: "bench",
  summary: "Measure against HTCondor's own programs",
  version: DENO_VERSION,
  usage: [
    "[-case NAME]... [-runs N] [-disk] [-json FILE] [transfer | cleanup | credentials | annex]",
  ],
  description: [
    "Runs both in the pool root in turn, and prints a table and a chart in Markdown.",
  ],
  options: [
    {
      name: "case",
      value: "NAME",
      repeatable: true,
      text: `Measure this only: ${CASES.map(({ name }) => name).join(", ")}.`,
    },
    { name: "runs", value: "N", text: "Runs of each that count; default 7." },
    { name: "disk", text: "Let both write to the pool root's disk; default: to memory." },
    { name: "json", value: "FILE", text: "Write all figures to FILE, too." },
  ],
  operands: { min: 0, max: 1 },
  exitStatus: [],
} as const satisfies Program;

const encoder = new TextEncoder();

async function main(args: readonly string[]): Promise<void> {
  const parsed = parseOptions(PROGRAM, args);
  if (parsed.kind === "print") return print(`${parsed.text}\n`);
  const { runs: runsText = "7", disk, json } = parsed.values;
  const chosen = choose(parsed.values.case, parsed.operands[0]);
  const runs = Number(runsText);
  if (!Number.isInteger(runs) || runs < 1) throw new UsageError(`Cannot run "${runsText}" times`);
  const groups = new Set(chosen.map(({ group }) => group));
  const missing = await missingParts(groups, tell);
  if (missing.length > 0) throw new Error(`Cannot measure without ${missing.join("; ")}`);

  const executables = [...groups].flatMap((group) => EXECUTABLES[group]);
  await buildStale(executables, tell);
  const area = await Area.open(executables.map((name) => join(DIST, name)), { disk });
  const runner = new Runner({ area, runs, tell });
  const close = () => runner[Symbol.asyncDispose]().finally(() => area[Symbol.asyncDispose]());
  const end = () => close().finally(() => Deno.exit(130));
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, end);
  const measured: Measured[] = [];
  const loadBefore = loadText();
  let idle = 0;
  let circumstances = "";
  try {
    idle = await measureStart(area);
    for (const bench of chosen) measured.push({ bench, figures: await runner.measure(bench) });
    if (groups.has("annex")) circumstances = await runner.circumstances();
  } finally {
    await close();
  }
  const loadAfter = loadText();

  const notes = [
    `${navigator.hardwareConcurrency} CPUs, Linux ${Deno.osRelease()}; ` +
    `load ${loadBefore} before, ${loadAfter} after.`,
    `Both work in ${
      disk ? "the disk" : "memory (tmpfs)"
    }; a server's files come from its page cache.`,
    `Median (least–most) of at least ${runs} runs of each, in turn; ratios are taken pair by pair.`,
    ...(groups.has("annex") ? ["An instance of an annex always writes to the disk."] : []),
    `Every time includes the start of a program: ${idle.toFixed(1)} ms for one that does nothing.`,
  ].join("\n");
  const { points } = runner;
  const growth = points.length > 0 ? [growthTable(points)] : [];
  const parts = [markdownTable(measured), ...growth, notes, markdownChart(measured), circumstances];
  print(`${parts.filter((part) => part !== "").join("\n\n")}\n`);
  if (json !== undefined) {
    const content = {
      runs,
      disk,
      loadBefore,
      loadAfter,
      idle,
      release: Deno.osRelease(),
      measured,
      points,
      circumstances,
    };
    await Deno.writeTextFile(json, `${JSON.stringify(content, null, 2)}\n`);
  }
}

/** The cases of these names, or of a group, or all. */
function choose(names: readonly string[], group: string | undefined): readonly BenchCase[] {
  const unknown = names.find((name) => !CASES.some((bench) => bench.name === name));
  if (unknown !== undefined) throw new UsageError(`Cannot measure "${unknown}": no such case`);
  if (group !== undefined && !GROUPS.includes(group)) {
    throw new UsageError(`Cannot measure "${group}": neither ${GROUPS.join(" nor ")}`);
  }
  return CASES.filter((bench) =>
    (names.length === 0 || names.includes(bench.name)) &&
    (group === undefined || bench.group === group)
  );
}

/** The load of the last minute: figures of a busy machine are worth less. */
function loadText(): string {
  return (Deno.loadavg()[0] ?? 0).toFixed(1);
}

function tell(line: string): void {
  Deno.stderr.writeSync(encoder.encode(`${line}\n`));
}

function print(text: string): void {
  const bytes = encoder.encode(text);
  for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
}

if (import.meta.main) {
  try {
    await main(Deno.args);
    Deno.exit(0);
  } catch (error) {
    tell(`bench: ${(error as Error).message}`);
    Deno.exit(1);
  }
}
