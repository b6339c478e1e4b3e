/** What HTCondor recorded of a job's plug-ins, out of its transfer history. */

import type { Ad } from "./ads.ts";

/** The directions of a transfer, as the history's attributes begin. */
export type Direction = "Input" | "Output";

/** One ad for each run of a plug-in. */
export function invocationsOf(transfer: Ad, direction: Direction): Ad[] {
  return listOf(transfer, `${direction}PluginInvocations`);
}

/** The result ads of all files, in the order the plug-in wrote them. */
export function resultsOf(transfer: Ad, direction: Direction): Ad[] {
  return listOf(transfer, `${direction}PluginResultList`);
}

function listOf(ad: Ad, name: string): Ad[] {
  const list = ad[name];
  if (!Array.isArray(list)) {
    throw new Error(`No ${name} in the transfer history: ${Object.keys(ad)}`);
  }
  return list as Ad[];
}
