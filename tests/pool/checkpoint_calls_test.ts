/** How the daemons call condor_manifest, and how that calls plug-ins that are not its own. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { JOB_USER } from "../../scripts/pool/root.ts";
import { checkpointPool, Scene } from "./checkpoint_scene.ts";
import type { Call } from "./checkpoint_scripts.ts";
import { poolTest } from "./harness.ts";

/** What the daemons keep for themselves and each other. */
const DAEMONS_OWN = /^(CONDOR_(PRIVATE|INHERIT|PARENT|PROCD)|_CONDOR_ANCESTOR_)/;

poolTest("plug-ins get nothing of what belongs to the daemons", async (pool) => {
  const scene = await Scene.make(pool);
  await scene.record();
  const calls = await scene.recordManifest(async () => {
    const job = await scene.submit({ steps: 3 });
    await scene.cleanedByShadow(job, 3);
    await scene.settled(job, { spool: ["0001", "0002"], cleanup: [] });
    await job.release();
    await job.finished();
    await scene.left(job);
  });
  const byDaemons = calls.filter(({ args }) => args[0] === "deleteFilesStoredAt");
  const plugins = calls.filter(({ args }) => args[0] !== "deleteFilesStoredAt");
  assertEquals(byDaemons.length, 4);
  assertEquals(plugins.length, 27);
  for (const call of byDaemons) {
    // What there is to be kept from the plug-ins.
    assert(daemonsOwn(call).some((name) => name.startsWith("CONDOR_PRIVATE_")));
    assertMatch(call.status["SigBlk"] ?? "", /[1-9a-f]/);
    assert(targets(call).some((target) => target.startsWith("socket:")), "No socket was inherited");
    assertEquals(call.environment["USER"], undefined);
  }
  const { uid } = await Deno.stat(scene.path());
  for (const call of plugins) {
    assertEquals(daemonsOwn(call), []);
    assertEquals(call.status["SigBlk"], "0".repeat(16));
    assertEquals(call.status["Uid"], Array(4).fill(uid).join("\t"));
    const { HOME, USER, LOGNAME } = call.environment;
    assertEquals([HOME, USER, LOGNAME], [`/home/${JOB_USER}`, JOB_USER, JOB_USER]);
    assertEquals(Object.keys(call.descriptors), ["0", "1", "2"]);
    assertEquals(call.descriptors["0"], "/dev/null");
    assertMatch(call.descriptors["1"] ?? "", /^pipe:/);
    assertEquals(call.descriptors["1"], call.descriptors["2"]);
  }
}, checkpointPool());

function daemonsOwn({ environment }: Call): string[] {
  return Object.keys(environment).filter((name) => DAEMONS_OWN.test(name));
}

function targets({ descriptors }: Call): string[] {
  return Object.values(descriptors);
}
