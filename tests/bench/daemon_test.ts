import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { measureRound } from "../../scripts/bench/daemon.ts";

/** Measures a shell script that is given the file to touch. */
async function measure(
  script: string,
  { again = false, memory = false, isDone }: {
    again?: boolean;
    memory?: boolean;
    isDone?: () => boolean;
  } = {},
) {
  const folder = await Deno.makeTempDir({ prefix: "pinion-bench-" });
  const complete = join(folder, "complete");
  try {
    const began = performance.now();
    const child = new Deno.Command("sh", {
      args: ["-c", script, "sh", complete],
      stdin: "null",
    }).spawn();
    const round = await measureRound(child, began, {
      daemon: { complete, again, ...(isDone && { isDone }) },
      memory,
    });
    return { round, took: performance.now() - began, text: await Deno.readTextFile(complete) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("measureRound() takes the first round, and ends the daemon", async () => {
  const { round, took } = await measure(`: >"$1"; exec sleep 1000`);
  assert(round.milliseconds > 0 && round.milliseconds <= took);
  assertEquals(round.peak, 0);
});

Deno.test("measureRound() takes the round that the second signal begins", async () => {
  const script = `trap 'echo round >>"$1"' HUP; : >"$1"; while :; do sleep 0.01; done`;
  const { round, text, took } = await measure(script, { again: true });
  assertEquals(text, "round\nround\n");
  assert(round.milliseconds < took / 2);
});

Deno.test("measureRound() adds up the memory of a daemon and its children", async () => {
  const { round } = await measure(`sleep 1000 & trap "kill $!; exit" TERM; : >"$1"; wait`, {
    memory: true,
  });
  assert(round.peak > 0.1 && round.peak < 100, `${round.peak} MB`);
});

Deno.test("measureRound() fails for a daemon that ends by itself", async () => {
  await assertRejects(() => measure("exit 3"), Error, "the daemon has ended");
});

Deno.test("measureRound() goes on until the work is done, where it is told how to see that", async () => {
  let looks = 0;
  const isDone = () => ++looks === 5;
  await measure(`: >"$1"; exec sleep 1000`, { isDone });
  assertEquals(looks, 5);
});
