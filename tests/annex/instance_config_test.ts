import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { AnnexError } from "../../core/annex/errors.ts";
import type { InstanceFacts } from "../../core/annex/facts.ts";
import { instanceConfig, writeInstanceConfig } from "../../core/annex/instance_config.ts";
import { DEFAULT_SETTINGS } from "../../core/annex/settings.ts";
import { PINION_VERSION } from "../../core/version.ts";
import { TestHost } from "./test_host.ts";

const FILE = "/etc/condor/config.d/49ec2-instance.config";

const FACTS: InstanceFacts = {
  instanceId: "i-0123456789abcdef0",
  publicIp: "54.214.160.173",
  region: "us-west-2",
  accountId: "123456789012",
  partition: "aws",
  dnsSuffix: "amazonaws.com",
  availabilityZone: "us-west-2a",
  instanceType: "m5.large",
  imageId: "ami-0123456789abcdef0",
  lifeCycle: "spot",
};

const PLAIN = { cloudAttributes: true, canEncrypt: false, complain: () => {} };

Deno.test("writeInstanceConfig() writes what HTCondor advertises, for everybody to read", async () => {
  using host = new TestHost();
  const before = Deno.umask(0o077);
  try {
    await writeInstanceConfig(host, DEFAULT_SETTINGS, FACTS);
  } finally {
    Deno.umask(before);
  }
  assertEquals(
    host.read(FILE),
    `# Written by condor-annex-ec2 ${PINION_VERSION}; replaced at every boot.
EC2PublicIP = 54.214.160.173
EC2InstanceID = "i-0123456789abcdef0"
CloudProvider = "AWS"
CloudPlatform = "EC2"
CloudImage = "ami-0123456789abcdef0"
CloudVMType = "m5.large"
CloudZone = "us-west-2a"
CloudRegion = "us-west-2"
CloudInstanceID = "i-0123456789abcdef0"
CloudInterruptible = "True"
EC2CanEncryptExecute = False
STARTD_ATTRS = $(STARTD_ATTRS) CloudProvider CloudPlatform CloudImage CloudVMType CloudZone CloudRegion CloudInstanceID CloudInterruptible
MASTER_ATTRS = $(MASTER_ATTRS) EC2InstanceID CloudInstanceID
`,
  );
  assertEquals(Deno.statSync(host.root + FILE).mode! & 0o7777, 0o644);
  assertEquals(host.notes, []);
});

Deno.test("writeInstanceConfig() replaces the file at every boot by the same bytes", async () => {
  using host = new TestHost({ files: { [FILE]: "EC2PublicIP = 1.1.1.1\n# more\n" } });
  await writeInstanceConfig(host, DEFAULT_SETTINGS, FACTS);
  const first = host.read(FILE);
  await writeInstanceConfig(host, DEFAULT_SETTINGS, FACTS);
  assertEquals(host.read(FILE), first);
  await writeInstanceConfig(host, DEFAULT_SETTINGS, { ...FACTS, publicIp: "2.2.2.2" });
  assertEquals(host.read(FILE), first.replace("54.214.160.173", "2.2.2.2"));
});

Deno.test("defect: the page of an error is written where an instance has no public address", () => {
  const lines = instanceConfig({ ...FACTS, publicIp: "" }, PLAIN).split("\n");
  assertEquals(lines[1], "EC2PublicIP =");
  const page = '<?xml version="1.0"?>\n<html>404</html>';
  const spoilt = instanceConfig({ ...FACTS, publicIp: page }, PLAIN);
  assertEquals(spoilt.split("\n")[1], "EC2PublicIP =");
  assertEquals(spoilt.includes("html"), false);
});

Deno.test("instanceConfig() leaves the cloud's attributes out when told to", () => {
  assertEquals(
    instanceConfig(FACTS, { ...PLAIN, cloudAttributes: false, canEncrypt: true }).split("\n").slice(
      1,
    ),
    [
      "EC2PublicIP = 54.214.160.173",
      'EC2InstanceID = "i-0123456789abcdef0"',
      "EC2CanEncryptExecute = True",
      "MASTER_ATTRS = $(MASTER_ATTRS) EC2InstanceID",
      "",
    ],
  );
});

Deno.test("instanceConfig() leaves out what the metadata service does not know", () => {
  const { imageId: _, instanceType: __, availabilityZone: ___, lifeCycle: ____, ...few } = FACTS;
  const text = instanceConfig(few, PLAIN);
  assertEquals(/CloudImage|CloudVMType|CloudZone/.test(text), false);
  assertStringIncludes(text, 'CloudInterruptible = "False"');
});

Deno.test("instanceConfig() calls only Spot instances interruptible", () => {
  for (const lifeCycle of ["on-demand", "scheduled", "capacity-block", undefined]) {
    assertStringIncludes(
      instanceConfig({ ...FACTS, lifeCycle }, PLAIN),
      'CloudInterruptible = "False"',
    );
  }
});

Deno.test("instanceConfig() drops values that HTCondor would read as something else", () => {
  const hostile = ['a"b', "a\\b", "a\nDAEMON_LIST = SCHEDD", "$(CONDOR_HOST)", "a\u0007", "é"];
  for (const instanceType of hostile) {
    const complaints: string[] = [];
    const text = instanceConfig({ ...FACTS, instanceType }, {
      ...PLAIN,
      complain: (name) => complaints.push(name),
    });
    assertEquals(complaints, ["CloudVMType"]);
    assertEquals(text.includes("CloudVMType"), false);
  }
});

Deno.test("instanceConfig() has one setting to a line, whatever the facts are", () => {
  fc.assert(fc.property(
    fc.record({
      instanceType: fc.string({ unit: "binary" }),
      imageId: fc.string(),
      availabilityZone: fc.string(),
      publicIp: fc.string(),
      instanceId: fc.string(),
      region: fc.string(),
    }),
    (facts) => {
      const lines = instanceConfig({ ...FACTS, ...facts }, PLAIN).trimEnd().split("\n").slice(1);
      for (const line of lines) {
        const value = '"[^"\\\\$]*"|[\\d.]*|True|False|\\$\\((?:STARTD|MASTER)_ATTRS\\)[\\w ]*';
        assertEquals(new RegExp(`^[A-Za-z0-9_]+ = ?(?:${value})$`).test(line), true, line);
      }
    },
  ));
});

Deno.test("writeInstanceConfig() finds out whether the jobs' files could be encrypted", async () => {
  const cases = [
    [["/usr/sbin/cryptsetup", "/sbin/lvm"], "True"],
    [["/usr/sbin/cryptsetup"], "False"],
    [["/usr/sbin/lvm"], "False"],
    [[], "False"],
  ] as const;
  for (const [tools, expected] of cases) {
    using host = new TestHost({ files: Object.fromEntries(tools.map((path) => [path, ""])) });
    await writeInstanceConfig(host, DEFAULT_SETTINGS, FACTS);
    assertStringIncludes(host.read(FILE), `EC2CanEncryptExecute = ${expected}\n`);
  }
});

Deno.test("writeInstanceConfig() follows no link", async () => {
  using host = new TestHost({ files: { "/outside": "stays" } });
  Deno.symlinkSync(`${host.root}/outside`, host.root + FILE);
  await writeInstanceConfig(host, DEFAULT_SETTINGS, FACTS);
  assertEquals(host.read("/outside"), "stays");
  Deno.removeSync(`${host.root}/etc/condor/config.d`, { recursive: true });
  host.makeDir("/elsewhere");
  Deno.symlinkSync(`${host.root}/elsewhere`, `${host.root}/etc/condor/config.d`);
  await assertRejects(() => writeInstanceConfig(host, DEFAULT_SETTINGS, FACTS), AnnexError);
  assertEquals([...Deno.readDirSync(`${host.root}/elsewhere`)], []);
});
