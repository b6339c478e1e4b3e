/** What the slot's ad says of our plug-ins. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { startFault } from "../servers/fault.ts";
import type { Ad } from "./ads.ts";
import { poolTest } from "./harness.ts";

function methods(slot: Ad, name = "HasFileTransferPluginMethods"): string[] {
  return String(slot[name] ?? "").split(",").filter((method) => method !== "");
}

poolTest("the slot shows the methods of our plug-ins and their versions", async (pool) => {
  const slot = await pool.slot();
  const shown = methods(slot);
  for (const method of ["http", "https", "ftp", "file", "dav", "davs", "data"]) {
    assert(shown.includes(method), `"${method}" is not among ${shown}`);
  }
  assertEquals(slot["HasJobTransferPlugins"], true);
  assertMatch(String(slot["PinionCurlPlugin"]), /^\d+\.\d+\.\d+ /);
  assertMatch(String(slot["PinionDataPlugin"]), /^\d+\.\d+\.\d+ /);
});

poolTest("a test URL that answers keeps its method", async (pool) => {
  await using server = await startFault({ "/probe": { body: "fine\n" } });
  await pool.configure([`HTTP_TEST_URL = ${server.url("/probe")}`]);
  const slot = await pool.slot();
  assert(server.to("/probe").length > 0);
  assert(methods(slot).includes("http"));
  assertEquals(methods(slot, "OfflineFileTransferPluginMethods"), []);
});

poolTest("a test URL that fails takes its method away, and no other", async (pool) => {
  await using server = await startFault({ "/probe": { status: 404 } });
  await pool.configure([`HTTP_TEST_URL = ${server.url("/probe")}`]);
  const slot = await pool.slot();
  assert(server.to("/probe").length > 0);
  assertEquals(methods(slot).includes("http"), false);
  assert(methods(slot).includes("https"));
  assertEquals(methods(slot, "OfflineFileTransferPluginMethods"), ["http"]);
});
