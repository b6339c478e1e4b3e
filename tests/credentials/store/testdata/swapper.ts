/**
 * A worker that puts other things in the places of a user's directory and files, and back, as fast
 * as it can. It counts its rounds in shared memory: `[rounds, stop]`.
 */
/// <reference lib="deno.worker" />

/** What it is told. */
export interface Swaps {
  /** Credential directory. */
  readonly path: string;
  readonly counters: SharedArrayBuffer;
  /** What it does over and over. */
  readonly kind: keyof typeof KINDS;
}

const attempt = (step: () => void) => {
  try {
    step();
  } catch {
    // The other side was quicker.
  }
};

const KINDS = {
  /** The user's directory: itself, a link to one outside, nothing. */
  user(path: string): void {
    attempt(() => Deno.renameSync(`${path}/alice`, `${path}/real`));
    attempt(() => Deno.symlinkSync("../outside", `${path}/alice`));
    attempt(() => Deno.removeSync(`${path}/alice`));
    attempt(() => Deno.renameSync(`${path}/real`, `${path}/alice`));
  },
  /** The `.use`: what is published, a link to a file outside, one to nothing, a FIFO's like. */
  use(path: string): void {
    attempt(() => Deno.symlinkSync("../../outside/precious", `${path}/alice/.swap`));
    attempt(() => Deno.renameSync(`${path}/alice/.swap`, `${path}/alice/x.use`));
    attempt(() => Deno.symlinkSync("../../outside/new", `${path}/alice/.swap`));
    attempt(() => Deno.renameSync(`${path}/alice/.swap`, `${path}/alice/x.use`));
  },
  /** The `.top`: there, a link, gone. */
  top(path: string): void {
    attempt(() => Deno.renameSync(`${path}/alice/x.top`, `${path}/alice/.top`));
    attempt(() => Deno.symlinkSync("../../outside/x.top", `${path}/alice/x.top`));
    attempt(() => Deno.removeSync(`${path}/alice/x.top`));
    attempt(() => Deno.renameSync(`${path}/alice/.top`, `${path}/alice/x.top`));
  },
  /** New files, before they get their names. */
  temporary(path: string): void {
    attempt(() => {
      for (const { name } of Deno.readDirSync(`${path}/alice`)) {
        if (!name.endsWith(".tmp")) continue;
        attempt(() => Deno.symlinkSync("../../outside/precious", `${path}/alice/.swap`));
        attempt(() => Deno.renameSync(`${path}/alice/.swap`, `${path}/alice/${name}`));
      }
    });
  },
} as const;

self.onmessage = ({ data }: MessageEvent<Swaps>) => {
  const counters = new Int32Array(data.counters);
  while (Atomics.load(counters, 1) === 0) {
    KINDS[data.kind](data.path);
    // Now and then all is in its place for a while, so that not every attempt fails.
    if (Atomics.add(counters, 0, 1) % 8 === 0) Atomics.wait(counters, 1, 0, 3);
  }
  self.postMessage("done");
};
