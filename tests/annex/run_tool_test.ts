import { assertEquals, assertRejects } from "@std/assert";
import { AnnexError } from "../../core/annex/errors.ts";
import { findTool, runTool, type ToolRoot } from "../../core/annex/run_tool.ts";
import { TOOL_PATHS } from "../../core/annex/tools.ts";
import { TestHost } from "./test_host.ts";

const { signal } = new AbortController();

/** A root whose `blkid` is a script. */
function withScript(host: TestHost, script: string): ToolRoot & { signal: AbortSignal } {
  host.write("/usr/sbin/blkid", `#!/bin/sh\n${script}\n`, 0o755);
  return { root: host.root, selfArgs: [], signal };
}

Deno.test("TOOL_PATHS are absolute, and none is written twice", () => {
  assertEquals(TOOL_PATHS.filter((path) => !/^\/(?:usr|s?bin|proc\/self\/exe)/.test(path)), []);
  assertEquals(new Set(TOOL_PATHS).size, TOOL_PATHS.length);
});

Deno.test("runTool() returns status and outputs, and gives nothing of its environment", async () => {
  using host = new TestHost();
  const where = withScript(host, 'echo "$1|$HOME|$PATH"; pwd; cat; echo bad >&2; exit 3');
  assertEquals(
    await runTool("blkid", { args: ["a b; $(x)"], stdin: "in\n", timeoutMs: 5000 }, where),
    {
      code: 3,
      stdout: "a b; $(x)||/usr/sbin:/usr/bin:/sbin:/bin\n/\nin\n",
      stderr: "bad\n",
    },
  );
});

Deno.test("runTool() kills what takes too long, though its children keep the outputs", async () => {
  using host = new TestHost();
  const where = withScript(host, "echo begun; sleep 60 & sleep 60");
  const { code, stdout } = await runTool("blkid", { args: [], timeoutMs: 100 }, where);
  assertEquals([code, stdout], [124, "begun\n"]);
});

Deno.test("runTool() keeps the first 64 KiB of an output", async () => {
  using host = new TestHost();
  const where = withScript(host, "head -c 1000000 /dev/zero | tr '\\0' x");
  const { code, stdout } = await runTool("blkid", { args: [], timeoutMs: 5000 }, where);
  assertEquals([code, stdout.length], [0, 65536]);
});

Deno.test("runTool() survives a program that does not read what it is sent", async () => {
  using host = new TestHost();
  const where = withScript(host, "exec 0<&-; exit 1");
  const options = { args: [], stdin: "x".repeat(1 << 20), timeoutMs: 5000 };
  assertEquals((await runTool("blkid", options, where)).code, 1);
});

Deno.test("runTool() says what is not installed, and takes no harmful program from outside its root", async () => {
  using host = new TestHost();
  const where = { root: host.root, selfArgs: [], signal };
  for (const tool of ["shutdown", "nft", "mount", "mkfs.ext4"] as const) {
    const error = await assertRejects(
      () => runTool(tool, { args: [], timeoutMs: 1000 }, where),
      AnnexError,
      `Cannot run "${tool}": it is not installed`,
    );
    assertEquals(error.code, "no-tool");
  }
  assertEquals(await findTool("cat", where) !== undefined, true);
});

Deno.test("runTool() ends with its signal", async () => {
  using host = new TestHost();
  const control = new AbortController();
  const fifo = `${host.root}/begun`;
  new Deno.Command("/usr/bin/mkfifo", { args: [fifo] }).outputSync();
  const where = { ...withScript(host, `echo >"${fifo}"; sleep 60`), signal: control.signal };
  const run = runTool("blkid", { args: [], timeoutMs: 60_000 }, where);
  await Deno.readTextFile(fifo);
  control.abort(new Error("stopped"));
  await assertRejects(() => run, Error, "stopped");
  const late = runTool("blkid", { args: [], timeoutMs: 60_000 }, where);
  await assertRejects(() => late, Error, "stopped");
});
