/** Builds the executables and shows them at work: `deno task demo`. */

import { join } from "@std/path";
import { condorLines } from "../core/install/condor_lines.ts";
import { listExecutables } from "./build/sources.ts";
import { runCleanUp } from "./demo/clean_up.ts";
import { buildStale, DIST } from "./demo/fresh.ts";
import { runIssuer } from "./demo/issuer.ts";
import { runDemo } from "./demo/run.ts";
import { paint } from "./demo/table.ts";

async function main(): Promise<number> {
  const colours = paint(Deno.stdout.isTerminal() && !Deno.noColor);
  const { title, good, bad } = colours;
  print(title("The executables"));
  const names = await listExecutables();
  await buildStale(names, print);
  for (const name of names) {
    const { size } = await Deno.stat(join(DIST, name));
    print(`  ${join(DIST, name)}  ${(size / 1e6).toFixed(1)} MB`);
  }

  const startedAt = performance.now();
  const wrong = await runDemo({ dist: DIST, paint: colours, print });
  wrong.push(...await runCleanUp({ dist: DIST, paint: colours, print }));
  wrong.push(...await runIssuer({ dist: DIST, paint: colours, print }));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);

  print(title("\nTo use them on an execution point, as root:"));
  print("  mkdir -p /usr/libexec/condor/pinion");
  print(
    `  ${
      join(DIST, "pinion")
    } install -dir /usr/libexec/condor/pinion \\\n    curl_plugin data_plugin`,
  );
  print(title("and in /etc/condor/config.d/50-pinion, before condor_reconfig:"));
  const plugins = ["curl_plugin", "data_plugin"].map((name) => ({ name }));
  const lines = condorLines("$(LIBEXEC)/pinion", plugins);
  print(lines.trimEnd().replaceAll(/^#.*\n/gm, "").replaceAll(/^/gm, "  "));

  print(title("To clean up checkpoints or issue tokens on an access point: README.md, Set-up."));

  print("");
  for (const line of wrong) print(bad(`✗ ${line}`));
  if (wrong.length > 0) print(bad(`demo: FAILED in ${seconds} s`));
  else print(good(`demo: every outcome is the right one, in ${seconds} s`));
  return wrong.length === 0 ? 0 : 1;
}

function print(text: string): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    Deno.stderr.writeSync(new TextEncoder().encode(`demo: ${(error as Error).message}\n`));
    Deno.exit(1);
  }
}
