import { assert, assertEquals } from "@std/assert";
import { openDescriptors } from "../../posix/folder.ts";
import { missing, mountFullDisk } from "../../servers/full_disk.ts";
import { bytes, failure, isRoot, place, places, Scratch, text } from "./scratch.ts";

const needsRoot = isRoot() ? "" : " (ignored: needs root)";
const CREDENTIAL = place("alice/x");

Deno.test("publish() makes and replaces a .use, 0400 unless told otherwise", async () => {
  using scratch = new Scratch();
  scratch.file("alice/x.top");
  using store = scratch.open();
  const before = openDescriptors();
  const umask = Deno.umask(0o077);
  try {
    for (const [content, mode] of [["one", 0o400], ["two", 0o600], ["", 0o400]] as const) {
      const done = await store.publish(CREDENTIAL, "use", bytes(content), { mode });
      assertEquals([done, Deno.readTextFileSync(scratch.at("alice/x.use"))], [
        "published",
        content,
      ]);
      assertEquals(Deno.statSync(scratch.at("alice/x.use")).mode! & 0o7777, mode);
    }
    await store.publish(CREDENTIAL, "use", bytes("three"));
  } finally {
    Deno.umask(umask);
  }
  assertEquals(Deno.statSync(scratch.at("alice/x.use")).mode! & 0o7777, 0o400);
  assertEquals(text(store.readUse(CREDENTIAL)), "three");
  assertEquals([scratch.tree(), openDescriptors()], [
    ["alice", "alice/x.top", "alice/x.use"],
    before,
  ]);
});

Deno.test("publish() replaces a .top, too", async () => {
  using scratch = new Scratch();
  scratch.file("alice/x.top", "old");
  using store = scratch.open();
  assertEquals(await store.publish(CREDENTIAL, "top", bytes("new")), "published");
  assertEquals(text(store.readTop(CREDENTIAL)), "new");
  assertEquals(scratch.tree(), ["alice", "alice/x.top"]);
});

Deno.test({
  name: `publish() gives files to root and HTCondor's group${needsRoot}`,
  ignore: !isRoot(),
  async fn() {
    using scratch = new Scratch();
    scratch.file("alice/x.top");
    Deno.chownSync(scratch.at("alice"), 77, 78);
    Deno.chmodSync(scratch.at("alice"), 0o700);
    using store = scratch.open({ condor: { uid: 77, gid: 78 } });
    await store.publish(CREDENTIAL, "use", bytes("x"));
    const { uid, gid, mode } = Deno.lstatSync(scratch.at("alice/x.use"));
    assertEquals([uid, gid, mode! & 0o7777], [0, 78, 0o400]);
    assertEquals(places(store.list()), ["alice/x +"]);
  },
});

Deno.test("publish() makes nothing for what is gone", async () => {
  using scratch = new Scratch();
  scratch.user("alice");
  scratch.file("alice/other.top");
  scratch.file("bob/x.use", "old", 0o400);
  Deno.symlinkSync("other.top", scratch.at("alice/link.top"));
  Deno.mkdirSync(scratch.at("alice/directory.top"));
  using store = scratch.open();
  const tree = scratch.tree();
  for (const gone of ["alice/x", "alice/link", "alice/directory", "bob/x", "carol/x"]) {
    assertEquals([gone, await store.publish(place(gone), "use", bytes("new"))], [gone, "gone"]);
  }
  assertEquals(scratch.tree(), tree);
  assertEquals(Deno.readTextFileSync(scratch.at("bob/x.use")), "old");
});

Deno.test("publish() leaves nothing of what goes while it works", async () => {
  using scratch = new Scratch();
  const removals = {
    "the .top": () => Deno.removeSync(scratch.at("alice/x.top")),
    "all files": () => {
      for (const { name } of Deno.readDirSync(scratch.at("alice"))) {
        Deno.removeSync(scratch.at(`alice/${name}`));
      }
    },
    "the user": () => Deno.removeSync(scratch.at("alice"), { recursive: true }),
  };
  using store = scratch.open();
  for (const [what, remove] of Object.entries(removals)) {
    scratch.file("alice/x.top");
    // It waits for the disk once the new file is written.
    const under = store.publish(CREDENTIAL, "use", bytes("new"));
    remove();
    assertEquals([what, await under], [what, "gone"]);
    const left = scratch.tree().filter((name) => !["alice", "alice/x.top"].includes(name));
    assertEquals([what, left], [what, []]);
  }
  assert(!scratch.tree().includes("alice"), "the user's directory was made again");
});

Deno.test("publish() takes its file away when the user's directory was moved away", async () => {
  using scratch = new Scratch();
  scratch.file("alice/x.top");
  using store = scratch.open();
  const under = store.publish(CREDENTIAL, "use", bytes("new"));
  Deno.renameSync(scratch.at("alice"), scratch.at("moved"));
  assertEquals([await under, scratch.tree()], ["gone", ["moved", "moved/x.top"]]);
});

Deno.test("publish() replaces links, and fails at a directory", async () => {
  using scratch = new Scratch();
  Deno.writeTextFileSync(scratch.at("../outside"), "outside");
  for (const name of ["link", "dangling", "hard", "directory"]) scratch.file(`alice/${name}.top`);
  Deno.symlinkSync("../../outside", scratch.at("alice/link.use"));
  Deno.symlinkSync("../../none", scratch.at("alice/dangling.use"));
  Deno.linkSync(scratch.at("../outside"), scratch.at("alice/hard.use"));
  Deno.mkdirSync(scratch.at("alice/directory.use"));
  using store = scratch.open();
  for (const name of ["link", "dangling", "hard"]) {
    assertEquals(await store.publish(place(`alice/${name}`), "use", bytes("new")), "published");
    const { isFile, nlink } = Deno.lstatSync(scratch.at(`alice/${name}.use`));
    assertEquals([name, isFile, nlink], [name, true, 1]);
  }
  assertEquals(await failure(() => store.publish(place("alice/directory"), "use", bytes("new"))), [
    "unsafe",
    'Cannot write "alice/directory.use": Is a directory, remove that directory',
  ]);
  assertEquals(Deno.readTextFileSync(scratch.at("../outside")), "outside");
  assert(!scratch.tree().some((name) => name.endsWith(".tmp")));
});

Deno.test("publish() writes into no directory that is unsafe", async () => {
  using scratch = new Scratch();
  Deno.mkdirSync(scratch.at("../outside"));
  Deno.chmodSync(scratch.at("../outside"), 0o700);
  Deno.writeTextFileSync(scratch.at("../outside/x.top"), "");
  Deno.symlinkSync("../outside", scratch.at("link"));
  scratch.file("open/x.top");
  scratch.user("open", 0o2770);
  using store = scratch.open();
  for (const user of ["link", "open"]) {
    const [code] = await failure(() => store.publish(place(`${user}/x`), "use", bytes("new")));
    assertEquals([user, code], [user, "unsafe"]);
  }
  assertEquals([...Deno.readDirSync(scratch.at("../outside"))].length, 1);
  assertEquals(scratch.tree(), ["link", "open", "open/x.top"]);
});

Deno.test("publish() takes any number at once", async () => {
  using scratch = new Scratch();
  const names = Array.from({ length: 400 }, (_, i) => `user${i % 50}/p_${i}`);
  for (const name of names) scratch.file(`${name}.top`);
  using store = scratch.open();
  const before = openDescriptors();
  const all = Promise.all(names.map((name) => store.publish(place(name), "use", bytes(name))));
  assert(openDescriptors() - before <= 2 * 64, "too many at once");
  assertEquals(new Set(await all), new Set(["published"]));
  for (const name of names) assertEquals(text(store.readUse(place(name))), name);
  assertEquals(openDescriptors(), before);
});

Deno.test("create() makes a .top and its user once", async () => {
  using scratch = new Scratch();
  using store = scratch.open();
  const umask = Deno.umask(0o077);
  try {
    assertEquals(await store.create(CREDENTIAL, bytes("one")), "created");
  } finally {
    Deno.umask(umask);
  }
  assertEquals(await store.create(CREDENTIAL, bytes("two")), "present");
  assertEquals(await store.create(place("alice/y"), bytes("three")), "created");
  assertEquals(scratch.tree(), ["alice", "alice/x.top", "alice/y.top"]);
  const mode = (name: string) => Deno.lstatSync(scratch.at(name)).mode! & 0o7777;
  assertEquals([mode("alice"), mode("alice/x.top")], [0o2700, 0o600]);
  assertEquals(text(store.readTop(CREDENTIAL)), "one");
  assertEquals(await store.publish(CREDENTIAL, "use", bytes("token")), "published");
  assertEquals(places(store.list()), ["alice/x +", "alice/y"]);
});

Deno.test({
  name: `create() gives a user's directory to HTCondor's account${needsRoot}`,
  ignore: !isRoot(),
  async fn() {
    using scratch = new Scratch();
    using store = scratch.open({ condor: { uid: 77, gid: 78 } });
    await store.create(CREDENTIAL, bytes("one"));
    const owner = (name: string) => {
      const { uid, gid } = Deno.lstatSync(scratch.at(name));
      return [uid, gid];
    };
    assertEquals([owner("alice"), owner("alice/x.top")], [[77, 78], [0, 78]]);
  },
});

Deno.test("create() makes nothing where something else is", async () => {
  using scratch = new Scratch();
  Deno.mkdirSync(scratch.at("../outside"));
  Deno.symlinkSync("../outside", scratch.at("link"));
  Deno.symlinkSync("../none", scratch.at("dangling"));
  scratch.file("file");
  scratch.user("alice");
  Deno.symlinkSync("../../outside/x.top", scratch.at("alice/x.top"));
  using store = scratch.open();
  for (const user of ["link", "dangling", "file"]) {
    assertEquals((await failure(() => store.create(place(`${user}/x`), bytes("x"))))[0], "unsafe");
  }
  assertEquals(await store.create(place("alice/x"), bytes("x")), "present");
  assertEquals([...Deno.readDirSync(scratch.at("../outside"))], []);
});

Deno.test({
  name: "a full or read-only disk leaves the old file, and says so" +
    (missing && ` (ignored: no ${missing})`),
  ignore: missing !== "",
  async fn() {
    await using disk = await mountFullDisk({ size: 131072, filled: 90000 });
    const scratch = new Scratch(disk.path);
    scratch.file("alice/x.top");
    scratch.file("alice/x.use", "old", 0o400);
    using store = scratch.open();
    const tree = scratch.tree();
    const full = "No space left on device, free some";
    const large = new Uint8Array(100_000);
    assertEquals(await failure(() => store.publish(CREDENTIAL, "use", large)), [
      "full",
      `Cannot write "alice/x.use": ${full}`,
    ]);
    assertEquals(await failure(() => store.write(".credmon-status.json", large, 0o640)), [
      "full",
      `Cannot write ".credmon-status.json": ${full}`,
    ]);
    assertEquals(await store.publish(CREDENTIAL, "use", bytes("new")), "published");
    await new Deno.Command("mount", { args: ["-o", "remount,ro", disk.path] }).output();
    const state = "Read-only file system, mount it for writing";
    assertEquals(await failure(() => store.publish(CREDENTIAL, "use", bytes("x"))), [
      "read-only",
      `Cannot write "alice/x.use": ${state}`,
    ]);
    assertEquals(await failure(() => store.touchComplete()), [
      "read-only",
      `Cannot write "CREDMON_COMPLETE": ${state}`,
    ]);
    assertEquals([scratch.tree(), text(store.readUse(CREDENTIAL))], [tree, "new"]);
  },
});
