import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ensureDir } from "@std/fs";
import { join } from "@std/path";
import { status } from "../../../core/checkpoint/tools/status.ts";
import { SYSTEM_CLOCK } from "../../../core/clock.ts";
import { manifestOf, NOBODY } from "../clean/workspace.ts";
import { built, isRoot } from "../../build/built.ts";
import { run } from "../../build/probe.ts";
import { fakeHost } from "./hosts.ts";

const NOW = Date.UTC(2026, 10, 21);

interface World {
  readonly spool: string;
  /** Makes a job's directory that changed some seconds ago, with MANIFESTs of so many files. */
  job(name: string, counts: readonly number[], age: number): Promise<string>;
  log(...lines: readonly (string | object)[]): Promise<void>;
  status(): Promise<{ code: number; lines: string[]; json: Record<string, unknown> }>;
}

async function withWorld(test: (world: World) => Promise<void>): Promise<void> {
  const spool = await Deno.makeTempDir({ prefix: "pinion-status-" });
  const home = join(spool, "checkpoint-cleanup/alice");
  await ensureDir(home);
  try {
    await test({
      spool,
      async job(name, counts, age) {
        const directory = join(home, name);
        await ensureDir(directory);
        await Deno.writeTextFile(join(directory, ".job.ad"), "");
        for (const [index, count] of counts.entries()) {
          const names = Array.from({ length: count }, (_, i) => new TextEncoder().encode(`f${i}`));
          const path = join(directory, `_condor_checkpoint_MANIFEST.000${index}`);
          await Deno.writeFile(path, await manifestOf(names, `000${index}`));
        }
        const time = new Date(NOW - age * 1000);
        await Deno.utime(directory, time, time);
        return directory;
      },
      log: (...lines) =>
        Deno.writeTextFile(
          join(home, ".cleanup.log"),
          lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`)
            .join(""),
        ),
      async status() {
        const clock = { ...SYSTEM_CLOCK, now: () => NOW };
        const [people, programs] = [fakeHost({ clock }), fakeHost({ clock })];
        const code = await status({ spools: [spool], json: false }, people.host);
        assertEquals(await status({ spools: [spool], json: true }, programs.host), code);
        const lines = people.out.map((line) => line.replaceAll(spool, "@S@"));
        return { code, lines, json: JSON.parse(programs.out.join("\n")) };
      },
    });
  } finally {
    await Deno.remove(spool, { recursive: true });
  }
}

Deno.test("status has nothing to say of a clean spool", () =>
  withWorld(async (world) => {
    const { code, lines, json } = await world.status();
    assertEquals([code, lines], [0, ["0 jobs waiting"]]);
    assertEquals(json, { jobs: [], rescans: [], unreadable: [] });
  }));

Deno.test("status says what waits, for how long, and what went wrong last", () =>
  withWorld(async (world) => {
    const path = await world.job("cluster1.proc0.subproc0", [2, 3], 3 * 3600);
    await world.job("cluster2.proc0.subproc0", [], 30);
    const failure = { event: "failure", job: "cluster1.proc0.subproc0" };
    await world.log(
      "cut off in the beg",
      { ...failure, time: "T1", message: "first" },
      { ...failure, time: "T2", message: "second\n  line" },
      { ...failure, event: "run", time: "T3", message: "no failure" },
      { ...failure, job: "another", time: "T4", message: "not this one" },
      "[]",
      "null",
      '{"event":"failure","job":7,"message":{}}',
    );
    const { code, lines, json } = await world.status();
    assertEquals(code, 1);
    assertEquals(lines, [
      "alice",
      "  cluster1.proc0.subproc0: 2 checkpoints, 5 files, for 3 h",
      "    T2: second line",
      "  cluster2.proc0.subproc0: 0 checkpoints, 0 files, for 30 s",
      "2 jobs waiting",
    ]);
    assertEquals((json["jobs"] as unknown[])[0], {
      owner: "alice",
      job: "cluster1.proc0.subproc0",
      path,
      age: 3 * 3_600_000,
      checkpoints: [{ number: "0000", files: 2 }, { number: "0001", files: 3 }],
      lastError: "T2: second line",
    });
  }));

Deno.test("status lets nothing of a log or a name get at the terminal", () =>
  withWorld(async (world) => {
    const job = "cluster1\x1b[31m\n";
    await world.job(job, [], 1);
    const message = `\x1b]0;title\x07\x9b2J\u202e${"x".repeat(2_000_000)}`;
    await world.log({ event: "failure", job, time: "\x1b[2J", message });
    const { lines } = await world.status();
    assertEquals(lines.length, 4);
    for (const line of lines) assertMatch(line, /^[^\p{Cc}\p{Cf}]{0,1100}$/u);
    assertStringIncludes(lines[2]!, "\\u001b]0;title\\u0007\\u009b2J\\u202exxx");
  }));

for (
  const [what, make] of [
    ["FIFO", (path: string) => new Deno.Command("mkfifo", { args: [path] }).output()],
    ["symbolic link", (path: string) => Deno.symlink("/etc/passwd", path)],
    ["directory", (path: string) => Deno.mkdir(path)],
    ["file of terabytes", async (path: string) => {
      await Deno.writeTextFile(path, "");
      await Deno.truncate(path, 2 ** 41);
    }],
  ] as const
) {
  Deno.test(`status takes a log or MANIFEST that is a ${what} for none`, () =>
    withWorld(async (world) => {
      const directory = await world.job("job", [], 1);
      await make(join(directory, "../.cleanup.log"));
      await make(join(directory, "_condor_checkpoint_MANIFEST.0000"));
      const { code, lines } = await world.status();
      assertEquals(code, 1);
      const wrong = /^ {4}Cannot (open|read) "_condor_checkpoint_MANIFEST.0000"/;
      assert(lines.some((line) => wrong.test(line)), lines.join("\n"));
    }));
}

Deno.test("status tells of links, of notes and of directories that lost their ad", () =>
  withWorld(async (world) => {
    const directory = await world.job("job", [], 1);
    await Deno.remove(join(directory, ".job.ad"));
    await Deno.symlink("/etc", join(directory, "../link"));
    await Deno.writeTextFile(join(directory, "../.rescan.job.ad"), "");
    const { code, lines, json } = await world.status();
    assertEquals(code, 1);
    assertEquals(lines.slice(2), [
      "    there is no .job.ad",
      "@S@/checkpoint-cleanup/alice/link: it is a symbolic link",
      "1 job waiting, 1 destination to look at once more",
    ]);
    assertEquals((json["rescans"] as unknown[]).length, 1);
  }));

Deno.test("status says that a spool is missing", () =>
  withWorld(async ({ spool }) => {
    const { host, out } = fakeHost();
    assertEquals(await status({ spools: [join(spool, "none")], json: false }, host), 1);
    assertEquals(out, [`${spool}/none: there is no such directory`, "0 jobs waiting"]);
  }));

Deno.test({
  name: isRoot()
    ? "status says which owners' directories it may not look into"
    : "status says which owners' directories it may not look into (root needed)",
  ignore: !isRoot(),
  async fn() {
    await withWorld(async ({ spool }) => {
      await Deno.chmod(spool, 0o755);
      await Deno.chmod(join(spool, "checkpoint-cleanup/alice"), 0o700);
      const { code, stdout, stderr } = await run(await built("condor_manifest"), ["status"], {
        env: { _CONDOR_SPOOL: spool, PATH: "/usr/bin:/bin" },
        cwd: "/",
        uid: NOBODY,
      });
      assertEquals([code, stderr], [1, ""]);
      assert(stdout.startsWith(`${spool}/checkpoint-cleanup/alice: Permission denied`), stdout);
    });
  },
});
