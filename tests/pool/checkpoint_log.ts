/** What HTCondor's daemons log of the clean-ups that they start. */

/** How one start of condor_manifest ended. */
export interface Cleanup {
  readonly pid: number;
  /** The wait status, or that it got SIGTERM for its time was up; nothing before that was seen. */
  readonly status: number | "timed out" | undefined;
}

/** The clean-ups that a daemon's log tells of, oldest first. */
export function cleanupsIn(log: string, cluster: number): Cleanup[] {
  const started = log.matchAll(/checkpoint clean-up for job (\d+)\.\d+ spawned as pid (\d+)\./g);
  const found: Cleanup[] = [];
  for (const { 1: of, 2: pid, index } of started) {
    if (Number(of) !== cluster) continue;
    // Process ids come back: the first end after the start counts.
    const ended = new RegExp(`checkpoint clean-up proc ${pid} (?:returned (\\d+)|timed out)`)
      .exec(log.slice(index));
    found.push({ pid: Number(pid), status: ended === null ? undefined : statusIn(ended) });
  }
  return found;
}

function statusIn([, status]: RegExpExecArray): Cleanup["status"] {
  return status === undefined ? "timed out" : Number(status);
}
