/** The files that a plug-in was given in one list, and what is known of each. */
import { type DeleteAnswer, printDeleteList } from "../delete_list.ts";
import { CleanupFailure } from "../failure.ts";
import { shown } from "../name.ts";
import type { Batch, RemoveOptions } from "../store.ts";
import { brokenAnswer, endedWith, exitCode, timedOut } from "./foreign_messages.ts";
import type { PluginEnd } from "./foreign_run.ts";

/** Longest name that is put into a list: no file of a checkpoint has a longer one (PATH_MAX). */
const LONGEST_NAME = 4096;

/** How a start ended. */
export interface ListEnd {
  readonly argv: readonly Uint8Array[];
  readonly end: PluginEnd;
  /** Seconds it had. */
  readonly timeout: number;
  /** What it said on standard output that was no answer. */
  readonly noise: string;
}

/** Reports each file once. */
export class ListedFiles {
  readonly #batch: Batch;
  readonly #done: RemoveOptions["done"];
  /** The files still to be reported: 1 at their index. */
  readonly #pending: Uint8Array;
  readonly #statuses = new Set<number>();
  #indices: ReadonlyMap<string, readonly number[]> | undefined;
  #broken = false;

  constructor(batch: Batch, done: RemoveOptions["done"]) {
    this.#batch = batch;
    this.#done = done;
    this.#pending = new Uint8Array(batch.count).fill(1);
  }

  /** The contents of the list, and how many files it holds; others are reported as impossible. */
  list(): { readonly contents: Uint8Array; readonly count: number } {
    const names: Uint8Array[] = [];
    for (let index = 0; index < this.#batch.count; index++) {
      const name = this.#batch.name(index);
      if (name.length < LONGEST_NAME && !name.includes(0)) names.push(name.slice());
      else {
        const why = name.includes(0) ? "zero byte" : `name of ${name.length} bytes`;
        this.#report(
          index,
          new CleanupFailure(
            "NotDeleted",
            `Cannot remove ${shown(name)}: no plug-in can be told of a ${why}`,
          ),
        );
      }
    }
    return { contents: printDeleteList(names), count: names.length };
  }

  /** Takes one of the plug-in's answers. */
  answer({ name, failure }: DeleteAnswer): void {
    const indices = (this.#indices ??= this.#byName()).get(name.toHex());
    if (indices === undefined) return this.broken();
    this.#statuses.add(failure.exitStatus);
    for (const index of indices) this.#report(index, failure);
  }

  /** Takes note of an answer that says nothing: one of the files failed, nobody knows which. */
  broken(): void {
    this.#broken = true;
  }

  /** Reports what the plug-in did not answer for. */
  finish(how: ListEnd): void {
    if (how.end.how === "abandoned") return;
    const failure = this.#failureOfRest(how, how.end);
    for (let index = 0; index < this.#batch.count; index++) this.#report(index, failure);
  }

  #failureOfRest(
    { argv, timeout, noise }: ListEnd,
    end: Exclude<PluginEnd, { how: "abandoned" }>,
  ): CleanupFailure | undefined {
    const output = noise + end.output;
    if (end.how === "timed out") return timedOut(argv, { seconds: timeout, output });
    const code = exitCode(end.status);
    const orderly = code === 0 || (code !== undefined && this.#statuses.has(code));
    if (!orderly) return endedWith(argv, { status: end.status, output });
    return this.#broken ? brokenAnswer(argv, output) : undefined;
  }

  #report(index: number, failure?: CleanupFailure): void {
    if (this.#pending[index] !== 1) return;
    this.#pending[index] = 0;
    this.#done(index, failure);
  }

  #byName(): ReadonlyMap<string, readonly number[]> {
    const indices = new Map<string, number[]>();
    for (let index = 0; index < this.#batch.count; index++) {
      const key = this.#batch.name(index).toHex();
      const known = indices.get(key);
      if (known === undefined) indices.set(key, [index]);
      else known.push(index);
    }
    return indices;
  }
}
