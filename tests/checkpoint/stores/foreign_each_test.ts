import { assert, assertEquals, assertRejects } from "@std/assert";
import { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import { ended } from "../../posix/alive.ts";
import { FakeClock } from "../../transfer/fake_host.ts";
import { batchOf, never, Reports, Workshop } from "./foreign_plugins.ts";

Deno.test("remove() calls the plug-in for each file, in HTCondor's order of words", async () => {
  await using shop = new Workshop();
  const plugin = shop.plugin(`printf '<%s>' "$@" >> "$W/calls"; echo >> "$W/calls"`);
  await using store = shop.open([plugin, "-prefix", "x://a/", "-path", "/srv"], { jobAd: "/j d" });
  const reports = new Reports();
  const signal = never();
  await store.remove(batchOf(["a", "-delete", "", "d/b c"], { base: "x://a//gid/0007" }), {
    signal,
    done: reports.done,
  });
  const options = { base: "x://a/gid/0008", ignoreMissing: true };
  await store.remove(batchOf(["e"], options), { signal, done: () => {} });
  const call = (base: string, name: string, rest = "") =>
    `<-prefix><x://a/><-path></srv><-from><${base}><-delete><${name}><-jobad></j d>${rest}\n`;
  assertEquals(
    shop.read("calls"),
    ["a", "-delete", "", "d/b c"].map((name) => call("x://a//gid/0007", name)).join("") +
      call("x://a/gid/0008", "e", "<-ignore-missing-files>"),
  );
  assertEquals(reports.list, ["gone", "gone", "gone", "gone"]);
});

Deno.test("remove() passes names byte by byte, in their place", async () => {
  await using shop = new Workshop();
  const plugin = shop.plugin(
    `printf '%s\\0' "$@" | od -An -v -tx1 | tr -d ' \\n' >> "$W/calls"; echo >> "$W/calls"`,
  );
  await using store = shop.open([plugin]);
  const names = [
    Uint8Array.of(0xff, 0x0a, 0x20, 0xfe),
    new TextEncoder().encode("new\nline "),
    Uint8Array.from({ length: 255 }, (_, i) => i + 1),
  ];
  const reports = new Reports();
  await store.remove(batchOf(names), { signal: never(), done: reports.done });
  assertEquals(reports.gone, [0, 1, 2]);
  const hex = (text: string) => new TextEncoder().encode(text).toHex();
  assertEquals(
    shop.read("calls").trim().split("\n"),
    names.map((name) =>
      hex("-from\0x://a/b/gid/0000\0-delete\0") + name.toHex() +
      hex(`\0-jobad\0${shop.path}/.job.ad\0`)
    ),
  );
});

Deno.test("remove() gives the plug-in a clean environment and nothing to read", async () => {
  await using shop = new Workshop();
  const plugin = shop.plugin(`cat > "$W/input"; env > "$W/env"`);
  await using store = shop.open([plugin], {
    environment: {
      PATH: "/usr/bin:/bin",
      CONDOR_PRIVATE_INHERIT: "secret",
      _CONDOR_ANCESTOR_1: "secret",
      HOME: "/root",
    },
    user: { name: "alice", home: "/home/alice" },
  });
  const reports = new Reports();
  await store.remove(batchOf(["a"]), { signal: never(), done: reports.done });
  assertEquals(reports.list, ["gone"]);
  assertEquals(shop.read("input"), "");
  const environment = shop.read("env");
  assert(!environment.includes("secret"));
  for (const line of ["HOME=/home/alice", "USER=alice", "LOGNAME=alice"]) {
    assert(environment.split("\n").includes(line), line);
  }
});

Deno.test("remove() goes on after a failure, and takes only 75 for worth another try", async () => {
  await using shop = new Workshop();
  const plugin = shop.plugin('exit "$4"', "p");
  await using store = shop.open([plugin], { parallel: 3 });
  const reports = new Reports();
  const statuses = ["0", "1", "2", "3", "4", "5", "75", "126", "127", "0"];
  await store.remove(batchOf(statuses), { signal: never(), done: reports.done });
  assertEquals(
    reports.list,
    statuses.map((status) =>
      status === "0" ? "gone" : `${status === "75" ? "Transient" : "NotDeleted"}: ` +
        `Failure running '${plugin} -from x://a/b/gid/0000 -delete ${status} -jobad ` +
        `${shop.path}/.job.ad': exit code was ${Number(status) * 256}, aborting.\n`
    ),
  );
});

Deno.test("remove() removes 200 files with eight plug-ins at once, and no more", async () => {
  await using shop = new Workshop();
  // A plug-in that finds eight others has nine directories to choose from, and only eight here.
  const plugin = shop.plugin(`
for i in 1 2 3 4 5 6 7 8; do
  if mkdir "$W/slot$i" 2>/dev/null; then
    echo "$4" >> "$W/removed"
    rmdir "$W/slot$i"
    case $4 in *7) exit 2;; esac
    exit 0
  fi
done
exit 9`);
  await using store = shop.open([plugin], { parallel: 8 });
  const reports = new Reports();
  const names = Array.from({ length: 200 }, (_, i) => `f${i}`);
  await store.remove(batchOf(names), { signal: never(), done: reports.done });
  assertEquals(shop.read("removed").trim().split("\n").toSorted(), names.toSorted());
  assertEquals(reports.failures.size, 200);
  assertEquals(reports.gone, names.keys().filter((i) => i % 10 !== 7).toArray());
});

Deno.test("remove() has two plug-ins under way that wait for each other", async () => {
  await using shop = new Workshop();
  await shop.fifo("meeting");
  const plugin = shop.plugin(
    `if test "$4" = first; then read x < "$W/meeting"; else echo > "$W/meeting"; fi`,
  );
  await using store = shop.open([plugin], { parallel: 2 });
  const reports = new Reports();
  await store.remove(batchOf(["first", "second"]), { signal: never(), done: reports.done });
  assertEquals(reports.list, ["gone", "gone"]);
});

Deno.test("remove() throws when the plug-in cannot be started, and starts no more", async () => {
  await using shop = new Workshop();
  const cases: [name: string, mode: number, script: string, error: string][] = [
    ["noexec", 0o644, "#!/bin/sh\n", "13 (Permission denied)"],
    ["nothing", 0o755, "echo\n", "8 (Exec format error)"],
    ["lost", 0o755, "#!/nonexistent/shell\n", "2 (No such file or directory)"],
  ];
  for (const [name, mode, script, error] of cases) {
    const plugin = `${shop.path}/${name}`;
    await Deno.writeTextFile(plugin, script);
    await Deno.chmod(plugin, mode);
    await using store = shop.open([plugin, "a b"], { parallel: 2 });
    const reports = new Reports();
    const failure = await assertRejects(
      () => store.remove(batchOf(["a", "b", "c"]), { signal: never(), done: reports.done }),
      CleanupFailure,
    );
    assertEquals(failure.kind, "StoreUnavailable");
    assertEquals(
      failure.message.replace("-delete b", "-delete a"),
      `Failed to run '${plugin} a\\ b -from x://a/b/gid/0000 -delete a -jobad ` +
        `${shop.path}/.job.ad': ${error}, aborting.`,
    );
    assertEquals(reports.list, []);
  }
});

Deno.test("remove() reports a name that no program can be given, and removes the others", async () => {
  await using shop = new Workshop();
  const plugin = shop.plugin(`echo "$4" >> "$W/calls"`);
  await using store = shop.open([plugin]);
  const reports = new Reports();
  const names = ["a\0b", "x".repeat(200_000), "c"];
  await store.remove(batchOf(names), { signal: never(), done: reports.done });
  const [zero, long, last] = reports.list;
  assertEquals(
    zero,
    `NotDeleted: Cannot remove "a\\u0000b": no plug-in can be told of a zero byte`,
  );
  assert(long?.startsWith("NotDeleted: Failed to run '"));
  assert(long?.endsWith("': 7 (Argument list too long), aborting."));
  assertEquals([last, shop.read("calls")], ["gone", "c\n"]);
});

Deno.test("remove() times out each file for itself", async () => {
  await using shop = new Workshop();
  const ready = await shop.fifo("ready");
  const plugin = shop.plugin(`
trap '' TERM
test "$4" = fast && exit 0
echo partial; echo $$ > "$W/ready"; exec sleep 60`);
  const clock = new FakeClock();
  await using store = shop.open([plugin], { timeout: 2, clock });
  const reports = new Reports();
  const removal = store.remove(batchOf(["slow", "fast"]), {
    signal: never(),
    done: reports.done,
  });
  await ready();
  await clock.advance(2000);
  await removal;
  assertEquals(reports.list, [
    `Transient: Timed out after 2 seconds waiting for '${plugin} -from x://a/b/gid/0000 -delete ` +
    `slow -jobad ${shop.path}/.job.ad', aborting.\n(Partial output: 'partial\n')\n`,
    "gone",
  ]);
});

Deno.test("remove() times out every start at once with a time-out of 0", async () => {
  await using shop = new Workshop();
  await using store = shop.open([shop.plugin(`echo > "$W/called"`)], { timeout: 0 });
  const reports = new Reports();
  await store.remove(batchOf(["a", "b"]), { signal: never(), done: reports.done });
  assertEquals(
    reports.list,
    ["a", "b"].map((name) =>
      `Transient: Timed out after 0 seconds waiting for '${shop.path}/plugin ` +
      `-from x://a/b/gid/0000 -delete ${name} -jobad ${shop.path}/.job.ad', aborting.\n`
    ),
  );
  assertEquals(shop.read("called"), "");
});

Deno.test("remove() begins nothing after the signal, and leaves out what it had to kill", async () => {
  await using shop = new Workshop();
  const ready = await shop.fifo("ready");
  const plugin = shop.plugin(`
echo "$4" >> "$W/calls"
test "$4" = slow || exit 0
echo $$ > "$W/ready"; exec sleep 60`);
  const clock = new FakeClock();
  await using store = shop.open([plugin], { clock });
  const reports = new Reports();
  const stop = new AbortController();
  const removal = store.remove(batchOf(["a", "slow", "b"]), {
    signal: stop.signal,
    done: reports.done,
  });
  const pid = Number(await ready());
  stop.abort();
  await clock.advance(1000);
  await removal;
  await ended(pid);
  assertEquals(reports.list, ["gone"]);
  assertEquals(shop.read("calls"), "a\nslow\n");
  await store.remove(batchOf(["c"]), { signal: stop.signal, done: reports.done });
  assertEquals(shop.read("calls"), "a\nslow\n");
});

Deno.test("remove() takes a plug-in at its word that leaves a child with its outputs", async () => {
  await using shop = new Workshop();
  await using store = shop.open([shop.plugin(`sleep 60 & echo $! > "$W/child"`)]);
  const reports = new Reports();
  await store.remove(batchOf(["a"]), { signal: never(), done: reports.done });
  assertEquals(reports.list, ["gone"]);
  Deno.kill(Number(shop.read("child")), "SIGKILL");
});

Deno.test("remove() has nothing to do for an empty batch", async () => {
  await using shop = new Workshop();
  await using store = shop.open(["/nonexistent/plugin"]);
  await store.remove(batchOf([]), { signal: never(), done: () => {} });
});
