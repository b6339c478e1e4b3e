/** Whether what came of a file is what had to come of it. */

import { ClassAd } from "../../core/classad/mod.ts";
import type { Case } from "./cases.ts";
import { sameBytes } from "./content.ts";
import type { Exchange } from "./origin.ts";

/** What came of one file. */
export interface Outcome {
  /** The result ad; undefined when there is none. */
  readonly ad: ClassAd | undefined;
  /** Content of the local file after a download, of the server's after an upload. */
  readonly content: Uint8Array | undefined;
  /** The requests for this file at the first server, in order. */
  readonly exchanges: readonly Exchange[];
}

/** Says what is wrong with an outcome, in a few words, or nothing. */
export type Check = (outcome: Outcome) => string | undefined;

/** What is wrong with what came of a file, or nothing. */
export function judge(file: Case, outcome: Outcome): string | undefined {
  const { ad, content } = outcome;
  if (ad === undefined) return "no result ad";
  const success = ad.getBoolean("TransferSuccess");
  if (success !== (file.content !== undefined)) return success ? "did not fail" : "failed";
  if (!sameBytes(content, file.content)) return content ? "other content" : "no file";
  if (success && ad.getInteger("TransferFileBytes") !== content?.length) return "wrong size in ad";
  return file.check?.(outcome);
}

/** The last element of an ad's `TransferErrorData`. */
export function lastError(ad: ClassAd | undefined): ClassAd | undefined {
  const error = ad?.getList("TransferErrorData")?.at(-1);
  return error instanceof ClassAd ? error : undefined;
}

/** Each request after the first has to continue later than the one before it. */
export function resumed({ cuts }: { cuts: number }): Check {
  return ({ exchanges }) => {
    if (exchanges.length !== cuts + 1) return `${exchanges.length} requests, not ${cuts + 1}`;
    const starts = exchanges.map(({ from }) => from ?? 0);
    const rising = starts.every((start, i) => i === 0 ? start === 0 : start > starts[i - 1]!);
    return rising ? undefined : "begun anew, not continued";
  };
}

/** The token has to come with every request. */
export function sentToken(token: string): Check {
  return ({ exchanges }) =>
    exchanges.length > 0 && exchanges.every((each) => each.authorization === `Bearer ${token}`)
      ? undefined
      : "token not sent";
}

/** The failure has to be of this kind, after so many tries. */
export function failedWith(kind: string, { tries }: { tries: number }): Check {
  return ({ ad, exchanges }) => {
    const found = lastError(ad)?.getString("ErrorType");
    if (found !== kind) return `ErrorType is ${found ?? "missing"}`;
    return exchanges.length === tries ? undefined : `${exchanges.length} tries, not ${tries}`;
  };
}

/** The body has to be announced with its length. */
export function sentLength(length: number): Check {
  return ({ exchanges }) =>
    exchanges.at(-1)?.length === `${length}` ? undefined : "sent without its length";
}
