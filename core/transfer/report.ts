/**
 * Keeps the out file true while files are under way.
 *
 * The ads of finished files are in it within about a second; every other file has an ad that says
 * it was not completed, so that a plug-in killed at any instant has named each file.
 */
import { printValue } from "../classad/mod.ts";
import { TransferFailure } from "../errors.ts";
import { failedResult } from "./file_record.ts";
import type { FileRequest } from "./in_file.ts";
import type { OutFile } from "./out_file.ts";
import { type Direction, type FileResult, rank, type ResultFrame, resultText } from "./result.ts";

/** Rank of a file that is not finished: after the successes, before every real failure. */
const UNFINISHED = 1;

/** The ads of one run. */
export class Report {
  readonly #out: OutFile | undefined;
  readonly #frame: ResultFrame;
  readonly #entries: { readonly ad: string; readonly rank: number }[];
  #changed = true;

  /**
   * @param out where the ads go while files are under way; undefined: nowhere
   * @param requests the files
   */
  constructor(
    out: OutFile | undefined,
    requests: readonly FileRequest[],
    options: { direction: Direction; frame: ResultFrame; now: number },
  ) {
    this.#out = out;
    this.#frame = options.frame;
    const unfinished = placeholders(options);
    this.#entries = requests.map((request) => ({ ad: unfinished(request), rank: UNFINISHED }));
    out?.reserve(requests.length + 1);
  }

  /** Takes a file's result. */
  settle(result: FileResult, index: number): void {
    this.#entries[index] = { ad: resultText(result, this.#frame), rank: rank(result) };
    this.#changed = true;
  }

  /** Adds the result of something that no request stands for, e.g. a malformed ad. */
  add(result: FileResult): void {
    this.settle(result, this.#entries.length);
  }

  /** The ads in the order in which HTCondor is to read them. */
  ads(): string[] {
    return this.#entries.toSorted((a, b) => a.rank - b.rank).map((entry) => entry.ad);
  }

  /**
   * Writes what has changed, as far as that is possible: a disk that is full now may have room
   * again when the run ends, and only then is it an error.
   */
  refresh(): void {
    try {
      this.update();
    } catch {
      // it still counts as changed, so the next call tries again
    }
  }

  /**
   * Writes what has changed since the last call.
   *
   * @throws when the ads could not be written in full
   */
  update(): void {
    if (!this.#changed || this.#out === undefined) return;
    this.#out.write(this.ads());
    this.#changed = false;
  }
}

/**
 * Makes the ads of files that are not finished: all is the same in them but the names, which stand
 * first, and ten thousand may have to be written before the first byte moves.
 */
function placeholders(
  { frame, ...rest }: { direction: Direction; frame: ResultFrame; now: number },
): (request: FileRequest) => string {
  const ends = new Map<string, string>();
  return ({ url, localFileName, method }) => {
    let end = ends.get(method);
    if (end === undefined) {
      const nameless = { url: "", localFileName: "", method };
      const text = resultText(failedResult(nameless, { ...rest, failure: NOT_COMPLETED }), frame);
      end = text.slice(text.indexOf("; TransferType"));
      ends.set(method, end);
    }
    const [name, file] = [printValue(url), printValue(localFileName)];
    return `[ TransferUrl = ${name}; TransferFileName = ${file}${end}`;
  };
}

/** Why a file is not there that the plug-in did not live to finish. */
const NOT_COMPLETED = new TransferFailure("Transfer", "The transfer was not completed", {
  failureType: "Incomplete",
  errorCode: 18,
  retryable: 0,
});
