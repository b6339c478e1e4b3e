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

/** A table with a row for each case: medians, and the ratios of pairs with their spread. */
export function markdownTable(all: readonly Measured[]): string {
  const rows = all.map((measured) => {
    const { bench: { title, unit, of, target }, figures } = measured;
    const { median, min, max } = spreadOf(ratios(figures.pinion, figures.upstream));
    return [
      title,
      `${figure(spreadOf(figures.upstream).median, unit)} ${unit}`,
      `${figure(spreadOf(figures.pinion).median, unit)} ${unit}`,
      `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`,
      of === "ratio" ? `ratio ≤ ${target}` : `≤ ${target} ${unit}`,
      meetsTarget(measured) ? "✓" : "✗",
    ];
  });
  const head = ["", "HTCondor's", "Pinion", "Ratio", "Target", ""];
  const rule = ["---", "--:", "--:", "--:", "---", "---"];
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A chart: two bars for each case, as long as the medians are great, and their spreads. */
export function markdownChart(all: readonly Measured[]): string {
  const blocks = all.map(({ bench: { title, unit }, figures }) => {
    const spreads = [spreadOf(figures.upstream), spreadOf(figures.pinion)];
    const longest = Math.max(...spreads.map(({ median }) => median));
    const lines = ["HTCondor", "Pinion"].map((name, i) => {
      const { median, min, max } = spreads[i]!;
      const [middle, least, most] = [median, min, max].map((value) => figure(value, unit));
      return `  ${name.padEnd(9)}${bar(median / longest)} ${middle} (${least}–${most}) ${unit}`;
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

function figure(value: number, unit: BenchCase["unit"]): string {
  return value.toFixed(unit === "s" ? (value < 1 ? 3 : 2) : unit === "ms" ? 1 : 0);
}

/** A bar of eighths of characters. */
function bar(share: number): string {
  const eighths = Math.max(1, Math.round(share * BAR * 8));
  return "█".repeat(eighths >> 3) + (PARTS[eighths & 7] ?? "").trim();
}
