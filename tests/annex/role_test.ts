import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { unionOf } from "../../core/install/permissions.ts";
import { CONDOR_ANNEX_EC2, UNSUPPORTED } from "../../core/annex/program.ts";
import { condorAnnexEc2, runCondorAnnexEc2 } from "../../core/annex/role.ts";
import { SETTINGS } from "../../core/annex/settings.ts";
import { ends, TestHost, type TestHostOptions } from "./test_host.ts";

async function run(args: readonly string[], options: TestHostOptions = {}) {
  using host = new TestHost(options);
  const boots: boolean[] = [];
  const code = await runCondorAnnexEc2(args, {
    host(boot) {
      boots.push(boot);
      return host;
    },
    invokedName: () => Promise.resolve("/usr/libexec/condor/condor-annex-ec2"),
  });
  return { code, out: host.printed, notes: host.notes, boots };
}

Deno.test("unknown words get the usage line of HTCondor's script and exit status 2", async () => {
  for (const args of [[], ["foo"], ["START"], [""], ["status_all"], ["condor-annex-ec2"]]) {
    assertEquals(await run(args), {
      code: 2,
      out: "Usage: /usr/libexec/condor/condor-annex-ec2 {start}\n",
      notes: [],
      boots: [true],
    });
  }
});

Deno.test("what HTCondor's script does not do ends with exit status 3, and nothing is said", async () => {
  assertEquals(UNSUPPORTED.length, 6);
  for (const word of UNSUPPORTED) {
    assertEquals(await run([word]), { code: 3, out: "", notes: [], boots: [] });
    assertEquals((await run(["condor-annex-ec2", word])).code, 3);
  }
});

Deno.test("wrong options are said on standard error, with exit status 2", async () => {
  for (
    const args of [["start", "-x"], ["-no-such-flag"], ["status", "a"], ["print-file", "a", "b"]]
  ) {
    const { code, out, notes } = await run(args);
    assertEquals([args, code, out, notes.length], [args, 2, "", 1]);
  }
  const { code, notes } = await run(["print-file", "none"]);
  assertEquals(code, 2);
  assertMatch(notes[0]!, /no file is called "none": there are .*50ec2\.config/);
});

Deno.test("-boot is known before and after the command, and only then", async () => {
  for (
    const [args, boot] of [
      [["is-ec2"], false],
      [["is-ec2", "--boot"], true],
      [["-boot", "is-ec2"], true],
      [["condor-annex-ec2", "is-ec2", "-boot"], true],
    ] as const
  ) assertEquals([args, (await run(args)).boots], [args, [boot]]);
});

Deno.test("is-ec2 tells by its exit status, and why on standard error", async () => {
  const no = await run(["is-ec2"]);
  assertEquals([no.code, no.out], [1, ""]);
  const files = { "/sys/devices/virtual/dmi/id/sys_vendor": "Amazon EC2\n" };
  const yes = await run(["is-ec2"], { files });
  assertEquals([yes.code, yes.notes], [0, ["the system's vendor is Amazon EC2 ec2=true"]]);
});

Deno.test("print-file prints what it lists", async () => {
  const { code, out } = await run(["print-file"]);
  assertEquals(code, 0);
  const names = out.trimEnd().split("\n");
  assertEquals(names.includes("condor-annex-ec2.service"), true);
  for (const name of names) {
    const file = await run(["print-file", name]);
    assertEquals([name, file.code, file.out.endsWith("\n")], [name, 0, true]);
  }
});

Deno.test("help and version go to standard output", async () => {
  const help = await run(["--help"]);
  assertEquals(help.code, 0);
  assertStringIncludes(help.out, "spot-watch");
  assertEquals(help.out.includes("probe"), false);
  const version = await run(["-version"]);
  assertMatch(version.out, /^condor-annex-ec2 \(Pinion\) \d+\.\d+\.\d+\n$/);
  assertMatch((await run(["check", "-help"])).out, /-json/);
});

Deno.test("master-shutdown always ends well", async () => {
  const tools = { systemctl: ends(0, "stopping\n") };
  const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:1" };
  const { code, out } = await run(["master-shutdown"], { tools, env });
  assertEquals(code, 0);
  assertMatch(out, /shutting down because instance is being terminated\.\n$/);
  // Nothing that is wrong with the environment or the disk keeps an idle machine on.
  const idle = { systemctl: ends(0, "running\n"), shutdown: ends(0) };
  for (const endpoint of ["nonsense", "http://127.0.0.1:1"]) {
    using host = new TestHost({
      tools: idle,
      env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint },
      files: { "/sys/devices/virtual/dmi/id/sys_vendor": "Amazon EC2\n" },
    });
    const lstat = Deno.lstat;
    Deno.lstat = (path) =>
      String(path).endsWith("state.json")
        ? Promise.reject(new Error("Input/output error (os error 5)"))
        : lstat(path);
    try {
      const ran = { host: () => host, invokedName: () => Promise.resolve("x") };
      assertEquals(await runCondorAnnexEc2(["master-shutdown"], ran), 0);
    } finally {
      Deno.lstat = lstat;
    }
    assertMatch(host.printed, /Instance of unknown id shutting down for lack of work\.\n$/);
    assertEquals(host.started.at(-1)?.tool, "shutdown");
  }
});

Deno.test("the role may start a list of programs, and call nothing of the C library", () => {
  const { permissions } = condorAnnexEc2;
  assertEquals([permissions.ffi, permissions.all], [undefined, undefined]);
  const programs = permissions.run as readonly string[];
  assertEquals(programs.some((path) => /\/(?:sh|bash|env|python\d*)$/.test(path)), false);
  assertEquals(unionOf([permissions]).run, programs.toSorted());
});

Deno.test("the man page has every setting and every file", () => {
  const names = CONDOR_ANNEX_EC2.configuration.map(({ name }) => name);
  assertEquals(names, Object.keys(SETTINGS));
});
