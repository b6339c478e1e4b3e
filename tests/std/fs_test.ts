import { assert, assertRejects } from "@std/assert";
import { ensureDir, exists } from "@std/fs";
import { join } from "@std/path";

Deno.test("ensureDir() makes all of a path, again and again, but not over a file", async () => {
  const root = await Deno.makeTempDir();
  try {
    const dir = join(root, "a/b/c");
    await ensureDir(dir);
    await ensureDir(dir);
    assert((await Deno.stat(dir)).isDirectory);
    await Deno.writeTextFile(join(root, "file"), "");
    await assertRejects(() => ensureDir(join(root, "file")), Deno.errors.AlreadyExists);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("exists() follows links, and takes only absence for absence", async () => {
  const root = await Deno.makeTempDir();
  try {
    const link = join(root, "link");
    await Deno.symlink(join(root, "target"), link);
    assert(!await exists(link));
    await Deno.mkdir(join(root, "target"));
    assert(await exists(link));
    await assertRejects(() => exists(join(root, "x".repeat(300))));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
