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

/** Digits after the point; seconds have more the fewer they are. */
const DIGITS: Readonly<Partial<Record<BenchCase["unit"], number>>> = { ms: 1, MB: 0, "×": 2 };

/** Whether the target is met, by the median. */
export function meetsTarget({ bench, figures }: Measured): boolean {
  return aimedAt({ bench, figures }).median <= bench.target;
}

/** A table with a row for each case: medians, and the ratios of pairs with their spread. */
export function markdownTable(all: readonly Measured[]): string {
  const rows = all.map((measured) => {
    const { bench: { title, unit, of, target }, figures } = measured;
    return [
      title,
      figures.upstream.length > 0
        ? `${figure(spreadOf(figures.upstream).median, unit)} ${unit}`
        : "",
      `${figure(spreadOf(figures.pinion).median, unit)} ${unit}`,
      figures.upstream.length > 0 ? ratioText(ratios(figures.pinion, figures.upstream)) : "",
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
    const bars = [["HTCondor", figures.upstream], ["Pinion", figures.pinion]] as const;
    const measured = bars.filter(([, values]) => values.length > 0);
    const longest = Math.max(...measured.map(([, values]) => spreadOf(values).median));
    const lines = measured.map(([name, values]) => {
      const { median, min, max } = spreadOf(values);
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
  return value.toFixed(DIGITS[unit] ?? (value < 1 ? 3 : 2));
}

/** With two digits that mean something, however small. */
function ratioText(all: readonly number[]): string {
  const { median, min, max } = spreadOf(all);
  const digits = median < 0.1 ? 3 : 2;
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/** A bar of eighths of characters. */
function bar(share: number): string {
  const eighths = Math.max(1, Math.round(share * BAR * 8));
  return "█".repeat(eighths >> 3) + (PARTS[eighths & 7] ?? "").trim();
}
