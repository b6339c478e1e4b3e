/**
 * What is said about plug-ins of others: the sentences of HTCondor's own condor_manifest, to the
 * byte, because its users search for them.
 */
import { errorText } from "../../posix/error.ts";
import { CleanupFailure, EXIT_STATUS } from "../failure.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  " ": "\\ ",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
};

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A command as HTCondor shows it: words with blanks between, and blanks in words escaped. */
export function commandLine(argv: readonly Uint8Array[]): string {
  return argv.map((word) =>
    decoder.decode(word).replace(/[\\ \t\n\v\f\r]/g, (character) => ESCAPES[character]!)
  ).join(" ");
}

/** Errors of posix_spawn(3) that concern one start: E2BIG. */
const ONE_COMMAND = [7];
/** Errors that pass: EINTR, EAGAIN, ENOMEM, ENFILE, EMFILE, ETXTBSY. */
const PASSING = [4, 11, 12, 23, 24, 26];

/** The failure of a plug-in that was not started; `StoreUnavailable` when none will be. */
export function notStarted(argv: readonly Uint8Array[], errno: number): CleanupFailure {
  return new CleanupFailure(
    PASSING.includes(errno)
      ? "Transient"
      : ONE_COMMAND.includes(errno)
      ? "NotDeleted"
      : "StoreUnavailable",
    `Failed to run '${commandLine(argv)}': ${errno} (${errorText(errno)}), aborting.`,
  );
}

/** The failure of a plug-in that took more than `seconds`. */
export function timedOut(
  argv: readonly Uint8Array[],
  { seconds, output }: { readonly seconds: number; readonly output: string },
): CleanupFailure {
  return new CleanupFailure(
    "Transient",
    `Timed out after ${seconds} seconds waiting for '${commandLine(argv)}', aborting.\n${
      output === "" ? "" : `(Partial output: '${output}')\n`
    }`,
  );
}

/** The failure of a plug-in that ended with a raw wait status (waitpid(2)) other than 0. */
export function endedWith(
  argv: readonly Uint8Array[],
  { status, output }: { readonly status: number; readonly output: string },
): CleanupFailure {
  return new CleanupFailure(
    exitCode(status) === EXIT_STATUS.Transient ? "Transient" : "NotDeleted",
    `Failure running '${commandLine(argv)}': exit code was ${status}, aborting.\n${
      output === "" ? "" : `(Output: '${output}')\n`
    }`,
  );
}

/** What a process ended with, or undefined when a signal ended it. */
export function exitCode(status: number): number | undefined {
  return (status & 0x7f) === 0 ? status >> 8 & 0xff : undefined;
}

/** The failure of files that a plug-in given a list said nothing clear about. */
export function brokenAnswer(argv: readonly Uint8Array[], output: string): CleanupFailure {
  return new CleanupFailure(
    "NotDeleted",
    `Cannot tell what '${commandLine(argv)}' removed: it gave an answer for no file of its list\n${
      output === "" ? "" : `(Output: '${output}')\n`
    }`,
  );
}
