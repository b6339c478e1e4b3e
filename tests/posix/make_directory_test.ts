import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { Directory, makeDirectory, PosixError } from "../../core/posix/mod.ts";
import { isRoot } from "../build/built.ts";
import { bytes, codeOf, Folder } from "./folder.ts";

Deno.test("makeDirectory() makes a directory with its mode, whatever the umask", () => {
  using folder = new Folder();
  using parent = Directory.open(folder.path);
  const umask = Deno.umask(0o077);
  try {
    makeDirectory(parent, bytes("sub"), { mode: 0o2775 });
  } finally {
    Deno.umask(umask);
  }
  assertEquals([parent.status(bytes("sub")).mode, folder.names()], [0o2775, ["sub"]]);
});

Deno.test("makeDirectory() works where directories inherit a group", () => {
  using folder = new Folder();
  Deno.chmodSync(folder.path, 0o2770);
  using parent = Directory.open(folder.path);
  makeDirectory(parent, bytes("sub"), { mode: 0o700 });
  assertEquals(parent.status(bytes("sub")).mode, 0o700);
});

Deno.test("makeDirectory() replaces nothing but an empty directory", () => {
  using folder = new Folder();
  Deno.mkdirSync(join(folder.path, "full"));
  folder.write("full/file");
  folder.write("file");
  Deno.mkdirSync(join(folder.path, "empty"));
  Deno.symlinkSync("full", join(folder.path, "link"));
  using parent = Directory.open(folder.path);
  const names = folder.names();
  const make = (name: string) => codeOf(() => makeDirectory(parent, bytes(name), { mode: 0o700 }));
  assertEquals(["full", "file", "link", "empty", ".."].map(make), [
    "ENOTEMPTY",
    "ENOTDIR",
    "ENOTDIR",
    "",
    "EINVAL",
  ]);
  assertEquals(folder.names(), names);
});

Deno.test({
  name: `makeDirectory() gives the owner${isRoot() ? "" : " (ignored: needs root)"}`,
  ignore: !isRoot(),
  fn() {
    using folder = new Folder();
    using parent = Directory.open(folder.path);
    makeDirectory(parent, bytes("sub"), { mode: 0o2700, owner: { uid: 7, gid: 8 } });
    const { uid, gid, mode } = parent.status(bytes("sub"));
    assertEquals([uid, gid, mode], [7, 8, 0o2700]);
  },
});

Deno.test("makeDirectory() gives no rights to a directory that somebody put there meanwhile", () => {
  using folder = new Folder();
  Deno.mkdirSync(join(folder.path, "victim"));
  Deno.chmodSync(join(folder.path, "victim"), 0o755);
  using parent = Directory.open(folder.path);
  const swapping = new Proxy(parent, {
    get(target, property) {
      if (property !== "openDirectory") {
        const value = Reflect.get(target, property, target);
        return typeof value === "function" ? value.bind(target) : value;
      }
      return (name: Uint8Array) => {
        const path = join(folder.path, new TextDecoder().decode(name));
        Deno.removeSync(path);
        Deno.renameSync(join(folder.path, "victim"), path);
        return target.openDirectory(name);
      };
    },
  });
  assertThrows(
    () => makeDirectory(swapping, bytes("sub"), { mode: 0o2777 }),
    PosixError,
    "Cannot make a directory: somebody replaced it",
  );
});
