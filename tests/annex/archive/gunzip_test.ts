import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { gunzip } from "../../../core/annex/archive/gunzip.ts";
import { AnnexError } from "../../../core/annex/errors.ts";
import { concat, gzip, portions } from "./tar.ts";

async function unpacked(data: Uint8Array, size?: number): Promise<Uint8Array<ArrayBuffer>> {
  return concat(...await Array.fromAsync(gunzip(portions(data, size))));
}

Deno.test("gunzip() gives back what was compressed, whatever portions come", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 20_000 }),
      fc.integer({ min: 1, max: 9000 }),
      async (data, size) => {
        assertEquals(await unpacked(await gzip(new Uint8Array(data)), size), new Uint8Array(data));
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("gunzip() refuses what is no single whole gzip stream", async () => {
  const one = await gzip(new TextEncoder().encode("content ".repeat(100)));
  const wrongSum = one.slice();
  wrongSum[wrongSum.length - 6]! ^= 1;
  const wrongLength = one.slice();
  wrongLength[wrongLength.length - 1]! ^= 1;
  const cases = {
    empty: new Uint8Array(),
    text: new TextEncoder().encode("<html>not found</html>"),
    cut: one.subarray(0, -1),
    "without trailer": one.subarray(0, -8),
    "wrong sum": wrongSum,
    "wrong length": wrongLength,
    twice: concat(one, one),
    "bytes after it": concat(one, Uint8Array.of(0)),
  };
  for (const [title, data] of Object.entries(cases)) {
    const error = await assertRejects(() => unpacked(data), AnnexError, undefined, title);
    assertEquals(
      error.message,
      "Cannot unpack the archive: no whole gzip stream, or more than one",
      title,
    );
  }
});

Deno.test("gunzip() gives out a bomb in portions of bounded size", async () => {
  const bomb = await gzip(new Uint8Array(64 << 20));
  let [largest, seen] = [0, 0];
  for await (const part of gunzip(portions(bomb, bomb.length))) {
    largest = Math.max(largest, part.length);
    seen += part.length;
    if (seen > 32 << 20) break;
  }
  assert(largest <= 4096 * 1032, `${largest}`);
});

Deno.test("gunzip() throws what its source threw", async () => {
  const data = await gzip(new Uint8Array(100_000));
  async function* broken() {
    yield data.slice(0, 50);
    await Promise.resolve();
    throw new Deno.errors.PermissionDenied("disk");
  }
  await assertRejects(
    () => Array.fromAsync(gunzip(broken())),
    Deno.errors.PermissionDenied,
    "disk",
  );
});

Deno.test("gunzip() gives up its source when nobody reads on", async () => {
  const data = await gzip(crypto.getRandomValues(new Uint8Array(60_000)));
  let closed = false;
  async function* source() {
    try {
      yield* portions(data, 100);
    } finally {
      closed = true;
    }
  }
  for await (const _ of gunzip(source())) break;
  assert(closed);
});
