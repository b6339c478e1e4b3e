import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { cleanJob } from "../../../core/checkpoint/clean/clean_job.ts";
import { settingsOf } from "../../../core/checkpoint/clean/settings.ts";
import { CHECKPOINT_KNOBS } from "../../../core/checkpoint/knobs.ts";
import { SYSTEM_CLOCK } from "../../../core/clock.ts";
import { Config } from "../../../core/config/mod.ts";
import { makeWorkspace, manyNames, type Workspace } from "./workspace.ts";

const NOTHING_SAID = { code: 0, stdout: "" };

async function withWorkspace(test: (workspace: Workspace) => Promise<void>): Promise<void> {
  await using workspace = await makeWorkspace();
  await test(workspace);
}

/** What of a run matters when all went well: the notes about the directory are HTCondor's. */
function quiet({ code, stdout }: { code: number; stdout: string }) {
  return { code, stdout };
}

Deno.test("deleteFilesStoredAt removes a job's checkpoints, and nothing of another job", () =>
  withWorkspace(async (world) => {
    const job = await world.job({ cluster: 1, number: 2 });
    const other = await world.job({ cluster: 11, number: 0 });
    for (const number of [0, 1, 2]) await world.checkpoint(job, number, manyNames(25));
    await world.checkpoint(other, 0, ["kept", "sub/kept"]);
    const outcome = await world.start(job.args);
    assertEquals(quiet(outcome), NOTHING_SAID);
    assertEquals(
      outcome.stderr,
      "Removing @W@/spool/checkpoint-cleanup/nobody/cluster1.proc0.subproc0/.job.ad " +
        "after successful clean-up.\n" +
        "Removing @W@/spool/checkpoint-cleanup/nobody/cluster1.proc0.subproc0 " +
        "after successful clean-up.\n",
    );
    assertEquals([await exists(job.directory), await exists(job.store)], [false, false]);
    assertEquals(await world.list(other.store), ["0000/kept", "0000/sub/kept"]);
    assert(await exists(other.directory));
  }));

Deno.test("deleteFilesStoredAt has nothing to say about numbers that were done before", () =>
  withWorkspace(async (world) => {
    const job = await world.job({ number: 9 });
    await world.checkpoint(job, 7, ["a"]);
    assertEquals(quiet(await world.start(job.args)), NOTHING_SAID);
    // The shadow asks again, with a directory that is not there any more.
    assertEquals(await world.start(job.args), { code: 0, stdout: "", stderr: "" });
  }));

Deno.test("deleteFilesStoredAt takes names of any bytes", () =>
  withWorkspace(async (world) => {
    const job = await world.job();
    await world.checkpoint(job, 0, [
      "new\nline",
      "trail ",
      " lead",
      "*star",
      "-dash/-x",
      "cr\r",
      'a"b\\c',
      "100%?#&",
      "über",
      "/absolute/name",
      Uint8Array.of(0xff, 0x2f, 0xfe, 0x41),
    ]);
    assertEquals(quiet(await world.start(job.args)), NOTHING_SAID);
    assertEquals([await exists(job.directory), await exists(job.store)], [false, false]);
  }));

Deno.test("deleteFilesStoredAt goes on after a failure, and keeps only what failed", () =>
  withWorkspace(async (world) => {
    const job = await world.job();
    const manifest = await world.checkpoint(job, 0, ["a", "locked/b", "locked/c", "z"]);
    await Deno.chmod(join(job.store, "0000/locked"), 0o555);
    const outcome = await world.start(job.args);
    assertEquals(outcome.code, 1);
    assertMatch(
      outcome.stdout,
      /^Failure running '@W@\/libexec\/cleanup_locally_mounted_checkpoint .* -delete locked\/b -jobad .*': exit code was 512, aborting\.\n\(Output: '.*Permission denied'\)\n\n2 of 4 files could not be deleted\n$/,
    );
    assertEquals(await world.list(job.store), ["0000/locked/b", "0000/locked/c"]);
    const left = await Deno.readTextFile(manifest);
    assertEquals(left.split("\n").map((line) => line.slice(65)), [
      "*locked/b",
      "*locked/c",
      "*_condor_checkpoint_MANIFEST.0000",
      "",
    ]);
    assertEquals((await world.start(["validateManifestFile", manifest])).stdout, "true\n");
    assertStringIncludes(
      (await world.start(["status"])).stdout,
      "cluster1.proc0.subproc0: 1 checkpoint, 2 files",
    );
    await Deno.chmod(join(job.store, "0000/locked"), 0o755);
    assertEquals(quiet(await world.start(job.args)), NOTHING_SAID);
    assertEquals([await exists(job.directory), await exists(job.store)], [false, false]);
  }));

Deno.test("deleteFilesStoredAt refuses names that lead out of their checkpoint", () =>
  withWorkspace(async (world) => {
    const job = await world.job({ number: 1 });
    await world.checkpoint(job, 0, ["../0001/kept", "../../../precious", "a"], {
      notStored: true,
    });
    await world.checkpoint(job, 0, ["a"], { noManifest: true });
    await world.checkpoint(job, 1, ["kept"], { noManifest: true });
    const outcome = await world.start(job.args, {
      environment: { _CONDOR_CHECKPOINT_CLEANUP_ORPHAN_SCAN: "false" },
    });
    assertEquals(outcome.code, 1);
    assertMatch(outcome.stdout, /exit code was 768, aborting\.\n\(Output: 'Refused .* leads out/);
    assertStringIncludes(outcome.stdout, "2 of 3 files could not be deleted\n");
    assertEquals(await world.list(job.store), ["0001/kept"]);
  }));

Deno.test("deleteFilesStoredAt handles numbers above HIGH, and FAILURE beside MANIFEST", () =>
  withWorkspace(async (world) => {
    const job = await world.job({ number: 1 });
    await world.checkpoint(job, 0, ["a"]);
    await world.checkpoint(job, 0, ["b"], { failed: true });
    await world.checkpoint(job, 12345, ["c"]);
    assertEquals(quiet(await world.start(job.args)), NOTHING_SAID);
    assertEquals([await exists(job.directory), await exists(job.store)], [false, false]);
  }));

Deno.test("deleteFilesStoredAt leaves numbers below LOW alone", () =>
  withWorkspace(async (world) => {
    const job = await world.job({ number: 5, status: 2 });
    await world.checkpoint(job, 2, ["kept"]);
    await world.checkpoint(job, 4, ["a"]);
    const [name, location, stem] = job.args as [string, string, string];
    assertEquals(quiet(await world.start([name, location, stem, "3", "5"])), NOTHING_SAID);
    assertEquals(await world.list(job.store), ["0002/kept"]);
  }));

Deno.test("deleteFilesStoredAt finds what a damaged MANIFEST no longer names", () =>
  withWorkspace(async (world) => {
    const job = await world.job({ number: 1, status: 2 });
    const manifest = await world.checkpoint(job, 0, ["a", "b/c", "d"]);
    await world.checkpoint(job, 1, ["wanted"], { noManifest: true });
    const lines = (await Deno.readTextFile(manifest)).split("\n");
    await Deno.writeTextFile(manifest, `${lines[0]}\n`);
    const outcome = await world.start(job.args);
    assertEquals(quiet(outcome), {
      code: 0,
      stdout: "MANIFEST damaged or cut short: '@W@/spool/checkpoint-cleanup/nobody/" +
        "cluster1.proc0.subproc0/_condor_checkpoint_MANIFEST.0000'\n",
    });
    assertEquals(await world.list(job.store), ["0001/wanted"]);
  }));

Deno.test("deleteFilesStoredAt finds orphans once the job has left, and not before", () =>
  withWorkspace(async (world) => {
    for (const [status, cluster] of [[2, 1], [4, 2], [3, 3]] as const) {
      const job = await world.job({ status, cluster, number: 1 });
      await world.checkpoint(job, 0, ["a"]);
      await world.checkpoint(job, 1, ["orphan", "deep/orphan"], { noManifest: true });
      assertEquals(quiet(await world.start(job.args)), NOTHING_SAID);
      assertEquals(
        await world.list(job.store),
        status === 2 ? ["0001/deep/orphan", "0001/orphan"] : [],
      );
      assertEquals(await exists(job.store), status === 2);
    }
    // Only a removed job may still be writing.
    assertEquals(
      (await world.list(world.owner)).filter((name) => name.startsWith(".rescan")),
      [".rescan.cluster3.proc0.subproc0.ad"],
    );
  }));

Deno.test("deleteFilesStoredAt looks for no orphans where the administrator does not want it", () =>
  withWorkspace(async (world) => {
    const job = await world.job({ number: 1 });
    await world.checkpoint(job, 0, ["a"]);
    await world.checkpoint(job, 1, ["orphan"], { noManifest: true });
    const environment = { _CONDOR_CHECKPOINT_CLEANUP_ORPHAN_SCAN: "false" };
    assertEquals(quiet(await world.start(job.args, { environment })), NOTHING_SAID);
    assertEquals(await world.list(job.store), ["0001/orphan"]);
  }));

Deno.test("deleteFilesStoredAt refuses a location that is not the job's", () =>
  withWorkspace(async (world) => {
    const [job, other] = [await world.job({ cluster: 1 }), await world.job({ cluster: 2 })];
    await world.checkpoint(job, 0, ["a"]);
    await world.checkpoint(other, 0, ["a"]);
    const [name, , stem, ...range] = job.args as [string, string, string, string, string];
    const outcome = await world.start([name, other.location, stem, ...range]);
    assertEquals(quiet(outcome), {
      code: 1,
      stdout: `Refused '${other.location}': the job ad's GlobalJobId makes it '${job.gid}', ` +
        "aborting.\n",
    });
    assertEquals(await world.list(other.store), ["0000/a"]);
    assertEquals(await world.list(job.store), ["0000/a"]);
  }));

Deno.test("deleteFilesStoredAt says no password of a destination", () =>
  withWorkspace(async (world) => {
    const job = await world.job();
    await world.checkpoint(job, 0, ["a"]);
    const [name, location, stem, ...range] = job.args as [string, string, string, string, string];
    await Deno.remove(join(job.directory, ".job.ad"));
    const secret = location.replace("osdf://", "https://alice:hunter2@h.example");
    const { code, stdout } = await world.start([name, secret, stem, ...range]);
    assertEquals([code, stdout], [
      1,
      "Failed to find checkpoint destination " +
      `${secret.replace("hunter2", "...")}/0000 in map file, aborting\n`,
    ]);
    assertEquals(
      (await Deno.readTextFile(join(world.owner, ".cleanup.log"))).includes("hunter2"),
      false,
    );
  }));

Deno.test("deleteFilesStoredAt keeps the MANIFEST while the store is not mounted", () =>
  withWorkspace(async (world) => {
    const job = await world.job();
    const manifest = await world.checkpoint(job, 0, ["a"]);
    await Deno.rename(join(world.path, "store"), join(world.path, "unmounted"));
    const outcome = await world.start(job.args);
    assertEquals(outcome.code, 1);
    assertStringIncludes(outcome.stdout, "1 of 1 files could not be deleted\n");
    assert(await exists(manifest));
    await Deno.rename(join(world.path, "unmounted"), join(world.path, "store"));
    assertEquals(quiet(await world.start(job.args)), NOTHING_SAID);
    assertEquals(await exists(job.store), false);
    const log = await Deno.readTextFile(join(world.owner, ".cleanup.log"));
    const failure = JSON.parse(log.split("\n")[0]!);
    assertEquals([failure.event, failure.kind], ["failure", "StoreUnavailable"]);
  }));

Deno.test("deleteFilesStoredAt clears away what an interrupted run left of a MANIFEST", () =>
  withWorkspace(async (world) => {
    const job = await world.job();
    await world.checkpoint(job, 0, ["a"]);
    const stale = join(job.directory, "._condor_checkpoint_MANIFEST.0000.4711.tmp");
    await Deno.writeTextFile(stale, "half");
    await world.hand();
    assertEquals(quiet(await world.start(job.args)), NOTHING_SAID);
    assertEquals(await exists(job.directory), false);
  }));

Deno.test("deleteFilesStoredAt with a dry run says what it would do, and does nothing", () =>
  withWorkspace(async (world) => {
    const job = await world.job();
    await world.checkpoint(job, 0, ["a", "b/c"]);
    const before = [await world.list(job.store), await world.list(world.owner)];
    const environment = { _CONDOR_CHECKPOINT_CLEANUP_DRY_RUN: "true" };
    for (const args of [job.args, ["plan", job.directory], ["clean", "-dry-run", job.directory]]) {
      const { code, stdout } = await world.start(args, { environment });
      assertEquals(code, 0);
      assertMatch(
        stdout,
        /MANIFEST\.0000: would delete 2 files at osdf:\/\/\/vo\/fs\/.*\/0000\n {2}@W@\/map:1: .* \(in this process\)\n {2}a\n {2}b\/c\n$/,
      );
    }
    assertEquals([await world.list(job.store), await world.list(world.owner)], before);
  }));

Deno.test("cleanJob() leaves a job to the run that is at it", () =>
  withWorkspace(async (world) => {
    const job = await world.job();
    await world.checkpoint(job, 0, ["a"]);
    using file = await Deno.open(join(job.directory, ".job.ad"));
    await file.lock(true);
    const notes: string[] = [];
    let waited = 0;
    const clock = {
      ...SYSTEM_CLOCK,
      sleep(ms: number) {
        waited += ms;
        return Promise.resolve();
      },
    };
    const [, location, stem] = job.args as [string, string, string];
    const code = await cleanJob({ location, stem, low: 0n, high: 0n }, {
      settings: settingsOf(new Config(CHECKPOINT_KNOBS, () => undefined)),
      host: { out: () => {}, note: (line) => notes.push(line), clock, environment: {} },
      user: undefined,
      allowForeign: false,
      signal: new AbortController().signal,
    });
    assertEquals([code, waited], [0, 10_000]);
    assertStringIncludes(await Deno.readTextFile(join(world.owner, ".cleanup.log")), '"busy"');
    assertEquals(notes, [
      `Another clean-up of '${job.directory}' is running, which does the work.`,
    ]);
    assertEquals(await world.list(job.store), ["0000/a"]);
  }));
