import { assert, assertEquals, assertThrows } from "@std/assert";
import { CleanupFailure } from "../../core/checkpoint/failure.ts";
import { parseLocation } from "../../core/checkpoint/location.ts";
import { belowPrefix } from "../../core/checkpoint/prefix.ts";

for (
  const [url, prefix, rest] of [
    ["x://h/gid", "x://h", "/gid"],
    ["x://h/gid", "x://h/", "/gid"],
    ["x://h/gid", "x://h//", "/gid"],
    ["x://h/a/gid", "x://", "h/a/gid"],
    ["x:///a/gid", "x://", "/a/gid"],
    ["x:///a/gid", "x:///", "a/gid"],
    ["x://h/a/../b/gid", "x://h/", "/a/../b/gid"],
    ["x:h/gid", "x:", undefined],
  ] as const
) {
  Deno.test(`belowPrefix() of ${url} and ${prefix} is ${rest}`, () => {
    if (rest !== undefined) assertEquals(belowPrefix(parseLocation(url), prefix), rest);
    else assertThrows(() => belowPrefix(parseLocation(url), prefix), CleanupFailure);
  });
}

for (
  const [url, prefix, kind] of [
    ["x://hostile/gid", "x://h", "Usage"],
    ["x://h@evil/gid", "x://h", "Usage"],
    ["x://h.evil/gid", "x://h", "Usage"],
    ["x://h:1/gid", "x://h", "Usage"],
    ["x://h/gid", "x:///", "Usage"],
    ["x://h/gid", "x://h/gid", "Usage"],
    ["X://h/gid", "x://h", "Usage"],
    ["x://h/a/../../b/gid", "x://h/a/", "Unsafe"],
    ["x://h/../gid", "x://h", "Unsafe"],
  ] as const
) {
  Deno.test(`belowPrefix() refuses ${url} below ${prefix}`, () => {
    const found = assertThrows(() => belowPrefix(parseLocation(url), prefix), CleanupFailure);
    assertEquals(found.kind, kind);
  });
}

Deno.test("belowPrefix() shows no password", () => {
  const location = parseLocation("x://user:SECRET@h/gid");
  const found = assertThrows(() => belowPrefix(location, "x://a:SECRET@b/"), CleanupFailure);
  assert(!found.message.includes("SECRET"), found.message);
});
