import { assertEquals } from "@std/assert";
import { bashCompletion } from "../../core/cli/completion.ts";
import type { Program } from "../../core/cli/program.ts";
import { MULTI, PLUGIN } from "./sample.ts";

const BASH = await present();

async function present(): Promise<boolean> {
  try {
    return (await new Deno.Command("bash", { args: ["-c", ":"] }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What bash would offer for the last of the words, in a folder with two folders and a file. */
async function offered(program: Program, words: readonly string[]): Promise<string[]> {
  const cwd = await Deno.makeTempDir();
  for (const name of ["alpha", "al bum"]) await Deno.mkdir(`${cwd}/${name}`);
  await Deno.writeTextFile(`${cwd}/alone`, "");
  const name = program.name;
  const script = `${bashCompletion(program)}
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _${name}
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: ["-u", "-c", script, "bash", name, ...words],
    cwd,
  }).output();
  await Deno.remove(cwd, { recursive: true });
  assertEquals(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

const CASES: readonly (readonly [Program, readonly string[], readonly string[]])[] = [
  [PLUGIN, ["-in"], ["-infile"]],
  [PLUGIN, ["--o"], ["--outfile"]],
  [PLUGIN, ["-u"], ["-upload", "-u"]],
  [PLUGIN, ["-"], [
    "-classad",
    "-infile",
    "-outfile",
    "-upload",
    "-u",
    "-header",
    "-root",
    "-help",
    "-h",
    "-version",
  ]],
  [PLUGIN, ["-infile", "-"], []],
  [PLUGIN, ["-header", "-"], []],
  [PLUGIN, ["-root", "al"], ["alpha", "al bum"]],
  [PLUGIN, ["--root", "=", "al"], ["alpha", "al bum"]],
  [PLUGIN, ["--root", "="], ["alpha", "al bum"]],
  [PLUGIN, ["al"], []],
  [MULTI, [""], ["list", "install"]],
  [MULTI, ["-quiet", "in"], ["install"]],
  [MULTI, ["-"], ["-quiet", "-help", "-h", "-version"]],
  [MULTI, ["install", "-"], ["-dir", "-quiet", "-help", "-h", "-version"]],
  [MULTI, ["install", "--dir", "al"], ["alpha", "al bum"]],
  [MULTI, ["install", "l"], []],
  [MULTI, ["list", "--d"], []],
];

for (const [program, words, expected] of CASES) {
  Deno.test({
    name: `bashCompletion() of ${program.name} completes ${JSON.stringify(words)}${
      BASH ? "" : " (bash is missing)"
    }`,
    ignore: !BASH,
    async fn() {
      assertEquals((await offered(program, words)).sort(), [...expected].sort());
    },
  });
}
