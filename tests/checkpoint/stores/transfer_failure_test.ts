import { assertEquals } from "@std/assert";
import { type FailureKind, TransferFailure } from "../../../core/errors.ts";
import type { CleanupFailureKind } from "../../../core/checkpoint/failure.ts";
import { meaningOf } from "../../../core/checkpoint/stores/transfer_failure.ts";

const MEANINGS: readonly [FailureKind, number, number, CleanupFailureKind, boolean][] = [
  ["Resolution", 6, -1, "Transient", true],
  ["Contact", 7, 0, "Transient", true],
  ["Authorization", 60, -1, "StoreUnavailable", true],
  ["Authorization", 58, -1, "Credentials", true],
  ["Transfer", 28, 0, "Transient", false],
  ["Transfer", 8, -1, "NotDeleted", false],
  ["Specification", 3, -1, "NotDeleted", false],
  ["Parameter", 3, 0, "NotDeleted", false],
];
for (const [kind, errorCode, retryable, meaning, concernsAll] of MEANINGS) {
  Deno.test(`meaningOf() a ${kind} failure, number ${errorCode}, is ${meaning}`, () => {
    const failure = new TransferFailure(kind, "No", { errorCode, retryable });
    assertEquals(meaningOf(failure), { kind: meaning, concernsAll });
  });
}
