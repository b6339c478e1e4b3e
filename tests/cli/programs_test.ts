/** What the tables of the real programs turn into. */
import { assert, assertEquals } from "@std/assert";
import { bashCompletion } from "../../core/cli/completion.ts";
import { helpText } from "../../core/cli/help.ts";
import { manPage } from "../../core/cli/man.ts";
import type { Role } from "../../core/cli/program.ts";
import { multiCall } from "../../core/install/program.ts";

async function roles(): Promise<Role[]> {
  const found = [multiCall([])];
  for await (const { name } of Deno.readDir(new URL("../../cmd/", import.meta.url))) {
    found.push((await import(`../../cmd/${name}`) as { role: Role }).role);
  }
  return found;
}

async function run(command: string, args: readonly string[], input: string) {
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { stderr, success } = await child.output();
  return { complaints: new TextDecoder().decode(stderr), success };
}

async function present(command: string): Promise<boolean> {
  try {
    return (await run(command, ["--version"], "")).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const TOOLS = { groff: await present("groff"), bash: await present("bash") };

for (const { program } of await roles()) {
  Deno.test(`-help of ${program.name} fits 80 columns`, () => {
    const parts = [helpText(program), ...(program.commands ?? []).map((c) => helpText(c, program))];
    for (const line of parts.join("\n").split("\n")) assert(line.length <= 80, line);
  });

  Deno.test({
    name: `the man page of ${program.name} has no faults${
      TOOLS.groff ? "" : " (groff is missing)"
    }`,
    ignore: !TOOLS.groff,
    async fn() {
      const { complaints, success } = await run(
        "groff",
        ["-man", "-Tutf8", "-ww"],
        manPage(program),
      );
      assertEquals([complaints, success], ["", true]);
    },
  });

  Deno.test({
    name: `the completion of ${program.name} is valid bash${
      TOOLS.bash ? "" : " (bash is missing)"
    }`,
    ignore: !TOOLS.bash,
    async fn() {
      const { complaints, success } = await run("bash", ["-n"], bashCompletion(program));
      assertEquals([complaints, success], ["", true]);
    },
  });
}
