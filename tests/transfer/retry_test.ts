import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type RetryBudget, retryDelay } from "../../core/transfer/retry.ts";
import { failure } from "./fake_scheme.ts";

const AMPLE: RetryBudget = { attempts: 1, attemptsAllowed: 21, elapsed: 0, elapsedAllowed: 600 };

Deno.test("retryDelay() doubles from half a second to half a minute", () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 8, 20].map((attempts) =>
    retryDelay(failure(), { ...AMPLE, attempts }, 0.5)
  );
  assertEquals(delays, [0.5, 1, 2, 4, 8, 16, 30, 30, 30]);
});

Deno.test("retryDelay() spreads by half either way", () => {
  assertEquals(retryDelay(failure(), { ...AMPLE, attempts: 4 }, 0), 2);
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 20 }),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    (attempts, random) => {
      const delay = retryDelay(failure(), { ...AMPLE, attempts }, random)!;
      const middle = Math.min(30, 0.5 * 2 ** (attempts - 1));
      assert(delay >= 0.5 * middle && delay <= 1.5 * middle);
    },
  ));
});

Deno.test("retryDelay() waits as long as the server asks, if the budget allows it", () => {
  const cases: [retryable: number, elapsed: number, delay: number | undefined][] = [
    [0, 0, 0.5],
    [1, 0, 1],
    [120, 0, 120],
    [600, 0, 600],
    [601, 0, undefined],
    [1e6, 0, undefined],
    [100, 500, 100],
    [100, 501, undefined],
  ];
  for (const [retryable, elapsed, delay] of cases) {
    assertEquals(
      [
        retryable,
        elapsed,
        retryDelay(failure("Transfer", { retryable }), { ...AMPLE, elapsed }, 0.5),
      ],
      [retryable, elapsed, delay],
    );
  }
});

Deno.test("retryDelay() ends with the attempts, the time, and failures that no retry mends", () => {
  assertEquals(retryDelay(failure(), { ...AMPLE, attempts: 20 }, 0.5), 30);
  assertEquals(retryDelay(failure(), { ...AMPLE, attempts: 21 }, 0.5), undefined);
  assertEquals(retryDelay(failure(), { ...AMPLE, attemptsAllowed: 1 }, 0.5), undefined);
  assertEquals(retryDelay(failure(), { ...AMPLE, elapsed: 599.6 }, 0.5), undefined);
  assertEquals(retryDelay(failure("Transfer", { retryable: -1 }), AMPLE, 0.5), undefined);
  const slow = failure("Transfer", { failureType: "TooSlow" });
  assertEquals(retryDelay(slow, AMPLE, 0.5), undefined);
});
