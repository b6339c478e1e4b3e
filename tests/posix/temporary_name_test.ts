import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isTemporaryName, temporaryName } from "../../core/posix/temporary_name.ts";
import { bytes } from "./folder.ts";

const latin1 = (name: Uint8Array) => String.fromCharCode(...name);

Deno.test("temporaryName() gives names that isTemporaryName() knows, each another", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (target) => {
    const [one, two] = [temporaryName(target), temporaryName(target)];
    assert(isTemporaryName(latin1(one)));
    assertEquals([...one.subarray(1, 1 + target.length)], [...target]);
    assert(latin1(one) !== latin1(two));
  }));
});

Deno.test("isTemporaryName() knows no other names", () => {
  const name = latin1(temporaryName(bytes("x.use")));
  assert(/^\.x\.use\.[0-9a-f]{16}\.tmp$/.test(name), name);
  const others = [
    "",
    ".tmp",
    "..0123456789abcdef.tmp",
    ".x.use.tmp",
    name.slice(1),
    `${name}x`,
    `${name}\n`,
    name.replace(".tmp", ".TMP"),
    name.replace(/[0-9a-f]\.tmp$/, ".tmp"),
    name.replace(/\.tmp$/, "0.tmp"),
    ".x.use.0123456789ABCDEF.tmp",
    ".x.use.0123456789abcdeg.tmp",
    "tmpabcd",
    "x.top.tmp",
  ];
  assertEquals(others.filter(isTemporaryName), []);
});
