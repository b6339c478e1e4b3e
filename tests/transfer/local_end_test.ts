import { assertEquals, assertMatch } from "@std/assert";
import { gzipSync } from "node:zlib";
import { startFault } from "../servers/fault.ts";
import { failureOf, pattern, Scratch } from "./run_files.ts";

Deno.test("an upload of a pipe is refused instead of waited for", async () => {
  await using server = await startFault({ "/f": { status: 201 } });
  using scratch = new Scratch();
  const made = await new Deno.Command("mkfifo", { args: [scratch.path("f0")] }).output();
  assertEquals(made.code, 0);
  const { ads } = await scratch.run([server.url("/f")], { upload: true });
  assertMatch(String(failureOf(ads[0]).text), /is not a regular file$/);
});

Deno.test("an archive that came damaged is fetched anew as a whole", async () => {
  const content = pattern(3 << 20);
  const good = new Uint8Array(gzipSync(content, { level: 0 }));
  const bad = good.slice();
  bad[2 << 20]! ^= 1;
  await using server = await startFault({
    "/f.gz": (_request, n) => ({ body: n === 1 ? bad : good, headers: { ETag: '"same"' } }),
  });
  using scratch = new Scratch();
  const { status, waits } = await scratch.run([{ url: server.url("/f.gz"), name: "f.gz" }], {
    env: { CURL_UNPACK: "gz" },
  });
  assertEquals([status, waits.length], [0, 1]);
  assertEquals(server.requests[1]?.header("range"), undefined);
  assertEquals(scratch.read("f"), content);
  assertEquals(scratch.names(), ["f"]);
});
