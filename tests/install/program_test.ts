/** What `pinion install` does as a whole; the executable itself, for it links itself. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { ensureDir } from "@std/fs";
import { OWN_BACK_ENDS } from "../../core/checkpoint/stores/mod.ts";
import { built } from "../build/built.ts";
import { run } from "../build/probe.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pinion-test-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const ROLES = ["condor_manifest", "cleanup_locally_mounted_checkpoint", "curl_plugin"];

Deno.test("pinion install copies an executable of somebody else's once, and links to the copy", () =>
  inFolder(async (folder) => {
    const pinion = join(folder, "pinion");
    const dir = join(folder, "dir");
    await ensureDir(dir);
    await Deno.copyFile(await built("pinion"), pinion);
    await Deno.chmod(pinion, 0o775);
    const { code, stdout } = await run(pinion, ["install", "-dir", dir, ...ROLES]);
    assertEquals(code, 0);
    assertEquals(stdout.match(/^# (copied|linked)/gm), ["# copied", "# linked", "# linked"]);
    const inodes = await Promise.all(ROLES.map(async (name) => {
      const { ino, mode } = await Deno.stat(join(dir, name));
      assertEquals(mode! & 0o777, 0o755);
      return ino;
    }));
    assertEquals(new Set([...inodes, (await Deno.stat(pinion)).ino]).size, 2);
  }));

Deno.test("pinion install prints a file of config.d, with lines of the map without faults", () =>
  inFolder(async (dir) => {
    const { stdout } = await run(await built("pinion"), ["install", "-dir", dir]);
    assertStringIncludes(stdout, `\nSCHEDD.BIN = ${dir}\n`);
    assertStringIncludes(stdout, `, ${dir}/data_plugin, ${dir}/zkm_plugin\n`);
    for (const text of stdout.split("\n")) assertMatch(text, /^(#.*|[\w.]+ = \S.*|)$/);
    const lines = [...stdout.matchAll(/^# {3}(\* .*)$/gm)].map(([, line]) => `${line}\n`);
    const named = lines.map((line) => /\/(cleanup_\w+)/.exec(line)?.[1]);
    assertEquals([...new Set(named)], [...OWN_BACK_ENDS.keys()]);
    const map = join(dir, "map");
    await Deno.writeTextFile(map, lines.join(""));
    const checked = await run(join(dir, "condor_manifest"), ["check-map", "-json", map]);
    const { errors, warnings } = JSON.parse(checked.stdout);
    assertEquals([checked.code, errors, warnings], [0, 0, 0]);
  }));
