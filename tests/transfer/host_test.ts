import { assertEquals } from "@std/assert";
import { SYSTEM_HOST } from "../../core/transfer/host.ts";

Deno.test("SYSTEM_HOST names the machine and its directory", () => {
  assertEquals(SYSTEM_HOST.hostname(), Deno.hostname());
  assertEquals(SYSTEM_HOST.cwd(), Deno.cwd());
  assertEquals(SYSTEM_HOST.env("PINION_NO_SUCH_VARIABLE"), undefined);
});
