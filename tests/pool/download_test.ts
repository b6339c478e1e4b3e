/** Inputs by URL, as jobs get them and as HTCondor records them. */

import { assertEquals, assertMatch, assertObjectMatch } from "@std/assert";
import { startFault } from "../servers/fault.ts";
import { poolTest } from "./harness.ts";
import { invocationsOf, resultsOf } from "./history.ts";

poolTest("a job gets a good URL, and the history says so", async (pool) => {
  await using server = await startFault({ "/good": { body: "good news\n" } });
  const job = await pool.submit([
    "executable = /bin/cat",
    "arguments = good",
    `transfer_input_files = ${server.url("/good")}`,
  ]);
  await job.finished();
  assertEquals(await job.read("out"), "good news\n");
  const input = await job.transfer("INPUT");
  const [invocation, ...more] = invocationsOf(input, "Input");
  assertObjectMatch(invocation ?? {}, {
    PluginBasename: "curl_plugin",
    Schemes: "http",
    TransferClass: 1,
    Result: 0,
    ExitCode: 0,
    ExitBySignal: false,
  });
  assertEquals(more, []);
  const [result, ...others] = resultsOf(input, "Input");
  assertObjectMatch(result ?? {}, {
    TransferUrl: server.url("/good"),
    TransferType: "download",
    TransferProtocol: "http",
    TransferSuccess: true,
    TransferFileBytes: 10,
    TransferTotalBytes: 10,
  });
  assertEquals(others, []);
});

poolTest("a job with a missing URL is held with the server's answer", async (pool) => {
  await using server = await startFault({ "/badurl": { status: 404 } });
  const url = `http://localhost:${server.port}/badurl`;
  const job = await pool.submit([`transfer_input_files = ${url}`]);
  const hold = await job.held();
  assertMatch(
    hold.reason,
    /^Transfer input files failure at execution point slot1_\d+@\S+ using protocol http\. Details: /,
  );
  assertEquals(
    hold.details,
    `The requested URL returned error: 404 ( URL file = ${url} )`,
  );
  assertEquals([hold.code, hold.subCode], [13, 256]);
  const input = await job.transfer("INPUT");
  assertObjectMatch(invocationsOf(input, "Input")[0] ?? {}, {
    Result: 1,
    ExitCode: 1,
    ExitBySignal: false,
  });
  const [result] = resultsOf(input, "Input");
  assertObjectMatch(result ?? {}, {
    TransferUrl: url,
    TransferSuccess: false,
    TransferError: "The requested URL returned error: 404",
  });
  const [data] = result?.["TransferErrorData"] as Record<string, unknown>[];
  assertObjectMatch(data ?? {}, {
    ErrorType: "Specification",
    ErrorCode: 22,
    FailedServer: `localhost:${server.port}`,
  });
});

poolTest("a job with one bad URL among good ones has all of them tried", async (pool) => {
  await using server = await startFault({
    "/a": { body: "a" },
    "/gone": { status: 410 },
    "/b": { body: "bb" },
    "/c": { body: "ccc" },
  });
  const paths = ["/a", "/gone", "/b", "/c"];
  const urls = paths.map((path) => server.url(path));
  const job = await pool.submit([`transfer_input_files = ${urls.join(", ")}`]);
  const hold = await job.held();
  assertEquals(
    hold.details,
    `The requested URL returned error: 410 ( URL file = ${server.url("/gone")} )`,
  );
  assertEquals([hold.code, hold.subCode], [13, 256]);
  assertEquals(server.requests.map(({ path }) => path).sort(), paths.toSorted());
  const input = await job.transfer("INPUT");
  assertEquals(invocationsOf(input, "Input").length, 1);
  const results = resultsOf(input, "Input");
  assertEquals(
    results.map((result) => [result["TransferUrl"], result["TransferSuccess"]]).sort(),
    urls.map((url) => [url, url !== server.url("/gone")]).sort(),
  );
  // The last failure leads the hold reason, so failures come after what went well.
  assertEquals(results.at(-1)?.["TransferUrl"], server.url("/gone"));
});

poolTest("a job gets 200 URLs in one run of the plug-in", async (pool) => {
  const names = Array.from({ length: 200 }, (_, n) => `f${n.toString().padStart(3, "0")}`);
  await using server = await startFault({
    "/*": ({ path }) => ({ body: `${path.slice(1)}\n`.repeat(100) }),
  });
  const job = await pool.submit([
    "executable = /bin/sh",
    `arguments = "-c 'cat f???'"`,
    `transfer_input_files = ${names.map((name) => server.url(`/${name}`)).join(", ")}`,
  ]);
  await job.finished();
  assertEquals(await job.read("out"), names.map((name) => `${name}\n`.repeat(100)).join(""));
  const input = await job.transfer("INPUT");
  assertEquals(invocationsOf(input, "Input").length, 1);
  const results = resultsOf(input, "Input");
  assertEquals(results.length, 200);
  assertEquals(results.every((result) => result["TransferSuccess"] === true), true);
});

poolTest("one run of the plug-in serves all its schemes", async (pool) => {
  await using server = await startFault({
    "/web": { body: "web\n" },
    "/davs/file": { body: "dav\n" },
  });
  const shared = pool.path("shared.txt");
  await Deno.writeTextFile(shared, "local\n", { mode: 0o644 });
  const inside = shared.slice(pool.instance.root.length);
  const job = await pool.submit([
    "executable = /bin/cat",
    "arguments = web file shared.txt",
    `transfer_input_files = ${server.url("/web")}, file://${inside}, ${
      server.url("/davs/file").replace("http", "dav")
    }`,
  ]);
  await job.finished();
  assertEquals(await job.read("out"), "web\ndav\nlocal\n");
  const input = await job.transfer("INPUT");
  const invocations = invocationsOf(input, "Input");
  assertEquals(invocations.map((ad) => ad["Schemes"]), ["dav,file,http"]);
});

poolTest("a job gets data URLs", async (pool) => {
  // The list of files is split at commas, so that the one of a data URL is written %2C.
  const job = await pool.submit([
    "executable = /bin/cat",
    "arguments = greeting",
    "transfer_input_files = data://;base64%2CaGVsbG8K/greeting",
  ]);
  await job.finished();
  assertEquals(await job.read("out"), "hello\n");
});
