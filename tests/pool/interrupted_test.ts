/** A plug-in that is ended from outside: what remains of its report. */

import { assertEquals, assertObjectMatch } from "@std/assert";
import { startFault, Valve } from "../servers/fault.ts";
import { type Pool, poolTest } from "./harness.ts";
import { invocationsOf, resultsOf } from "./history.ts";
import { untilWritten } from "./user_log.ts";

const NEVER = new Promise<never>(() => {});

poolTest("a plug-in killed in mid-transfer leaves the ads of all its files", async (pool) => {
  await using server = await startFault({
    "/done": { body: "done\n" },
    "/stuck": { body: "stuck\n".repeat(10_000), valve: new Valve(100) },
  });
  const urls = [server.url("/done"), server.url("/stuck")];
  const job = await pool.submit([
    `transfer_input_files = ${urls.join(", ")}`,
    "MY.PluginData = [ MaxParallel = 1 ]",
  ]);
  // The second file is asked for when the first is done.
  await server.arrived(2);
  const { pid, outFile } = await runningPlugin(pool);
  await untilWritten(outFile, (text) => text.includes("TransferSuccess = true") || undefined, 30);
  Deno.kill(pid, "SIGKILL");
  const hold = await job.held();
  assertEquals([hold.code, hold.subCode], [13, 9]);
  assertEquals(hold.details, `The transfer was not completed ( URL file = ${urls[1]} )`);
  const input = await job.transfer("INPUT");
  assertObjectMatch(invocationsOf(input, "Input")[0] ?? {}, { ExitBySignal: true, ExitSignal: 9 });
  assertEquals(
    resultsOf(input, "Input").map((ad) => [ad["TransferUrl"], ad["TransferSuccess"]]).sort(),
    [[urls[0], true], [urls[1], false]],
  );
});

poolTest("a plug-in that outlives its time is ended, and its ads are read", async (pool) => {
  await using server = await startFault({
    "/done": { body: "done\n" },
    "/stuck": { silence: NEVER },
  });
  const urls = [server.url("/done"), server.url("/stuck")];
  const job = await pool.submit([
    `transfer_input_files = ${urls.join(", ")}`,
    "MY.PluginData = [ MaxParallel = 1 ]",
  ]);
  const hold = await job.held();
  assertEquals([hold.code, hold.subCode], [13, 62]);
  assertEquals(hold.details, `The transfer was not completed ( URL file = ${urls[1]} )`);
  const input = await job.transfer("INPUT");
  assertObjectMatch(invocationsOf(input, "Input")[0] ?? {}, { Result: 3 });
  assertEquals(
    resultsOf(input, "Input").map((ad) => [ad["TransferUrl"], ad["TransferSuccess"]]).sort(),
    [[urls[0], true], [urls[1], false]],
  );
}, { config: ["MAX_FILE_TRANSFER_PLUGIN_LIFETIME = 3"] });

poolTest("a job is held when its server falls silent", async (pool) => {
  await using server = await startFault({ "/stuck": { silence: NEVER } });
  const job = await pool.submit([
    `transfer_input_files = ${server.url("/stuck")}`,
    "MY.PluginData = [ StallSeconds = 12; MaxRetries = 0 ]",
  ]);
  const hold = await job.held();
  assertEquals([hold.code, hold.subCode], [13, 256]);
  const [result] = resultsOf(await job.transfer("INPUT"), "Input");
  const [data] = result?.["TransferErrorData"] as Record<string, unknown>[];
  assertObjectMatch(data ?? {}, {
    ErrorType: "Transfer",
    FailureType: "TooSlow",
    FailedServer: `127.0.0.1:${server.port}`,
  });
});

/** The one plug-in that transfers in this pool, and its out file as seen from the host. */
async function runningPlugin(pool: Pool): Promise<{ pid: number; outFile: string }> {
  const { root } = pool.instance;
  const scratch = pool.path("execute").slice(root.length);
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const words = (await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "")).split("\0");
    const outFile = words[words.indexOf("-outfile") + 1];
    if (outFile?.startsWith(`${scratch}/`)) return { pid: Number(name), outFile: root + outFile };
  }
  throw new Error("No plug-in is running");
}
