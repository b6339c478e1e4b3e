/** Others who swap what is in the directory at any moment, as fast as a thread can. */
import { assert, assertEquals } from "@std/assert";
import { bytes, failure, place, Scratch, text } from "./scratch.ts";
import type { Swaps } from "./testdata/swapper.ts";

const ALICE = place("alice/x");
/** Rounds of this side, and the most until one has succeeded; the other one does as it can. */
const [ROUNDS, MOST_ROUNDS] = [400, 10_000];

/**
 * Does something again and again while a thread swaps things.
 *
 * @param round returns whether it has succeeded by now
 * @returns how often it swapped
 */
async function against(
  path: string,
  kind: Swaps["kind"],
  round: (i: number) => Promise<boolean>,
): Promise<number> {
  const counters = new SharedArrayBuffer(8);
  const view = new Int32Array(counters);
  const worker = new Worker(new URL("testdata/swapper.ts", import.meta.url), { type: "module" });
  const done = new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => reject(new Error(event.message));
  });
  try {
    worker.postMessage({ path, counters, kind } satisfies Swaps);
    // Not before the other side has begun.
    while (Atomics.load(view, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    for (let i = 0, succeeded = false; i < ROUNDS || (!succeeded && i < MOST_ROUNDS); i++) {
      succeeded = await round(i);
    }
  } finally {
    Atomics.store(view, 1, 1);
    await done;
    worker.terminate();
  }
  return Atomics.load(view, 0);
}

function scene(): Scratch {
  const scratch = new Scratch();
  scratch.file("alice/x.top", "alice");
  Deno.mkdirSync(scratch.at("../outside"));
  Deno.chmodSync(scratch.at("../outside"), 0o700);
  for (const name of ["precious", "x.top", "x.use"]) {
    Deno.writeTextFileSync(scratch.at(`../outside/${name}`), "outside");
    Deno.chmodSync(scratch.at(`../outside/${name}`), 0o600);
  }
  return scratch;
}

function outside(scratch: Scratch): string[] {
  const path = scratch.at("../outside");
  return [...Deno.readDirSync(path)].map(({ name }) => {
    const { mode } = Deno.lstatSync(`${path}/${name}`);
    return `${name} ${(mode! & 0o7777).toString(8)} ${Deno.readTextFileSync(`${path}/${name}`)}`;
  }).toSorted();
}

const UNTOUCHED = ["precious 600 outside", "x.top 600 outside", "x.use 600 outside"];

for (const kind of ["user", "use", "top", "temporary"] as const) {
  Deno.test(`nothing outside is read or written while somebody swaps the ${kind}`, async () => {
    using scratch = scene();
    using store = scratch.open();
    const outcomes = new Map<string, number>();
    const count = (what: string) => outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
    const swaps = await against(scratch.path, kind, async (i) => {
      const [code, line] = await failure(async () => {
        count(await store.publish(ALICE, "use", bytes(`token number ${i}`)));
      });
      if (code !== "") count(code);
      assert(["", "unsafe"].includes(code), line);
      for (const read of [() => store.readTop(ALICE), () => store.readUse(ALICE)]) {
        const [code, line] = await failure(() => assert(text(read()) !== "outside"));
        assert(["", "unsafe"].includes(code), line);
      }
      for (const { top, use } of store.list()) {
        assert(top.size === 5 && use?.size !== 7, "what is listed is not what is there");
      }
      return outcomes.has("published");
    });
    assertEquals(outside(scratch), UNTOUCHED);
    const [published = 0] = [outcomes.get("published")];
    assert(swaps > 20 && published > 0, `${swaps} swaps, ${JSON.stringify([...outcomes])}`);
    store.removeStale({ age: 0 });
    const left = scratch.tree().filter((name) => /[0-9a-f]{16}\.tmp$/.test(name));
    const links = left.filter((name) => Deno.lstatSync(scratch.at(name)).isSymlink);
    assertEquals(left, links);
  });
}
