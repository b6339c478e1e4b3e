import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  ANNEX_SETUP,
  annexFile,
  annexFileNames,
  annexFiles,
} from "../../../core/annex/files/mod.ts";
import { DEFAULT_SETTINGS, parseSettings } from "../../../core/annex/settings.ts";
import { findProgram } from "../../servers/process.ts";

const UNITS = [
  "condor-annex-ec2.service",
  "condor-annex-firewall.service",
  "condor-annex-spot-watch.service",
];

/** Targets and services that the units are ordered by. */
const SYSTEM = [
  "sysinit.target",
  "basic.target",
  "shutdown.target",
  "local-fs.target",
  "network.target",
  "network-online.target",
  "multi-user.target",
];

/** Values of a unit's key, those of several lines together. */
function valuesOf(unit: string, key: string): string[] {
  const text = annexFile(unit) ?? "";
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].flatMap(([, value]) =>
    value!.split(" ")
  );
}

Deno.test("annexFiles() has the files of an image, each with its mode and its place", () => {
  const lines = annexFiles().map(({ path, mode, isConfiguration }) =>
    `${path} ${mode.toString(8)}${isConfiguration ? " configuration" : ""}`
  );
  assertEquals(lines, [
    "/usr/lib/systemd/system/condor-annex-firewall.service 644",
    "/usr/lib/systemd/system/condor-annex-ec2.service 644",
    "/usr/lib/systemd/system/condor-annex-spot-watch.service 644",
    "/usr/lib/systemd/system/condor.service.d/50-condor-annex-ec2.conf 644",
    "/etc/condor/config.d/50ec2.config 644 configuration",
    "/etc/condor/master_shutdown_script.sh 755 configuration",
    "/etc/condor/annex-ec2.conf 644 configuration",
  ]);
});

Deno.test("annexFile() finds files by their names alone", () => {
  for (const name of annexFileNames()) assert(annexFile(name)?.endsWith("\n"), name);
  for (const name of ["", "/etc/condor/annex-ec2.conf", "condor/annex-ec2.conf", "c", "../x"]) {
    assertEquals(annexFile(name), undefined, name);
  }
});

Deno.test("condor-annex-ec2.service comes before HTCondor, after the firewall, and only on EC2", () => {
  const [unit] = UNITS;
  assertEquals(valuesOf(unit!, "Before"), ["condor.service"]);
  assertEquals(valuesOf(unit!, "Requires"), ["condor-annex-firewall.service"]);
  assertEquals(valuesOf(unit!, "Wants"), ["condor.service", "network-online.target"]);
  assertEquals(
    ["network-online.target", "time-sync.target", "condor-annex-firewall.service"]
      .filter((name) => !valuesOf(unit!, "After").includes(name)),
    [],
  );
  assertEquals(valuesOf(unit!, "ExecCondition"), [ANNEX_SETUP.executable, "is-ec2"]);
  assertEquals(valuesOf(unit!, "ExecStart"), [ANNEX_SETUP.executable, "start", "--boot"]);
  const settings = ["Type", "RemainAfterExit", "TimeoutSec", "UMask", "WantedBy"];
  assertEquals(settings.flatMap((key) => valuesOf(unit!, key)), [
    "oneshot",
    "yes",
    "0",
    "0077",
    "multi-user.target",
  ]);
});

Deno.test("condor-annex-ec2.service mounts for everybody", () => {
  // Each of these would make a name space of file systems (systemd.exec(5)).
  const text = annexFile("condor-annex-ec2.service") ?? "";
  assertEquals(/^(?:Private(?:Tmp|Devices)|Protect\w+|ReadOnly\w+)=/m.test(text), false);
});

Deno.test("HTCondor requires the firewall, which comes first and fails nowhere else", () => {
  const dropIn = "50-condor-annex-ec2.conf";
  assertEquals(valuesOf(dropIn, "Requires"), ["condor-annex-firewall.service"]);
  assertEquals(valuesOf(dropIn, "After"), [
    "condor-annex-firewall.service",
    "condor-annex-ec2.service",
  ]);
  const unit = "condor-annex-firewall.service";
  assertEquals(valuesOf(unit, "ExecStart"), [ANNEX_SETUP.executable, "firewall", "--boot"]);
  assertEquals(valuesOf(unit, "ExecCondition"), []);
  for (const name of ["condor.service", "network.target", "docker.service"]) {
    assert(valuesOf(unit, "Before").includes(name), name);
  }
  for (const name of ["nftables", "firewalld", "iptables", "ip6tables", "netfilter-persistent"]) {
    assert(valuesOf(unit, "After").includes(`${name}.service`), name);
  }
  assertEquals(valuesOf(unit, "PartOf"), []);
});

Deno.test("no unit runs a shell, or names a program by its name alone", () => {
  for (const unit of UNITS) {
    for (const [, line] of (annexFile(unit) ?? "").matchAll(/^Exec\w+=(.*)$/gm)) {
      assertMatch(line!, /^\/usr\/libexec\/condor\/condor-annex-ec2 [a-z0-9-]+(?: --boot)?$/);
    }
  }
});

Deno.test("master_shutdown_script.sh only becomes the program", () => {
  const lines = (annexFile("master_shutdown_script.sh") ?? "").trimEnd().split("\n");
  assertEquals(lines.filter((line) => !/^# /.test(line)), [
    "#!/bin/sh",
    "exec /usr/libexec/condor/condor-annex-ec2 master-shutdown",
  ]);
});

Deno.test("annex-ec2.conf has every setting with what holds without it, and sets nothing", () => {
  const text = annexFile("annex-ec2.conf") ?? "";
  assertEquals(
    parseSettings(text, (line, why) => assert(false, `${line} ${why}`)),
    DEFAULT_SETTINGS,
  );
  const set = text.replace(/^#(?=\w+ =)/gm, "");
  assertEquals(
    parseSettings(set, (line, why) => assert(false, `${line} ${why}`)),
    DEFAULT_SETTINGS,
  );
  for (const name of Object.keys(DEFAULT_SETTINGS)) assertStringIncludes(text, `\n#${name} =`);
});

const analyze = findProgram("systemd-analyze");

Deno.test({
  name: `systemd understands the units${analyze ? "" : " (ignored: no systemd-analyze)"}`,
  ignore: !analyze,
  async fn() {
    const root = await Deno.makeTempDir({ prefix: "pinion-annex-" });
    const write = async (path: string, text: string, mode = 0o644) => {
      await Deno.mkdir(root + path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(root + path, text, { mode });
    };
    try {
      for (const { path, text } of annexFiles()) await write(path, text);
      await write(ANNEX_SETUP.executable, "", 0o755);
      await write("/usr/sbin/condor_master", "", 0o755);
      for (const name of SYSTEM) {
        await write(`/usr/lib/systemd/system/${name}`, "[Unit]\nDescription=Of the system\n");
      }
      await write(
        "/usr/lib/systemd/system/condor.service",
        "[Unit]\nDescription=HTCondor\nAfter=network-online.target\n" +
          "[Service]\nExecStart=/usr/sbin/condor_master -f\n",
      );
      const verify = async () => {
        const { code, stderr } = await new Deno.Command(analyze!, {
          args: ["verify", `--root=${root}`, "--man=no", ...UNITS, "condor.service"],
          env: { SYSTEMD_LOG_LEVEL: "warning" },
          stdout: "null",
        }).output();
        return [code, new TextDecoder().decode(stderr)];
      };
      assertEquals(await verify(), [0, ""]);
      // A mistake would be seen.
      await write(`/usr/lib/systemd/system/${UNITS[0]}`, "[Service]\nExecStrat=/bin/true\n");
      assert((await verify())[0] !== 0);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});
