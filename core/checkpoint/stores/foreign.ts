/** Destinations that a plug-in of others removes files from. */
import type { Store } from "../store.ts";
import { removeByList } from "./foreign_batch.ts";
import { removeEach } from "./foreign_each.ts";
import { type ForeignOptions, Plugin } from "./foreign_plugin.ts";

/**
 * A store behind a plug-in that is not ours (manual, "Self-Checkpointing Jobs"), started once for
 * each file, or once for all of them if it takes lists.
 *
 * What it ends with means no more than success or failure, but for 75: try again (EX_TEMPFAIL of
 * sysexits.h). `remove` throws when the plug-in cannot be started at all. One that still runs a
 * second after the signal is killed, and its files are not reported.
 */
export function openForeign(options: ForeignOptions): Store {
  const plugin = new Plugin(options);
  const remove = options.batch ? removeByList : removeEach;
  return {
    remove: (batch, how) => remove(plugin, { ...how, batch }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
