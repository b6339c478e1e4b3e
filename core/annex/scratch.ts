/** The instance's own disk, for the jobs to run on: faster than the network's, and free. */

import { errorText } from "../errors.ts";
import { PINION_VERSION } from "../version.ts";
import type { Metadata } from "./contracts.ts";
import type { AnnexHost } from "./host.ts";
import { makeDirectory } from "./directories.ts";
import { removeFile } from "./installed_files.ts";
import { EXECUTE_CONFIG } from "./paths.ts";
import { readOwnFile, replaceFile } from "./safe_file.ts";
import {
  examineDisk,
  findLocalDisks,
  SCRATCH_LABEL,
  type ScratchDevice,
} from "./scratch/devices.ts";
import { choosePlace, failed, makeExecuteDirectory } from "./scratch/place.ts";
import type { AnnexSettings } from "./settings.ts";

/** A terabyte takes seconds, for most of the work is put off. */
const FORMAT_LIMIT_MS = 300_000;
const MOUNT_LIMIT_MS = 60_000;
const LARGEST_CONFIG = 64 * 1024;
const HEADING = "# Written by condor-annex-ec2";

/**
 * Mounts a local disk and has jobs run there; it is formatted first if it is blank, and left alone if
 * there is anything on it that was not put there by this. Nothing is thrown but the host's own
 * signal: an annex works without one, and what went wrong is in the log.
 */
export async function setUpScratch(
  host: AnnexHost,
  settings: AnnexSettings,
  metadata: Metadata,
): Promise<void> {
  try {
    const device = settings.scratch === "off"
      ? undefined
      : await chooseDevice(host, settings.scratch, metadata);
    if (device === undefined) return await withdraw(host);
    host.out("Adding local storage: ");
    await use(host, device);
  } catch (error) {
    host.signal.throwIfAborted();
    host.note(`Cannot use a local disk: ${errorText(error)}`, { event: "scratch-failed" });
    await withdraw(host).catch((second) =>
      host.note(`Cannot remove "${EXECUTE_CONFIG}": ${errorText(second)}`, {
        event: "scratch-failed",
      })
    );
  }
}

/** The disk to be used: rather one that was used before. */
async function chooseDevice(
  host: AnnexHost,
  setting: string,
  metadata: Metadata,
): Promise<ScratchDevice | undefined> {
  const names = setting === "auto"
    ? await findLocalDisks(host, metadata)
    : [setting.slice("/dev/".length)];
  const usable: ScratchDevice[] = [];
  for (const name of names) {
    const device = await examineDisk(host, name);
    if (typeof device !== "string") usable.push(device);
    else host.note(`Left disk "/dev/${name}" alone: ${device}`, { event: "scratch-skipped", name });
  }
  return usable.find(({ state }) => state === "ours") ?? usable[0];
}

async function use(host: AnnexHost, device: ScratchDevice): Promise<void> {
  const disk = `${host.root}/dev/${device.name}`;
  const place = await choosePlace(host, device);
  if (device.state === "blank") {
    const format = ["-q", "-E", "nodiscard", "-m", "0", "-L", SCRATCH_LABEL, disk];
    const { code } = await host.run("mkfs.ext4", { args: format, timeoutMs: FORMAT_LIMIT_MS });
    if (code !== 0) throw failed(`mkfs.ext4 ended with status ${code}`);
  }
  if (!place.isMounted) {
    const mount = ["-t", "ext4", "-o", "discard,nosuid,nodev", disk, host.root + place.path];
    const { code } = await host.run("mount", { args: mount, timeoutMs: MOUNT_LIMIT_MS });
    if (code !== 0) throw failed(`mount ended with status ${code}`);
  }
  const execute = await makeExecuteDirectory(host, place.path);
  await makeDirectory(host, EXECUTE_CONFIG.slice(0, EXECUTE_CONFIG.lastIndexOf("/")), {
    mode: 0o755,
  });
  await replaceFile(host, EXECUTE_CONFIG, {
    content: `${HEADING} ${PINION_VERSION}; replaced at every boot.\nEXECUTE = ${execute}\n`,
    mode: 0o644,
  });
  host.note("Jobs run on a local disk", {
    event: "scratch",
    device: device.name,
    formatted: device.state === "blank",
    directory: execute,
  });
}

/**
 * Takes back what an earlier boot wrote: without the disk HTCondor would find no place for jobs. An
 * administrator's own file is left.
 */
async function withdraw(host: AnnexHost): Promise<void> {
  const text = await readOwnFile(host, EXECUTE_CONFIG, LARGEST_CONFIG);
  if (text?.startsWith(HEADING)) await removeFile(host, EXECUTE_CONFIG);
}
