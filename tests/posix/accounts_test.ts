import { assert, assertEquals } from "@std/assert";
import { accountById, accountByName } from "../../core/posix/mod.ts";

Deno.test("accountByName() and accountById() find what the user database has", async () => {
  const accounts = (await Deno.readTextFile("/etc/passwd")).split("\n")
    .filter((line) => /^[a-z]/.test(line)).map((line) => {
      const [name, , uid, gid, , home] = line.split(":");
      return { name: name!, uid: Number(uid), gid: Number(gid), home: home! };
    });
  assertEquals(accounts.map(({ name }) => accountByName(name)), accounts);
  assert(accounts.some(({ uid, gid }) => uid !== gid));
  const known = accounts.filter(({ name }) => ["root", "nobody"].includes(name));
  assertEquals(known.map(({ uid }) => accountById(uid)), known);
  assertEquals(known.length, 2);
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
