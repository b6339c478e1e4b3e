import { assertEquals } from "@std/assert";
import { SYSTEM_CLOCK } from "../../../core/clock.ts";
import { isRoot, Scratch } from "./scratch.ts";

const needsRoot = isRoot() ? "" : " (ignored: needs root)";
const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;
const clock = { ...SYSTEM_CLOCK, now: () => NOW };

function age(path: string, ms: number): void {
  Deno.utimeSync(path, (NOW - ms) / 1000, (NOW - ms) / 1000);
}

const digits = (n: number) => n.toString(16).padStart(16, "0");

Deno.test("removeStale() removes old temporaries of ours, here and of users, and nothing else", async () => {
  using scratch = new Scratch();
  Deno.writeTextFileSync(scratch.at("../outside"), "outside");
  scratch.user("alice");
  const stale = [
    `.pid.${digits(1)}.tmp`,
    `.CREDMON_COMPLETE.${digits(2)}.tmp`,
    `alice/.x.use.${digits(3)}.tmp`,
    `alice/.x.top.${digits(4)}.tmp`,
  ];
  const young = [`.pid.${digits(5)}.tmp`, `alice/.x.use.${digits(6)}.tmp`];
  const others = [
    "alice/x.top",
    "alice/x.use",
    "alice/x.top.tmp",
    "alice/tmpabcdefgh",
    `alice/x.use.${digits(7)}.tmp`,
    `alice/.x.use.${digits(8).slice(1)}.tmp`,
    `alice/.x.use.${digits(9)}.tmp2`,
    `alice/..${digits(10)}.tmp`,
    "tmpabcdefgh",
    "pid",
    ".credmon-status.json",
  ];
  for (const name of [...stale, ...young, ...others]) scratch.file(name, "x");
  for (const name of [...stale, ...others]) age(scratch.at(name), HOUR);
  for (const name of young) age(scratch.at(name), HOUR - 1000);
  Deno.symlinkSync("../../outside", scratch.at(`alice/.l.use.${digits(11)}.tmp`));
  Deno.symlinkSync("../outside", scratch.at(`.l.${digits(12)}.tmp`));
  await new Deno.Command("mkfifo", { args: [scratch.at(`alice/.f.use.${digits(13)}.tmp`)] })
    .output();
  scratch.user(`.empty.${digits(14)}.tmp`);
  age(scratch.at(`.empty.${digits(14)}.tmp`), HOUR);
  scratch.user(`.full.${digits(15)}.tmp`);
  scratch.file(`.full.${digits(15)}.tmp/x`);
  age(scratch.at(`.full.${digits(15)}.tmp`), HOUR);
  const gone = [...stale, `.empty.${digits(14)}.tmp`];
  const wanted = scratch.tree().filter((name) => !gone.includes(name));
  using store = scratch.open({ clock });
  assertEquals([store.removeStale(), store.removeStale()], [5, 0]);
  assertEquals(scratch.tree(), wanted);
  assertEquals(store.removeStale({ age: 0 }), 2);
  assertEquals(scratch.tree(), wanted.filter((name) => !young.includes(name)));
  assertEquals(Deno.readTextFileSync(scratch.at("../outside")), "outside");
});

Deno.test("removeStale() goes into no directory that is a link or unsafe", () => {
  using scratch = new Scratch();
  const name = `.x.use.${digits(1)}.tmp`;
  Deno.mkdirSync(scratch.at("../outside"));
  Deno.writeTextFileSync(scratch.at(`../outside/${name}`), "");
  Deno.symlinkSync("../outside", scratch.at("link"));
  scratch.file(`open/${name}`);
  scratch.user("open", 0o777);
  scratch.file(`.hidden/${name}`);
  using store = scratch.open({ clock });
  assertEquals(store.removeStale({ age: 0 }), 0);
  assertEquals([...Deno.readDirSync(scratch.at("../outside"))].length, 1);
});

Deno.test({
  name: `removeStale() leaves what others own${needsRoot}`,
  ignore: !isRoot(),
  fn() {
    using scratch = new Scratch();
    for (const name of [`.pid.${digits(1)}.tmp`, `alice/.x.use.${digits(2)}.tmp`]) {
      scratch.file(name, "x");
      Deno.chownSync(scratch.at(name), 77, 78);
    }
    using store = scratch.open({ condor: { uid: 77, gid: 78 } });
    assertEquals([store.removeStale({ age: 0 }), scratch.tree().length], [0, 3]);
  },
});
