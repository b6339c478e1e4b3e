import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { installRole } from "../../core/install/install.ts";
import { isPinion, MARK } from "../../core/cli/is_pinion.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pinion-test-" });
  try {
    await Deno.writeTextFile(join(folder, "pinion"), `machine code\n// ${MARK}\n`, { mode: 0o755 });
    await Deno.mkdir(join(folder, "dir"));
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function names(dir: string): string[] {
  return Array.from(Deno.readDirSync(dir), ({ name }) => name).toSorted();
}

Deno.test("installRole() makes a hard link, and makes it again", async () => {
  await inFolder(async (folder) => {
    const executable = join(folder, "pinion");
    const dir = join(folder, "dir");
    for (let i = 0; i < 2; i++) {
      assertEquals(await installRole("curl_plugin", { executable, dir, force: false }), "linked");
      const there = await Deno.stat(join(dir, "curl_plugin"));
      assertEquals(there.ino, (await Deno.stat(executable)).ino);
      assertEquals(names(dir), ["curl_plugin"]);
    }
  });
});

Deno.test("installRole() replaces an older one of ours, also a link, but nothing else", async () => {
  await inFolder(async (folder) => {
    const executable = join(folder, "pinion");
    const dir = join(folder, "dir");
    await Deno.writeTextFile(join(dir, "old"), `older\n// ${MARK}\n`);
    await Deno.symlink(executable, join(dir, "soft"));
    for (const name of ["old", "soft"]) {
      assertEquals(await installRole(name, { executable, dir, force: false }), "linked");
      assert((await Deno.lstat(join(dir, name))).isFile);
    }
    await Deno.writeTextFile(join(dir, "foreign"), "#!/bin/sh\n");
    await Deno.symlink("/nowhere", join(dir, "dangling"));
    for (const name of ["foreign", "dangling"]) {
      await assertRejects(
        () => installRole(name, { executable, dir, force: false }),
        Error,
        "another program is there",
      );
    }
    assertEquals(await Deno.readTextFile(join(dir, "foreign")), "#!/bin/sh\n");
    assertEquals(await installRole("foreign", { executable, dir, force: true }), "linked");
    await Deno.mkdir(join(dir, "directory"));
    await assertRejects(
      () => installRole("directory", { executable, dir, force: true }),
      Error,
      "it is a directory",
    );
    assertEquals(names(dir), ["dangling", "directory", "foreign", "old", "soft"]);
  });
});

const otherFileSystem = await (async () => {
  const here = await Deno.makeTempDir();
  const there = "/dev/shm";
  const [a, b] = await Promise.all([Deno.stat(here), Deno.stat(there).catch(() => undefined)]);
  await Deno.remove(here);
  return b && a.dev !== b.dev ? there : undefined;
})();

Deno.test({
  name: "installRole() copies to another file system" +
    (otherFileSystem ? "" : " (ignored: /dev/shm is not one)"),
  ignore: !otherFileSystem,
  async fn() {
    await inFolder(async (folder) => {
      const executable = join(folder, "pinion");
      const dir = await Deno.makeTempDir({ dir: otherFileSystem ?? "" });
      try {
        assertEquals(await installRole("curl_plugin", { executable, dir, force: false }), "copied");
        assertEquals(names(dir), ["curl_plugin"]);
        assert(await isPinion(join(dir, "curl_plugin")));
        assertEquals((await Deno.stat(join(dir, "curl_plugin"))).mode! & 0o777, 0o755);
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    });
  },
});

Deno.test("installRole() copies what somebody else could change", async () => {
  await inFolder(async (folder) => {
    const executable = join(folder, "pinion");
    const dir = join(folder, "dir");
    for (const mode of [0o775, 0o757]) {
      await Deno.chmod(executable, mode);
      assertEquals(await installRole("a", { executable, dir, force: false }), "copied");
      const { ino, mode: copied } = await Deno.stat(join(dir, "a"));
      assert(ino !== (await Deno.stat(executable)).ino);
      assertEquals(copied! & 0o777, 0o755);
    }
  });
});

const isRoot = Deno.uid() === 0;

Deno.test({
  name: `installRole() links what is root's or the directory owner's${isRoot ? "" : " (not root)"}`,
  ignore: !isRoot,
  async fn() {
    const cases = [
      { file: 0, folder: 0, expected: "linked" },
      { file: 65534, folder: 65534, expected: "linked" },
      { file: 0, folder: 65534, expected: "linked" },
      { file: 65534, folder: 0, expected: "copied" },
    ] as const;
    for (const { file, folder: owner, expected } of cases) {
      await inFolder(async (folder) => {
        const executable = join(folder, "pinion");
        const dir = join(folder, "dir");
        await Deno.chown(executable, file, file);
        await Deno.chown(dir, owner, owner);
        assertEquals(await installRole("a", { executable, dir, force: false }), expected);
      });
    }
  },
});

Deno.test("installRole() leaves nothing behind where it fails", async () => {
  await inFolder(async (folder) => {
    const dir = join(folder, "dir");
    await assertRejects(() =>
      installRole("x", { executable: join(folder, "missing"), dir, force: false })
    );
    assertEquals(names(dir), []);
  });
});

Deno.test("isPinion() looks at the end of a file only, and is false for what is none", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "file");
    assert(await isPinion(join(folder, "pinion")));
    assert(!await isPinion(join(folder, "dir")));
    assert(!await isPinion(join(folder, "missing")));
    await Deno.writeFile(path, new Uint8Array());
    assert(!await isPinion(path));
    const early = new Uint8Array(5 << 20);
    early.set(new TextEncoder().encode(MARK));
    await Deno.writeFile(path, early);
    assert(!await isPinion(path));
    early.set(new TextEncoder().encode(MARK), 2 << 20);
    await Deno.writeFile(path, early);
    assert(await isPinion(path));
  });
});
