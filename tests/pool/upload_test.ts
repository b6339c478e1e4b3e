/** Outputs by URL: where they arrive and what HTCondor records. */

import { assertEquals, assertMatch, assertObjectMatch } from "@std/assert";
import * as apache from "../servers/apache.ts";
import { startFault } from "../servers/fault.ts";
import { poolTest } from "./harness.ts";
import { invocationsOf, resultsOf } from "./history.ts";

const MAKE_OUTPUTS = [
  "executable = /bin/sh",
  `arguments = "-c 'mkdir -p sub/deep; echo one >a; echo two >sub/b; echo three >sub/deep/c'"`,
  "transfer_output_files = a, sub",
];
const NAMES = ["a", "sub/b", "sub/deep/c"];

poolTest(
  "outputs of a job, folders and all, go to an output_destination",
  async (pool) => {
    await using server = await apache.startApache();
    const destination = `${server.origin.replace("http", "dav")}/jobs/one/`;
    const job = await pool.submit([...MAKE_OUTPUTS, `output_destination = ${destination}`]);
    await job.finished();
    const read = (name: string) => Deno.readTextFile(`${server.root}/jobs/one/${name}`);
    assertEquals(await Promise.all(NAMES.map(read)), ["one\n", "two\n", "three\n"]);
    const output = await job.transfer("OUTPUT");
    for (const invocation of invocationsOf(output, "Output")) {
      assertObjectMatch(invocation, {
        PluginBasename: "curl_plugin",
        Schemes: "dav",
        TransferClass: 2,
        Result: 0,
        ExitCode: 0,
      });
    }
    assertEquals(
      resultsOf(output, "Output").map((ad) => [
        ad["TransferUrl"],
        ad["TransferSuccess"],
        ad["TransferType"],
        ad["TransferFileBytes"],
      ]).sort(),
      NAMES.map((name, n) => [destination + name, true, "upload", n === 2 ? 6 : 4]),
    );
  },
  { missing: apache.missing },
);

poolTest("a remap sends one output to a URL and leaves the rest", async (pool) => {
  await using server = await startFault({ "/kept": { status: 201 } });
  const job = await pool.submit([
    ...MAKE_OUTPUTS,
    "transfer_output_files = a, sub/b",
    `transfer_output_remaps = "a = ${server.url("/kept")}"`,
  ]);
  await job.finished();
  const [put] = server.to("/kept");
  assertEquals([put?.method, new TextDecoder().decode(put?.body?.bytes)], ["PUT", "one\n"]);
  assertEquals(await job.read("b"), "two\n");
});

poolTest("a job whose upload is refused is held with the server's answer", async (pool) => {
  await using server = await startFault({ "/full/*": { status: 403 } });
  const job = await pool.submit([
    ...MAKE_OUTPUTS,
    "transfer_output_files = a",
    `output_destination = ${server.url("/full/")}`,
  ]);
  const hold = await job.held();
  assertMatch(hold.reason, /^Transfer output files failure at execution point .* protocol http\. /);
  assertEquals(
    hold.details,
    `The requested URL returned error: 403 ( URL file = ${server.url("/full/a")} )`,
  );
  assertEquals([hold.code, hold.subCode], [12, 256]);
  const output = await job.transfer("OUTPUT");
  assertObjectMatch(invocationsOf(output, "Output")[0] ?? {}, { Result: 1, ExitCode: 1 });
  const [result] = resultsOf(output, "Output");
  assertObjectMatch(result ?? {}, {
    TransferUrl: server.url("/full/a"),
    TransferType: "upload",
    TransferSuccess: false,
  });
  const [data] = result?.["TransferErrorData"] as Record<string, unknown>[];
  assertObjectMatch(data ?? {}, { ErrorType: "Authorization" });
});

poolTest("a job that leaves no output file is held and says which", async (pool) => {
  await using server = await startFault({});
  const job = await pool.submit([
    "transfer_output_files = never_made",
    `output_destination = ${server.url("/out/")}`,
  ]);
  const hold = await job.held();
  assertMatch(hold.reason, /never_made/);
  assertEquals(hold.code, 12);
});
