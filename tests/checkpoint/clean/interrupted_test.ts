import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { type Job, makeWorkspace, manyNames, type Workspace } from "./workspace.ts";

/** A plug-in that is not ours: it says when it begins, and goes on when it is allowed to. */
const GATED = `#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    -from) base=$2; shift;;
    -delete) name=$2; shift;;
    -root) root=$2; shift;;
  esac
  shift
done
echo "$name" >>"$root/begun"
[ "$name" = "slow" ] && cat "$root/gate" >/dev/null
rm -f "$root/store/\${base#osdf:///vo/fs/}/$name"
`.replaceAll("\\$", "$");

async function withWorkspace(test: (workspace: Workspace) => Promise<void>): Promise<void> {
  await using workspace = await makeWorkspace();
  await test(workspace);
}

/** A map with the gated plug-in, whose gate is shut. */
async function shutGate(world: Workspace): Promise<void> {
  await world.program("gated", GATED);
  await world.map(`* osdf:///vo/fs gated,-root,${world.path}`);
  await new Deno.Command("mkfifo", { args: ["-m", "666", join(world.path, "gate")] }).output();
  await Deno.writeTextFile(join(world.path, "begun"), "", { mode: 0o666 });
  await Deno.chmod(join(world.path, "begun"), 0o666);
}

/** Waits until the plug-in was asked for a file. */
async function untilBegun(world: Workspace, name: string): Promise<void> {
  const path = join(world.path, "begun");
  using watcher = Deno.watchFs(path);
  const has = async () => (await Deno.readTextFile(path)).split("\n").includes(name);
  if (await has()) return;
  for await (const _ of watcher) if (await has()) return;
}

Deno.test("deleteFilesStoredAt told to stop saves what it has done", () =>
  withWorkspace(async (world) => {
    await shutGate(world);
    const job = await world.job();
    const manifest = await world.checkpoint(job, 0, ["a", "b", "slow", "z"]);
    const child = world.command(job.args).spawn();
    await untilBegun(world, "slow");
    child.kill("SIGTERM");
    const { code, stdout } = await child.output();
    assertEquals(code, 1);
    assertStringIncludes(new TextDecoder().decode(stdout), "Stopped with 2 of 4 files of ");
    assertEquals(await world.list(job.store), ["0000/slow", "0000/z"]);
    const names = (await Deno.readTextFile(manifest)).split("\n").map((line) => line.slice(66));
    assertEquals(names, ["slow", "z", "_condor_checkpoint_MANIFEST.0000", ""]);
    assertEquals((await world.start(["validateManifestFile", manifest])).stdout, "true\n");

    await world.map(
      `* osdf:///vo/fs cleanup_locally_mounted_checkpoint,-prefix,\\0,-path,${world.path}/store`,
    );
    assertEquals((await world.start(job.args)).code, 0);
    assertEquals([await exists(job.directory), await exists(job.store)], [false, false]);
  }));

Deno.test("deleteFilesStoredAt does what is set aside while it is at work, orphans included", () =>
  withWorkspace(async (world) => {
    await shutGate(world);
    const gated = `* osdf:///vo/fs/ap.example.org_1.0_1795235583/0001 gated,-root,${world.path}`;
    const own = `* osdf:///vo/fs cleanup_locally_mounted_checkpoint,-prefix,\\0,-path,`;
    await world.map(gated, `${own}${world.path}/store`);
    const job = await world.job({ status: 2, number: 1 });
    await world.checkpoint(job, 1, ["slow"]);
    const child = world.command(job.args).spawn();
    await untilBegun(world, "slow");
    // The job completes, and the clean-up started for that gives way to this one.
    await world.job({ status: 4, number: 3 });
    await world.checkpoint(job, 2, ["a"]);
    await world.checkpoint(job, 3, ["orphan"], { noManifest: true });
    await Deno.writeTextFile(join(world.path, "gate"), "");
    const { code } = await child.output();
    assertEquals(code, 0);
    assertEquals([await exists(job.directory), await exists(job.store)], [false, false]);
  }));

Deno.test("deleteFilesStoredAt stops when its time is up, below HTCondor's own limit", () =>
  withWorkspace(async (world) => {
    await shutGate(world);
    const job = await world.job();
    const manifest = await world.checkpoint(job, 0, ["a", "slow", "z"]);
    const environment = { _CONDOR_CHECKPOINT_CLEANUP_BUDGET: "1" };
    const { code, stdout } = await world.start(job.args, { environment });
    assertEquals(code, 1);
    assertMatch(stdout, /^Stopped with 2 of 3 files of '.*' left\n$/);
    assertEquals((await Deno.readTextFile(manifest)).split("\n").length, 4);
  }));

Deno.test("deleteFilesStoredAt killed at any moment leaves a job that the next run cleans up", () =>
  withWorkspace(async (world) => {
    for (let round = 0; round < 10; round++) {
      const job = await world.job({ cluster: round + 1, number: 1 });
      const keep = await world.job({ cluster: 100 + round, status: 2 });
      for (const number of [0, 1]) await world.checkpoint(job, number, manyNames(1000));
      await world.checkpoint(keep, 0, ["kept"], { noManifest: true });
      const child = world.command(job.args).spawn();
      // Spread over the time that a run takes; each round ends somewhere else.
      const timer = setTimeout(() => child.kill("SIGKILL"), 20 + round * 10);
      await child.output();
      clearTimeout(timer);
      await assertConsistent(job);
      assertEquals((await world.start(job.args)).code, 0, `round ${round}`);
      assertEquals([await exists(job.directory), await exists(job.store)], [false, false]);
      assertEquals(await world.list(keep.store), ["0000/kept"]);
    }
  }));

Deno.test("deleteFilesStoredAt run twice at once does it all, once", () =>
  withWorkspace(async (world) => {
    const job = await world.job({ number: 3 });
    for (const number of [0, 1, 2, 3]) await world.checkpoint(job, number, manyNames(500));
    const runs = await Promise.all([1, 2, 3].map(() => world.start(job.args)));
    assertEquals(runs.map(({ code, stdout }) => [code, stdout]), runs.map(() => [0, ""]));
    assertEquals([await exists(job.directory), await exists(job.store)], [false, false]);
  }));

/** Every file that is left is named by a whole MANIFEST, or its MANIFEST's number is not begun. */
async function assertConsistent(job: Job): Promise<void> {
  const files = await Array.fromAsync(Deno.readDir(job.directory)).catch(() => []);
  const manifests = files.map(({ name }) => name).filter((name) => /^_condor.*\d$/.test(name));
  const numbers = await Array.fromAsync(Deno.readDir(job.store)).catch(() => []);
  for (const { name } of numbers) {
    assert(manifests.includes(`_condor_checkpoint_MANIFEST.${name}`), `${name} has no MANIFEST`);
  }
  for (const name of manifests) {
    const text = await Deno.readTextFile(join(job.directory, name));
    assert(text.endsWith(` *${name}\n`), `${name} is cut short`);
  }
}
