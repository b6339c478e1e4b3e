import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { staleExecutables } from "../../scripts/demo/fresh.ts";

const SOURCES = ["cmd/a.ts", "core/room/b.ts", "scripts/build/c.ts", "scripts/build.ts"];

/** A project whose files were all changed at one time, with executables of the times given. */
async function project(built: Record<string, number>): Promise<string> {
  const root = await Deno.makeTempDir({ prefix: "pinion-fresh-" });
  const put = async (path: string, time: number) => {
    await Deno.mkdir(dirname(join(root, path)), { recursive: true });
    await Deno.writeTextFile(join(root, path), "");
    await Deno.utime(join(root, path), time, time);
  };
  for (const path of [...SOURCES, "main.ts", "deno.json"]) await put(path, 1000);
  for (const folder of ["cmd", "core/room", "core", "scripts/build"]) {
    await Deno.utime(join(root, folder), 1000, 1000);
  }
  for (const [name, time] of Object.entries(built)) await put(`dist/${name}`, time);
  return root;
}

async function stale(built: Record<string, number>, changed: readonly string[] = []) {
  const root = await project(built);
  try {
    for (const path of changed) await Deno.utime(join(root, path), 3000, 3000);
    return await staleExecutables(["a", "b"], { root, dist: join(root, "dist") });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("staleExecutables() finds what is missing or older than a source", async () => {
  assertEquals(await stale({}), ["a", "b"]);
  assertEquals(await stale({ a: 2000 }), ["b"]);
  assertEquals(await stale({ a: 2000, b: 500 }), ["b"]);
  assertEquals(await stale({ a: 2000, b: 2000 }), []);
});

for (const path of [...SOURCES, "main.ts", "deno.json", "core/room"]) {
  Deno.test(`staleExecutables() notices a change of ${path}`, async () => {
    assertEquals(await stale({ a: 2000, b: 2000 }, [path]), ["a", "b"]);
  });
}
