import { assertEquals, assertStrictEquals } from "@std/assert";
import { isGone, StoreError, storeError } from "../../../core/credentials/store/error.ts";
import { PosixError } from "../../../core/posix/mod.ts";

const posix = (number: number, state?: string) => new PosixError(number, "Cannot x", state);

Deno.test("storeError() gives each error its word, and says what to do where that is known", () => {
  const table: readonly (readonly [number, string, string])[] = [
    [1, "denied", "Operation not permitted, run this as root, or as the owner of the directory"],
    [2, "missing", "No such file or directory"],
    [5, "failed", "Input/output error"],
    [13, "denied", "Permission denied, run this as root, or as the owner of the directory"],
    [21, "unsafe", "Is a directory, remove that directory"],
    [24, "failed", "Too many open files"],
    [28, "full", "No space left on device, free some"],
    [30, "read-only", "Read-only file system, mount it for writing"],
    [40, "unsafe", "Too many levels of symbolic links, remove that symbolic link"],
    [122, "full", "Disk quota exceeded, raise the quota"],
    [999, "failed", "Unknown error 999"],
  ];
  for (const [number, code, state] of table) {
    const cause = posix(number);
    const error = storeError(cause, 'Cannot write "a: b"');
    assertEquals([error.code, error.message], [code, `Cannot write "a: b": ${state}`]);
    assertStrictEquals(error.cause, cause);
  }
  const large = storeError(posix(27, "more than 5 bytes"), "Cannot read");
  assertEquals([large.code, large.message], ["large", "Cannot read: more than 5 bytes"]);
});

Deno.test("storeError() leaves a StoreError as it is, and wraps whatever else was thrown", () => {
  const error = new StoreError("unsafe", "line");
  assertStrictEquals(storeError(error, "Cannot y"), error);
  assertEquals(storeError(new TypeError("odd"), "Cannot y").message, "Cannot y: TypeError: odd");
  assertEquals(storeError("text", "Cannot y").code, "failed");
});

Deno.test("isGone() knows what was not found, and nothing else", () => {
  const errors = [posix(2), posix(20), posix(13), new StoreError("missing", "x"), undefined];
  assertEquals(errors.map(isGone), [true, false, false, false, false]);
});
