import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { manPage } from "../../core/cli/man.ts";
import type { Program } from "../../core/cli/program.ts";
import { MULTI, PLUGIN } from "./sample.ts";

const GROFF = await present("groff");

async function present(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: ["--version"], stdout: "null" }).output())
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Renders with every warning on; a warning fails the test. */
async function render(page: string): Promise<string> {
  const child = new Deno.Command("groff", {
    args: ["-man", "-Tutf8", "-ww", "-rLL=80n", "-P-cbou"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(page));
  await writer.close();
  const { stdout, stderr } = await child.output();
  assertEquals(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout);
}

Deno.test("manPage() has the sections of the house in their order", () => {
  const titles = manPage(PLUGIN).split("\n").filter((line) => line.startsWith(".SH "));
  assertEquals(titles, [
    ".SH NAME",
    ".SH SYNOPSIS",
    ".SH DESCRIPTION",
    ".SH OPTIONS",
    ".SH CONFIGURATION",
    ".SH FILES",
    ".SH ENVIRONMENT",
    ".SH EXIT STATUS",
    ".SH EXAMPLES",
    ".SH SEE ALSO",
  ]);
});

Deno.test("manPage() writes ASCII, and every dash as one that can be copied", () => {
  const page = manPage(PLUGIN);
  assertEquals(page.match(/[^\n\x20-\x7e]|(?<!\\)-/), null);
  assertStringIncludes(page, "\\fB\\-infile\\fR \\fIFILE\\fR");
});

Deno.test("manPage() hides hidden options and leaves out empty sections", () => {
  assert(!manPage(PLUGIN).includes("internal"));
  assert(!manPage(MULTI).includes(".SH FILES"));
});

Deno.test({
  name: `manPage() renders without warnings and as written${GROFF ? "" : " (groff is missing)"}`,
  ignore: !GROFF,
  async fn() {
    const text = (await render(manPage(PLUGIN))).replace(/\s+/g, " ");
    for (const paragraph of PLUGIN.description) assertStringIncludes(text, paragraph);
    assertStringIncludes(text, "NAME curl_plugin - Move the files of a job by URL");
    assertStringIncludes(text, "curl_plugin -infile FILE -outfile FILE [-upload] [-diagnostic]");
    assertStringIncludes(text, "curl_plugin -infile in \\ . -outfile out");
    assertStringIncludes(text, "SEE ALSO condor_submit(1), https://example.org/manual");
    const commands = (await render(manPage(MULTI))).replace(/\s+/g, " ");
    assertStringIncludes(
      commands,
      "pinion install -dir DIR [ROLE...] Install roles as hard links.",
    );
  },
});

Deno.test({
  name: `manPage() shows any printable text unharmed${GROFF ? "" : " (groff is missing)"}`,
  ignore: !GROFF,
  async fn() {
    const samples = fc.sample(fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/), {
      numRuns: 150,
      seed: 20,
    });
    const texts = [...samples, ...["'", ".", "\\", '"', "-", ".SH", "'br"]].map((t) =>
      t.replace(/ +/g, " ")
    );
    const program: Program = {
      ...MULTI,
      examples: texts.map((text, i) => ({ name: `${text}|`, text: `${text} #${i}#` })),
      seeAlso: texts.map((text) => `|${text}|`),
    };
    const shown = (await render(manPage(program))).replace(/\s+/g, " ");
    texts.forEach((text, i) => {
      assertStringIncludes(shown, ` ${text} #${i}# ${text}| `);
      assertStringIncludes(shown, `|${text}|`);
    });
  },
});
