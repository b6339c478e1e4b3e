/** Running a daemon until it has done a round of its work. */

/** How a daemon shows what it does. */
export interface Daemon {
  /** The file that it touches at the end of each round, as seen from outside the root. */
  readonly complete: string;
  /**
   * A round that SIGHUP begins counts: the second one, for after the start a daemon has to look at what
   * it made. Else the first round of all counts, with the start.
   */
  readonly again: boolean;
  /** Whether the first round is over, where the daemon may say so after some seconds in any case. */
  isDone?(): boolean;
}

/** What a round took. */
export interface Round {
  readonly milliseconds: number;
  /** Most memory of the daemon and its children until then, in MB. */
  readonly peak: number;
}

/** Seconds for a round, and for an orderly end. */
const LONGEST_ROUND = 600;
const LONGEST_END = 10;
/** Milliseconds without a further round before one is asked for: at first some come every second. */
const QUIET = 3000;

/**
 * Measures a round of a daemon, and ends it.
 *
 * @param began when it was started, as `performance.now()` has it
 * @param options.memory look at its memory, too, which takes time
 * @throws {Error} when it ends by itself, or never completes a round
 */
export async function measureRound(
  child: Deno.ChildProcess,
  began: number,
  { daemon, memory }: { daemon: Daemon; memory: boolean },
): Promise<Round> {
  let ended = false;
  child.status.then(() => ended = true);
  let peak = 0;
  const watch = () => {
    if (memory) peak = Math.max(peak, residentMemory(child.pid));
  };
  const touchedAfter = async (before: number): Promise<number> => {
    const deadline = performance.now() + LONGEST_ROUND * 1000;
    while (!ended && performance.now() < deadline) {
      const time = touched(daemon.complete);
      if (time > before) return time;
      watch();
      await new Promise((resolve) => setTimeout(resolve, memory ? 5 : 1));
    }
    throw new Error(`Cannot measure: the daemon ${ended ? "has ended" : "completes no round"}`);
  };
  try {
    let time = await touchedAfter(0);
    while (!ended && daemon.isDone?.() === false) {
      watch();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    let milliseconds = performance.now() - began;
    for (let i = 0; daemon.again && i < 2; i++) {
      for (let last = 0; last !== time;) {
        last = time;
        await new Promise((resolve) => setTimeout(resolve, QUIET));
        time = touched(daemon.complete);
      }
      const asked = performance.now();
      child.kill("SIGHUP");
      time = await touchedAfter(time);
      milliseconds = performance.now() - asked;
    }
    watch();
    return { milliseconds, peak };
  } finally {
    await end(child);
  }
}

async function end(child: Deno.ChildProcess): Promise<void> {
  const family = [child.pid, ...childrenOf(child.pid)];
  try {
    child.kill("SIGTERM");
  } catch {
    // It has ended.
  }
  const timer = setTimeout(() => {
    for (const pid of family) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
  }, LONGEST_END * 1000);
  await child.status;
  clearTimeout(timer);
}

/** When a file was last touched, in milliseconds; 0 when it is not there. */
function touched(path: string): number {
  try {
    return Deno.statSync(path).mtime?.getTime() ?? 0;
  } catch {
    return 0;
  }
}

/** Memory of a process and its children that is in use now, in MB; what they share counts once. */
function residentMemory(pid: number): number {
  let kilobytes = 0;
  for (const one of [pid, ...childrenOf(pid)]) {
    try {
      const text = Deno.readTextFileSync(`/proc/${one}/smaps_rollup`);
      kilobytes += Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0);
    } catch {
      // It has ended.
    }
  }
  return kilobytes * 1024 / 1e6;
}

function childrenOf(pid: number): number[] {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
    return text.split(" ").filter((word) => word !== "").map(Number);
  } catch {
    return [];
  }
}
