/** Credentials of a job: from HTCondor's own credential daemon to the server that asks for them. */

import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { startFault } from "../servers/fault.ts";
import { poolTest } from "./harness.ts";

const TOKEN = "secret-of-alice";

poolTest("a job's token goes to the URL that names it, and to no other", async (pool) => {
  await using server = await startFault({
    "/guarded": (request) =>
      request.header("authorization") === `Bearer ${TOKEN}`
        ? { body: "guarded\n" }
        : { status: 401 },
    "/open": { body: "open\n" },
  });
  await pool.storeToken("vault7", TOKEN);
  const job = await pool.submit([
    "executable = /bin/cat",
    "arguments = guarded open",
    "use_oauth_services = vault7",
    `transfer_input_files = vault7+${server.url("/guarded")}, ${server.url("/open")}`,
  ]);
  await job.finished();
  assertEquals(await job.read("out"), "guarded\nopen\n");
  assertEquals(server.to("/open").map((request) => request.header("authorization")), [undefined]);
});

poolTest("a job whose token is refused is held without the token in any text", async (pool) => {
  await using server = await startFault({ "/guarded": { status: 401 } });
  await pool.storeToken("vault7", TOKEN);
  const job = await pool.submit([
    "use_oauth_services = vault7",
    `transfer_input_files = vault7+${server.url("/guarded")}`,
  ]);
  const hold = await job.held();
  assertMatch(hold.details, /^The requested URL returned error: 401 \( URL file = vault7\+http:/);
  assertEquals([hold.code, hold.subCode], [13, 256]);
  assertEquals(server.to("/guarded")[0]?.header("authorization"), `Bearer ${TOKEN}`);
  const history = JSON.stringify(await job.transfer("INPUT"));
  for (const text of [hold.reason, history, await pool.starterLogs(), await job.read("job.log")]) {
    assertNotMatch(text, new RegExp(TOKEN));
  }
});

poolTest("a URL with the name of a token the job has not is not asked for", async (pool) => {
  await using server = await startFault({ "/guarded": { body: "never" } });
  const job = await pool.submit([`transfer_input_files = vault8+${server.url("/guarded")}`]);
  const hold = await job.held();
  assertMatch(hold.details, /^Credential for vault8 requested by \$_CONDOR_CREDS not set/);
  assertEquals([hold.code, hold.subCode], [13, 256]);
  assertEquals(server.requests.length, 0);
});
