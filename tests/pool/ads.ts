/** Asking HTCondor for ads. */

import { condor, type Instance } from "../../scripts/pool/instance.ts";

/** A ClassAd as HTCondor prints it in JSON. */
export type Ad = Readonly<Record<string, unknown>>;

const POLL_MS = 100;

/** The ads that one of HTCondor's commands shows. */
export async function ads(instance: Instance, words: readonly string[]): Promise<Ad[]> {
  const { stdout } = await condor(instance, [...words, "-json"]);
  return stdout.trim() === "" ? [] : JSON.parse(stdout) as Ad[];
}

/**
 * Asks again until there is an answer: for what HTCondor only shows when asked.
 *
 * @param options.seconds how long. Default: 10.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { seconds = 10 }: { seconds?: number } = {},
): Promise<T> {
  for (let left = seconds * 1000 / POLL_MS; left > 0; left--) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`No sign of ${what} after ${seconds} s`);
}
