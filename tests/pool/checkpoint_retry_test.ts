/** Clean-ups that fail or are ended, and those that come after them. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { condor } from "../../scripts/pool/instance.ts";
import { filesBelow, wholeCheckpoints } from "./checkpoint_files.ts";
import { cleanupsIn } from "./checkpoint_log.ts";
import { checkpointPool, Scene } from "./checkpoint_scene.ts";
import { JOB_FILES } from "./checkpoint_scripts.ts";
import { poolTest } from "./harness.ts";
import { untilWritten } from "./user_log.ts";

/** What a schedd sees of an exit status of 1. */
const FAILED = 256;

poolTest("sweep, run by root, does what condor_preen cannot", async (pool) => {
  const scene = await Scene.make(pool);
  await scene.record();
  await scene.mark("broken");
  const job = await scene.submit({ steps: 2, ends: true });
  await job.finished();
  assertEquals((await scene.cleanedBySchedd(job)).map(({ status }) => status), [FAILED]);
  const waiting = { spool: [], cleanup: ["0000", "0001"] };
  await scene.settled(job, waiting);
  assertEquals(await filesBelow(job.stored), wholeCheckpoints(["0000", "0001"]));
  const status = await scene.manifest(["status"]);
  assert(status.stdout.includes(job.key), status.stdout);
  assertMatch(status.stdout, /It is broken/);

  await scene.unmark("broken");
  const before = (await scene.calls()).length;
  // Run by root it may not look into the owner's directory, and says nothing of it.
  await scene.preen();
  assertEquals((await scene.calls()).length, before);
  await scene.settled(job, waiting);

  const swept = await scene.manifest(["sweep"]);
  assertEquals(swept.code, 0, swept.stdout + swept.stderr);
  await scene.left(job);
  const calls = (await scene.calls()).slice(before);
  assertEquals(calls.length, 2 * JOB_FILES.length);
  const { uid, gid } = await Deno.stat(scene.path());
  for (const { status } of calls) {
    assertEquals(status["Uid"], Array(4).fill(uid).join("\t"));
    assertEquals(status["Gid"], Array(4).fill(gid).join("\t"));
    assertEquals(status["Groups"], `${gid}`);
  }
}, checkpointPool());

poolTest("condor_preen sees a clean-up that went well, where it may look", async (pool) => {
  const scene = await Scene.make(pool);
  await scene.record();
  await scene.mark("broken");
  const job = await scene.submit({ steps: 3, ends: true });
  await job.finished();
  await scene.cleanedBySchedd(job);
  await scene.unmark("broken");
  using _open = await scene.openOwner();
  const { stdout, code } = await scene.preen();
  assertEquals(code, 0);
  await scene.left(job);
  // HTCondor's own program makes it report "returned 256".
  assert(!stdout.includes("returned"), stdout);
}, checkpointPool());

poolTest("condor_preen reports a clean-up that went wrong", async (pool) => {
  const scene = await Scene.make(pool);
  await scene.record();
  await scene.mark("broken");
  const job = await scene.submit({ steps: 1, ends: true });
  await job.finished();
  await scene.cleanedBySchedd(job);
  using _open = await scene.openOwner();
  const { stdout } = await scene.preen();
  assertMatch(stdout, new RegExp(`${job.key} - checkpoint clean-up proc \\d+ returned ${FAILED}`));
  await scene.unmark("broken");
  assertEquals((await scene.manifest(["sweep"])).code, 0);
  await scene.left(job);
}, checkpointPool());

poolTest("a clean-up that is killed with its shadow is finished by the schedd's", async (pool) => {
  const scene = await Scene.make(pool);
  await scene.record();
  await scene.mark("slow");
  const job = await scene.submit({ steps: 3 });
  await scene.untilCalls(1);
  await job.release();
  await job.finished();
  await untilWritten(pool.path("log/ShadowLog"), (text) => {
    const { pid } = cleanupsIn(text, job.cluster).at(-1) ?? {};
    return text.includes(`before all child processes gone; killing ${pid}\n`) ? true : undefined;
  }, 30);
  await scene.untilCalls(2);
  await scene.unmark("slow");
  await scene.left(job);
  assertEquals((await scene.cleanedBySchedd(job)).map(({ status }) => status), [0]);
  const [first, again] = (await scene.calls()).map(({ args }) => args);
  assertEquals(first, again);
}, checkpointPool());

poolTest("a clean-up that outlives its time saves what it has done", async (pool) => {
  const scene = await Scene.make(pool);
  await scene.record();
  await scene.mark("slow", "top.dat");
  const job = await scene.submit({ steps: 1, ends: true });
  await job.finished();
  const [cleanup] = await scene.cleanedBySchedd(job);
  assertEquals(cleanup?.status, "timed out");
  await untilWritten(pool.path("spool/checkpoint-cleanup/alice/.cleanup.log"), (text) => {
    return text.split("\n").some((line) =>
        line.includes(job.key) && line.includes('"stopped":true')
      )
      ? true
      : undefined;
  }, 30);
  const left = (await filesBelow(job.stored)).map((name) => name.slice("0000/".length));
  assertEquals(left, ["_condor_stderr", "_condor_stdout", "top.dat"]);
  // HTCondor's own program finds nothing wrong with what was saved.
  const manifest = `${job.cleanup}/_condor_checkpoint_MANIFEST.0000`;
  const inside = manifest.slice(pool.instance.root.length);
  await condor(pool.instance, ["/usr/bin/condor_manifest", "validateManifestFile", inside]);
  const lines = (await Deno.readTextFile(manifest)).trimEnd().split("\n").slice(0, -1);
  assertEquals(lines.map((line) => line.slice(66)).toSorted(), left);

  await scene.unmark("slow");
  const before = (await scene.calls()).length;
  assertEquals((await scene.manifest(["sweep"])).code, 0);
  await scene.left(job);
  assertEquals((await scene.calls()).length - before, left.length);
}, checkpointPool("SCHEDD_CHECKPOINT_CLEANUP_TIMEOUT = 3"));
