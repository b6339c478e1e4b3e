import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { helpText } from "../../core/cli/help.ts";
import type { Program } from "../../core/cli/program.ts";
import { MULTI, PLUGIN } from "./sample.ts";

fc.configureGlobal({ seed: 2026 });

Deno.test("helpText() shows usage, options and exit statuses in columns", () => {
  assertEquals(
    helpText(PLUGIN),
    `Usage: curl_plugin -classad
       curl_plugin -infile FILE -outfile FILE [-upload] [-diagnostic]
       curl_plugin SOURCE TARGET

Move the files of a job by URL.

Options:
  -classad       Print what this plug-in supports and exit.
  -infile FILE   Read the ads of the requests from FILE.
  -outfile FILE  Write one result ad for each request to FILE.
  -upload, -u    Upload instead of downloading.
  -header TEXT   Send this header line.
  -root DIR      Treat DIR as the root of all local paths.
  -help, -h      Print this help and exit.
  -version       Print the version and exit.

Exit status:
  0  All files were moved.
  1  A file was not moved, or the arguments are wrong.`,
  );
});

Deno.test("helpText() lists commands, and options of the parent with a command's own", () => {
  assertStringIncludes(
    helpText(MULTI),
    "Commands:\n  list     List the roles\n  install  Install roles as hard links\n",
  );
  const text = helpText(MULTI.commands[1], MULTI);
  assertStringIncludes(text, "Usage: pinion install -dir DIR [ROLE...]\n");
  assertStringIncludes(
    text,
    "  -dir DIR   Folder to install into.\n  -quiet     Print errors only.",
  );
});

Deno.test("helpText() makes the usage of a program that states none from its commands", () => {
  assertStringIncludes(
    helpText({ ...MULTI, usage: [], summary: "data movement" }),
    "Usage: pinion list\n       pinion install -dir DIR [ROLE...]\n\nData movement.\n",
  );
});

Deno.test("helpText() fits 80 columns whatever the table holds", () => {
  const word = fc.stringMatching(/^[a-z]{1,12}$/);
  const text = fc.array(word, { minLength: 1, maxLength: 60 }).map((words) => words.join(" "));
  const options = fc.array(fc.record({ name: fc.stringMatching(/^[a-z]{1,30}$/), text }));
  fc.assert(fc.property(options, text, text, fc.array(word), (options, summary, usage, names) => {
    const program: Program = {
      ...PLUGIN,
      name: names.join("").slice(0, 50),
      summary,
      usage: [usage, usage],
      options,
      exitStatus: [{ name: "0", text: usage }],
    };
    for (const line of helpText(program).split("\n")) {
      assert(line.length <= 80, line);
      assertEquals(line, line.trimEnd());
    }
  }));
});
