import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CASES } from "../../scripts/bench/cases.ts";
import {
  markdownChart,
  markdownTable,
  type Measured,
  meetsTarget,
} from "../../scripts/bench/report.ts";

function measured(name: string, upstream: number[], pinion: number[]): Measured {
  const bench = CASES.find((one) => one.name === name);
  assert(bench !== undefined);
  return { bench, figures: { upstream, pinion } };
}

Deno.test("meetsTarget() compares the median ratio of pairs with a target for ratios", () => {
  assertEquals(meetsTarget(measured("big", [10, 10, 10], [8, 1, 8])), true);
  assertEquals(meetsTarget(measured("big", [10, 10, 10], [8.1, 1, 8.1])), false);
});

Deno.test("meetsTarget() compares our own median with a target for figures", () => {
  assertEquals(meetsTarget(measured("memory-big", [10], [100])), true);
  assertEquals(meetsTarget(measured("memory-big", [200], [101])), false);
});

Deno.test("markdownTable() gives medians, ratios with their spread, and targets", () => {
  const table = markdownTable([
    measured("big", [10, 12, 11], [5, 6, 11]),
    measured("classad", [9], [31]),
  ]);
  const [, , big, classad] = table.split("\n");
  assertEquals(
    big,
    "| one file of 2 GB | 11.00 s | 6.00 s | 0.50 (0.50–1.00) | ratio ≤ 0.8 | ✓ |",
  );
  assertStringIncludes(classad ?? "", "| ≤ 30 ms | ✗ |");
});

Deno.test("markdownChart() draws the longer bar at full length, the other by its share", () => {
  const lines = markdownChart([measured("big", [10, 9, 12], [5, 5, 5])]).split("\n");
  assertEquals(lines[0], "```text");
  assertEquals(lines[2], `  HTCondor ${"█".repeat(40)} 10.00 (9.00–12.00) s`);
  assertEquals(lines[3], `  Pinion   ${"█".repeat(20)} 5.00 (5.00–5.00) s`);
  assertEquals(lines.at(-1), "```");
});

Deno.test("markdownChart() shows even the smallest share", () => {
  const [, , , ours] = markdownChart([measured("small", [1000], [0.001])]).split("\n");
  assertEquals(ours, "  Pinion   ▏ 0.001 (0.001–0.001) s");
});

Deno.test("markdownTable() and markdownChart() leave out HTCondor's own where it was not run", () => {
  const alone = [measured("cleanup-many", [], [1, 2, 3])];
  assertEquals(
    markdownTable(alone).split("\n").at(-1),
    "| clean-up of 100,000 files |  | 2.00 s |  | ≤ 5 s | ✓ |",
  );
  assertEquals(markdownChart(alone).split("\n").slice(1, -1), [
    "clean-up of 100,000 files",
    `  Pinion   ${"█".repeat(40)} 2.00 (1.00–3.00) s`,
  ]);
});

Deno.test("markdownTable() gives a small ratio with digits that mean something", () => {
  const [, , row] = markdownTable([measured("cleanup", [10, 10], [0.11, 0.13])]).split("\n");
  assertStringIncludes(row ?? "", "| 0.012 (0.011–0.013) |");
});
