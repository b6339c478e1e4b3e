/** The words of HTCondor's own program for what failed, also where no process was started. */
import type { CleanupFailure } from "../failure.ts";
import type { Batch } from "../store.ts";
import { commandLine } from "../stores/foreign_messages.ts";
import type { OpenedStore } from "./open_store.ts";

/**
 * The text of a failure. Where the work was done in this process it names the command that does
 * the same, to be run by hand, with the status it would end with.
 */
export function failureText(
  { failure, index }: { failure: CleanupFailure; index: number },
  { batch, opened, jobAdPath }: { batch: Batch; opened: OpenedStore; jobAdPath: string },
): string {
  if (!opened.inProcess || index < 0) return failure.message;
  const words = [
    ...[...opened.command, "-from", batch.base.text, "-delete"].map(encode),
    batch.name(index),
    ...["-jobad", jobAdPath, ...(batch.ignoreMissing ? ["-ignore-missing-files"] : [])].map(encode),
  ];
  // A status as wait(2) gives it.
  const status = failure.exitStatus * 256;
  return `Failure running '${commandLine(words)}': exit code was ${status}, aborting.\n` +
    `(Output: '${failure.message}')\n`;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
