/** Looking at an instance after its boot, for what a circumstance is about. */

import { IMDS_ADDRESSES } from "../../tests/servers/netns.ts";
import { CONFIGURATION } from "./annex_boot.ts";
import { boot, type Booted, endText, lookAtBoot, type Outcome } from "./annex_run.ts";
import { SECRET_FOLDERS } from "./annex_stage.ts";

const NOBODY = 65534;

/** Whether HTCondor reads what was written. */
export async function lookAtConfiguration(booted: Booted): Promise<Outcome> {
  const outcome = await lookAtBoot(booted);
  const { code, stdout, stderr } = await booted.machine.run(
    ["/usr/bin/condor_config_val", "EC2InstanceID"],
  );
  const said = /Configuration Error Line \d+/.exec(stdout + stderr)?.[0] ?? `exit status ${code}`;
  return {
    good: outcome.good && code === 0,
    text: `${outcome.text}; HTCondor ${code === 0 ? "reads it" : `does not start: ${said}`}`,
  };
}

/** Whether anybody but root could read passwords and tokens. */
export async function lookAtSecrets(booted: Booted): Promise<Outcome> {
  const outcome = await lookAtBoot(booted);
  const open = await booted.machine.must([
    ...["/usr/bin/find", "/etc/condor", "-perm", "/077", "("],
    ...SECRET_FOLDERS.flatMap((path) => ["-path", `${path}*`, "-o"]),
    ...["-name", "*.tar.gz", ")", "-printf", "`%f` 0%m\n"],
  ]);
  const list = open.trim().split("\n").filter((line) => line !== "").sort();
  return {
    good: outcome.good && list.length === 0,
    text: `${outcome.text}; ${
      list.length === 0 ? "nothing is open to others" : `open to others: ${list.join(", ")}`
    }`,
  };
}

/** Whether jobs and containers are kept from the metadata, by rules that do not add up. */
export async function lookAtFirewall(booted: Booted): Promise<Outcome> {
  const { machine, stage: { network } } = booted;
  const outcome = await lookAtBoot(booted);
  const rules = () => machine.must(["/usr/sbin/nft", "-s", "list", "ruleset"]);
  const before = await rules();
  const again = await boot(machine);
  const same = again.code === 0 && before === await rules();
  const through: string[] = [];
  for (const [family, address] of Object.entries(IMDS_ADDRESSES)) {
    const url = `http://${address.includes(":") ? `[${address}]` : address}/latest/meta-data/`;
    const ask = ["/usr/bin/curl", "-s", "-m", "3", "-o", "/dev/null", url];
    const name = family === "ipv4" ? "IPv4" : "IPv6";
    if ((await machine.run(ask, { uid: NOBODY })).code === 0) through.push(`jobs by ${name}`);
    const inContainer = await network.run("cont", ["/usr/sbin/chroot", machine.path("/"), ...ask]);
    if (inContainer.code === 0) through.push(`containers by ${name}`);
  }
  return {
    good: outcome.good && through.length === 0 && same,
    text: [
      outcome.text,
      through.length === 0 ? "only root gets through" : `get through: ${through.join(", ")}`,
      same ? "a second start changes no rule" : "a second start adds rules",
    ].join("; "),
  };
}

/** Whether an archive that cannot be unpacked is told apart from one that can. */
export async function lookAtRefusal({ machine, ended }: Booted): Promise<Outcome> {
  const configuration = await machine.read(CONFIGURATION);
  const secrets = await machine.must(["/usr/bin/find", ...SECRET_FOLDERS, "-type", "f"]);
  const left = configuration + secrets;
  const { code } = ended;
  return {
    good: code !== 0 && code !== undefined && left === "",
    text: `${endText(ended)}; ${left === "" ? "nothing" : "a part"} is installed`,
  };
}

/** Whether an instance survives its next boot, when the archive is gone. */
export async function lookAtReboot(
  booted: Booted,
  removeArchive: () => Promise<void>,
): Promise<Outcome> {
  const first = await lookAtBoot(booted);
  await removeArchive();
  const second = await lookAtBoot({ ...booted, ended: await boot(booted.machine) });
  return {
    good: first.good && second.good,
    text: `at first: ${first.text}; then: ${second.text}`,
  };
}

/** A volume that happens to have this name; its bytes are the machine's own, in memory. */
const VOLUME = "/dev/nvme1n1";
const VOLUME_TEXT = "somebody's data\n";

/** Makes a volume of Elastic Block Store, with data. */
export async function attachVolume({ machine }: Pick<Booted, "machine">): Promise<void> {
  await machine.must([
    "/bin/sh",
    "-euc",
    `printf '%s' "$1" >${VOLUME}
truncate -s 16M ${VOLUME}
mkdir -p /sys/block/nvme1n1/device
echo "Amazon Elastic Block Store" >/sys/block/nvme1n1/device/model`,
    "sh",
    VOLUME_TEXT,
  ]);
}

/** Whether the volume's data are there. */
export async function lookAtVolume(booted: Booted): Promise<Outcome> {
  const outcome = await lookAtBoot(booted);
  // A file system of ext4 leaves the first 1024 bytes to boot loaders; its own mark follows.
  const mark = await booted.machine.must([
    ...["/usr/bin/od", "-An", "-tx1", "-j1080", "-N2", VOLUME],
  ]);
  const formatted = mark.trim() === "53 ef";
  return {
    good: outcome.good && !formatted,
    text: `${outcome.text}; the volume was ${formatted ? "formatted" : "left alone"}`,
  };
}
