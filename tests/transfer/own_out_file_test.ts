import { assertEquals } from "@std/assert";
import { startFault } from "../servers/fault.ts";
import { failureOf, Scratch } from "./run_files.ts";

Deno.test("a download named like the out file leaves every file its ad", async () => {
  await using server = await startFault({ "/*": { body: "[ TransferSuccess = true ]" } });
  using scratch = new Scratch();
  const { status, ads } = await scratch.run([
    { url: server.url("/a"), name: ".out" },
    { url: server.url("/b"), name: "x/../.out" },
    server.url("/c"),
  ]);
  assertEquals(status, 1);
  assertEquals(ads.map((ad) => ad.getBoolean("TransferSuccess")), [false, false, true]);
  assertEquals(failureOf(ads[0]).kind, "Parameter");
  assertEquals(server.requests.map(({ path }) => path), ["/c"]);
});
