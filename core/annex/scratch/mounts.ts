/** What is mounted, and what is swapped to (proc_pid_mountinfo(5), proc_swaps(5)). */

import type { AnnexHost } from "../host.ts";

/** As much as a host reads of such a file, in bytes: a text of this length may be cut. */
const LARGEST_TEXT = 64 * 1024;

/** A mounted file system. */
export interface Mount {
  /** Of its device, `major:minor`. */
  readonly device: string;
  /** Where it is. */
  readonly point: string;
}

/**
 * The mounts that this process sees.
 *
 * @returns undefined when they cannot be read, or not all of them: nothing is certain then
 */
export async function readMounts(host: AnnexHost): Promise<readonly Mount[] | undefined> {
  const text = await host.readSystem("/proc/self/mountinfo");
  if (text === undefined || !text.endsWith("\n")) return undefined;
  if (new TextEncoder().encode(text).length >= LARGEST_TEXT) return undefined;
  return text.trimEnd().split("\n").map((line) => {
    const [, , device = "", , point = ""] = line.split(" ");
    return { device, point: unescape(point) };
  });
}

/** Whether a device is swapped to; also when that cannot be found out. */
export async function isSwap(host: AnnexHost, device: string): Promise<boolean> {
  const text = await host.readSystem("/proc/swaps");
  // A kernel without swap has no such file, but one with it has a heading there.
  return text !== undefined && text.split("\n").some((line) => line.split(/\s/, 1)[0] === device);
}

/** Blanks and backslashes are written as octal numbers. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(parseInt(digits, 8)));
}
