/** The demonstration must pass with our executables, and must be able to fail. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { dirname } from "@std/path";
import { resources } from "../../scripts/demo/cases.ts";
import { text } from "../../scripts/demo/content.ts";
import { type DemoOptions, runDemo } from "../../scripts/demo/run.ts";
import { paint } from "../../scripts/demo/table.ts";
import { built } from "../build/built.ts";

/** Runs the demonstration: what it complains about, and what it shows. */
async function demonstrate(faults: Partial<DemoOptions> = {}) {
  await built("data_plugin");
  const dist = dirname(await built("curl_plugin"));
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  const wrong = await runDemo({ dist, paint: paint(false), print, ...faults });
  return { wrong, shown: lines.join("\n") };
}

Deno.test("the demonstration succeeds, and shows each file and two ads in 80 columns", async () => {
  const { wrong, shown } = await demonstrate();
  assertEquals(wrong, []);
  for (
    const name of ["good.txt", "large.bin", "slow.bin", "flaky.bin", "secret.txt", "moved.txt"]
  ) {
    assertStringIncludes(shown, `✓ ${name.padEnd(11)} http `);
  }
  assertStringIncludes(shown, "✓ inline.txt  data ");
  assertStringIncludes(shown, "TransferErrorData = {");
  // The names of temporary files are as long as the system's temporary directory makes them.
  const long = shown.split("\n").filter((line) => line.length > 80 && !line.includes(" = "));
  assertEquals(long, []);
  // deno-lint-ignore no-control-regex
  assertEquals(shown.match(/\x1b/), null);
});

Deno.test("the demonstration fails when the cut file is begun anew instead of continued", async () => {
  const { wrong, shown } = await demonstrate({ ignoreRanges: true });
  assertEquals(wrong, ["flaky.bin: begun anew, not continued"]);
  assertStringIncludes(shown, "✗ flaky.bin");
});

Deno.test("the demonstration fails when files are not what they have to be", async () => {
  const other = { content: text("something else") };
  const real = resources("127.0.0.1:9");
  const { wrong } = await demonstrate({
    instead: {
      "/good.txt": other,
      "/missing.txt": other,
      "/secret.txt": { ...other, ...real["/secret.txt"], redirect: "/nowhere" },
      "/moved.txt": { ...other, ...real["/moved.txt"], redirect: "/good.txt" },
    },
  });
  assertEquals(wrong.toSorted(), [
    "curl_plugin: a token was sent for /good.txt",
    "curl_plugin: a token was sent for /nowhere",
    "good.txt: other content",
    "missing.txt: did not fail",
    "moved.txt: other content",
    "secret.txt: failed",
  ]);
});
