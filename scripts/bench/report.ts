/** The measurements as Markdown. */

import type { BenchCase } from "./cases.ts";
import type { Figures } from "./measure.ts";
import { ratios, type Spread, spreadOf } from "./statistics.ts";

/** A case and its figures. */
export interface Measured {
  readonly bench: BenchCase;
  readonly figures: Figures;
}

const BAR = 40;
const PARTS = " ▏▎▍▌▋▊▉";

/** Whether the target is met, by the median. */
export function meetsTarget({ bench, figures }: Measured): boolean {
  return aimedAt({ bench, figures }).median <= bench.target;
}

/** A table with a row for each case. */
export function markdownTable(all: readonly Measured[]): string {
  const rows = all.map((measured) => {
    const { bench: { title, unit, of, target }, figures } = measured;
    const ratio = spreadOf(ratios(figures.pinion, figures.upstream));
    return [
      title,
      `${figureText(spreadOf(figures.upstream), unit)}`,
      `${figureText(spreadOf(figures.pinion), unit)}`,
      spreadText(ratio, (value) => value.toFixed(2)),
      of === "ratio" ? `ratio ≤ ${target}` : `≤ ${target} ${unit}`,
      meetsTarget(measured) ? "met" : "**missed**",
    ];
  });
  const head = ["", "HTCondor's own", "Pinion", "Ratio", "Target", ""];
  const rule = ["---", "--:", "--:", "--:", "---", "---"];
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A chart: two bars for each case, as long as the medians are great. */
export function markdownChart(all: readonly Measured[]): string {
  const blocks = all.map(({ bench: { title, unit }, figures }) => {
    const values = [figures.upstream, figures.pinion].map((each) => spreadOf(each).median);
    const longest = Math.max(...values);
    const lines = ["HTCondor", "Pinion"].map((name, i) => {
      const value = values[i]!;
      return `  ${name.padEnd(9)}${bar(value / longest)} ${figure(value, unit)} ${unit}`;
    });
    return [title.replaceAll("`", ""), ...lines].join("\n");
  });
  return ["```text", blocks.join("\n\n"), "```"].join("\n");
}

function aimedAt({ bench, figures }: Measured): Spread {
  return spreadOf(
    bench.of === "ratio" ? ratios(figures.pinion, figures.upstream) : figures.pinion,
  );
}

function figureText(spread: Spread, unit: BenchCase["unit"]): string {
  return `${spreadText(spread, (value) => figure(value, unit))} ${unit}`;
}

function spreadText({ median, min, max }: Spread, text: (value: number) => string): string {
  return `${text(median)} (${text(min)}–${text(max)})`;
}

function figure(value: number, unit: BenchCase["unit"]): string {
  return value.toFixed(unit === "s" ? (value < 1 ? 3 : 2) : unit === "ms" ? 1 : 0);
}

/** A bar of eighths of characters. */
function bar(share: number): string {
  const eighths = Math.max(1, Math.round(share * BAR * 8));
  return "█".repeat(eighths >> 3) + (PARTS[eighths & 7] ?? "").trim();
}
