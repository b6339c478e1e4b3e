import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { AnnexState, Metadata } from "../../core/annex/contracts.ts";
import { findReason, masterShutdown, powerOff } from "../../core/annex/master_shutdown.ts";
import { ends, type FakeTool, TestHost, type TestHostOptions } from "./test_host.ts";

const ID = "i-0123456789abcdef0";
const STATE = { instanceId: ID } as AnnexState;
const POWER_OFF = ["shutdown -h now"];

/** systemctl with these answers. */
function systemctl(answers: { system?: string; jobs?: string; poweroff?: number }): FakeTool {
  return ({ args }) => {
    switch (args[0]) {
      case "is-system-running":
        return {
          code: answers.system === "running" ? 0 : 1,
          stdout: `${answers.system}\n`,
          stderr: "",
        };
      case "list-jobs":
        return { code: 0, stdout: answers.jobs ?? "No jobs.\n", stderr: "" };
      default:
        return { code: answers.poweroff ?? 0, stdout: "", stderr: "" };
    }
  };
}

function metadata(text: string | undefined | Error): Metadata {
  return {
    get: () => text instanceof Error ? Promise.reject(text) : Promise.resolve(text),
  };
}

async function run(
  options: TestHostOptions & { state?: AnnexState; id?: string | Error; isEc2?: boolean },
) {
  using host = new TestHost({
    ...options,
    tools: { shutdown: ends(0), systemctl: systemctl({ system: "running" }), ...options.tools },
  });
  const code = await masterShutdown(host, {
    readState: () => Promise.resolve(options.state),
    metadata: metadata(options.id),
    isEc2: () => Promise.resolve(options.isEc2 ?? true),
  });
  assertEquals(code, 0);
  return {
    printed: host.printed,
    notes: host.notes.join("\n"),
    powered: host.started.filter(({ tool, args }) => tool === "shutdown" || args[0] === "poweroff")
      .map(({ tool, args }) => [tool, ...args].join(" ")),
  };
}

Deno.test("findReason() reads systemd's own state", async (t) => {
  const row = (unit: string, type: string) => `  812 ${unit} ${type} running\n`;
  const cases = [
    [{ system: "stopping", jobs: row("condor.service", "restart") }, "terminating"],
    [{ system: "running" }, "idle"],
    [{ system: "degraded", jobs: "" }, "idle"],
    [{ system: "starting", jobs: row("condor.service", "start") }, "admin"],
    [{ system: "running", jobs: row("condor.service", "restart") }, "admin"],
    [{ system: "degraded", jobs: row("condor.service", "try-restart") }, "admin"],
    [{ system: "running", jobs: row("condor.service", "stop") }, "stopped"],
    [{ system: "running", jobs: row("condor.service", "reload") }, "idle"],
    [{ system: "running", jobs: row("sshd.service", "restart") }, "idle"],
    [{ system: "running", jobs: row("notcondor.service", "restart") }, "idle"],
    [
      { system: "running", jobs: row("a.service", "stop") + row("condor.service", "start") },
      "admin",
    ],
    [{ system: "running", jobs: "restart condor.service" }, "idle"],
    [{ system: "running", jobs: "restart of something else" }, "idle"],
    [{ system: "offline", jobs: "" }, "idle"],
  ] as const;
  for (const [answers, reason] of cases) {
    await t.step(JSON.stringify(answers), async () => {
      using host = new TestHost({ tools: { systemctl: systemctl(answers) } });
      assertEquals(await findReason(host), reason);
    });
  }
});

Deno.test("findReason() takes the hold file for an administrator's word", async () => {
  const options = { files: { "/run/condor-annex.hold": "" } };
  using host = new TestHost({ ...options, tools: { systemctl: systemctl({ system: "running" }) } });
  assertEquals(await findReason(host), "admin");
  using going = new TestHost({
    ...options,
    tools: { systemctl: systemctl({ system: "stopping" }) },
  });
  assertEquals(await findReason(going), "terminating");
});

Deno.test("masterShutdown() switches an idle instance off, and says so as it always was said", async () => {
  const { printed, powered } = await run({ state: STATE });
  assertEquals(printed, `2026-11-01T00:00:00Z Instance ${ID} shutting down for lack of work.\n`);
  assertEquals(powered, POWER_OFF);
});

Deno.test("masterShutdown() leaves a machine on that was never an annex, where HTCondor is stopped", async () => {
  const tools = {
    systemctl: systemctl({ system: "running", jobs: "812 condor.service stop running\n" }),
  };
  const builder = await run({ tools, id: ID });
  assertMatch(builder.printed, /stays up: HTCondor was stopped, and this was never made an annex/);
  assertEquals(builder.powered, []);
  assertEquals((await run({ tools, state: STATE })).powered, POWER_OFF);
  // One that was to be an annex, and has nothing to do.
  assertEquals((await run({ id: ID })).powered, POWER_OFF);
});

Deno.test("masterShutdown() orders no second shutdown of an instance that is being terminated", async () => {
  const { printed, powered } = await run({
    state: STATE,
    tools: { systemctl: systemctl({ system: "stopping" }) },
  });
  assertEquals(
    printed,
    `2026-11-01T00:00:00Z Instance ${ID} shutting down because instance is being terminated.\n`,
  );
  assertEquals(powered, []);
});

Deno.test("masterShutdown() lets the instance live when HTCondor is restarted", async () => {
  const jobs = "812 condor.service restart running\n813 other.service start waiting\n";
  const { printed, powered } = await run({
    state: STATE,
    tools: { systemctl: systemctl({ system: "running", jobs }) },
  });
  assertMatch(printed, /stays up/);
  assertEquals(powered, []);
});

Deno.test("masterShutdown() needs no runlevel command", async () => {
  // systemd 262 has none: the state of the system comes from systemctl alone.
  const { powered } = await run({ state: STATE });
  assertEquals(powered, POWER_OFF);
});

Deno.test("masterShutdown() asks the metadata service for the id it does not know", async () => {
  assertStringIncludes((await run({ id: ID })).printed, ` Instance ${ID} `);
  for (const id of ["<html>404</html>", "i-0123\nevil", new Error("no answer")]) {
    const { printed, powered } = await run({ id });
    assertStringIncludes(printed, " Instance of unknown id shutting down");
    assertEquals(powered, POWER_OFF);
  }
});

Deno.test("masterShutdown() switches off without systemd", async () => {
  using host = new TestHost({ tools: { shutdown: ends(0) } });
  const code = await masterShutdown(host, {
    readState: () => Promise.resolve(STATE),
    metadata: metadata(ID),
    isEc2: () => Promise.resolve(true),
  });
  assertEquals([code, host.started.map(({ tool }) => tool)], [0, ["shutdown"]]);
});

Deno.test("masterShutdown() leaves a machine alone that is no annex and not on EC2", async () => {
  const { printed, powered, notes } = await run({ isEc2: false });
  assertEquals([printed, powered], ["", []]);
  assertStringIncludes(notes, "neither an annex nor on EC2");
  // An annex that was configured here is one, whatever the firmware says.
  assertEquals((await run({ isEc2: false, state: STATE })).powered, POWER_OFF);
});

Deno.test("powerOff() asks systemd when shutdown fails or is not there", async () => {
  using host = new TestHost({ tools: { shutdown: ends(1, "", "no\nbus"), systemctl: ends(0) } });
  assertEquals(await powerOff(host), true);
  assertEquals(host.started.map(({ tool, args }) => [tool, ...args]), [
    ["shutdown", "-h", "now"],
    ["systemctl", "poweroff"],
  ]);
  assertStringIncludes(host.notes.join("\n"), 'said="no bus"');
  using without = new TestHost({ tools: { systemctl: ends(0) } });
  assertEquals(await powerOff(without), true);
  using none = new TestHost();
  assertEquals(await powerOff(none), false);
  assertEquals(none.notes.length, 2);
});
