/** Checkpoints from the first to the last, with our programs where HTCondor's daemons call its own. */

import { assert, assertEquals } from "@std/assert";
import { exists } from "@std/fs";
import { condor } from "../../scripts/pool/instance.ts";
import { filesBelow, wholeCheckpoints } from "./checkpoint_files.ts";
import { type CheckpointJob, checkpointPool, Scene } from "./checkpoint_scene.ts";
import { ODD_JOB } from "./checkpoint_scripts.ts";
import { type Pool, poolTest } from "./harness.ts";

poolTest(
  "superseded checkpoints go while the job runs, the others when it leaves",
  async (pool) => {
    const scene = await Scene.make(pool);
    const job = await scene.submit({ steps: 4 });
    await scene.settled(job, { spool: ["0002", "0003"], cleanup: [] });
    // HTCondor's own program ends with 1 for the numbers that are kept or were done before.
    const byShadow = await scene.cleanedByShadow(job, 4);
    assertEquals(byShadow.map(({ status }) => status), [0, 0, 0, 0]);
    assertEquals(await filesBelow(job.stored), wholeCheckpoints(["0002", "0003"]));
    assert(!await exists(job.cleanup));
    await job.release();
    await job.finished();
    assertEquals((await scene.cleanedBySchedd(job)).map(({ status }) => status), [0]);
    await scene.left(job);
  },
  checkpointPool(),
);

poolTest("checkpoints of a job in the queue stay, whoever sweeps", async (pool) => {
  const scene = await Scene.make(pool);
  const job = await scene.submit({ steps: 3, ends: true, lines: ["leave_in_queue = true"] });
  await job.finished();
  const kept = wholeCheckpoints(["0001", "0002"]);
  const look = async (): Promise<string[]> => {
    const left = await filesBelow(job.stored);
    // Number 0 may have lost its clean-up when the shadow ended.
    return left.filter((name) => !name.startsWith("0000/"));
  };
  assertEquals(await look(), kept);
  const swept = await scene.manifest(["sweep"]);
  assertEquals(swept.code, 0, swept.stdout + swept.stderr);
  await scene.preen();
  assertEquals(await filesBelow(job.stored), kept);
  assert(!await exists(job.cleanup));
  await leaveQueue(pool, job);
  await scene.left(job);
  assertEquals((await scene.cleanedBySchedd(job)).map(({ status }) => status), [0]);
}, checkpointPool());

poolTest("failed checkpoints are removed by the shadow, file by file", async (pool) => {
  const scene = await Scene.make(pool);
  await scene.record();
  const job = await scene.submit({
    steps: 5,
    fails: [1, 2],
    destination: `ckpt://soft${scene.home}/store/`,
  });
  await scene.settled(job, { spool: ["0003", "0004"], cleanup: [] });
  await scene.cleanedByShadow(job, 3);
  assertEquals(await filesBelow(job.stored), wholeCheckpoints(["0003", "0004"]));
  // The shadow's own calls are told by the job's directory instead of an ad.
  const spool = job.spool.slice(pool.instance.root.length);
  const direct = (await scene.calls()).filter(({ args }) => args.includes(spool));
  for (const number of ["0001", "0002"]) {
    const base = `ckpt://soft${scene.home}/store//${job.gid}/${number}`;
    const calls = direct.filter(({ args }) => args[args.indexOf("-from") + 1] === base);
    assertEquals(
      calls.map(({ args }) => args[args.indexOf("-delete") + 1]).toSorted(),
      // The MANIFEST's last line still has the name it had before.
      [...wholeCheckpoints([number]), `${number}/state/FAILURE`, manifestName(number)]
        .map((name) => name.slice(5)).toSorted(),
    );
    for (const { args } of calls) {
      assertEquals(args.slice(args.indexOf("-jobad")), ["-jobad", spool, "-ignore-missing-files"]);
    }
  }
  await job.release();
  await job.finished();
  await scene.left(job);
}, checkpointPool());

poolTest(
  "a checkpoint whose upload ended in a hold is gone after the job's removal",
  async (pool) => {
    const scene = await Scene.make(pool);
    const job = await scene.submit({ steps: 3, fails: [1] });
    const hold = await job.held();
    assertEquals([hold.code, hold.subCode], [36, -1]);
    assertEquals(await filesBelow(job.stored), wholeCheckpoints(["0000", "0001"]));
    await job.remove();
    await scene.left(job);
    assertEquals((await scene.cleanedBySchedd(job)).map(({ status }) => status), [0]);
    const note = scene.pool.path("spool/checkpoint-cleanup/alice", `.rescan.${job.key}.ad`);
    assert(await exists(note), "There is no note to look once more");
  },
  checkpointPool(),
);

poolTest("files with odd names are all removed", async (pool) => {
  const scene = await Scene.make(pool);
  const job = await scene.submitScript(ODD_JOB, {
    lines: ["transfer_checkpoint_files = n, state/, sub2/y/z.dat, /etc/hostname"],
  });
  await scene.settled(job, { spool: ["0000"], cleanup: [] });
  const names = await filesBelow(job.stored);
  for (const name of ["trail ", " lead", "new\nline", "*star", "-dash", "back\\slash"]) {
    assert(names.some((path) => path.endsWith(`/${name}`)), `"${name}" was not stored: ${names}`);
  }
  await scene.cleanedByShadow(job, 1);
  await job.release();
  await job.finished();
  assertEquals((await scene.cleanedBySchedd(job)).map(({ status }) => status), [0]);
  await scene.left(job);
}, checkpointPool());

/** The name on the last line of a MANIFEST, with a checkpoint's number before it. */
function manifestName(number: string): string {
  return `${number}/_condor_checkpoint_MANIFEST.${number}`;
}

async function leaveQueue(pool: Pool, job: CheckpointJob): Promise<void> {
  const id = `${job.cluster}.0`;
  await condor(pool.instance, ["condor_qedit", id, "LeaveJobInQueue", "False"]);
  await condor(pool.instance, ["condor_rm", id]);
}
