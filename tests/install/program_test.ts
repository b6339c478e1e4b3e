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

Deno.test("pinion install -annex prepares an image, and starts and enables nothing", () =>
  inFolder(async (root) => {
    const { code, stdout, stderr } = await run(await built("pinion"), [
      "install",
      "-annex",
      "-root",
      root,
    ]);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^# (?:linked|copied): \/usr\/libexec\/condor\/condor-annex-ec2$/m);
    assertMatch(stdout, /^# written: \/etc\/condor\/config\.d\/50ec2\.config$/m);
    assertStringIncludes(
      stdout,
      `\n  systemctl --root=${root} enable condor-annex-firewall.service`,
    );
    const executable = join(root, "usr/libexec/condor/condor-annex-ec2");
    const printed = await run(executable, ["print-file", "50ec2.config"]);
    assertEquals(
      printed.stdout,
      await Deno.readTextFile(join(root, "etc/condor/config.d/50ec2.config")),
    );
    // What enables a unit is a link.
    const units = join(root, "usr/lib/systemd/system");
    assertEquals([...Deno.readDirSync(units)].filter(({ isSymlink }) => isSymlink), []);
    assertEquals([...Deno.readDirSync(join(root, "etc"))].map(({ name }) => name), ["condor"]);
    assertEquals((await run(executable, ["status"])).code, 1);
  }));

Deno.test("pinion install says which options do not go together", async () => {
  for (
    const args of [["-annex", "-dir", "/x"], ["-annex", "curl_plugin"], ["-root", "/x"], [
      "-root",
      "/x",
      "-dir",
      "/y",
    ]]
  ) {
    const { code, stderr } = await run(await built("pinion"), ["install", ...args]);
    assertEquals(code, 1);
    assertMatch(stderr, /^pinion install: [^\n]*\(see -help\)\n$/);
  }
});
