/** Removing files with one start of a plug-in for each. */
import { CleanupFailure } from "../failure.ts";
import { shown } from "../name.ts";
import type { Batch, RemoveOptions } from "../store.ts";
import { pluginArgv } from "./foreign_command.ts";
import { endedWith, timedOut } from "./foreign_messages.ts";
import type { Plugin } from "./foreign_plugin.ts";
import { inParallel, upTo } from "./parallel.ts";

/**
 * Removes the files of a batch, several at once as the options allow.
 *
 * @throws {CleanupFailure} when the plug-in cannot be started at all
 */
export async function removeEach(
  plugin: Plugin,
  { batch, signal, done }: RemoveOptions & { readonly batch: Batch },
): Promise<void> {
  const { parallel } = plugin.options;
  await inParallel(upTo(batch.count), { limit: parallel, signal }, async (index) => {
    try {
      if (await removed(plugin, { batch, index, signal })) done(index);
    } catch (error) {
      if (!(error instanceof CleanupFailure) || error.kind === "StoreUnavailable") throw error;
      done(index, error);
    }
  });
}

/** Removes one file; false when it is unknown how that ended. */
async function removed(
  plugin: Plugin,
  { batch, index, signal }: {
    readonly batch: Batch;
    readonly index: number;
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  const name = batch.name(index).slice();
  if (name.includes(0)) {
    throw new CleanupFailure(
      "NotDeleted",
      `Cannot remove ${shown(name)}: no plug-in can be told of a zero byte`,
    );
  }
  const { timeout } = plugin.options;
  const argv = pluginArgv(plugin.options, {
    base: batch.base,
    ignoreMissing: batch.ignoreMissing,
    option: "-delete",
    value: name,
  });
  const end = await plugin.run({ argv, timeout, signal });
  if (end.how === "timed out") throw timedOut(argv, { seconds: timeout, output: end.output });
  if (end.how === "ended" && end.status !== 0) throw endedWith(argv, end);
  return end.how === "ended";
}
