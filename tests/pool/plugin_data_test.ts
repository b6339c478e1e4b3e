/** `PluginData`: options a job gives to the plug-in that moves its files. */

import { assertEquals, assertMatch } from "@std/assert";
import { startFault } from "../servers/fault.ts";
import { poolTest } from "./harness.ts";

const BODY = "known bytes\n";

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

poolTest("a job's PluginData counts for all schemes, a scheme's for that one", async (pool) => {
  await using server = await startFault({
    "/web": { body: "web\n" },
    "/davs/file": { body: "dav\n" },
  });
  const job = await pool.submit([
    `transfer_input_files = ${server.url("/web")}, ${
      server.url("/davs/file").replace("http", "dav")
    }`,
    `MY.PluginData = [ Headers = { "X-All: yes" } ]`,
    `MY.dav_PluginData = [ Headers = { "X-Dav: yes" } ]`,
  ]);
  await job.finished();
  const sent = (path: string) => ["x-all", "x-dav"].map((name) => server.to(path)[0]?.header(name));
  assertEquals(sent("/web"), ["yes", undefined]);
  assertEquals(sent("/davs/file"), [undefined, "yes"]);
});

poolTest("a job is held when a file is not the one its digest promises", async (pool) => {
  await using server = await startFault({
    "/known": { body: BODY },
    "/other": { body: "other\n" },
  });
  const [known, other] = [server.url("/known"), server.url("/other")];
  const digest = (url: string, value: string) =>
    `[ Url = "${url}"; Algorithm = "sha256"; Value = "${value}" ]`;
  const value = await sha256(BODY);
  const job = await pool.submit([
    `transfer_input_files = ${known}, ${other}`,
    `MY.PluginData = [ MaxRetries = 0; Checksums = { ${digest(known, value)}, ${
      digest(other, value)
    } } ]`,
  ]);
  const hold = await job.held();
  assertMatch(hold.details, /sha-?256/i);
  assertMatch(hold.details, /\( URL file = \S+\/other \)$/);
  assertEquals([hold.code, hold.subCode], [13, 256]);
});
