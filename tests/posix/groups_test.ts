import { assert, assertEquals } from "@std/assert";
import { groupByName } from "../../core/posix/mod.ts";

Deno.test("groupByName() finds what the group database has", async () => {
  const groups = (await Deno.readTextFile("/etc/group")).split("\n")
    .filter((line) => /^[a-z]/.test(line)).map((line) => {
      const [name, , gid] = line.split(":");
      return { name: name!, gid: Number(gid) };
    });
  assert(groups.length > 2);
  assertEquals(groups.map(({ name }) => groupByName(name)), groups.map(({ gid }) => gid));
});

Deno.test("groupByName() has nothing for a name that is none", () => {
  for (const name of ["", "no such group", "root\0", "\0", "ü", "r".repeat(100_000), "0"]) {
    assertEquals(groupByName(name), undefined);
  }
});
