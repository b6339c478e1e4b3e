import { assertEquals } from "@std/assert";
import { accountById, accountByName } from "../../core/posix/mod.ts";

Deno.test("accountByName() finds what the user database has", async (t) => {
  const lines = (await Deno.readTextFile("/etc/passwd")).split("\n");
  for (const wanted of ["root", "nobody"]) {
    const [name, , uid, gid, , home] = lines.find((line) => line.startsWith(`${wanted}:`))!
      .split(":");
    await t.step(wanted, () => {
      const expected = { name, uid: Number(uid), gid: Number(gid), home };
      assertEquals(accountByName(wanted) as unknown, expected);
      assertEquals(accountById(Number(uid)) as unknown, expected);
    });
  }
});

Deno.test("accountByName() has nothing for a name that is none", () => {
  for (const name of ["", "no such user", "root\0", "\0", "ü", "r".repeat(100_000), "0"]) {
    assertEquals(accountByName(name), undefined);
  }
});

Deno.test("accountById() has nothing for a number without an account", () => {
  assertEquals([2 ** 31 - 7, 2 ** 32 - 1].map(accountById), [undefined, undefined]);
});

Deno.test("accounts stay right while garbage is collected", () => {
  for (let i = 0; i < 2000; i++) {
    const garbage = new Uint8Array(64 * 1024);
    assertEquals([accountById(0)?.name, garbage.length], ["root", 64 * 1024]);
  }
});
