import { assertEquals } from "@std/assert";
import { bytes, failure, isRoot, Scratch, text } from "./scratch.ts";

const needsRoot = isRoot() ? "" : " (ignored: needs root)";

const modeOf = (path: string) => Deno.lstatSync(path).mode! & 0o7777;

Deno.test("files of the directory itself are written, read and removed", async () => {
  using scratch = new Scratch();
  using store = scratch.open();
  const umask = Deno.umask(0o077);
  try {
    await store.writePid(4321);
    await store.writeStatus(bytes("{}"));
    store.touchComplete();
  } finally {
    Deno.umask(umask);
  }
  assertEquals(scratch.tree(), [".credmon-status.json", "CREDMON_COMPLETE", "pid"]);
  const modes = scratch.tree().map((name) => modeOf(scratch.at(name)));
  assertEquals(modes, [0o640, 0o644, 0o644]);
  assertEquals([text(store.read("pid", 20)), text(store.readStatus())], ["4321", "{}"]);
  assertEquals(Deno.readTextFileSync(scratch.at("CREDMON_COMPLETE")), "");
  await store.writePid(5);
  assertEquals(text(store.read("pid", 20)), "5");
  store.removePid();
  store.removeComplete();
  store.removePid();
  assertEquals([store.remove(".credmon-status.json"), store.remove("none")], [true, false]);
  assertEquals([store.readStatus(), store.read("pid", 20), scratch.tree()], [
    undefined,
    undefined,
    [],
  ]);
});

Deno.test("touchComplete() sets the time", () => {
  using scratch = new Scratch();
  using store = scratch.open();
  store.touchComplete();
  Deno.utimeSync(scratch.at("CREDMON_COMPLETE"), 1, 1);
  store.touchComplete();
  const { mtime } = Deno.statSync(scratch.at("CREDMON_COMPLETE"));
  assertEquals(Math.abs(Date.now() - mtime!.getTime()) < 60_000, true);
});

Deno.test({
  name: `files of the directory itself get HTCondor's group${needsRoot}`,
  ignore: !isRoot(),
  async fn() {
    using scratch = new Scratch();
    Deno.chmodSync(scratch.path, 0o770);
    using store = scratch.open({ condor: { uid: 77, gid: 78 } });
    await store.writePid(1);
    await store.writeStatus(bytes("{}"));
    store.touchComplete();
    for (const name of scratch.tree()) {
      const { uid, gid } = Deno.lstatSync(scratch.at(name));
      assertEquals([name, uid, gid], [name, 0, 78]);
    }
  },
});

Deno.test("planted links are replaced, removed or refused, never followed", async () => {
  using scratch = new Scratch();
  const outside = scratch.at("../outside");
  const names = ["pid", "CREDMON_COMPLETE", ".credmon-status.json", "other"];
  Deno.writeTextFileSync(outside, "outside");
  const plants = [
    Deno.symlinkSync,
    Deno.linkSync,
    (_: string, path: string) => Deno.symlinkSync("/nonexistent/x", path),
  ];
  for (const how of plants) {
    for (const name of names) {
      Deno.removeSync(scratch.path, { recursive: true });
      Deno.mkdirSync(scratch.path);
      Deno.chmodSync(scratch.path, 0o770);
      how(outside, scratch.at(name));
      using store = scratch.open();
      assertEquals([name, (await failure(() => store.read(name, 99)))[0]], [name, "unsafe"]);
      if (name === "pid") await store.writePid(7);
      else if (name === "CREDMON_COMPLETE") store.touchComplete();
      else await store.write(name, bytes("7"), 0o640);
      const { isFile, nlink } = Deno.lstatSync(scratch.at(name));
      assertEquals([name, isFile, nlink], [name, true, 1]);
      how(outside, scratch.at(`${name}2`));
      assertEquals(store.remove(`${name}2`), true);
      assertEquals(scratch.tree(), [name]);
    }
  }
  assertEquals([Deno.readTextFileSync(outside), modeOf(outside) & 0o111], ["outside", 0]);
});

Deno.test("a directory in the way is said", async () => {
  using scratch = new Scratch();
  for (const name of ["pid", "CREDMON_COMPLETE"]) Deno.mkdirSync(scratch.at(name));
  using store = scratch.open();
  const end = "Is a directory, remove that directory";
  assertEquals(await failure(() => store.writePid(1)), ["unsafe", `Cannot write "pid": ${end}`]);
  assertEquals(await failure(() => store.touchComplete()), [
    "unsafe",
    `Cannot write "CREDMON_COMPLETE": ${end}`,
  ]);
  assertEquals(await failure(() => store.removePid()), ["unsafe", `Cannot remove "pid": ${end}`]);
  assertEquals(scratch.tree(), ["CREDMON_COMPLETE", "pid"]);
});

Deno.test("only plain names are files of the directory itself", async () => {
  using scratch = new Scratch();
  Deno.writeTextFileSync(scratch.at("../x"), "outside");
  using store = scratch.open();
  for (const name of ["", ".", "..", "../x", "a/b", "a\0", "..x", "-x", "a b", "x".repeat(200)]) {
    const calls: readonly (() => unknown)[] = [
      () => store.read(name, 9),
      () => store.write(name, bytes("x"), 0o600),
      () => store.remove(name),
    ];
    for (const call of calls) assertEquals((await failure(call))[0], "name", name);
  }
  assertEquals(Deno.readTextFileSync(scratch.at("../x")), "outside");
});
