/** `scitokens_credential_producer` as condor_submit runs it. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { PoolError } from "../../scripts/pool/command.ts";
import { JOB_USER } from "../../scripts/pool/root.ts";
import { CredmonScene, LOCAL_ISSUER } from "./credmon_scene.ts";
import { poolTest } from "./harness.ts";

/** No job gets a token by itself. */
const ISSUER = LOCAL_ISSUER.slice(1, 4);
const PRODUCER = "SEC_CREDENTIAL_PRODUCER = $(LIBEXEC)/scitokens_credential_producer";

poolTest("condor_submit asks the local issuer through the producer", async (pool) => {
  const scene = await CredmonScene.open(pool, [
    ...ISSUER,
    PRODUCER,
    "LOCAL_CREDMON_PRODUCER_MODE = local",
  ]);
  // A job that is to get a Kerberos credential would not start here.
  const job = await pool.submit(["hold = true"]);
  assertEquals((await job.ad())["SendCredential"], true);
  const { sub } = await scene.verify(await scene.use());
  assertEquals(sub, JOB_USER);
  assertEquals(await Deno.readTextFile(scene.path(JOB_USER, "scitokens.top")), JOB_USER);
  await job.remove();
});

poolTest("condor_submit refuses what the producer printed for HTCondor 8.8", async (pool) => {
  await CredmonScene.open(pool, [...ISSUER, PRODUCER]);
  const { message } = await assertRejects(() => pool.submit([]), PoolError);
  assertMatch(message, /store_cred of Kerberos credential failed/);
  // The user sees what to do instead.
  assertMatch(message, /set LOCAL_CREDMON_PROVIDER_NAMES and a job transform/);
});
