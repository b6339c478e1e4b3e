import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Template, TemplateError } from "../../../core/credentials/local/template.ts";

fc.configureGlobal({ seed: 2026 });

const FILLED: readonly (readonly [string, string])[] = [
  ["", ""],
  ["read:/user/{username}", "read:/user/alice"],
  ["{username}{username}", "alicealice"],
  ["{{username}}", "{username}"],
  ["{{{username}}}", "{alice}"],
  ["a}}b{{c", "a}b{c"],
  ["{{}}", "{}"],
  ["no fields", "no fields"],
];
for (const [text, filled] of FILLED) {
  Deno.test(`Template fills in ${JSON.stringify(text)} as Python's str.format() does`, () => {
    assertEquals(Template.parse(text, ["username"]).fill({ username: "alice" }), filled);
  });
}

const REFUSED: readonly (readonly [string, string])[] = [
  ["{groupname}", '"{groupname}" is no placeholder; use {username}'],
  ["{}", '"{}" is no placeholder'],
  ["{0}", '"{0}" is no placeholder'],
  ["{ username }", '"{ username }" is no placeholder'],
  ["{username!r}", '"{username!r}" is no placeholder'],
  ["{username:>10}", '"{username:>10}" is no placeholder'],
  ["{username.__class__}", '"{username.__class__}" is no placeholder'],
  ["{constructor}", '"{constructor}" is no placeholder'],
  ["{username", '"{" stands alone; write "{{" for a brace'],
  ["username}", '"}" stands alone; write "}}" for a brace'],
  ["{{username}", '"}" stands alone'],
  ["{a{username}}", '"{" stands alone'],
  ["{a\nb}", '"{a?b}" is no placeholder'],
  ["x".repeat(20_000), "it has more than 16384 characters"],
];
for (const [text, state] of REFUSED) {
  Deno.test(`Template refuses ${JSON.stringify(text.slice(0, 30))}`, () => {
    assertThrows(() => Template.parse(text, ["username"]), TemplateError, state);
  });
}

Deno.test("Template never evaluates what it is filled in with", () => {
  const template = Template.parse("{username}", ["username"]);
  for (const username of ["{username}", "{{", "$&", "$1", "}"]) {
    assertEquals(template.fill({ username }), username);
  }
});

Deno.test("Template gives back any text whose braces are doubled", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
    const doubled = text.replaceAll("{", "{{").replaceAll("}", "}}");
    assertEquals(Template.parse(doubled, ["username"]).fill({ username: "x" }), text);
  }));
});

Deno.test("Template takes or refuses any text, and throws nothing else", () => {
  const piece = fc.constantFrom(
    "{",
    "}",
    "{{",
    "}}",
    "username",
    "{username}",
    "a",
    "!",
    ":",
    "\n",
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
    try {
      const filled = Template.parse(pieces.join(""), ["username"]).fill({ username: "U" });
      assert(!filled.includes("undefined"));
    } catch (error) {
      assert(error instanceof TemplateError && !error.message.includes("\n"));
    }
  }));
});
