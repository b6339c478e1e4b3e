/** Local disks: which there are, and which of them may be written to. */

import type { Metadata } from "../contracts.ts";
import type { AnnexHost } from "../host.ts";
import { isSwap, type Mount, readMounts } from "./mounts.ts";

/** Label of the file systems that are made here. */
export const SCRATCH_LABEL = "condor-scratch";

/** What NVMe disks say they are (EC2 user guide, "Instance store volumes" and "EBS and NVMe"). */
const LOCAL_MODEL = "Amazon EC2 NVMe Instance Storage";
const REMOTE_MODEL = "Amazon Elastic Block Store";

/** Most devices looked at: no instance has so many. */
const MOST_DEVICES = 64;
const PROBE_LIMIT_MS = 30_000;

/** Name of a whole disk. */
const NAME = /^[a-z][a-z0-9]{1,31}$/;

/** A disk that may be used. */
export interface ScratchDevice {
  /** Such as `nvme1n1`. */
  readonly name: string;
  /** Blank, or with a file system that was made here earlier. */
  readonly state: "blank" | "ours";
  /** Where it is mounted already; only for one of ours. */
  readonly mounts: readonly string[];
}

/**
 * The names of disks that belong to the instance alone: NVMe disks by their model, those of older
 * instances by the metadata service's word.
 */
export async function findLocalDisks(host: AnnexHost, metadata: Metadata): Promise<string[]> {
  const names = (await host.listSystem("/sys/block")).filter((name) => NAME.test(name));
  const found: string[] = [];
  for (const name of names.slice(0, 4 * MOST_DEVICES)) {
    if (await modelOf(host, name) === LOCAL_MODEL) found.push(name);
  }
  if (found.length > 0) return found.slice(0, MOST_DEVICES);
  const mapped = await findMapped(host, metadata);
  return mapped.flatMap((name) => {
    // They are named as the hypervisor of old named them.
    const here = [name, name.replace(/^sd/, "xvd")].find((one) => names.includes(one));
    return here === undefined ? [] : [here];
  });
}

/**
 * Looks at a disk.
 *
 * @returns it, or why nothing may be written to it
 */
export async function examineDisk(
  host: AnnexHost,
  name: string,
): Promise<ScratchDevice | string> {
  const system = (item: string) => host.readSystem(`/sys/block/${name}/${item}`);
  const number = (await system("dev"))?.trim();
  if (!NAME.test(name) || number === undefined) return "it is no disk";
  if (await modelOf(host, name) === REMOTE_MODEL) return "it is an EBS volume";
  if ((await system("ro"))?.trim() !== "0") return "it is read-only";
  if (!(Number((await system("size"))?.trim()) > 0)) return "it has no size";
  if ((await host.listSystem(`/sys/block/${name}/holders`)).length > 0) {
    return "another device is made of it";
  }
  const parts = (await host.listSystem(`/sys/block/${name}`)).filter((one) => one.startsWith(name));
  if (parts.length > 0) return "it has partitions";
  if (await isSwap(host, `/dev/${name}`)) return "it is swapped to";
  const mounts = await readMounts(host);
  if (mounts === undefined) return "what is mounted cannot be read";
  return await examineContent(host, name, mounts.filter(({ device }) => device === number));
}

/** By its content: only what is blank, or ours. */
async function examineContent(
  host: AnnexHost,
  name: string,
  mounts: readonly Mount[],
): Promise<ScratchDevice | string> {
  const { code, stdout } = await host.run("blkid", {
    args: ["-p", "-o", "export", `${host.root}/dev/${name}`],
    timeoutMs: PROBE_LIMIT_MS,
  });
  const points = mounts.map(({ point }) => point);
  const lines = stdout.split("\n");
  if (code === 0 && lines.includes(`LABEL=${SCRATCH_LABEL}`) && lines.includes("TYPE=ext4")) {
    return { name, state: "ours", mounts: points };
  }
  if (points.length > 0) return `it is mounted on "${points[0]}"`;
  // blkid(8): 2 for nothing found; 8 for more than one answer.
  if (code === 2) return { name, state: "blank", mounts: [] };
  return code === 0 ? "there is something on it" : `blkid ended with status ${code}`;
}

/** Disks that the metadata service calls `ephemeral0` and so on. */
async function findMapped(host: AnnexHost, metadata: Metadata): Promise<string[]> {
  const list = await metadata.get("meta-data/block-device-mapping/", host.signal) ?? "";
  const items = list.split("\n").filter((item) => /^ephemeral\d{1,2}$/.test(item));
  const found: string[] = [];
  for (const item of items.slice(0, MOST_DEVICES)) {
    const path = `meta-data/block-device-mapping/${item}`;
    const name = (await metadata.get(path, host.signal) ?? "").trim().replace(/^\/dev\//, "");
    if (NAME.test(name)) found.push(name);
  }
  return found;
}

async function modelOf(host: AnnexHost, name: string): Promise<string | undefined> {
  return (await host.readSystem(`/sys/block/${name}/device/model`))?.trim();
}
