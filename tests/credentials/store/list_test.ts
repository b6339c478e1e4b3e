import { assert, assertEquals } from "@std/assert";
import { Folder } from "../../posix/folder.ts";
import { openDescriptors } from "../../posix/folder.ts";
import { bytes, isRoot, places, Scratch } from "./scratch.ts";

const needsRoot = isRoot() ? "" : " (ignored: needs root)";

Deno.test("list() lists by user and name what has a .top", () => {
  using scratch = new Scratch();
  for (const file of ["bob/b.top", "bob/a_2.top", "bob/a_10.top", "alice/z.top", "Zoe/x.top"]) {
    scratch.file(file);
  }
  for (const file of ["bob/a_2.use", "alice/only.use", "alice/z.meta", "alice/readme", "bob/top"]) {
    scratch.file(file);
  }
  scratch.file("alice/.hidden.top");
  scratch.file("alice/.z.use.0123456789abcdef.tmp");
  scratch.file("README.credentials");
  scratch.file("pid");
  scratch.file("alice.mark");
  scratch.file("a".repeat(64));
  scratch.file(".hidden/x.top");
  scratch.user("empty");
  using store = scratch.open();
  const wanted = ["Zoe/x", "alice/z", "bob/a_10", "bob/a_2 +", "bob/b"];
  assertEquals(places(store.list()), wanted);
  assertEquals(places(store.list()), wanted);
  assertEquals(scratch.said(), []);
});

Deno.test("list() tells the facts of both files", () => {
  using scratch = new Scratch();
  scratch.file("alice/scitokens.top", "alice@foo");
  scratch.file("alice/scitokens.use", "t".repeat(600), 0o400);
  Deno.utimeSync(scratch.at("alice/scitokens.use"), 1_700_000_000, 1_700_000_000.25);
  using store = scratch.open();
  const [listed] = [...store.list()];
  const inode = (name: string) => BigInt(Deno.statSync(scratch.at(name)).ino!);
  assertEquals(listed!.use, {
    size: 600,
    mtime: 1_700_000_000_250,
    inode: inode("alice/scitokens.use"),
  });
  assertEquals(listed!.top.size, 9);
  assertEquals(listed!.top.inode, inode("alice/scitokens.top"));
});

Deno.test("list() skips links, what is no file, and what others may write to", async () => {
  using scratch = new Scratch();
  Deno.mkdirSync(scratch.at("../outside"));
  Deno.writeTextFileSync(scratch.at("../outside/x.top"), "x");
  scratch.file("good/a.top");
  scratch.file("good/real");
  Deno.symlinkSync("real", scratch.at("good/link.top"));
  Deno.symlinkSync("none", scratch.at("good/dangling.top"));
  Deno.mkdirSync(scratch.at("good/directory.top"));
  Deno.linkSync(scratch.at("good/real"), scratch.at("good/hard.top"));
  await new Deno.Command("mkfifo", { args: [scratch.at("good/fifo.top")] }).output();
  scratch.file("good/group.top", "x", 0o620);
  scratch.file("good/other.top", "x", 0o602);
  scratch.file("good/readable.top", "x", 0o644);
  scratch.file("good/large.top", new Uint8Array(256 * 1024 + 1));
  scratch.file("good/largest.top", new Uint8Array(256 * 1024));
  Deno.symlinkSync("../outside", scratch.at("link"));
  Deno.symlinkSync("good", scratch.at("inside"));
  scratch.file("group/x.top");
  scratch.user("group", 0o2720);
  scratch.file("other/x.top");
  scratch.user("other", 0o702);
  await new Deno.Command("mkfifo", { args: [scratch.at("fifo")] }).output();
  using store = scratch.open();
  assertEquals(places(store.list()), ["good/a", "good/largest", "good/readable"]);
  const notes = [
    'Skipped "good/dangling.top": it is a symbolic link',
    'Skipped "good/directory.top": it is a directory',
    'Skipped "good/fifo.top": it is neither file nor directory',
    'Skipped "good/group.top": mode is 0620, which lets others write',
    'Skipped "good/hard.top": it has 2 names (hard links)',
    'Skipped "good/large.top": it has more than 262144 bytes',
    'Skipped "good/link.top": it is a symbolic link',
    'Skipped "good/other.top": mode is 0602, which lets others write',
    'Skipped "group": mode is 2720, which lets others write',
    'Skipped "inside": it is a symbolic link',
    'Skipped "link": it is a symbolic link',
    'Skipped "other": mode is 0702, which lets others write',
  ];
  assertEquals(scratch.said().toSorted(), notes);
});

Deno.test("list() has no .use where none can be used", async () => {
  using scratch = new Scratch();
  const names = ["missing", "empty", "link", "hard", "group", "other", "directory", "fifo", "good"];
  for (const name of names) scratch.file(`a/${name}.top`);
  scratch.file("a/empty.use", "");
  scratch.file("a/real");
  Deno.symlinkSync("real", scratch.at("a/link.use"));
  Deno.linkSync(scratch.at("a/real"), scratch.at("a/hard.use"));
  scratch.file("a/group.use", "x", 0o440);
  scratch.file("a/other.use", "x", 0o604);
  Deno.mkdirSync(scratch.at("a/directory.use"));
  await new Deno.Command("mkfifo", { args: [scratch.at("a/fifo.use")] }).output();
  scratch.file("a/good.use", "x", 0o600);
  using store = scratch.open();
  assertEquals(places(store.list()).filter((name) => name.endsWith("+")), ["a/good +"]);
  assertEquals(scratch.said(), [
    'Ignored "a/directory.use": it is a directory',
    'Ignored "a/empty.use": it is empty',
    'Ignored "a/fifo.use": it is neither file nor directory',
    'Ignored "a/group.use": mode is 0440, which lets others read',
    'Ignored "a/hard.use": it has 2 names (hard links)',
    'Ignored "a/link.use": it is a symbolic link',
    'Ignored "a/other.use": mode is 0604, which lets others read',
  ]);
});

Deno.test({
  name: `list() trusts root, itself and HTCondor's account, and for .use not the last${needsRoot}`,
  ignore: !isRoot(),
  fn() {
    using scratch = new Scratch();
    for (const [user, uid] of [["root", 0], ["condor", 77], ["foreign", 99]] as const) {
      for (const file of ["root", "condor", "foreign"]) {
        scratch.file(`${user}/${file}.top`);
        scratch.file(`${user}/${file}.use`, "x", 0o400);
      }
      const owners = { root: 0, condor: 77, foreign: 99 };
      for (const [file, owner] of Object.entries(owners)) {
        Deno.chownSync(scratch.at(`${user}/${file}.top`), owner, 78);
        Deno.chownSync(scratch.at(`${user}/${file}.use`), owner, 78);
      }
      Deno.chownSync(scratch.at(user), uid, 78);
    }
    using store = scratch.open({ condor: { uid: 77, gid: 78 } });
    const both = ["condor", "root +"];
    assertEquals(
      places(store.list()),
      ["condor", "root"].flatMap((user) => both.map((name) => `${user}/${name}`)),
    );
    assertEquals(scratch.said().toSorted(), [
      'Ignored "condor/condor.use": it belongs to user 77',
      'Ignored "root/condor.use": it belongs to user 77',
      'Skipped "condor/foreign.top": it belongs to user 99',
      'Skipped "foreign": it belongs to user 99',
      'Skipped "root/foreign.top": it belongs to user 99',
    ]);
    using strict = scratch.open();
    assertEquals(places(strict.list()), ["root/root +"]);
  },
});

Deno.test("list() skips hostile names, and shows them escaped", () => {
  using scratch = new Scratch();
  scratch.file("alice/good.top");
  const folder = new Folder();
  Deno.removeSync(folder.path);
  const raw = (path: string, ...name: number[]) => [...bytes(scratch.at(path)), 0x2f, ...name];
  const tail = [...bytes(".top")];
  folder.make("directory", raw("", 0xff, 0xfe));
  folder.make("directory", raw("", 0x61, 0x0a, 0x62));
  folder.make("directory", raw("", ...bytes("alice@example.org")));
  folder.make("directory", raw("", ...bytes("-x")));
  folder.make("directory", raw("", ...bytes("x".repeat(129))));
  folder.make("file", raw("", 0xfd));
  folder.make("file", raw("alice", 0xc3, 0x28, ...tail));
  folder.make("file", raw("alice", 0x61, 0x1b, 0x5b, ...tail));
  folder.make("file", raw("alice", ...bytes("a b"), ...tail));
  folder.make("file", raw("alice", ...bytes("-x"), ...tail));
  folder.make("file", raw("alice", ...bytes("x".repeat(194)), ...tail));
  folder.make("file", raw("alice", ...tail));
  using store = scratch.open();
  assertEquals(places(store.list()), ["alice/good"]);
  assertEquals(
    scratch.said().toSorted(),
    [
      'Skipped "-x": it is no user\'s name',
      'Skipped "\\xff\\xfe": it is no user\'s name',
      'Skipped "a\\x0ab": it is no user\'s name',
      'Skipped "alice/-x.top": it is no credential\'s name',
      'Skipped "alice/\\xc3(.top": it is no credential\'s name',
      'Skipped "alice/a b.top": it is no credential\'s name',
      'Skipped "alice/a\\x1b[.top": it is no credential\'s name',
      `Skipped "alice/${"x".repeat(194)}.top": it is no credential's name`,
      'Skipped "alice@example.org": it is no user\'s name',
      `Skipped "${"x".repeat(129)}": it is no user's name`,
    ].toSorted(),
  );
});

Deno.test("list() says once what it skips, until that changes", () => {
  using scratch = new Scratch();
  scratch.file("alice/x.top", "x", 0o602);
  using store = scratch.open();
  const look = () => (places(store.list()), scratch.said());
  const line = (mode: string) => `Skipped "alice/x.top": mode is ${mode}, which lets others write`;
  assertEquals([look(), look()], [[line("0602")], []]);
  Deno.chmodSync(scratch.at("alice/x.top"), 0o620);
  assertEquals([look(), look()], [[line("0620")], []]);
  Deno.chmodSync(scratch.at("alice/x.top"), 0o600);
  assertEquals([look(), look()], [[], []]);
  Deno.chmodSync(scratch.at("alice/x.top"), 0o620);
  // A look that is left early changes nothing, nor do two at once.
  for (const _ of store.list()) break;
  const [one, two] = [store.list(), store.list()];
  one.next();
  assertEquals(scratch.said(), [line("0620")]);
  assertEquals([places(two), places(one), look(), scratch.said()], [[], [], [], []]);
});

Deno.test("list() goes on when users vanish or cannot be read meanwhile", () => {
  using scratch = new Scratch();
  for (const user of ["a", "b", "c", "d"]) scratch.file(`${user}/x.top`);
  using store = scratch.open();
  const found: string[] = [];
  for (const { user } of store.list()) {
    found.push(user);
    if (user !== "a") continue;
    Deno.removeSync(scratch.at("b"), { recursive: true });
    Deno.removeSync(scratch.at("c"), { recursive: true });
    Deno.writeTextFileSync(scratch.at("c"), "no directory");
  }
  assertEquals([found, scratch.said()], [["a", "d"], ['Skipped "c": it is no directory']]);
});

Deno.test("list() takes 1000 credentials of a provider, and 64 providers of a user", () => {
  using scratch = new Scratch();
  for (let i = 0; i < 1001; i++) scratch.file(`alice/p_${String(i).padStart(4, "0")}.top`, "");
  scratch.file("alice/q.top");
  for (let i = 0; i < 66; i++) scratch.file(`bob/p${String(i).padStart(2, "0")}.top`, "");
  scratch.file("bob/p00_handle.top", "");
  scratch.file("carol/x.top", "");
  using store = scratch.open();
  const found = places(store.list());
  const of = (user: string) => found.filter((name) => name.startsWith(user));
  assertEquals([of("alice").length, of("bob").length, of("carol").length], [1001, 65, 1]);
  assert(!found.includes("alice/p_1000") && found.includes("alice/q"));
  assert(
    !found.includes("bob/p64") && found.includes("bob/p63") && found.includes("bob/p00_handle"),
  );
  assertEquals(scratch.said(), [
    'Cut "alice": it has more than 1000 credentials of "p"',
    'Cut "bob": it has more than 64 providers',
  ]);
  assertEquals([places(store.list()).length, scratch.said()], [1067, []]);
});

Deno.test("list() neither remembers nor says endlessly many things", () => {
  using scratch = new Scratch();
  scratch.user("alice");
  for (let i = 0; i < 1500; i++) Deno.symlinkSync("x", scratch.at(`alice/${i}.top`));
  using store = scratch.open();
  assertEquals([places(store.list()), places(store.list())], [[], []]);
  const said = scratch.said();
  assertEquals([said.length, said.at(-1)], [1001, "Skipped more than these"]);
});

Deno.test("list() of many users holds nothing open and little in memory, and is quick", () => {
  using scratch = new Scratch();
  for (let i = 0; i < 3000; i++) {
    scratch.file(`user${i}/scitokens.top`);
    scratch.file(`user${i}/scitokens.use`, "x".repeat(600), 0o400);
  }
  using store = scratch.open();
  const before = openDescriptors();
  let count = 0;
  const began = performance.now();
  for (const { use } of store.list()) {
    count += use === undefined ? 0 : 1;
    if (count % 1000 === 1) assertEquals(openDescriptors(), before);
  }
  const took = performance.now() - began;
  assertEquals(count, 3000);
  // A tenth of this when nothing else runs.
  assert(took < 1000, `${took} ms`);
});

Deno.test("marks() lists plain marks of users", () => {
  using scratch = new Scratch();
  scratch.file("alice.mark", "");
  Deno.utimeSync(scratch.at("alice.mark"), 1_700_000_000, 1_700_000_000);
  scratch.file("a.b.mark", "");
  Deno.utimeSync(scratch.at("a.b.mark"), 1_700_000_001, 1_700_000_001);
  scratch.user("dir.mark");
  Deno.symlinkSync("alice.mark", scratch.at("link.mark"));
  for (const name of [".mark", ".x.mark", "-x.mark", "a b.mark", "mark", "x.marks"]) {
    scratch.file(name, "");
  }
  using store = scratch.open();
  assertEquals([...store.marks()].toSorted((a, b) => a.since - b.since), [
    { user: "alice", since: 1_700_000_000_000 },
    { user: "a.b", since: 1_700_000_001_000 },
  ]);
});
