import { assertEquals } from "@std/assert";
import { openDescriptors } from "../../posix/folder.ts";
import { bytes, failure, isRoot, place, Scratch, text } from "./scratch.ts";

Deno.test("readTop() and readUse() read, and have nothing for what is gone", () => {
  using scratch = new Scratch();
  scratch.file("alice/x.top", "top text");
  scratch.file("alice/x.use", "use text", 0o400);
  using store = scratch.open();
  assertEquals(text(store.readTop(place("alice/x"))), "top text");
  assertEquals(text(store.readUse(place("alice/x"))), "use text");
  for (const gone of ["alice/y", "bob/x"]) {
    assertEquals([store.readTop(place(gone)), store.readUse(place(gone))], [undefined, undefined]);
  }
});

Deno.test("readTop() refuses what is unsafe; readUse() has nothing then", async () => {
  using scratch = new Scratch();
  Deno.writeTextFileSync(scratch.at("../outside"), "outside");
  scratch.file("a/real");
  const both = (name: string, make: (path: string) => void) => {
    for (const end of ["top", "use"]) make(scratch.at(`a/${name}.${end}`));
  };
  both("link", (path) => Deno.symlinkSync("real", path));
  both("out", (path) => Deno.symlinkSync("../../outside", path));
  both("dangling", (path) => Deno.symlinkSync("none", path));
  both("hard", (path) => Deno.linkSync(scratch.at("a/real"), path));
  both("directory", (path) => Deno.mkdirSync(path));
  both("group", (path) => (Deno.writeTextFileSync(path, "x"), Deno.chmodSync(path, 0o660)));
  both("large", (path) => {
    Deno.writeFileSync(path, new Uint8Array(256 * 1024 + 1));
    Deno.chmodSync(path, 0o600);
  });
  for (const end of ["top", "use"]) {
    await new Deno.Command("mkfifo", { args: [scratch.at(`a/fifo.${end}`)] }).output();
  }
  using sockets = new DisposableStack();
  both("socket", (path) => sockets.use(Deno.listen({ transport: "unix", path })));
  using store = scratch.open();
  const before = openDescriptors();
  const states = {
    link: ["unsafe", "Too many levels of symbolic links, remove that symbolic link"],
    out: ["unsafe", "Too many levels of symbolic links, remove that symbolic link"],
    dangling: ["unsafe", "Too many levels of symbolic links, remove that symbolic link"],
    hard: ["unsafe", "it has 3 names (hard links)"],
    directory: ["unsafe", "it is a directory"],
    group: ["unsafe", "mode is 0660, which lets others write"],
    large: ["large", "more than 262144 bytes"],
    fifo: ["unsafe", "it is neither file nor directory"],
    socket: ["unsafe", "it is no regular file"],
  } as const;
  for (const [name, [code, state]] of Object.entries(states)) {
    const credential = place(`a/${name}`);
    const line = `Cannot read "a/${name}.top": ${state}`;
    assertEquals(await failure(() => store.readTop(credential)), [code, line]);
    assertEquals([name, store.readUse(credential)], [name, undefined]);
  }
  assertEquals(openDescriptors(), before);
});

Deno.test("readTop() and readUse() read no more than they are told", async () => {
  using scratch = new Scratch();
  scratch.file("a/x.top", "12345");
  scratch.file("a/x.use", "12345");
  using store = scratch.open();
  assertEquals(text(store.readTop(place("a/x"), 5)), "12345");
  assertEquals(await failure(() => store.readTop(place("a/x"), 4)), [
    "large",
    'Cannot read "a/x.top": more than 4 bytes',
  ]);
  assertEquals(text(store.readUse(place("a/x"), 5)), "12345");
  assertEquals(store.readUse(place("a/x"), 4), undefined);
});

Deno.test("readUse() has nothing where list() has no .use", () => {
  using scratch = new Scratch();
  const cases = [
    ["empty", "", 0o400, undefined],
    ["group", "x", 0o440, undefined],
    ["other", "x", 0o404, undefined],
    ["good", "x", 0o400, "x"],
    ["written", "x", 0o600, "x"],
  ] as const;
  for (const [name, content, mode] of cases) {
    scratch.file(`a/${name}.top`);
    scratch.file(`a/${name}.use`, content, mode);
  }
  using store = scratch.open();
  for (const { user, name, use } of store.list()) {
    const wanted = cases.find(([known]) => known === name)?.[3];
    assertEquals([name, text(store.readUse({ user, name })), use !== undefined], [
      name,
      wanted,
      wanted !== undefined,
    ]);
  }
});

Deno.test("a user's directory that is unsafe is not read", async () => {
  using scratch = new Scratch();
  Deno.mkdirSync(scratch.at("../outside"));
  Deno.writeTextFileSync(scratch.at("../outside/x.top"), "outside");
  Deno.writeTextFileSync(scratch.at("../outside/x.use"), "outside");
  Deno.symlinkSync("../outside", scratch.at("link"));
  scratch.file("open/x.top");
  scratch.user("open", 0o777);
  scratch.file("file");
  using store = scratch.open();
  const states = {
    link: "it is no directory",
    open: "mode is 0777, which lets others write",
    file: "it is no directory",
  };
  for (const [user, state] of Object.entries(states)) {
    assertEquals(await failure(() => store.readTop(place(`${user}/x`))), [
      "unsafe",
      `Cannot use "${user}": ${state}`,
    ]);
    assertEquals(store.readUse(place(`${user}/x`)), undefined);
  }
});

Deno.test("no name leads out of the directory", async () => {
  using scratch = new Scratch();
  Deno.writeTextFileSync(scratch.at("../x.top"), "outside");
  scratch.file("alice/x.top");
  using store = scratch.open();
  const names = [
    ["..", "x", '".."', "user"],
    [".", "alice", '"."', "user"],
    ["alice/..", "x", '"alice/.."', "user"],
    ["", "x", '""', "user"],
    ["/etc", "x", '"/etc"', "user"],
    ["alice\0", "x", '"alice\\x00"', "user"],
    ["-x", "x", '"-x"', "user"],
    ["alice", "../alice/x", '"../alice/x"', "credential"],
    ["alice", ".x", '".x"', "credential"],
    ["alice", "", '""', "credential"],
    ["alice", "a\nb", '"a\\x0ab"', "credential"],
    ["alice", "x".repeat(194), `"${"x".repeat(194)}"`, "credential"],
  ] as const;
  for (const [user, name, shown, what] of names) {
    const wanted = ["name", `Cannot use ${shown}: no ${what} may have this name`] as const;
    const credential = { user, name };
    assertEquals(await failure(() => store.readTop(credential)), wanted);
    assertEquals(await failure(() => store.readUse(credential)), wanted);
    assertEquals(await failure(() => store.publish(credential, "use", bytes("x"))), wanted);
    assertEquals(await failure(() => store.create(credential, bytes("x"))), wanted);
  }
});

Deno.test({
  name: `what cannot be read is said${isRoot() ? " (ignored: root may do all)" : ""}`,
  ignore: isRoot(),
  async fn() {
    using scratch = new Scratch();
    scratch.file("a/x.top", "x", 0);
    scratch.file("a/x.use", "x", 0);
    using store = scratch.open();
    for (const read of [() => store.readTop(place("a/x")), () => store.readUse(place("a/x"))]) {
      assertEquals((await failure(read))[0], "denied");
    }
  },
});
