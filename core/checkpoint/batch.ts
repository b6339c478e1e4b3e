/** Parts of batches. */
import type { Batch } from "./store.ts";

/** The files of a batch that have the given indices, in their order. */
export function pick(batch: Batch, indices: readonly number[]): Batch {
  return {
    base: batch.base,
    ignoreMissing: batch.ignoreMissing,
    count: indices.length,
    name: (index) => batch.name(indices[index]!),
  };
}
