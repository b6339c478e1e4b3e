import { assertEquals } from "@std/assert";
import { costs, growthTable, type Point } from "../../scripts/bench/growth.ts";

const POINTS: readonly Point[] = [
  { contender: "upstream", files: 1, seconds: [0.5, 0.75, 0.25] },
  { contender: "upstream", files: 1025, seconds: [16.5, 32.5, 8.5] },
  { contender: "pinion", files: 1, seconds: [0.25, 0.25] },
  { contender: "pinion", files: 100_001, seconds: [1.25, 1.25] },
];

Deno.test("costs() gives what a file takes, without the start", () => {
  assertEquals(costs(POINTS, "upstream", 1025), [1 / 64, 1 / 32, 1 / 128]);
  assertEquals(costs(POINTS, "pinion", 100_001), [0.000_01, 0.000_01]);
});

Deno.test("growthTable() calculates what HTCondor's own would need for more", () => {
  assertEquals(growthTable(POINTS).split("\n").slice(2), [
    "| 1 | 0.500 s |  | 0.250 s |  |",
    "| 1,025 | 16.5 s | 15,600 µs |  |  |",
    "| 100,001 | ≈ 1,563 s |  | 1.250 s | 10 µs |",
  ]);
});
