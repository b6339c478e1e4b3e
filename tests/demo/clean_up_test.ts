/** The demonstration of the clean-up must pass with our executables, and must be able to fail. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { type CleanUpOptions, runCleanUp } from "../../scripts/demo/clean_up.ts";
import { paint } from "../../scripts/demo/table.ts";
import { built } from "../build/built.ts";

async function demonstrate(faults: Partial<CleanUpOptions> = {}) {
  await built("cleanup_locally_mounted_checkpoint");
  const dist = dirname(await built("condor_manifest"));
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  const wrong = await runCleanUp({ dist, paint: paint(false), print, ...faults });
  return { wrong, shown: lines.join("\n") };
}

Deno.test("the demonstration of the clean-up succeeds, in 80 columns", async () => {
  const { wrong, shown } = await demonstrate();
  assertEquals(wrong, []);
  assertStringIncludes(shown, "1 of 501 files could not be deleted");
  assertStringIncludes(shown, "exit status 1, 1 files left");
  assertStringIncludes(shown, "exit status 0, 0 files left");
  assertEquals(shown.split("\n").filter((line) => [...line].length > 80), []);
});

Deno.test("the demonstration of the clean-up fails when nothing is in the way at first", async () => {
  const { wrong } = await demonstrate({ unhindered: true });
  assertStringIncludes(wrong.join("\n"), "exit status 0, not 1, with a file that has to stay");
});

Deno.test("the demonstration of the clean-up fails when something stays in the way", async () => {
  const { wrong } = await demonstrate({ hinderedForEver: true });
  assertEquals(wrong, [
    "condor_manifest: exit status 1, not 0, with nothing in the way",
    "condor_manifest: something is left at the destination",
    "condor_manifest: the job's clean-up directory is left",
  ]);
});
