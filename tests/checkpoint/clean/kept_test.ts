import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { exists } from "@std/fs";
import { basename, join } from "@std/path";
import { spoolDirectory } from "../../../core/checkpoint/clean/kept.ts";
import { type Job, makeWorkspace, type Workspace } from "./workspace.ts";

const NO_SCAN = { _CONDOR_CHECKPOINT_CLEANUP_ORPHAN_SCAN: "false" };

async function withWorkspace(test: (workspace: Workspace) => Promise<void>): Promise<void> {
  await using workspace = await makeWorkspace();
  await test(workspace);
}

/** Puts the MANIFEST of a checkpoint into the job's SPOOL directory, as for one that is kept. */
async function keep(world: Workspace, job: Job, digits: string): Promise<string> {
  const spool = join(world.path, "spool/1/0", basename(job.directory));
  await Deno.mkdir(spool, { recursive: true });
  const manifest = join(spool, `_condor_checkpoint_MANIFEST.${digits}`);
  await Deno.writeTextFile(manifest, "");
  return manifest;
}

Deno.test("spoolDirectory() finds a job's SPOOL directory by its clean-up directory", () => {
  const cleanup = "/var/spool/checkpoint-cleanup/alice";
  const table = {
    [`${cleanup}/cluster12.proc3.subproc0`]: "/var/spool/12/3/cluster12.proc3.subproc0",
    [`${cleanup}/cluster120003.proc10000.subproc0`]:
      "/var/spool/3/0/cluster120003.proc10000.subproc0",
    [`${cleanup}/elsewhere`]: undefined,
    [`${cleanup}/cluster12.proc3.subproc0/below`]: undefined,
    "/tmp/cluster12.proc3.subproc0": undefined,
  };
  for (const [directory, spool] of Object.entries(table)) {
    assertEquals(spoolDirectory(directory), spool);
  }
});

Deno.test("deleteFilesStoredAt never removes a checkpoint by the FAILURE of an earlier attempt", () =>
  withWorkspace(async (world) => {
    // Attempt 1 failed, the job was released, and what it stored next was number 1 again.
    const job = await world.job({ number: 1, status: 2 });
    const failure = await world.checkpoint(job, 1, ["state", "more"], { failed: true });
    await world.checkpoint(job, 0, ["old"]);
    // It went back to a checkpoint from before this one, whose number it may have come to again.
    await world.checkpoint(job, 2, ["late"], { failed: true });
    const manifest = await keep(world, job, "0001");
    const outcome = await world.start(job.args);
    assertEquals(outcome.code, 1);
    assertStringIncludes(
      outcome.stdout,
      `Refused "${job.location}/0001": its SPOOL directory has a MANIFEST by which the job may be ` +
        "restarted from it, or store it now, aborting.\n",
    );
    assertEquals(await world.list(job.store), ["0001/more", "0001/state", "0002/late"]);
    assert(await exists(failure));

    // Once it is superseded, or the job leaves, both are done with.
    await Deno.remove(manifest);
    assertEquals((await world.start(job.args)).code, 0);
    assertEquals([await exists(job.directory), await exists(job.store)], [false, false]);
  }));

Deno.test("deleteFilesStoredAt looks for no orphans while SPOOL has a MANIFEST of the job", () =>
  withWorkspace(async (world) => {
    // The ad says by mistake that the job has left.
    const job = await world.job({ number: 1, status: 4 });
    await world.checkpoint(job, 0, ["old"]);
    await world.checkpoint(job, 1, ["state"], { noManifest: true });
    const manifest = await keep(world, job, "0001");
    const outcome = await world.start(job.args);
    assertEquals(outcome.code, 1);
    assertStringIncludes(outcome.stdout, "Refused to look for orphans at ");
    assertEquals(await world.list(job.store), ["0001/state"]);
    assert(await exists(join(job.directory, ".job.ad")));
    await Deno.remove(manifest);
    assertEquals((await world.start(job.args)).code, 0);
    assertEquals([await exists(job.directory), await exists(job.store)], [false, false]);
  }));

Deno.test("deleteFilesStoredAt scans nothing that no job's id stands for", () =>
  withWorkspace(async (world) => {
    // Directories of years look like checkpoints.
    for (const ad of [[], ['GlobalJobId = "alice"']]) {
      const job = await world.job({ ad });
      const home = join(world.path, "store/alice");
      await Deno.mkdir(join(home, "2026"), { recursive: true });
      await Deno.writeTextFile(join(home, "2026/thesis"), "");
      await world.hand();
      if (ad.length === 0) {
        const lines = (await Deno.readTextFile(join(job.directory, ".job.ad"))).split("\n");
        const text = lines.filter((line) => !line.startsWith("GlobalJobId")).join("\n");
        await Deno.writeTextFile(join(job.directory, ".job.ad"), text);
      }
      const [name, , stem, ...range] = job.args as [string, string, string, string, string];
      await world.start([name, `${world.destination}/alice`, stem, ...range]);
      assertEquals(await world.list(home), ["2026/thesis"]);
    }
  }));

Deno.test("deleteFilesStoredAt says that something in the directory of a job that left is in its way", () =>
  withWorkspace(async (world) => {
    const job = await world.job();
    await world.checkpoint(job, 0, ["a"]);
    await Deno.writeTextFile(join(job.directory, "notes"), "");
    const outcome = await world.start(job.args, { environment: NO_SCAN });
    assertEquals([outcome.code, outcome.stdout], [
      1,
      `Kept '@W@/spool/checkpoint-cleanup/nobody/${basename(job.directory)}': "notes" is in it\n`,
    ]);
  }));
