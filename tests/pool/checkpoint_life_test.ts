/** Checkpoints from the first to the last, with our programs where HTCondor's daemons call its own. */

import { assert, assertEquals } from "@std/assert";
import { exists } from "@std/fs";
import { poolTest } from "./harness.ts";
import { checkpointPool, filesBelow, Scene, wholeCheckpoints } from "./checkpoint_scene.ts";

poolTest(
  "superseded checkpoints go while the job runs, the others when it leaves",
  async (pool) => {
    const scene = await Scene.make(pool);
    const job = await scene.submit({ steps: 4 });
    await scene.settled(job, { spool: ["0002", "0003"], cleanup: [] });
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
