/**
 * Writes the man page and the bash completion of every role: `deno task docs` into
 * `dist/man/man1` and `dist/completions`.
 */
import { fromFileUrl, join } from "@std/path";
import { bashCompletion } from "../core/cli/completion.ts";
import { manPage } from "../core/cli/man.ts";
import type { Program, Role } from "../core/cli/program.ts";
import { multiCall } from "../core/install/program.ts";

const ROOT = fromFileUrl(new URL("../", import.meta.url));

/** The programs of all roles, found in `cmd/`, and the multi-call executable. */
async function programs(): Promise<Program[]> {
  const found = [multiCall([]).program];
  for await (const { name } of Deno.readDir(join(ROOT, "cmd"))) {
    const { role } = await import(`../cmd/${name}`) as { role: Role };
    found.push(role.program);
  }
  return found.sort((a, b) => a.name < b.name ? -1 : 1);
}

const dist = join(ROOT, "dist");
const pages = join(dist, "man", "man1");
const completions = join(dist, "completions");
for (const folder of [pages, completions]) await Deno.mkdir(folder, { recursive: true });
for (const program of await programs()) {
  const page = join(pages, `${program.name}.1`);
  const completion = join(completions, program.name);
  await Deno.writeTextFile(page, manPage(program));
  await Deno.writeTextFile(completion, bashCompletion(program));
  Deno.stdout.writeSync(new TextEncoder().encode(`${page}\n${completion}\n`));
}
