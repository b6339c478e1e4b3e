/** The ad of a job that is still in the queue, as `condor_q` shows it. */
import { type ClassAd, parseOldAd } from "../classad/mod.ts";
import { CONDOR_Q } from "./condor_q.ts";

/** Seconds that the queue has to answer. */
const PATIENCE = 10;

/**
 * Asks `condor_q` for a job's ad.
 *
 * @param id `cluster.proc`
 * @param program stands for `condor_q` in tests
 * @returns undefined when there is no such job, no such program, or no answer
 */
export async function queuedJob(id: string, program = CONDOR_Q): Promise<ClassAd | undefined> {
  const text = await answerOf(program, ["-long", id]);
  if (text === undefined) return undefined;
  const ad = parseOldAd(text, { onBadLine: () => {} });
  return ad.size > 0 ? ad : undefined;
}

async function answerOf(program: string, args: string[]): Promise<Uint8Array | undefined> {
  const signal = AbortSignal.timeout(PATIENCE * 1000);
  try {
    const command = new Deno.Command(program, { args, signal, stdin: "null", stderr: "null" });
    const { success, stdout } = await command.output();
    return success ? stdout : undefined;
  } catch {
    return undefined; // an access point without the program, or a process not allowed to run it
  }
}
