import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { multiCall } from "../../core/install/program.ts";
import type { Source } from "../../scripts/build/executable.ts";
import { link, probeSource, run } from "./probe.ts";

/** The probe under another name, and perhaps in another file. */
function named(name: string, path = probeSource({}).path): Source {
  const { role } = probeSource({});
  return { path, role: { ...role, program: { ...role.program, name } } };
}

Deno.test("an executable of several roles runs the modules of the one that it plays alone", async () => {
  const loud = fromFileUrl(new URL("testdata/loud.ts", import.meta.url));
  const parts = [named("quiet"), named("loud", loud)];
  const role = multiCall(parts.map(({ role }) => role));
  await using executable = await link({ path: "", role, parts });
  const start = async (name: string) => {
    const path = join(executable.folder, name);
    await Deno.link(executable.path, path);
    return await run(path, ["exit", "7"]);
  };
  const [one, other] = [await start("quiet"), await start("loud")];
  assertEquals([one.code, one.stderr], [7, ""]);
  assertEquals([other.code, other.stderr], [7, "loud is loaded\n"]);
  const listed = await run(executable.path, ["list"]);
  assertEquals(listed.stderr, "");
  assertMatch(listed.stdout, /^quiet .*\nloud .*\n$/);
});
