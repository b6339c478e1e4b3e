/** Time and chance. */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
  /** Milliseconds from an arbitrary start, never running backwards. */
  monotonic(): number;
  /** A random number of at least 0 and below 1. */
  random(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when that comes first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Calls `tick` every `ms` milliseconds until the returned function is called. */
  every(ms: number, tick: () => void): () => void;
}

/** Longest time that one timer knows, in milliseconds: more than three weeks. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** The clock of the running machine. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      let left = ms;
      let timer: ReturnType<typeof setTimeout>;
      const wait = () => {
        const step = Math.min(left, LONGEST_TIMER);
        left -= step;
        timer = setTimeout(left > 0 ? wait : end, step);
      };
      const end = () => {
        signal.removeEventListener("abort", stop);
        resolve();
      };
      const stop = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      signal.addEventListener("abort", stop, { once: true });
      wait();
    });
  },
  every(ms, tick) {
    const timer = setInterval(tick, ms);
    return () => clearInterval(timer);
  },
};
