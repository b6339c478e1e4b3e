/** The monitor under condor_master: configuration, ends, restarts, and the sweep of old users. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { condor } from "../../scripts/pool/instance.ts";
import { until } from "./ads.ts";
import { CredmonScene, LOCAL_ISSUER } from "./credmon_scene.ts";
import { poolTest } from "./harness.ts";
import { untilWritten } from "./user_log.ts";

const FOR_OTHERS = "CRED_SUPER_USERS = root, condor";
const TRUE = ["executable = /bin/true"];

poolTest("condor_reconfig brings a provider into force without a restart", async (pool) => {
  const scene = await CredmonScene.open(pool, LOCAL_ISSUER);
  await (await pool.submit(TRUE)).finished();
  // configure() sees to it that the process stays.
  await scene.configure([
    ...LOCAL_ISSUER.map((line) => line.replace(/^(LOCAL_CREDMON_PROVIDER_NAMES.*)/, "$1 second")),
    "LOCAL_CREDMON_second_ISSUER = https://second.example",
  ]);
  const job = await pool.submit([
    "executable = /bin/sh",
    `arguments = "-c 'cat $_CONDOR_CREDS/second.use'"`,
    "use_oauth_services = second",
  ]);
  await job.finished();
  const { iss } = await scene.verify(await job.read("out"), "https://second.example");
  assertEquals(iss, "https://second.example");
  await scene.verify(await scene.use());
});

poolTest("a provider whose key is missing does not stop the other", async (pool) => {
  const scene = await CredmonScene.open(pool, LOCAL_ISSUER);
  await scene.configure([
    ...LOCAL_ISSUER.map((line) => line.replace(/^(LOCAL_CREDMON_PROVIDER_NAMES.*)/, "$1 broken")),
    "LOCAL_CREDMON_broken_PRIVATE_KEY = /no/such/key.pem",
    // Else condor_credd waits for the broken one's tokens, too.
    "SUBMIT_ADD_LOCAL_CREDMON_PROVIDER_NAMES = scitokens",
  ]);
  assertMatch(await scene.log(), /broken.*\/no\/such\/key\.pem/);
  const job = await pool.submit([
    "executable = /bin/sh",
    `arguments = "-c 'cat $_CONDOR_CREDS/scitokens.use'"`,
  ]);
  await job.finished();
  await scene.verify(await job.read("out"));
});

poolTest("a configuration that cannot be used leaves the one before in force", async (pool) => {
  const scene = await CredmonScene.open(pool, LOCAL_ISSUER);
  const pid = await scene.pid();
  const before = (await scene.log()).length;
  await pool.configure([...LOCAL_ISSUER, "LOCAL_CREDMON_PROVIDER_NAMES = not/a/name"]);
  await scene.logged((text) =>
    text.slice(before).includes("Keeping the configuration as it was") || undefined
  );
  assertEquals(await scene.pid(), pid);
  await scene.configure(LOCAL_ISSUER);
  await (await pool.submit(TRUE)).finished();
});

poolTest(
  "a user's credentials are swept after the last job, and come back with the next",
  async (pool) => {
    const scene = await CredmonScene.open(pool, [
      ...LOCAL_ISSUER,
      "ABSENT_OWNER_LIFETIME = 1",
      "SEC_CREDENTIAL_SWEEP_DELAY = 1",
    ]);
    const before = (await scene.log()).length;
    // Jobs that other tests have left on hold count, too.
    await condor(pool.instance, ["condor_rm", "-all"], { mayFail: true });
    await (await pool.submit(TRUE)).finished();
    await scene.use();
    await until("the sweep", async () => {
      return await Deno.stat(scene.path("alice")).then(() => undefined, () => true);
    }, { seconds: 30 });
    await (await pool.submit(TRUE)).finished();
    await scene.use();
    assertNotMatch((await scene.log()).slice(before), /WARNING|ERROR|[Ff]ailed/);
  },
);

poolTest("condor_off ends the monitor, condor_on brings it back", async (pool) => {
  const scene = await CredmonScene.open(pool, [...LOCAL_ISSUER, FOR_OTHERS]);
  const old = await scene.pid();
  // So that condor_credd knows the process: it sends its signals there for 20 s, whatever comes.
  await scene.askFor(["before"]);
  await condor(pool.instance, ["condor_off", "-daemon", "credmon_oauth"]);
  await until("the monitor's end", async () => {
    return (await scene.processes()).length === 0 ? true : undefined;
  });
  assertMatch(await scene.log(), /Got SIGTERM, terminating/);
  await assertGone(scene.path("pid"));
  const ended = `CREDMON_OAUTH (pid ${old}) exited with status 0`;
  await untilWritten(
    pool.path("log", "MasterLog"),
    (text) => text.includes(ended) || undefined,
    10,
  );
  await condor(pool.instance, ["condor_on", "-daemon", "credmon_oauth"]);
  assert(await scene.pid() !== old);
  const [waited = Infinity] = await scene.askFor(["off-and-on"]);
  assert(waited < 5, `the user waited ${waited} s`);
  await scene.verify(await scene.use("off-and-on"));
});

poolTest("condor_master restarts a killed monitor, and there is one", async (pool) => {
  const scene = await CredmonScene.open(pool, [...LOCAL_ISSUER, FOR_OTHERS]);
  const old = await scene.pid();
  assertEquals(await scene.processes(), [old]);
  await scene.askFor(["before"]);
  Deno.kill(old, "SIGKILL");
  // A user comes while there is none.
  const waiting = scene.askFor(["between"]);
  await until("another monitor", async () => await scene.pid() === old ? undefined : true, {
    seconds: 20,
  });
  await waiting;
  await scene.verify(await scene.use("between"));
  assertEquals(await scene.processes(), [await scene.pid()]);
  const [waited = Infinity] = await scene.askFor(["thereafter"]);
  assert(waited < 5, `the user waited ${waited} s`);
});

async function assertGone(path: string): Promise<void> {
  assertEquals(await Deno.stat(path).then(() => true, () => false), false, path);
}
