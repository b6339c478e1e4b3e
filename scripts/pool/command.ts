/** Running the system's own commands for the pool, with one clear error when one fails. */

/** A pool command failed: the message is for whoever runs the pool. */
export class PoolError extends Error {
  override readonly name = "PoolError";
}

/** What a finished command left. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a command. */
export interface RunOptions {
  /** Variables added to the fixed small environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Seconds after which it is killed. @default {60} */
  readonly seconds?: number;
  /** Return a failed exit instead of throwing. @default {false} */
  readonly mayFail?: boolean;
}

/** Names every Debian system uses, whatever the caller's own `PATH`. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** How much of a failed command's output goes into the error. */
const TAIL_LINES = 12;

/**
 * Runs a command to its end, without standard input.
 *
 * Proxies and certificates of the caller's environment stay; `PATH`, language and apt's front end
 * are fixed.
 *
 * @throws {PoolError} when it cannot start, fails or outlives its seconds.
 */
export async function run(
  words: readonly [string, ...string[]],
  { env = {}, seconds = 60, mayFail = false }: RunOptions = {},
): Promise<Finished> {
  const [program, ...args] = words;
  const stop = AbortSignal.timeout(seconds * 1000);
  const output = await new Deno.Command(program, {
    args,
    env: { PATH, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: stop,
  }).output().catch((error: unknown) => {
    throw new PoolError(
      `Cannot run "${program}": ${error instanceof Error ? error.message : error}`,
    );
  });
  const text = new TextDecoder();
  const finished = {
    code: output.code,
    stdout: text.decode(output.stdout),
    stderr: text.decode(output.stderr),
  };
  if (stop.aborted) {
    throw new PoolError(`Cannot finish "${words.join(" ")}": not done after ${seconds} s`);
  }
  if (output.code !== 0 && !mayFail) {
    const said = `${finished.stdout}\n${finished.stderr}`.trim().split("\n").slice(-TAIL_LINES);
    throw new PoolError(
      `Cannot run "${words.join(" ")}": exit status ${output.code}\n  ${said.join("\n  ")}`,
    );
  }
  return finished;
}
