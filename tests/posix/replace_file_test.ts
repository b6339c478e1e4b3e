import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import {
  Directory,
  PosixError,
  replaceFile,
  replaceFileSync,
  type ReplaceOptions,
} from "../../core/posix/mod.ts";
import { isRoot } from "../build/built.ts";
import { missing, mountFullDisk } from "../servers/full_disk.ts";
import { bytes, Folder, openDescriptors } from "./folder.ts";

type Replace = (
  directory: Directory,
  name: string,
  content: Uint8Array,
  options: ReplaceOptions,
) => Promise<unknown>;

const WAYS: Readonly<Record<string, Replace>> = {
  "replaceFile()": (directory, name, content, options) =>
    replaceFile(directory, bytes(name), content, options),
  "replaceFileSync()": async (directory, name, content, options) =>
    await Promise.resolve(replaceFileSync(directory, bytes(name), content, options)),
};

for (const [title, replace] of Object.entries(WAYS)) {
  Deno.test(`${title} makes and replaces files, with the mode given`, async () => {
    using folder = new Folder();
    using directory = Directory.open(folder.path);
    const before = openDescriptors();
    for (const [text, mode] of [["", 0o400], ["one", 0o644], ["two", 0o600]] as const) {
      for (const durable of [true, false]) {
        const placed = await replace(directory, "file", bytes(text), { mode, durable });
        const found = directory.status(bytes("file"));
        assertEquals(placed, { ...found });
        assertEquals([found.mode, found.nlink], [mode, 1]);
        assertEquals(directory.readFile(bytes("file"), 9), bytes(text));
      }
    }
    const large = new Uint8Array(3_000_000).fill(7);
    await replace(directory, "file", large, { mode: 0o400 });
    assertEquals(directory.readFile(bytes("file"), 3_000_000), large);
    assertEquals([folder.names(), openDescriptors()], [["file"], before]);
  });

  Deno.test(`${title} replaces a planted link, not what it leads to`, async () => {
    using folder = new Folder();
    const path = (name: string) => join(folder.path, name);
    Deno.mkdirSync(path("sub"));
    Deno.writeTextFileSync(path("outside"), "outside");
    Deno.symlinkSync("../outside", path("sub/link"));
    Deno.symlinkSync("../none", path("sub/dangling"));
    Deno.linkSync(path("outside"), path("sub/hard"));
    using directory = Directory.open(path("sub"));
    for (const name of ["link", "dangling", "hard"]) {
      await replace(directory, name, bytes("new"), { mode: 0o600 });
      const { type, nlink } = directory.status(bytes(name));
      assertEquals([name, type, nlink], [name, "file", 1]);
    }
    assertEquals(Deno.readTextFileSync(path("outside")), "outside");
    assertEquals(folder.names(), ["outside", "sub"]);
  });

  Deno.test(`${title} leaves the old file and nothing else when it does not succeed`, async () => {
    using folder = new Folder();
    Deno.mkdirSync(join(folder.path, "directory"));
    Deno.writeTextFileSync(join(folder.path, "file"), "old");
    using directory = Directory.open(folder.path);
    const before = openDescriptors();
    const refused = await replace(directory, "file", bytes("new"), {
      mode: 0o600,
      confirm: () => false,
    });
    assertEquals(refused, undefined);
    for (
      const [name, code] of [
        ["directory", "EISDIR"],
        ["..", "EINVAL"],
        ["a/b", "EINVAL"],
        ["", "EINVAL"],
        ["x".repeat(240), "ENAMETOOLONG"],
      ] as const
    ) {
      const error = await assertRejects(
        async () => await replace(directory, name, bytes("new"), { mode: 0o600 }),
        PosixError,
      );
      assertEquals([name, error.code], [name, code]);
    }
    await assertRejects(
      async () =>
        await replace(directory, "file", bytes("new"), {
          mode: 0o600,
          confirm: () => {
            throw new Error("asked");
          },
        }),
      Error,
      "asked",
    );
    assertEquals(Deno.readTextFileSync(join(folder.path, "file")), "old");
    assertEquals([folder.names(), openDescriptors()], [["directory", "file"], before]);
  });

  Deno.test(`${title} asks for confirmation when all is done but the last step`, async () => {
    using folder = new Folder();
    using directory = Directory.open(folder.path);
    const seen: string[] = [];
    await replace(directory, "file", bytes("new"), {
      mode: 0o440,
      confirm() {
        const [name = ""] = folder.names();
        const { mode, size } = directory.status(bytes(name));
        seen.push(name.replace(/[0-9a-f]{16}/, "*"), `${mode.toString(8)} ${size}`);
        return true;
      },
    });
    assertEquals([seen, folder.names()], [[".file.*.tmp", "440 3"], ["file"]]);
  });

  Deno.test(`${title} says when the directory is gone`, async () => {
    using folder = new Folder();
    Deno.mkdirSync(join(folder.path, "sub"));
    using directory = Directory.open(join(folder.path, "sub"));
    Deno.removeSync(join(folder.path, "sub"));
    const error = await assertRejects(
      async () => await replace(directory, "file", bytes("new"), { mode: 0o600 }),
      PosixError,
    );
    assertEquals([error.code, folder.names()], ["ENOENT", []]);
  });

  Deno.test({
    name: `${title} gives the owner${isRoot() ? "" : " (ignored: needs root)"}`,
    ignore: !isRoot(),
    async fn() {
      using folder = new Folder();
      using directory = Directory.open(folder.path);
      await replace(directory, "file", bytes("x"), { mode: 0o6640, owner: { uid: 7, gid: 8 } });
      const { uid, gid, mode } = directory.status(bytes("file"));
      assertEquals([uid, gid, mode], [7, 8, 0o6640]);
    },
  });

  Deno.test({
    name: `${title} leaves the old file on a full disk` + (missing && ` (ignored: no ${missing})`),
    ignore: missing !== "",
    async fn() {
      await using disk = await mountFullDisk({ size: 65536, filled: 40960 });
      Deno.writeTextFileSync(join(disk.path, "file"), "old");
      using directory = Directory.open(disk.path);
      const error = await assertRejects(
        async () => await replace(directory, "file", new Uint8Array(50_000), { mode: 0o600 }),
        PosixError,
      );
      assertEquals(error.code, "ENOSPC");
      assertEquals(Deno.readTextFileSync(join(disk.path, "file")), "old");
      const names = [...Deno.readDirSync(disk.path)].map(({ name }) => name).toSorted();
      assertEquals(names, ["file", "filler"]);
    },
  });
}

Deno.test("replaceFile() puts many into their places at once", async () => {
  using folder = new Folder();
  using directory = Directory.open(folder.path);
  const names = Array.from({ length: 300 }, (_, i) => `file${i % 100}`);
  await Promise.all(
    names.map((name, i) => replaceFile(directory, bytes(name), bytes(`${i}`), { mode: 0o600 })),
  );
  assertEquals(folder.names(), [...new Set(names)].toSorted());
  for (const name of folder.names()) {
    const text = Deno.readTextFileSync(join(folder.path, name));
    assert(Number(text) % 100 === Number(name.slice(4)), `${name}: ${text}`);
  }
});

Deno.test("replaceFileSync() does not wait for a FIFO in the way", async () => {
  using folder = new Folder();
  await new Deno.Command("mkfifo", { args: [join(folder.path, "fifo")] }).output();
  using directory = Directory.open(folder.path);
  replaceFileSync(directory, bytes("fifo"), bytes("x"), { mode: 0o600 });
  assertEquals(directory.status(bytes("fifo")).type, "file");
  assertThrows(() => replaceFileSync(directory, bytes("."), bytes("x"), { mode: 0o600 }));
});
