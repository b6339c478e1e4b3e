import { assertEquals } from "@std/assert";
import { parseLocation } from "../../../core/checkpoint/location.ts";
import { placeOf } from "../../../core/checkpoint/stores/local_place.ts";
import { assertFails } from "./contract.ts";

const MAPPED: readonly (readonly [url: string, prefix: string, path: string, directory: string])[] =
  [
    ["x://h/gid", "x://h/", "/p", "/p"],
    ["x://h/gid", "x://h", "/p", "/p"],
    ["x://h/a/b/gid", "x://h/", "/p", "/p/a/b"],
    ["x://h/a/b/gid", "x://h/a", "/p", "/p/b"],
    ["x://h//a//gid", "x://h/", "/p", "/p/a"],
    ["x://h/a/./b/../c/gid", "x://h/", "/p", "/p/a/c"],
    ["x://h/a%20b/gid", "x://h/", "/p", "/p/a%20b"],
    ["x://h+(/gid", "x://h+(/", "/p", "/p"],
    ["file:///s/a/gid", "file://", "/", "//s/a"],
  ];
for (const [url, prefix, path, directory] of MAPPED) {
  Deno.test(`placeOf() finds ${url} below ${prefix} = ${path}`, () => {
    const place = placeOf(parseLocation(url), { prefix, path });
    assertEquals(place, { directory, gid: new TextEncoder().encode("gid") });
  });
}

for (
  const [url, prefix, kind] of [
    ["x://hostile/gid", "x://h", "Usage"],
    ["y://h/gid", "x://h/", "Usage"],
    ["X://h/gid", "x://h/", "Usage"],
    ["x://hZZZ/gid", "x://h.*/", "Usage"],
    ["x://h/../gid", "x://h/", "Unsafe"],
    ["x://h/a/../../gid", "x://h/", "Unsafe"],
    ["x://h/gid", "x://h/gid", "Usage"],
    ["x://h/gid", "x://h/gid/", "Usage"],
    ["x://h/agid", "x://h/a", "Usage"],
  ] as const
) {
  Deno.test(`placeOf() refuses ${url} below ${prefix}`, async () => {
    await assertFails(() => {
      return Promise.resolve().then(() => placeOf(parseLocation(url), { prefix, path: "/p" }));
    }, kind);
  });
}
