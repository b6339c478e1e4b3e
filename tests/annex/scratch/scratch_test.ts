import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Metadata } from "../../../core/annex/contracts.ts";
import type { RunOptions, RunResult } from "../../../core/annex/host.ts";
import { setUpScratch } from "../../../core/annex/scratch.ts";
import { type AnnexSettings, DEFAULT_SETTINGS } from "../../../core/annex/settings.ts";
import { PINION_VERSION } from "../../../core/version.ts";
import { findProgram } from "../../servers/process.ts";
import { ends, type FakeTool, TestHost } from "../test_host.ts";

const EXECUTE_CONFIG = "/etc/condor/config.d/01-execute.config";
const LOCAL = "Amazon EC2 NVMe Instance Storage";
const REMOTE = "Amazon Elastic Block Store";

const OURS = "DEVNAME=/dev/x\nLABEL=condor-scratch\nUUID=u\nTYPE=ext4\nUSAGE=filesystem\n";
const CONDOR = "root:x:0:0::/root:/bin/sh\ncondor:x:64:65:HTCondor:/var/lib/condor:/bin/false\n";

/** What a disk looks like to the system. */
interface Disk {
  readonly model?: string;
  readonly size?: string;
  readonly ro?: string;
  readonly more?: Readonly<Record<string, string>>;
}

interface Machine {
  readonly disks?: Readonly<Record<string, Disk>>;
  /** What blkid says. */
  readonly blkid?: FakeTool;
  readonly mkfs?: FakeTool;
  readonly mount?: FakeTool;
  readonly files?: Readonly<Record<string, string>>;
  /** Items of the metadata service. */
  readonly mapping?: Readonly<Record<string, string>>;
  readonly settings?: Partial<AnnexSettings>;
  readonly signal?: AbortSignal;
}

const NVME: Readonly<Record<string, Disk>> = {
  nvme0n1: { model: REMOTE },
  nvme1n1: { model: LOCAL },
};
const ROOT_MOUNT = "25 1 259:9 / / rw - ext4 /dev/root rw\n";

function machine(options: Machine): TestHost {
  const files: Record<string, string> = {
    "/proc/self/mountinfo": ROOT_MOUNT,
    "/etc/passwd": CONDOR,
  };
  let minor = 0;
  for (
    const [name, { model, size = "1000\n", ro = "0\n", more }] of Object.entries(
      options.disks ?? NVME,
    )
  ) {
    const dir = `/sys/block/${name}`;
    Object.assign(files, { [`${dir}/dev`]: `259:${minor++}\n`, [`${dir}/size`]: size });
    Object.assign(files, { [`${dir}/ro`]: ro, [`/dev/${name}`]: "" });
    // The kernel fills it up with blanks.
    if (model !== undefined) files[`${dir}/device/model`] = `${model}  \n`;
    for (const [item, text] of Object.entries(more ?? {})) files[`${dir}/${item}`] = text;
  }
  const host = new TestHost({
    files: { ...files, ...options.files },
    tools: {
      blkid: options.blkid ?? ends(2),
      "mkfs.ext4": options.mkfs ?? ends(0),
      mount: options.mount ?? ends(0),
    },
    ...(options.signal && { signal: options.signal }),
  });
  host.makeDir("/mnt");
  host.makeDir("/var/lib/condor");
  return host;
}

/** Sets a machine's disk up, and tells what was started, with the root left out. */
async function setUp(host: TestHost, options: Machine = {}): Promise<string[]> {
  const metadata: Metadata = {
    get: (path) => Promise.resolve(options.mapping?.[path]),
  };
  const chown = Deno.chown;
  Deno.chown = () => Promise.resolve();
  try {
    await setUpScratch(host, { ...DEFAULT_SETTINGS, ...options.settings }, metadata);
  } finally {
    Deno.chown = chown;
  }
  return host.started.map(({ tool, args }) => [tool, ...args].join(" ").replaceAll(host.root, ""));
}

const BLANK_RUN = [
  "blkid -p -o export /dev/nvme1n1",
  "mkfs.ext4 -q -E nodiscard -m 0 -L condor-scratch /dev/nvme1n1",
  "mount -t ext4 -o discard,nosuid,nodev /dev/nvme1n1 /mnt",
];

const config = (host: TestHost) => {
  try {
    return host.read(EXECUTE_CONFIG);
  } catch {
    return undefined;
  }
};
const WRITTEN = (dir: string) =>
  `# Written by condor-annex-ec2 ${PINION_VERSION}; replaced at every boot.\nEXECUTE = ${dir}\n`;

Deno.test("setUpScratch() formats and mounts a blank disk of the instance's own", async () => {
  using host = machine({});
  assertEquals(await setUp(host), BLANK_RUN);
  assertEquals(config(host), WRITTEN("/mnt/execute"));
  assertEquals(Deno.statSync(`${host.root}/mnt/execute`).mode! & 0o7777, 0o755);
  assertEquals(host.printed, "Adding local storage: ");
  assertStringIncludes(host.notes.join("\n"), "device=nvme1n1");
});

Deno.test("defect: a data volume that is called nvme1n1 is formatted", async () => {
  using host = machine({ disks: { nvme0n1: { model: REMOTE }, nvme1n1: { model: REMOTE } } });
  assertEquals(await setUp(host), []);
  assertEquals([config(host), host.printed], [undefined, ""]);
});

Deno.test("setUpScratch() finds the disk under whatever name it has", async () => {
  using host = machine({
    disks: { nvme0n1: { model: REMOTE }, nvme1n1: { model: REMOTE }, nvme2n1: { model: LOCAL } },
  });
  assertEquals((await setUp(host)).at(-1), BLANK_RUN.at(-1)!.replace("nvme1n1", "nvme2n1"));
});

Deno.test("setUpScratch() writes to nothing that may be in use", async () => {
  const cases: Record<string, Machine & { readonly why: string }> = {
    mounted: {
      files: {
        "/proc/self/mountinfo": `${ROOT_MOUNT}30 1 259:1 / /data\\040a rw - xfs /dev/x rw\n`,
      },
      why: 'it is mounted on "/data a"',
    },
    "foreign file system": { blkid: ends(0, "TYPE=xfs\n"), why: "there is something on it" },
    "a label like ours on something else": {
      blkid: ends(0, "LABEL=condor-scratch\nTYPE=xfs\n"),
      why: "there is something on it",
    },
    "a partition table": { blkid: ends(0, "PTTYPE=gpt\n"), why: "there is something on it" },
    "several signatures": { blkid: ends(8), why: "blkid ended with status 8" },
    "a probe that failed": { blkid: ends(124), why: "blkid ended with status 124" },
    partitions: {
      disks: { nvme1n1: { model: LOCAL, more: { "nvme1n1p1/partition": "1\n" } } },
      why: "it has partitions",
    },
    holders: {
      disks: { nvme1n1: { model: LOCAL, more: { "holders/dm-0": "" } } },
      why: "another device is made of it",
    },
    "read-only": { disks: { nvme1n1: { model: LOCAL, ro: "1\n" } }, why: "it is read-only" },
    empty: { disks: { nvme1n1: { model: LOCAL, size: "0\n" } }, why: "it has no size" },
    swap: {
      files: { "/proc/swaps": "Filename\tType\n/dev/nvme1n1 partition 1 0 -2\n" },
      why: "it is swapped to",
    },
    "mounts that cannot be read whole": {
      files: { "/proc/self/mountinfo": "25 1 259:9 / / rw - ext4" },
      why: "what is mounted cannot be read",
    },
    "too many mounts": {
      files: { "/proc/self/mountinfo": `${"x".repeat(65_535)}\n` },
      why: "what is mounted cannot be read",
    },
  };
  for (const [title, { why, ...options }] of Object.entries(cases)) {
    using host = machine(options);
    const started = await setUp(host, options);
    assertEquals(started.filter((line) => !line.startsWith("blkid")), [], title);
    assertEquals(config(host), undefined, title);
    assertStringIncludes(host.notes.join("\n"), why, title);
  }
});

Deno.test("setUpScratch() mounts what it made at an earlier boot again, and formats nothing", async () => {
  using host = machine({ blkid: ends(0, OURS) });
  assertEquals((await setUp(host)).map((line) => line.split(" ")[0]), ["blkid", "mount"]);
  assertEquals(config(host), WRITTEN("/mnt/execute"));
});

Deno.test("setUpScratch() run again changes nothing", async () => {
  using host = machine({ blkid: ends(0, OURS) });
  const mountinfo = (point: string) => `${ROOT_MOUNT}30 1 259:1 / ${point} rw - ext4 /dev/x rw\n`;
  for (const point of ["/mnt", "/var/lib/condor/execute-local"]) {
    host.started.length = 0;
    host.makeDir(`${point}/execute`);
    host.write("/proc/self/mountinfo", mountinfo(host.root + point));
    assertEquals((await setUp(host)).length, 1);
    assertEquals(config(host), WRITTEN(`${point}/execute`));
  }
  host.write("/proc/self/mountinfo", mountinfo("/elsewhere"));
  await setUp(host);
  assertStringIncludes(host.notes.at(-1) ?? "", "is mounted on");
  assertEquals(config(host), undefined);
});

Deno.test("setUpScratch() mounts elsewhere where /mnt is in use", async () => {
  const uses: ((host: TestHost) => void)[] = [
    (host) => host.write("/mnt/somebody's", "x"),
    (host) =>
      host.write(
        "/proc/self/mountinfo",
        `${ROOT_MOUNT}30 1 8:1 / ${host.root}/mnt rw - nfs server:/x rw\n`,
      ),
    (host) => Deno.removeSync(`${host.root}/mnt`),
    (host) => {
      Deno.removeSync(`${host.root}/mnt`);
      Deno.symlinkSync(`${host.root}/var`, `${host.root}/mnt`);
    },
    (host) => Deno.chmodSync(`${host.root}/mnt`, 0o777),
  ];
  for (const use of uses) {
    using host = machine({});
    use(host);
    assertEquals((await setUp(host)).at(-1)?.split(" ").at(-1), "/var/lib/condor/execute-local");
    assertEquals(config(host), WRITTEN("/var/lib/condor/execute-local/execute"));
  }
});

Deno.test("setUpScratch() formats nothing that it could not mount", async () => {
  using host = machine({
    files: { "/mnt/a": "x", "/var/lib/condor/execute-local/b": "x" },
  });
  assertEquals((await setUp(host)).length, 1);
  assertStringIncludes(host.notes.at(-1) ?? "", "is empty");
});

Deno.test("setUpScratch() uses one disk of several, rather the one it used before", async () => {
  const disks = { nvme1n1: { model: LOCAL }, nvme2n1: { model: LOCAL }, nvme3n1: { model: LOCAL } };
  const blkid = ({ args }: RunOptions): RunResult => {
    const device = args.at(-1)!.slice(-7);
    const answers: Record<string, string> = { nvme1n1: "TYPE=xfs\n", nvme3n1: OURS };
    const stdout = answers[device];
    return { code: stdout === undefined ? 2 : 0, stdout: stdout ?? "", stderr: "" };
  };
  using host = machine({ disks, blkid });
  assertEquals((await setUp(host)).filter((line) => !line.startsWith("blkid")), [
    "mount -t ext4 -o discard,nosuid,nodev /dev/nvme3n1 /mnt",
  ]);
});

Deno.test("setUpScratch() asks the metadata service for disks of older instances", async () => {
  const mapping = {
    "meta-data/block-device-mapping/": "ami\nebs1\nephemeral0\nephemeral1\nroot\n",
    "meta-data/block-device-mapping/ephemeral0": "sdb",
    "meta-data/block-device-mapping/ephemeral1": "sdc",
    "meta-data/block-device-mapping/ebs1": "sdf",
  };
  using host = machine({ disks: { xvda: {}, xvdc: {}, xvdf: {} } });
  assertEquals((await setUp(host, { mapping })).map((line) => line.split("/dev/")[1]), [
    "xvdc",
    "xvdc",
    "xvdc /mnt",
  ]);
});

Deno.test("setUpScratch() believes no strange word of the metadata service's", async () => {
  const names = ["../sda", "", "x y", "-F", "/dev/../etc", "sdz", "x".repeat(40)];
  for (const name of names) {
    const mapping = {
      "meta-data/block-device-mapping/": "ephemeral0\n../x\nephemeralx\n",
      "meta-data/block-device-mapping/ephemeral0": name,
    };
    using host = machine({ disks: { xvda: {} } });
    assertEquals(await setUp(host, { mapping }), [], name);
  }
});

Deno.test("setUpScratch() takes the disk that the settings name, but still nothing in use", async () => {
  const settings = { scratch: "/dev/sdb" };
  using host = machine({ disks: { nvme1n1: { model: LOCAL }, sdb: { model: "Other" } } });
  assertEquals((await setUp(host, { settings })).at(-1)?.includes("/dev/sdb /mnt"), true);
  using remote = machine({ disks: { sdb: { model: REMOTE } } });
  assertEquals(await setUp(remote, { settings }), []);
  using none = machine({ disks: {} });
  assertEquals(await setUp(none, { settings }), []);
  assertStringIncludes(none.notes.join(), "it is no disk");
  using partition = machine({ disks: {}, files: { "/dev/sdb": "" } });
  assertEquals(await setUp(partition, { settings }), []);
});

Deno.test("setUpScratch() does nothing when it is off, and takes its own settings back", async () => {
  for (const [disks, settings] of [[NVME, { scratch: "off" }], [{}, {}]] as const) {
    using host = machine({ disks, files: { [EXECUTE_CONFIG]: WRITTEN("/mnt/execute") } });
    assertEquals(await setUp(host, { settings }), []);
    assertEquals(config(host), undefined);
    using own = machine({ disks, files: { [EXECUTE_CONFIG]: "EXECUTE = /scratch\n" } });
    await setUp(own, { settings });
    assertEquals(config(own), "EXECUTE = /scratch\n");
  }
});

Deno.test("setUpScratch() only logs what goes wrong", async () => {
  const cases: Record<string, Machine & { readonly why: string }> = {
    format: { mkfs: ends(1), why: "mkfs.ext4 ended with status 1" },
    mount: { mount: ends(32), why: "mount ended with status 32" },
    user: { files: { "/etc/passwd": "root:x:0:0::/:/bin/sh\n" }, why: 'there is no user "condor"' },
    execute: { files: {}, mount: spoilExecute, why: "is no directory" },
  };
  function spoilExecute({ args }: RunOptions): RunResult {
    Deno.writeTextFileSync(`${args.at(-1)}/execute`, "");
    return { code: 0, stdout: "", stderr: "" };
  }
  for (const [title, { why, ...options }] of Object.entries(cases)) {
    using host = machine(options);
    await setUp(host, options);
    assertEquals(config(host), undefined, title);
    assertStringIncludes(host.notes.join("\n"), why, title);
    assertStringIncludes(host.notes.join("\n"), "event=scratch-failed", title);
  }
  using host = new TestHost({ files: { "/sys/block/nvme1n1/device/model": LOCAL } });
  host.write("/sys/block/nvme1n1/dev", "259:1\n");
  host.write("/sys/block/nvme1n1/ro", "0\n");
  host.write("/sys/block/nvme1n1/size", "1\n");
  host.write("/proc/self/mountinfo", ROOT_MOUNT);
  await setUp(host);
  assertStringIncludes(host.notes.join(), "it is not installed");
});

Deno.test("setUpScratch() ends when all work is to end", async () => {
  const stop = new AbortController();
  const blkid = () => {
    stop.abort(new Error("stopped"));
    return { code: 2, stdout: "", stderr: "" };
  };
  using host = machine({ blkid, signal: stop.signal });
  await assertRejects(() => setUp(host), Error, "stopped");
  assertEquals(host.started.length, 1);
});

const real = { blkid: findProgram("blkid"), mkfs: findProgram("mkfs.ext4") };
const absent = Object.entries(real).filter(([, path]) => path === undefined).map(([name]) => name);

function runs(path: string): FakeTool {
  return async ({ args }) => {
    const { code, stdout, stderr } = await new Deno.Command(path, { args: [...args] }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  };
}

Deno.test({
  name: `setUpScratch() understands blkid and mkfs.ext4 themselves${
    absent.length > 0 ? ` (ignored: no ${absent.join(", ")})` : ""
  }`,
  ignore: absent.length > 0,
  async fn() {
    const options: Machine = {
      disks: { nvme1n1: { model: LOCAL } },
      blkid: runs(real.blkid!),
      mkfs: runs(real.mkfs!),
    };
    using host = machine(options);
    const disk = `${host.root}/dev/nvme1n1`;
    await Deno.truncate(disk, 8 << 20);
    const tools = async () => {
      host.started.length = 0;
      return (await setUp(host)).map((line) => line.split(" ")[0]);
    };
    assertEquals(await tools(), ["blkid", "mkfs.ext4", "mount"]);
    await Deno.remove(`${host.root}/mnt/execute`);
    assertEquals(await tools(), ["blkid", "mount"]);
    await Deno.remove(`${host.root}/mnt/execute`);
    const { success } = await new Deno.Command(real.mkfs!, {
      args: ["-q", "-F", "-L", "data", disk],
    }).output();
    assert(success);
    const before = await Deno.readFile(disk);
    assertEquals(await tools(), ["blkid"]);
    assertEquals(await Deno.readFile(disk), before);
  },
});
