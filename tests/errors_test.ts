import { assertEquals } from "@std/assert";
import { systemErrorText } from "../core/errors.ts";

Deno.test("systemErrorText() leaves the words alone", () => {
  const table: readonly (readonly [unknown, string])[] = [
    [
      new Error("No such file or directory (os error 2): open '/a (b)\nc'"),
      "No such file or directory",
    ],
    [new Error("Permission denied (os error 13)"), "Permission denied"],
    [new Error("not a regular file"), "not a regular file"],
    [new Error("x (os error y)"), "x (os error y)"],
    ["a text", "a text"],
    [undefined, "undefined"],
  ];
  for (const [error, text] of table) assertEquals(systemErrorText(error), text);
  try {
    Deno.readFileSync("/none/none");
  } catch (error) {
    assertEquals(systemErrorText(error), "No such file or directory");
  }
});
