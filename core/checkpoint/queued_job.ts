/** The ad of a job that is still in the queue, as `condor_q` shows it. */
import { type ClassAd, parseOldAd } from "../classad/mod.ts";

/** Seconds that the queue has to answer. */
const PATIENCE = 10;

/**
 * Asks `condor_q` for a job's ad.
 *
 * @param id `cluster.proc`
 * @param program stands for `condor_q` in tests
 * @returns undefined when there is no such job, no such program, or no answer
 */
export async function queuedJob(id: string, program = "condor_q"): Promise<ClassAd | undefined> {
  const command = new Deno.Command(program, {
    args: ["-long", id],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    signal: AbortSignal.timeout(PATIENCE * 1000),
  });
  const { success, stdout } = await command.output().catch(() => ({
    success: false,
    stdout: new Uint8Array(),
  }));
  if (!success) return undefined;
  const ad = parseOldAd(stdout, { onBadLine: () => {} });
  return ad.size > 0 ? ad : undefined;
}
