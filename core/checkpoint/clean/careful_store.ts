/** Names that no plug-in is to see, whoever wrote it. */
import { pick } from "../batch.ts";
import { CleanupFailure } from "../failure.ts";
import { componentsOf } from "../name.ts";
import type { Store } from "../store.ts";

/**
 * Keeps from a store the names that would lead out of their checkpoint, which are reported as
 * refused, and those that name nothing, which are as good as gone.
 *
 * HTCondor's contract leaves this to each plug-in, and the one that it comes with does not do it.
 */
export function carefully(store: Store): Store {
  return {
    ...(store.leftovers && { leftovers: store.leftovers.bind(store) }),
    ...(store.prune && { prune: store.prune.bind(store) }),
    async remove(batch, options) {
      const passed: number[] = [];
      for (let index = 0; index < batch.count; index++) {
        const failure = refusal(batch.name(index));
        if (failure === undefined) passed.push(index);
        else options.done(index, failure.kind === "Unsafe" ? failure : undefined);
      }
      if (passed.length === batch.count) return await store.remove(batch, options);
      const done = (index: number, failure?: CleanupFailure) =>
        options.done(passed[index]!, failure);
      await store.remove(pick(batch, passed), { ...options, done });
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

function refusal(name: Uint8Array): CleanupFailure | undefined {
  try {
    componentsOf(name);
    return undefined;
  } catch (error) {
    if (error instanceof CleanupFailure) return error;
    throw error;
  }
}
