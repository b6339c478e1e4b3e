import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseOptions, tokensOf } from "../../core/cli/parse.ts";
import { UsageError } from "../../core/errors.ts";

fc.configureGlobal({ seed: 2026 });

const PROGRAM = {
  name: "tool",
  summary: "Do things",
  usage: [""],
  options: [
    { name: "plain", value: "TEXT", text: "Takes a value." },
    { name: "name", aliases: ["n"], value: "TEXT", literal: true, text: "Takes any value." },
    { name: "switch", text: "Takes none." },
  ],
} as const;

const tokens = (args: readonly string[]) =>
  tokensOf(PROGRAM.options, args).map(({ spec, words }) => [spec?.name ?? null, ...words]);

for (const value of ["-plain", "--switch", "-help", "--", "-name", "-"]) {
  Deno.test(`parseOptions() takes ${value} as it is where the option is literal`, () => {
    const parsed = parseOptions(PROGRAM, ["-name", value, "-switch"]);
    assert(parsed.kind === "run");
    assertEquals([parsed.values.name, parsed.values.switch], [value, true]);
  });
}

Deno.test("parseOptions() misses the value of a literal option that comes last", () => {
  assertThrows(() => parseOptions(PROGRAM, ["-name"]), UsageError, "needs a value, TEXT");
  assertThrows(() => parseOptions(PROGRAM, ["-plain", "-name"]), UsageError, "needs a value, TEXT");
});

Deno.test("tokensOf() keeps options and their values together", () => {
  assertEquals(tokens(["a", "-plain", "x", "--n=y", "-switch", "-name", "-plain", "-no", "b"]), [
    [null, "a"],
    ["plain", "-plain", "x"],
    ["name", "--n=y"],
    ["switch", "-switch"],
    ["name", "-name", "-plain"],
    [null, "-no"],
    [null, "b"],
  ]);
  assertEquals(tokens(["-plain"]), [["plain", "-plain"]]);
  assertEquals(tokens([]), []);
});

Deno.test("tokensOf() loses no word", () => {
  const word = fc.oneof(
    fc.constantFrom("-plain", "-name", "-switch", "-n=x", "--", "-"),
    fc.string(),
  );
  fc.assert(fc.property(fc.array(word), (args) => {
    assertEquals(tokensOf(PROGRAM.options, args).flatMap(({ words }) => words), args);
  }));
});
