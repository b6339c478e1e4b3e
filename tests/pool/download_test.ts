/** Inputs by URL, as HTCondor records them. */

import { assertEquals, assertMatch } from "@std/assert";
import { startFault } from "../servers/fault.ts";
import { poolTest } from "./harness.ts";

poolTest("a job gets a good URL", async (pool) => {
  await using server = await startFault({ "/good": { body: "good news\n" } });
  const job = await pool.submit([
    "executable = /bin/cat",
    "arguments = good",
    `transfer_input_files = ${server.url("/good")}`,
  ]);
  await job.finished();
  assertEquals(await job.read("out"), "good news\n");
});

poolTest("a job with a missing URL is held with the server's answer", async (pool) => {
  await using server = await startFault({});
  const url = `http://localhost:${server.port}/badurl`;
  const job = await pool.submit([`transfer_input_files = ${url}`]);
  const hold = await job.held();
  assertMatch(
    hold.reason,
    /^Transfer input files failure at execution point slot1_\d+@\S+ using protocol http\. Details: /,
  );
  assertEquals(
    hold.reason.replace(/^.*Details: /, ""),
    `The requested URL returned error: 404 ( URL file = ${url} )`,
  );
  assertEquals([hold.code, hold.subCode], [13, 256]);
});
