/** What is found at a job's location. */
import { isNumber } from "../location.ts";
import type { Leftover } from "../store.ts";

const SLASH = 0x2f;
const decoder = new TextDecoder();

/**
 * The file that a path stands for.
 *
 * @param path below the job's location
 * @returns undefined for one that is in no checkpoint: HTCondor did not make it
 */
export function leftoverAt(path: Uint8Array): Leftover | undefined {
  const slash = path.indexOf(SLASH);
  const number = decoder.decode(path.subarray(0, Math.max(0, slash)));
  const name = path.subarray(slash + 1);
  return isNumber(number) && name.length > 0 ? { number, name } : undefined;
}
