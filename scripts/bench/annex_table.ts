/** The comparison of annex instances in Markdown. */

import type { Compared } from "./annex_defects.ts";
import type { Outcome } from "./annex_run.ts";

/** A table with a row for each circumstance, in their order, and what both did. */
export function circumstanceTable(all: readonly Compared[]): string {
  const rows = all.map(({ title, upstream, pinion }) => [title, cell(upstream), cell(pinion)]);
  const head = ["An instance of an annex", "HTCondor's", "Pinion"];
  const rule = ["---", "---", "---"];
  return [head, rule, ...rows]
    .map((cells) => `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

function cell({ good, text }: Outcome): string {
  return `${good ? "✓" : "✗"} ${text}`;
}
