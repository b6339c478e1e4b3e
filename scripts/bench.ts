/** Measures our curl_plugin against HTCondor's own: `deno task bench`. */

import { join } from "@std/path";
import { parseOptions } from "../core/cli/mod.ts";
import type { Program } from "../core/cli/mod.ts";
import { UsageError } from "../core/errors.ts";
import { Area, missingParts } from "./bench/area.ts";
import { CASES } from "./bench/cases.ts";
import { measureCase, measureStart } from "./bench/measure.ts";
import { markdownChart, markdownTable, type Measured } from "./bench/report.ts";
import { DENO_VERSION } from "./build/pin.ts";
import { buildStale, DIST } from "./demo/fresh.ts";

const PROGRAM = {
  name: "bench",
  summary: "Measure curl_plugin against HTCondor's own",
  version: DENO_VERSION,
  usage: ["[-case NAME]... [-runs N] [-disk] [-json FILE]"],
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
  exitStatus: [],
} as const satisfies Program;

const encoder = new TextEncoder();

async function main(args: readonly string[]): Promise<void> {
  const parsed = parseOptions(PROGRAM, args);
  if (parsed.kind === "print") return print(`${parsed.text}\n`);
  const { case: names, runs: runsText = "7", disk, json } = parsed.values;
  const unknown = names.find((name) => !CASES.some((bench) => bench.name === name));
  if (unknown !== undefined) throw new UsageError(`Cannot measure "${unknown}": no such case`);
  const runs = Number(runsText);
  if (!Number.isInteger(runs) || runs < 1) throw new UsageError(`Cannot run "${runsText}" times`);
  const missing = await missingParts();
  if (missing.length > 0) throw new Error(`Cannot measure without ${missing.join("; ")}`);

  await buildStale(["curl_plugin"], tell);
  const area = await Area.open(join(DIST, "curl_plugin"), { disk });
  const end = () => area[Symbol.asyncDispose]().finally(() => Deno.exit(130));
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, end);
  const measured: Measured[] = [];
  const loadBefore = loadText();
  let idle = 0;
  try {
    idle = await measureStart(area);
    for (const bench of CASES.filter(({ name }) => names.length === 0 || names.includes(name))) {
      measured.push({ bench, figures: await measureCase(bench, { area, runs, tell }) });
    }
  } finally {
    await area[Symbol.asyncDispose]();
  }
  const loadAfter = loadText();

  const notes = [
    `${navigator.hardwareConcurrency} CPUs, Linux ${Deno.osRelease()}; ` +
    `load ${loadBefore} before, ${loadAfter} after.`,
    `Both write to ${disk ? "the disk" : "memory (tmpfs)"}, and read from the server's page cache.`,
    `Median (least–most) of at least ${runs} runs of each, in turn; ratios are taken pair by pair.`,
    `Every time includes the start of a program: ${idle.toFixed(1)} ms for one that does nothing.`,
  ].join("\n");
  print(`${markdownTable(measured)}\n\n${notes}\n\n${markdownChart(measured)}\n`);
  if (json !== undefined) {
    const content = {
      runs,
      disk,
      loadBefore,
      loadAfter,
      idle,
      release: Deno.osRelease(),
      measured,
    };
    await Deno.writeTextFile(json, `${JSON.stringify(content, null, 2)}\n`);
  }
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
