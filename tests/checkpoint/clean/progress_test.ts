import { assertEquals } from "@std/assert";
import { Progress, progressText } from "../../../core/checkpoint/clean/progress.ts";

Deno.test("progressText() says number, files, rate and the time that is left", () => {
  assertEquals(
    progressText({ index: 3, of: 5, files: 100_000 }, 41_200, 4200),
    "number 3/5  41 200/100 000 files  9.8 k/s  eta 6 s",
  );
  assertEquals(
    progressText({ index: 1, of: 1, files: 10 }, 0, 0),
    "number 1/1  0/10 files  0/s",
  );
});

Deno.test("Progress writes five times a second at most, over itself, and clears what it wrote", () => {
  const written: string[] = [];
  let now = 0;
  const progress = new Progress((text) => written.push(text), () => now);
  progress.clear();
  progress.begin({ index: 1, of: 1, files: 1000 });
  for (; now < 1000; now++) progress.step();
  progress.clear();
  progress.clear();
  assertEquals(written.length, 6);
  assertEquals(written[1], "\rnumber 1/1  201/1 000 files  1.0 k/s  eta 1 s\x1b[K");
  assertEquals(written.at(-1), "\r\x1b[K");
});
