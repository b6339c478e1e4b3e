import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { openCleanupLog } from "../../../core/checkpoint/clean/cleanup_log.ts";

const NOW = () => Date.UTC(2026, 10, 21, 10);

async function withOwner(test: (owner: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "pinion-cleanup-log-" });
  try {
    const owner = join(path, "checkpoint-cleanup", "alice");
    await Deno.mkdir(owner, { recursive: true });
    await test(owner);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("openCleanupLog() appends lines of JSON to a file for the owner only", () =>
  withOwner(async (owner) => {
    const log = openCleanupLog(join(owner, "cluster1.proc0.subproc0"), NOW);
    log.write({ event: "run", job: "cluster1.proc0.subproc0", gone: 3 });
    log.write({ event: "busy", job: "cluster1.proc0.subproc0" });
    const path = join(owner, ".cleanup.log");
    assertEquals(
      await Deno.readTextFile(path),
      '{"time":"2026-11-21T10:00:00.000Z","event":"run","job":"cluster1.proc0.subproc0","gone":3}\n' +
        '{"time":"2026-11-21T10:00:00.000Z","event":"busy","job":"cluster1.proc0.subproc0"}\n',
    );
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  }));

Deno.test("openCleanupLog() keeps secrets out of the log", () =>
  withOwner(async (owner) => {
    const log = openCleanupLog(join(owner, "job"), NOW);
    const message = "Cannot remove https://user:hunter2@h.example/f?token=hunter2";
    log.write({ event: "failure", job: "job", message });
    const text = await Deno.readTextFile(join(owner, ".cleanup.log"));
    assertEquals(text.includes("hunter2"), false);
    assertEquals(JSON.parse(text).event, "failure");
  }));

Deno.test("openCleanupLog() sets a log of 1 MB aside", () =>
  withOwner(async (owner) => {
    const path = join(owner, ".cleanup.log");
    await Deno.writeTextFile(path, "x".repeat((1 << 20) - 10));
    openCleanupLog(join(owner, "job"), NOW).write({ event: "run", job: "job" });
    assertEquals((await Deno.stat(`${path}.1`)).size, (1 << 20) - 10);
    assertStringIncludes(await Deno.readTextFile(path), '"event":"run"');
  }));

Deno.test("openCleanupLog() writes through no link, and nowhere but in an owner's directory", () =>
  withOwner(async (owner) => {
    const target = join(owner, "..", "..", "precious");
    await Deno.writeTextFile(target, "kept");
    await Deno.symlink(target, join(owner, ".cleanup.log"));
    openCleanupLog(join(owner, "job"), NOW).write({ event: "run", job: "job" });
    assertEquals(await Deno.readTextFile(target), "kept");
    const elsewhere = join(owner, "..", "..", "elsewhere");
    await Deno.mkdir(elsewhere);
    openCleanupLog(join(elsewhere, "job"), NOW).write({ event: "run", job: "job" });
    assertEquals([...Deno.readDirSync(elsewhere)], []);
  }));
