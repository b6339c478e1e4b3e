import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { CredentialStore, StoreError } from "../../../core/credentials/store/mod.ts";
import { openDescriptors } from "../../posix/folder.ts";
import { failure, isRoot, place, places, Scratch } from "./scratch.ts";

const needsRoot = isRoot() ? "" : " (ignored: needs root)";

Deno.test("open() makes the directory as condor_master does", () => {
  using scratch = new Scratch();
  const umask = Deno.umask(0o077);
  try {
    for (const path of ["../new", "../new2/", "../new3/."]) {
      using store = CredentialStore.open(`${scratch.path}/${path}`, { condor: {} });
      const { mode, isDirectory } = Deno.lstatSync(store.path);
      assertEquals([mode! & 0o7777, isDirectory], [0o2770, true]);
      assertEquals(places(store.list()), []);
    }
  } finally {
    Deno.umask(umask);
  }
  const beside = [...Deno.readDirSync(scratch.at(".."))].map(({ name }) => name).toSorted();
  assertEquals(beside, ["new", "new2", "new3", "oauth"]);
});

Deno.test({
  name: `open() gives a new directory HTCondor's group${needsRoot}`,
  ignore: !isRoot(),
  fn() {
    using scratch = new Scratch();
    using store = CredentialStore.open(scratch.at("../new"), { condor: { uid: 77, gid: 78 } });
    const { uid, gid, mode } = Deno.lstatSync(store.path);
    assertEquals([uid, gid, mode! & 0o7777], [0, 78, 0o2770]);
  },
});

Deno.test("open() only reads when told so", async () => {
  using scratch = new Scratch();
  const path = scratch.at("../new");
  const [code, line] = await failure(() => CredentialStore.open(path, { access: "read" }));
  assertEquals([code, line], ["missing", `Cannot use "${path}": No such file or directory`]);
  scratch.file("alice/scitokens.top");
  Deno.chmodSync(scratch.path, 0o550);
  {
    using store = scratch.open({ access: "read" });
    assertEquals(places(store.list()), ["alice/scitokens"]);
  }
  Deno.chmodSync(scratch.path, 0o770);
});

Deno.test({
  name: `open() needs the right to write${isRoot() ? " (ignored: root may do all)" : ""}`,
  ignore: isRoot(),
  async fn() {
    using scratch = new Scratch();
    Deno.chmodSync(scratch.path, 0o550);
    const [code, line] = await failure(() => scratch.open());
    Deno.chmodSync(scratch.path, 0o770);
    assertEquals(code, "denied");
    assertStringIncludes(line, "no permission to write to it, run as root");
  },
});

Deno.test("open() refuses what is unsafe, and says what to do", async () => {
  using scratch = new Scratch();
  Deno.symlinkSync("oauth", scratch.at("../link"));
  Deno.writeTextFileSync(scratch.at("../file"), "");
  const noLink = "it is no directory, nor may it be a link to one";
  for (
    const [name, state] of [
      ["link", noLink],
      ["link/", noLink],
      ["link/.", noLink],
      ["link/../link//", noLink],
      ["file", noLink],
    ] as const
  ) {
    const [code, line] = await failure(() =>
      CredentialStore.open(`${join(scratch.path, "..")}/${name}`)
    );
    assertEquals([name, code, line.endsWith(`: ${state}`)], [name, "unsafe", true]);
  }
  for (const mode of [0o2771, 0o2774, 0o2772, 0o777, 0o1777, 0o755]) {
    Deno.chmodSync(scratch.path, mode);
    const [code, line] = await failure(() => scratch.open());
    const octal = mode.toString(8).padStart(4, "0");
    assertEquals([code, line], [
      "unsafe",
      `Cannot use "${scratch.path}": mode is ${octal}, run chmod o= on it`,
    ]);
  }
  for (const mode of [0o2770, 0o770, 0o700]) {
    Deno.chmodSync(scratch.path, mode);
    scratch.open()[Symbol.dispose]();
  }
});

Deno.test({
  name: `open() refuses a directory of another owner or group${needsRoot}`,
  ignore: !isRoot(),
  async fn() {
    using scratch = new Scratch();
    const condor = { uid: 77, gid: 78 };
    const outcome = async (uid: number, gid: number, mode: number) => {
      Deno.chownSync(scratch.path, uid, gid);
      Deno.chmodSync(scratch.path, mode);
      const [code, line] = await failure(() => scratch.open({ condor })[Symbol.dispose]());
      return `${code} ${line.split(": ")[1] ?? ""}`;
    };
    assertEquals(
      await outcome(77, 78, 0o2770),
      "unsafe it belongs to user 77, chown it to root",
    );
    assertEquals(
      await outcome(0, 99, 0o2770),
      "unsafe group 99 may write to it, chgrp it to group 78 of HTCondor",
    );
    assertEquals(await outcome(0, 99, 0o2750), " ");
    assertEquals(await outcome(0, 78, 0o2770), " ");
    assertEquals(await outcome(0, 0, 0o2770), " ");
  },
});

Deno.test("open() says what is in its way", async () => {
  using scratch = new Scratch();
  const parent = scratch.at("../none/new");
  assertEquals(await failure(() => CredentialStore.open(parent, { condor: {} })), [
    "missing",
    `Cannot make "${parent}": No such file or directory`,
  ]);
  const [code] = await failure(() => CredentialStore.open("/proc/new", { condor: {} }));
  assert(["missing", "denied", "failed", "read-only"].includes(code), code);
});

Deno.test("open() leaves no descriptor open, whatever it finds", async () => {
  using scratch = new Scratch();
  const before = openDescriptors();
  for (let i = 0; i < 20; i++) {
    Deno.chmodSync(scratch.path, 0o777);
    await failure(() => scratch.open());
    Deno.chmodSync(scratch.path, 0o770);
    using store = scratch.open();
    places(store.list());
  }
  assertEquals(openDescriptors(), before);
});

Deno.test("list() ends when another directory has taken the place", async () => {
  using scratch = new Scratch();
  scratch.file("alice/scitokens.top");
  using store = scratch.open();
  assertEquals(places(store.list()), ["alice/scitokens"]);
  const state = "it was removed or replaced, start this again";
  const steps = [
    () => Deno.renameSync(scratch.path, scratch.at("../moved")),
    () => Deno.symlinkSync("moved", scratch.path),
    () => {
      Deno.removeSync(scratch.path);
      Deno.mkdirSync(scratch.path);
    },
    () => {
      Deno.removeSync(scratch.path);
      Deno.writeTextFileSync(scratch.path, "");
    },
  ];
  for (const step of steps) {
    step();
    assertEquals(await failure(() => places(store.list())), [
      "replaced",
      `Cannot use "${scratch.path}": ${state}`,
    ]);
  }
  Deno.removeSync(scratch.path);
  Deno.renameSync(scratch.at("../moved"), scratch.path);
  assertEquals(places(store.list()), ["alice/scitokens"]);
});

Deno.test("a store that was disposed of cannot be used", async () => {
  using scratch = new Scratch();
  scratch.file("alice/scitokens.top");
  const store = scratch.open();
  store[Symbol.dispose]();
  store[Symbol.dispose]();
  const calls: readonly (() => unknown)[] = [
    () => places(store.list()),
    () => store.readTop(place("alice/scitokens")),
    () => store.publish(place("alice/scitokens"), "use", new Uint8Array(1)),
    () => store.write("pid", new Uint8Array(1), 0o600),
    () => store.touchComplete(),
    () => store.lock(),
    () => [...store.marks()],
  ];
  for (const call of calls) assertEquals((await failure(call))[0], "failed", `${call}`);
  assertEquals(scratch.tree(), ["alice", "alice/scitokens.top"]);
});

Deno.test("StoreError is an error of this name, with a code", () => {
  const error = new StoreError("full", "line", { cause: 1 });
  assertEquals([error.name, error.code, error.message, error.cause], [
    "StoreError",
    "full",
    "line",
    1,
  ]);
});
