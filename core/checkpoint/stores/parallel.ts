/** Work on many things, several at a time. */

/** How far {@linkcode inParallel} goes. */
export interface ParallelOptions {
  /** Items at a time. */
  readonly limit: number;
  /** When aborted no further item is taken. */
  readonly signal?: AbortSignal;
}

/**
 * Works on items, which are taken as their turn comes. After the first error none is taken any
 * more; what is under way is waited for, then the error is thrown.
 */
export async function inParallel<T>(
  items: Iterator<T>,
  { limit, signal }: ParallelOptions,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failed: unknown[] = [];
  const worker = async () => {
    try {
      while (failed.length === 0 && !signal?.aborted) {
        const item = items.next();
        if (item.done) return;
        await work(item.value);
      }
    } catch (error) {
      failed.push(error);
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  if (failed.length > 0) throw failed[0];
}

/** The indices of so many things. */
export function* upTo(count: number): Generator<number> {
  for (let index = 0; index < count; index++) yield index;
}
