/** What a clean-up plug-in needs of the machine it runs on; tests stand in for it. */
import type { ClassAd } from "../classad/ad.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { accountById } from "../posix/accounts.ts";
import { effectiveUser } from "../posix/process.ts";

/** The machine, as far as a clean-up plug-in sees it. */
export interface PluginHost {
  readonly clock: Clock;
  env(name: string): string | undefined;
  /**
   * The user it acts as, by the user database.
   *
   * @param how `library` asks the C library, which knows all accounts; without it only those of
   *   `/etc/passwd` are known
   */
  user(
    how: { readonly library: boolean },
  ): { readonly name: string; readonly home: string } | undefined;
  /** Asks the queue for a job, `cluster.proc`. */
  queuedJob(id: string): Promise<ClassAd | undefined>;
  stdout(text: string): void;
  stderr(text: string): void;
}

/** The running machine. */
export const SYSTEM_PLUGIN_HOST: PluginHost = {
  clock: SYSTEM_CLOCK,
  env: (name) => Deno.env.get(name),
  user: ({ library }) => library ? accountById(effectiveUser()) : listedUser(),
  async queuedJob(id) {
    const { queuedJob } = await import("./queued_job.ts");
    return await queuedJob(id);
  },
  stdout: (text) => write(Deno.stdout, text),
  stderr: (text) => write(Deno.stderr, text),
};

function listedUser(): { name: string; home: string } | undefined {
  const uid = `${Deno.uid()}`;
  for (const line of Deno.readTextFileSync("/etc/passwd").split("\n")) {
    const [name, , number, , , home] = line.split(":");
    if (number === uid && name && home) return { name, home };
  }
  return undefined;
}

const encoder = new TextEncoder();

/** A reader that went away ends the output, not the program. */
function write(stream: { writeSync(data: Uint8Array): number }, text: string): void {
  try {
    for (let rest = encoder.encode(text); rest.length > 0;) {
      rest = rest.subarray(stream.writeSync(rest));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
