/** `50ec2.config` as HTCondor itself reads it, together with what else there is on an instance. */
import { assertEquals } from "@std/assert";
import { basename } from "@std/path";
import { POOL_CONFIG_TEXT } from "../../../core/annex/files/pool_config.ts";
import { instanceConfig } from "../../../core/annex/instance_config.ts";
import { poolRoot, whyNoPool } from "../../../scripts/pool/root.ts";

const missing = await whyNoPool() ?? "";

/** The archive's settings, as condor_annex writes them, as far as they matter here. */
const DYNAMIC = `
SEC_DEFAULT_INTEGRITY = REQUIRED
SEC_DEFAULT_ENCRYPTION = REQUIRED
AnnexName = "my_annex"
IsAnnex = TRUE
STARTD_ATTRS = $(STARTD_ATTRS) AnnexName IsAnnex
MASTER_ATTRS = $(MASTER_ATTRS) AnnexName IsAnnex hpc_annex_request_id.
STARTD_NOCLAIM_SHUTDOWN = 300
`;

const FACTS = {
  instanceId: "i-0123456789abcdef0",
  publicIp: "54.214.160.173",
  region: "us-west-2",
  accountId: "123456789012",
  partition: "aws",
  dnsSuffix: "amazonaws.com",
};

const instance = (publicIp = FACTS.publicIp, canEncrypt = false) =>
  instanceConfig({ ...FACTS, publicIp }, { cloudAttributes: true, canEncrypt, complain: () => {} });

/** What HTCondor makes of settings that are in files of these names. */
async function values(
  files: Readonly<Record<string, string>>,
  names: readonly string[],
): Promise<string[]> {
  const dir = await Deno.makeTempDir({ dir: `${poolRoot()}/tmp`, prefix: "pinion-annex-" });
  try {
    const inside = `/tmp/${basename(dir)}`;
    await Deno.mkdir(`${dir}/config.d`);
    await Deno.writeTextFile(`${dir}/condor_config`, `LOCAL_CONFIG_DIR = ${inside}/config.d\n`);
    for (const [name, text] of Object.entries({ ...files, "50ec2.config": POOL_CONFIG_TEXT })) {
      await Deno.writeTextFile(`${dir}/config.d/${name}`, text);
    }
    return await Array.fromAsync(names, async (name) => {
      const { stdout, stderr } = await new Deno.Command("/usr/sbin/chroot", {
        args: [poolRoot(), "/usr/bin/condor_config_val", name],
        env: { CONDOR_CONFIG: `${inside}/condor_config` },
        clearEnv: true,
      }).output();
      const complaint = new TextDecoder().decode(stderr).trimEnd();
      if (complaint === `Not defined: ${name}`) return "-";
      assertEquals(complaint, "");
      return new TextDecoder().decode(stdout).trimEnd();
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function poolTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `${name}${missing && ` (ignored: ${missing})`}`, ignore: missing !== "", fn });
}

poolTest("50ec2.config tells HTCondor what an annex instance is for", async () => {
  const files = { "00ec2-dynamic.config": DYNAMIC, "49ec2-instance.config": instance() };
  const expected = {
    DAEMON_LIST: "MASTER STARTD",
    TCP_FORWARDING_HOST: "54.214.160.173",
    QuotedEC2PublicIP: '"54.214.160.173"',
    EC2InstanceID: '"i-0123456789abcdef0"',
    DEFAULT_MASTER_SHUTDOWN_SCRIPT: "/etc/condor/master_shutdown_script.sh",
    "MASTER.DAEMON_SHUTDOWN_FAST": "(STARTD_StartTime == 0) && (time() - DaemonStartTime > 60)",
    MOUNT_UNDER_SCRATCH: '"/tmp,/var/tmp"',
    STARTD_NOCLAIM_SHUTDOWN: "300",
    SEC_DEFAULT_INTEGRITY: "REQUIRED",
    SEC_DEFAULT_ENCRYPTION: "REQUIRED",
    ENCRYPT_EXECUTE_DIRECTORY: "false",
  };
  assertEquals(await values(files, Object.keys(expected)), Object.values(expected));
  const [startd, master] = await values(files, ["STARTD_ATTRS", "MASTER_ATTRS"]);
  const words = (text = "") => new Set(text.split(/[\s,]+/));
  assertEquals(
    ["AnnexName", "QuotedEC2PublicIP", "EC2InstanceID", "CloudInstanceID", "CloudProvider"]
      .filter((name) => !words(startd).has(name)),
    [],
  );
  assertEquals(
    ["AnnexName", "EC2InstanceID", "CloudInstanceID"].filter((name) => !words(master).has(name)),
    [],
  );
});

poolTest("50ec2.config sets no forwarding where there is no public address", async () => {
  const files = { "49ec2-instance.config": instance("") };
  assertEquals(await values(files, ["TCP_FORWARDING_HOST", "QuotedEC2PublicIP"]), ["-", '""']);
  assertEquals(await values({}, ["TCP_FORWARDING_HOST", "QuotedEC2PublicIP"]), ["-", '""']);
});

poolTest("50ec2.config leaves to the archive what the archive decides", async () => {
  const names = ["STARTD_NOCLAIM_SHUTDOWN", "SEC_DEFAULT_INTEGRITY", "SEC_DEFAULT_ENCRYPTION"];
  const cases = [
    ["", "900", "REQUIRED", "REQUIRED"],
    ['AnnexName = "a"\nSTARTD_NOCLAIM_SHUTDOWN = 0\n', "0", "REQUIRED", "REQUIRED"],
    ["STARTD_NOCLAIM_SHUTDOWN = 60 * 10\n", "60 * 10", "REQUIRED", "REQUIRED"],
    ['AnnexName = "a"\nSTARTD_NOCLAIM_SHUTDOWN = 60 * 10', "60 * 10", "REQUIRED", "REQUIRED"],
    ["SEC_DEFAULT_INTEGRITY = OPTIONAL\n", "900", "OPTIONAL", "REQUIRED"],
    ["SEC_DEFAULT_ENCRYPTION = PREFERRED\n", "900", "REQUIRED", "PREFERRED"],
  ] as const;
  for (const [text, ...expected] of cases) {
    assertEquals(await values({ "00ec2-dynamic.config": text }, names), [...expected], text);
  }
});

poolTest(
  "50ec2.config encrypts the jobs' files only where that is possible and wanted",
  async () => {
    const limits = "STARTD_ENFORCE_DISK_LIMITS = True\n";
    const cases = [
      [limits, true, "True"],
      [limits, false, "false"],
      ["", true, "false"],
      [`${limits}EC2_ENCRYPT_EXECUTE = False\n`, true, "False"],
    ] as const;
    for (const [text, canEncrypt, expected] of cases) {
      const files = { "00a": text, "49ec2-instance.config": instance("", canEncrypt) };
      assertEquals(await values(files, ["ENCRYPT_EXECUTE_DIRECTORY"]), [expected], text);
    }
  },
);
