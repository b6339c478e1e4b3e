import { assert, assertEquals, assertThrows } from "@std/assert";
import { searchOf } from "../../../core/checkpoint/stores/command_words.ts";
import { UsageError } from "../../../core/errors.ts";

for (
  const [pattern, output, found] of [
    ["no such file", "x: no such file or directory\n", true],
    ["^gone$", "first\r\ngone\nlast", true],
    ["^gone$", "first gone", false],
    ["a.b", "a\nb", false],
    ["code: ?404|[Nn]ot.found", "Not found", true],
    [String.raw`\[FATAL\] .*\+\*\?`, "[FATAL] x +*?", true],
    ["(?:404|410) Gone", "HTTP 410 Gone", true],
  ] as const
) {
  Deno.test(`searchOf() ${found ? "finds" : "does not find"} ${pattern} in ${JSON.stringify(output)}`, () => {
    assertEquals(searchOf(pattern)(output), found);
  });
}

/** Each takes minutes, or for ever, to find nothing in a few kilobytes. */
const ENDLESS = [
  "(a+)+$",
  "(a|aa)*$",
  "(?:a?){30}a{30}",
  "a?a?a?a?aaaa",
  ".*.*.*x",
  ".{0,999}.{0,999}.{0,999}x",
  "(a*|b)(a*|b)(a*|b)c",
  String.raw`(a*)\1\1$`,
  String.raw`(?<n>a*)\k<n>x`,
  "(?=.*a)(?=.*b)(?=.*c)x",
];
for (const pattern of [...ENDLESS, "(", "[", "a**"]) {
  Deno.test(`searchOf() refuses ${pattern}`, () => {
    assertThrows(() => searchOf(pattern), UsageError);
  });
}

Deno.test("searchOf() finds nothing in a moment, whatever is said", () => {
  for (const pattern of [".*.*x", "a*a*x", "[a-z]+[a-z]+!", ".*a.*x$"]) {
    const search = searchOf(pattern);
    const start = performance.now();
    for (const output of ["a".repeat(100_000), `${"a".repeat(500)}\n`.repeat(1000)]) {
      assert(!search(output));
    }
    assert(performance.now() - start < 10_000, `${pattern}: ${performance.now() - start} ms`);
  }
});
