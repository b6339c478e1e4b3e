import { assert, assertEquals } from "@std/assert";
import { ensureDir } from "@std/fs";
import { join } from "@std/path";
import { sweep, type SweepOptions } from "../../../core/checkpoint/tools/sweep.ts";
import { isRoot } from "../../build/built.ts";
import { type FakeHost, fakeHost } from "./hosts.ts";

/** Who the directories belong to: root's are left alone. */
const OWNER = isRoot() ? 65534 : Deno.uid()!;
const HOUR = 3600;

/** Stands for the processes that sweep starts: it notes what it is told, and says so. */
const RECORDER = `#!/bin/sh
dir=\${0%/*}
for path; do :; done
echo "begin $*" >>"$dir/calls"
[ -f "$dir/slow" ] && sleep 0.05
[ -f "$dir/stuck" ] && { trap 'echo "end $path" >>"$dir/calls"; exit 1' TERM; : >"$dir/begun"; while :; do sleep 0.01; done; }
echo "end $path" >>"$dir/calls"
case $path in
  *left*) printf 'cannot\\033[31m\\n\\nbecause\\n'; exit 1;;
esac
echo "what it would do"
`;

interface World {
  readonly path: string;
  readonly spool: string;
  readonly fake: FakeHost;
  sweep(options?: Partial<SweepOptions>): Promise<number>;
  /** Makes a job's directory, with an ad; its path. */
  job(name: string, owner?: string): Promise<string>;
  /** Lines that the processes left, without the words before the path. */
  calls(): Promise<string[]>;
}

async function withWorld(test: (world: World) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "pinion-sweep-" });
  try {
    const executable = join(path, "recorder");
    await Deno.writeTextFile(executable, RECORDER);
    await Deno.chmod(executable, 0o755);
    const spool = join(path, "spool");
    const fake = fakeHost({ executable, environment: { PATH: "/usr/bin:/bin" } });
    const given = { olderThan: 0, jobs: 4, budget: 60, dryRun: false, json: false };
    await ensureDir(join(spool, "checkpoint-cleanup"));
    await test({
      path,
      spool,
      fake,
      sweep: (options) => sweep({ spools: [spool], ...given, ...options }, fake.host),
      async job(name, owner = "alice") {
        const directory = join(spool, "checkpoint-cleanup", owner, name);
        await ensureDir(directory);
        const ad = join(directory, ".job.ad");
        await Deno.writeTextFile(ad, "ClusterId = 1\n");
        for (const one of [join(directory, ".."), directory, ad]) {
          await Deno.chown(one, OWNER, OWNER);
        }
        return directory;
      },
      async calls() {
        const text = await Deno.readTextFile(join(path, "calls")).catch(() => "");
        return text.split("\n").filter((line) => line !== "");
      },
    });
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

/** Sets a time of change some seconds ago. */
async function age(path: string, seconds: number): Promise<void> {
  const time = new Date(Date.now() - seconds * 1000);
  await Deno.utime(path, time, time);
}

Deno.test("sweep cleans up each job once, as many at once as it is told", () =>
  withWorld(async (world) => {
    const paths = await Promise.all(
      Array.from({ length: 50 }, (_, i) => world.job(`cluster${i}.proc0.subproc0`)),
    );
    await Deno.writeTextFile(join(world.path, "slow"), "");
    assertEquals(await world.sweep({ jobs: 7 }), 0);
    assertEquals(world.fake.out, ["50 clean, 0 left, 0 skipped"]);
    const calls = await world.calls();
    let [running, most] = [0, 0];
    for (const call of calls) {
      running += call.startsWith("begin") ? 1 : -1;
      most = Math.max(most, running);
    }
    assert(most > 1 && most <= 7, `${most} at once`);
    const begun = calls.filter((call) => call.startsWith("begin")).toSorted();
    assertEquals(
      begun,
      paths.map((path) => `begin condor_manifest clean -budget 60 -- ${path}`).toSorted(),
    );
  }));

Deno.test("sweep says what is left and why, with nothing that a terminal obeys", () =>
  withWorld(async (world) => {
    const left = await world.job("left\x1b[2J");
    await world.job("good");
    assertEquals(await world.sweep(), 1);
    assertEquals(world.fake.out, [
      `${left.replace("\x1b", "\\u001b")}: left`,
      "  cannot\\u001b[31m",
      "  because",
      "1 clean, 1 left, 0 skipped",
    ]);
  }));

Deno.test("sweep -json prints results and whether it was stopped", () =>
  withWorld(async (world) => {
    const [good, left] = [await world.job("good"), await world.job("left")];
    assertEquals(await world.sweep({ json: true }), 1);
    assertEquals(JSON.parse(world.fake.out.join("\n")), {
      results: [
        { path: good, owner: "alice", state: "clean", text: "" },
        { path: left, owner: "alice", state: "left", text: "cannot\x1b[31m\n\nbecause" },
      ],
      stopped: false,
    });
  }));

Deno.test("sweep -dry-run starts dry runs, and removes nothing itself", () =>
  withWorld(async (world) => {
    const job = await world.job("job");
    const empty = await world.job("empty");
    await Deno.remove(join(empty, ".job.ad"));
    assertEquals(await world.sweep({ dryRun: true }), 0);
    assert((await Deno.stat(empty)).isDirectory);
    assertEquals(
      (await world.calls())[0],
      `begin condor_manifest clean -dry-run -budget 60 -- ${job}`,
    );
    assertEquals(world.fake.out, [
      `${empty}: planned`,
      "  no .job.ad in it: would remove it if empty",
      `${job}: planned`,
      "  what it would do",
      "2 planned, 0 clean, 0 left, 0 skipped",
    ]);
  }));

Deno.test("sweep -older-than leaves alone what changed since", () =>
  withWorld(async (world) => {
    const [young, old] = [await world.job("young"), await world.job("old")];
    await age(young, 500);
    await age(old, 700);
    assertEquals(await world.sweep({ olderThan: 600 }), 0);
    assertEquals((await world.calls()).at(-1), `end ${old}`);
    assertEquals(world.fake.out, ["1 clean, 0 left, 0 skipped"]);
  }));

Deno.test("sweep takes a note for another look after an hour, not before", () =>
  withWorld(async (world) => {
    const job = await world.job("job");
    await Deno.remove(job, { recursive: true });
    const note = join(job, "..", ".rescan.job.ad");
    await Deno.writeTextFile(note, "");
    await Deno.chown(note, OWNER, OWNER);
    await age(note, HOUR - 60);
    assertEquals(await world.sweep(), 0);
    assertEquals(await world.calls(), []);
    await age(note, HOUR + 60);
    assertEquals(await world.sweep({ olderThan: HOUR * 2 }), 0);
    assertEquals(await world.calls(), []);
    assertEquals(await world.sweep(), 0);
    assertEquals((await world.calls()).length, 2);
  }));

Deno.test("sweep removes an empty directory without ad, and reports one that is not empty", () =>
  withWorld(async (world) => {
    const [empty, full] = [await world.job("empty"), await world.job("full")];
    await Deno.remove(join(empty, ".job.ad"));
    await Deno.rename(join(full, ".job.ad"), join(full, "other"));
    assertEquals(await world.sweep(), 1);
    assertEquals(await Deno.stat(empty).catch(() => "gone"), "gone");
    assertEquals(await world.calls(), []);
    assertEquals(world.fake.out, [
      `${full}: skipped`,
      "  no .job.ad in it",
      "1 clean, 0 left, 1 skipped",
    ]);
  }));

Deno.test("sweep follows no link, to an owner's directory or to a job's", () =>
  withWorld(async (world) => {
    const job = await world.job("job");
    const elsewhere = join(world.path, "elsewhere");
    await Deno.rename(job, elsewhere);
    await Deno.symlink(elsewhere, job);
    await Deno.symlink(join(job, ".."), join(job, "../../bob"));
    assertEquals(await world.sweep(), 1);
    assertEquals(await world.calls(), []);
    assertEquals(world.fake.out, [
      `${job}: skipped`,
      "  it is a symbolic link",
      `${join(world.spool, "checkpoint-cleanup/bob")}: skipped`,
      "  it is a symbolic link",
      "0 clean, 0 left, 2 skipped",
    ]);
    assert((await Deno.stat(join(elsewhere, ".job.ad"))).isFile);
  }));

Deno.test("sweep ignores files that are neither jobs nor notes", () =>
  withWorld(async (world) => {
    const job = await world.job("job");
    await Deno.remove(job, { recursive: true });
    for (const name of [".cleanup.log", ".cleanup.log.1", ".rescan.job.ad.new", "stray"]) {
      await Deno.writeTextFile(join(job, "..", name), "");
    }
    await Deno.writeTextFile(join(world.spool, "checkpoint-cleanup/stray"), "");
    assertEquals(await world.sweep(), 0);
    assertEquals(world.fake.out, ["0 clean, 0 left, 0 skipped"]);
  }));

Deno.test("sweep looks into all spools, each once, and says that one is missing", () =>
  withWorld(async (world) => {
    await world.job("job");
    const other = join(world.path, "other");
    await ensureDir(join(other, "checkpoint-cleanup"));
    await Deno.rename(
      join(world.spool, "checkpoint-cleanup/alice"),
      join(other, "checkpoint-cleanup/alice"),
    );
    const missing = join(world.path, "missing");
    assertEquals(await world.sweep({ spools: [world.spool, other, other, missing] }), 1);
    assertEquals((await world.calls()).length, 2);
    assertEquals(world.fake.out, [
      `${missing}: skipped`,
      "  there is no such directory",
      "1 clean, 0 left, 1 skipped",
    ]);
  }));

Deno.test("sweep told to stop tells its processes, waits for them and begins nothing more", () =>
  withWorld(async (world) => {
    for (const name of ["a", "b", "c"]) await world.job(name);
    await Deno.writeTextFile(join(world.path, "stuck"), "");
    await new Deno.Command("mkfifo", { args: [join(world.path, "begun")] }).output();
    const status = world.sweep({ jobs: 1 });
    await Deno.readTextFile(join(world.path, "begun"));
    world.fake.stop();
    assertEquals(await status, 1);
    const calls = await world.calls();
    assertEquals(calls.map((call) => call.split(" ")[0]), ["begin", "end"]);
    assertEquals(world.fake.out.at(-1), "0 clean, 1 left, 0 skipped; stopped before the end");
  }));

Deno.test({
  name: "sweep leaves alone what belongs to root, and what is not its owner's",
  ignore: !isRoot(),
  async fn() {
    await withWorld(async (world) => {
      const [foreign, roots] = [await world.job("foreign"), await world.job("root", "root")];
      await Deno.chown(foreign, 1, 1);
      await Deno.chown(roots, 0, 0);
      await Deno.chown(join(roots, ".."), 0, 0);
      assertEquals(await world.sweep(), 1);
      assertEquals(await world.calls(), []);
      assertEquals(world.fake.out, [
        `${foreign}: skipped`,
        `  it belongs to user 1, what it is in to ${OWNER}`,
        `${roots}: skipped`,
        "  it belongs to root: see clean -as-root",
        "0 clean, 0 left, 2 skipped",
      ]);
    });
  },
});

Deno.test("sweep reports what it could not start", () =>
  withWorld(async (world) => {
    const job = await world.job("job");
    await Deno.remove(join(world.path, "recorder"));
    assertEquals(await world.sweep(), 1);
    assertEquals(world.fake.out[0], `${job}: left`);
    assertEquals(world.fake.out.length, 3);
  }));
