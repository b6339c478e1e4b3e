import { assertEquals, assertThrows } from "@std/assert";
import { lookUpEntry } from "../../core/posix/name_service.ts";
import { PosixError } from "../../core/posix/mod.ts";

/** A name service that answers as it is told, by the size of the texts' buffer. */
function service(answer: (size: number) => readonly [error: number, found: boolean]) {
  const sizes: number[] = [];
  const look = () =>
    lookUpEntry("a group", {
      size: 32,
      ask(entry, strings, found) {
        sizes.push(strings.length);
        const [error, there] = answer(strings.length);
        entry[0] = 7;
        if (there) found[3] = 1;
        return error;
      },
      read: (entry, strings) => [entry.length, entry[0], strings.length],
    });
  return { look, sizes };
}

Deno.test("lookUpEntry() reads what is found, and has nothing for what is not", () => {
  assertEquals(service(() => [0, true]).look(), [32, 7, 4096]);
  assertEquals(service(() => [0, false]).look(), undefined);
  for (const error of [1, 2, 3, 9]) {
    assertEquals(service(() => [error, false]).look(), undefined);
  }
});

Deno.test("lookUpEntry() asks again with more room, once", () => {
  const large = service((size) => size < 100_000 ? [34, false] : [0, true]);
  assertEquals([large.look(), large.sizes], [[32, 7, 1 << 20], [4096, 1 << 20]]);
  const endless = service(() => [34, false]);
  assertThrows(endless.look, PosixError, "Cannot look up a group: Numerical result out of range");
  assertEquals(endless.sizes.length, 2);
});

Deno.test("lookUpEntry() says when the service fails", () => {
  for (const [error, code] of [[5, "EIO"], [24, "EMFILE"], [110, "ETIMEDOUT"]] as const) {
    const thrown = assertThrows(service(() => [error, false]).look, PosixError);
    assertEquals(thrown.code, code);
  }
});
