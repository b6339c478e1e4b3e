import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../core/config/error.ts";
import { DISK } from "../../core/config/files.ts";

Deno.test("DISK reads files and lists them without folders", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/a`, "A=1\n");
    await Deno.mkdir(`${folder}/sub`);
    assertEquals(DISK.read(`${folder}/a`), "A=1\n");
    assertEquals(DISK.list(folder), ["a"]);
    assertEquals([DISK.exists(`${folder}/a`), DISK.exists(`${folder}/b`)], [true, false]);
    assertEquals([DISK.read(`${folder}/b`), DISK.list(`${folder}/b`)], [undefined, undefined]);
    assertThrows(() => DISK.read(folder), ConfigError, "not a regular file");
    await Deno.truncate(`${folder}/a`, 5 * 1024 * 1024);
    assertThrows(() => DISK.read(`${folder}/a`), ConfigError, "more than 4194304 bytes");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("DISK reads no device but the empty one", () => {
  assertEquals(DISK.read("/dev/null"), "");
  assertThrows(() => DISK.read("/dev/zero"), ConfigError, "not a regular file");
});
