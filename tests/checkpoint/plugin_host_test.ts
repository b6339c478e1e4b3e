import { assertEquals } from "@std/assert";
import { SYSTEM_PLUGIN_HOST } from "../../core/checkpoint/plugin_host.ts";

Deno.test("SYSTEM_PLUGIN_HOST knows its user, with the C library and without", () => {
  const uid = Deno.uid();
  const line = Deno.readTextFileSync("/etc/passwd").split("\n")
    .map((text) => text.split(":")).find((fields) => fields[2] === `${uid}`);
  const listed = line && { name: line[0]!, home: line[5]! };
  assertEquals(SYSTEM_PLUGIN_HOST.user({ library: false }), listed);
  if (listed !== undefined) {
    const { name, home } = SYSTEM_PLUGIN_HOST.user({ library: true })!;
    assertEquals({ name, home }, listed);
  }
});

Deno.test("SYSTEM_PLUGIN_HOST gives the environment, and no ad of a job that is not queued", async () => {
  assertEquals(SYSTEM_PLUGIN_HOST.env("PINION_NO_SUCH_VARIABLE"), undefined);
  assertEquals(await SYSTEM_PLUGIN_HOST.queuedJob("0.0"), undefined);
});
