import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { Clock } from "../../../core/clock.ts";
import { SYSTEM_CLOCK } from "../../../core/clock.ts";
import { StoreLock } from "../../../core/credentials/store/lock.ts";
import { openPlace } from "../../../core/credentials/store/place.ts";
import { openDescriptors } from "../../posix/folder.ts";
import { failure, isRoot, places, Scratch } from "./scratch.ts";

const LOCK = ".credmon.lock";
const needsRoot = isRoot() ? "" : " (ignored: needs root)";

/** A clock whose sleeps take no time; something may happen in them. */
function clockWith(onSleep: (slept: number) => void): Clock & { slept: number } {
  return {
    ...SYSTEM_CLOCK,
    slept: 0,
    async sleep(ms, signal) {
      signal.throwIfAborted();
      this.slept += ms;
      onSleep(this.slept);
      await Promise.resolve();
    },
  };
}

Deno.test("lock() lets one in at a time", async () => {
  using scratch = new Scratch();
  using first = scratch.open();
  using second = scratch.open();
  const before = openDescriptors();
  const held = await first.lock();
  assert(held !== undefined);
  assertEquals([await second.lock(), await first.lock()], [undefined, undefined]);
  const { mode, size } = Deno.lstatSync(scratch.at(LOCK));
  assertEquals([mode! & 0o7777, size], [0o600, 0]);
  held[Symbol.dispose]();
  held[Symbol.dispose]();
  using other = await second.lock();
  assert(other !== undefined);
  assertEquals(await first.lock(), undefined);
  other[Symbol.dispose]();
  assertEquals([openDescriptors(), scratch.tree()], [before, [LOCK]]);
});

Deno.test("lock() waits as long as it is told, by the clock given", async () => {
  using scratch = new Scratch();
  using first = scratch.open();
  const held = await first.lock();
  const clock = clockWith(() => {});
  using second = scratch.open({ clock });
  assertEquals(await second.lock({ wait: 10_050 }), undefined);
  assertEquals(clock.slept, 10_050);
  const freeing = clockWith((slept) => slept >= 300 && held![Symbol.dispose]());
  using third = scratch.open({ clock: freeing });
  using taken = await third.lock({ wait: 10_000 });
  assertEquals([taken !== undefined, freeing.slept], [true, 300]);
});

Deno.test("lock() stops waiting when told so", async () => {
  using scratch = new Scratch();
  using first = scratch.open();
  using _ = await first.lock();
  const controller = new AbortController();
  using second = scratch.open({ clock: clockWith(() => controller.abort(new Error("stop"))) });
  await assertRejects(
    () => second.lock({ wait: 10_000, signal: controller.signal }),
    Error,
    "stop",
  );
});

Deno.test("lock() ends with the store", async () => {
  using scratch = new Scratch();
  const first = scratch.open();
  assert(await first.lock() !== undefined);
  first[Symbol.dispose]();
  using second = scratch.open();
  using held = await second.lock();
  assert(held !== undefined);
});

Deno.test("lock() ends with a process that is killed", async () => {
  using scratch = new Scratch();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--quiet"],
      fromFileUrl(new URL("testdata/lock_child.ts", import.meta.url)),
      scratch.path,
    ],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  assertEquals(new TextDecoder().decode(value), "locked\n");
  using store = scratch.open();
  assertEquals(await store.lock(), undefined);
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  using held = await store.lock();
  assert(held !== undefined);
});

Deno.test("lock() follows no planted link, and clears away what is no lock", async () => {
  using scratch = new Scratch();
  const outside = scratch.at("../outside");
  Deno.writeTextFileSync(outside, "outside");
  const plants: readonly ((path: string) => unknown)[] = [
    (path) => Deno.symlinkSync("../outside", path),
    (path) => Deno.symlinkSync("../none", path),
    (path) => Deno.linkSync(outside, path),
    (path) => new Deno.Command("mkfifo", { args: [path] }).outputSync(),
  ];
  for (const plant of plants) {
    plant(scratch.at(LOCK));
    using store = scratch.open();
    using held = await store.lock();
    const { isFile, nlink } = Deno.lstatSync(scratch.at(LOCK));
    assertEquals([held !== undefined, isFile, nlink], [true, true, 1]);
    assertEquals(scratch.said(), [`Removed "${LOCK}": it was no lock of this user's`]);
    Deno.removeSync(scratch.at(LOCK));
  }
  const beside = [...Deno.readDirSync(scratch.at(".."))].map(({ name }) => name).toSorted();
  assertEquals([Deno.readTextFileSync(outside), beside], ["outside", ["oauth", "outside"]]);
  Deno.mkdirSync(scratch.at(LOCK));
  using store = scratch.open();
  assertEquals(await failure(() => store.lock()), [
    "unsafe",
    `Cannot lock "${LOCK}": it is a directory, remove it`,
  ]);
});

Deno.test({
  name: `lock() clears away a file of another user, who may have locked it${needsRoot}`,
  ignore: !isRoot(),
  async fn() {
    using scratch = new Scratch();
    using planted = Deno.openSync(scratch.at(LOCK), { create: true, write: true });
    await planted.lock(true);
    Deno.chownSync(scratch.at(LOCK), 77, 78);
    using store = scratch.open({ condor: { uid: 77, gid: 78 } });
    using held = await store.lock();
    assertEquals([held !== undefined, Deno.lstatSync(scratch.at(LOCK)).uid], [true, 0]);
  },
});

Deno.test("lock() notices that its file was replaced while it was locked", async () => {
  using scratch = new Scratch();
  const place = openPlace(scratch.path, { condor: {}, access: "write" });
  using directory = place.directory;
  let swaps = 0;
  const swapping = new Proxy(directory, {
    get(target, property) {
      const value = Reflect.get(target, property, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        const result = value.apply(target, args);
        if (property === "openFile" && swaps++ < 2) {
          Deno.removeSync(scratch.at(LOCK));
          Deno.writeTextFileSync(scratch.at(LOCK), "");
        }
        return result;
      };
    },
  });
  const before = openDescriptors();
  const options = { clock: SYSTEM_CLOCK };
  using held = await StoreLock.take({ ...place, directory: swapping }, () => {}, options);
  assert(held !== undefined && swaps === 3);
  using store = scratch.open();
  assertEquals(await store.lock(), undefined);
  store[Symbol.dispose]();
  assertEquals(openDescriptors(), before + 1);
  // Who replaces it for ever keeps everybody out, but not in an endless loop.
  held[Symbol.dispose]();
  swaps = -1000;
  const endless = () => StoreLock.take({ ...place, directory: swapping }, () => {}, options);
  assertEquals(await failure(endless), [
    "failed",
    `Cannot lock "${LOCK}": somebody replaces it again and again`,
  ]);
  assertEquals(openDescriptors(), before);
});

Deno.test("list() takes a lock again that was removed, and ends when another has it", async () => {
  using scratch = new Scratch();
  scratch.file("alice/x.top");
  using first = scratch.open();
  using second = scratch.open();
  const held = await first.lock();
  Deno.removeSync(scratch.at(LOCK));
  assertEquals(places(first.list()), ["alice/x"]);
  assertEquals(await second.lock(), undefined);
  Deno.removeSync(scratch.at(LOCK));
  using other = await second.lock();
  assert(other !== undefined);
  assertEquals(await failure(() => places(first.list())), [
    "replaced",
    `Cannot keep the lock "${LOCK}": it was removed, and another process has taken it`,
  ]);
  assertEquals(places(second.list()), ["alice/x"]);
  // Without the lock it may look at the directory all the same.
  held![Symbol.dispose]();
  assertEquals(places(first.list()), ["alice/x"]);
});
