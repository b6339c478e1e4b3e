import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { cleanInChild } from "../../../core/checkpoint/tools/child.ts";
import { SYSTEM_CLOCK } from "../../../core/clock.ts";
import { fakeHost } from "./hosts.ts";

/** A program in condor_manifest's place. */
async function withProgram(
  script: string,
  test: (executable: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pinion-child-" });
  try {
    const executable = join(folder, "program");
    await Deno.writeTextFile(executable, `#!/bin/sh\n${script}\n`);
    await Deno.chmod(executable, 0o755);
    await test(executable, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Seconds last for milliseconds. */
const FAST = {
  ...SYSTEM_CLOCK,
  sleep: (ms: number, signal: AbortSignal) => SYSTEM_CLOCK.sleep(ms / 1000, signal),
};

const NEVER = new AbortController().signal;

Deno.test("cleanInChild() starts clean, and tells nothing of this process's secrets", () =>
  withProgram(`pwd; for a; do echo "<$a>"; done; env | sort`, async (executable) => {
    const { host } = fakeHost({
      executable,
      environment: {
        PATH: "/usr/bin:/bin",
        TZ: "UTC",
        LC_ALL: "C",
        HTTPS_PROXY: "http://proxy:1",
        CONDOR_CONFIG: "/etc/c",
        _CONDOR_SPOOL: "/spool",
        _CONDOR_ANCESTOR_1: "x",
        CONDOR_PRIVATE_INHERIT: "secret",
        CONDOR_INHERIT: "x",
        AWS_SECRET_ACCESS_KEY: "secret",
        BEARER_TOKEN: "secret",
        SSH_AUTH_SOCK: "/x",
        HOME: "/root",
        LD_PRELOAD: "",
      },
    });
    const options = { dryRun: true, budget: 90, host, signal: NEVER };
    const { success, text } = await cleanInChild("/job dir", options);
    assert(success);
    assertEquals(text.split("\n").filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(line)), [
      "/",
      "<condor_manifest>",
      "<clean>",
      "<-dry-run>",
      "<-budget>",
      "<90>",
      "<-->",
      "</job dir>",
      "CONDOR_CONFIG=/etc/c",
      "HTTPS_PROXY=http://proxy:1",
      "LC_ALL=C",
      "PATH=/usr/bin:/bin",
      "TZ=UTC",
      "_CONDOR_SPOOL=/spool",
    ]);
  }));

Deno.test("cleanInChild() gives both outputs and the status", () =>
  withProgram("echo out; echo err >&2; exit 1", async (executable) => {
    const options = { dryRun: false, budget: 0, ...fakeHost({ executable }), signal: NEVER };
    assertEquals(await cleanInChild("/j", options), { success: false, text: "out\nerr" });
  }));

Deno.test("cleanInChild() keeps the beginning of endless output", () =>
  withProgram("head -c 10000000 /dev/zero | tr '\\0' x", async (executable) => {
    const options = { dryRun: false, budget: 0, ...fakeHost({ executable }), signal: NEVER };
    assertEquals((await cleanInChild("/j", options)).text.length, 64 * 1024);
  }));

Deno.test("cleanInChild() tells it to stop, and then kills it", () =>
  withProgram(
    `trap 'echo told' TERM; echo >"\${0%/*}/begun"; while :; do sleep 0.01; done`,
    async (executable, folder) => {
      const begun = join(folder, "begun");
      await new Deno.Command("mkfifo", { args: [begun] }).output();
      const stop = new AbortController();
      const { host } = fakeHost({ executable, clock: FAST });
      const outcome = cleanInChild("/j", {
        dryRun: false,
        budget: 0,
        host,
        signal: stop.signal,
      });
      await Deno.readTextFile(begun);
      stop.abort();
      assertEquals(await outcome, {
        success: false,
        text: "told\n\nKilled: it did not stop when it was told to",
      });
    },
  ));

Deno.test("cleanInChild() kills what goes on past its time", () =>
  withProgram("while :; do sleep 0.05; done", async (executable) => {
    const { host } = fakeHost({ executable, clock: FAST });
    const outcome = await cleanInChild("/j", { dryRun: false, budget: 1, host, signal: NEVER });
    assertEquals(outcome, {
      success: false,
      text: "Killed: it did not stop when it was told to",
    });
  }));

Deno.test("cleanInChild() does not wait for what holds its outputs", () =>
  withProgram(`sleep 100 & echo $! >"\${0%/*}/pid"; echo done`, async (executable, folder) => {
    const { host } = fakeHost({ executable, clock: FAST });
    const outcome = await cleanInChild("/j", { dryRun: false, budget: 0, host, signal: NEVER });
    Deno.kill(Number(await Deno.readTextFile(join(folder, "pid"))), "SIGKILL");
    assertEquals(outcome, { success: true, text: "done" });
  }));

Deno.test("cleanInChild() says that nothing could be started", async () => {
  const options = { dryRun: false, budget: 0, ...fakeHost(), signal: NEVER };
  const error = await cleanInChild("/j", options).catch((error) => error);
  assertStringIncludes(`${error}`, "/nonexistent/condor_manifest");
});
