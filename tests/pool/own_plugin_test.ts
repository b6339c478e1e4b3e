/** Plug-ins that travel with a job, and methods that nobody serves. */

import { assertEquals, assertMatch, assertObjectMatch } from "@std/assert";
import { built } from "../build/built.ts";
import { startFault } from "../servers/fault.ts";
import { poolTest } from "./harness.ts";
import { invocationsOf, resultsOf } from "./history.ts";
import { EVICTED } from "./user_log.ts";

poolTest("a job brings its own zkm plug-in under another name", async (pool) => {
  const job = await pool.submit([
    "executable = /bin/sh",
    `arguments = "-c 'cat noise nothing | wc -c'"`,
    "transfer_plugins = zkm=noise_maker",
    "transfer_input_files = zkm://128/noise, zkm://0/nothing",
  ], { noise_maker: { copyOf: await built("zkm_plugin") } });
  await job.finished();
  assertEquals((await job.read("out")).trim(), "128");
  const input = await job.transfer("INPUT");
  assertEquals(invocationsOf(input, "Input").map((ad) => [ad["PluginBasename"], ad["Schemes"]]), [
    ["noise_maker", "zkm"],
  ]);
  assertEquals(
    resultsOf(input, "Input").map((ad) => [ad["TransferUrl"], ad["TransferTotalBytes"]]),
    [["zkm://128/noise", 128], ["zkm://0/nothing", 0]],
  );
});

poolTest("a job's own curl_plugin serves in place of the pool's", async (pool) => {
  await using server = await startFault({ "/good": { body: "good\n" } });
  const job = await pool.submit([
    "executable = /bin/cat",
    "arguments = good",
    "transfer_plugins = http,https=my_curl",
    `transfer_input_files = ${server.url("/good")}`,
    // Without -classad protocol 2 is assumed: the data comes in the ad of each file.
    `MY.http_PluginData = [ Headers = { "X-Purpose: test" } ]`,
  ], { my_curl: { copyOf: await built("curl_plugin") } });
  await job.finished();
  assertEquals(await job.read("out"), "good\n");
  assertEquals(server.to("/good")[0]?.header("x-purpose"), "test");
  const [invocation] = invocationsOf(await job.transfer("INPUT"), "Input");
  assertObjectMatch(invocation ?? {}, { PluginBasename: "my_curl", Result: 0 });
});

poolTest(
  "a job that asks for it goes back to the queue when no server can be reached",
  async (pool) => {
    const job = await pool.submit([
      "transfer_input_files = http://127.0.0.1:9/file",
      "MY.PluginData = [ RequeueOnTransient = true; MaxRetries = 0 ]",
    ]);
    const { text } = await job.logged(EVICTED);
    await job.remove();
    assertMatch(text, /Code 13 Subcode -1004/);
  },
);

poolTest("a job with a method nobody serves goes back to the queue", async (pool) => {
  // Naming the attribute keeps HTCondor from adding the clause that would never match.
  const job = await pool.submit([
    "requirements = TARGET.HasFileTransferPluginMethods =!= undefined",
    "transfer_input_files = nosuch://host/file",
  ]);
  const { text } = await job.logged(EVICTED);
  await job.remove();
  assertMatch(text, /Code 13 Subcode -1001/);
});
