import { assertEquals, assertThrows } from "@std/assert";
import { CleanupFailure } from "../../core/checkpoint/failure.ts";
import { expandUser } from "../../core/checkpoint/user_path.ts";

for (
  const [text, path] of [
    ["/a", "/a"],
    ["~", "/home/$&"],
    ["~/k", "/home/$&/k"],
    ["~bob/k", "~bob/k"],
    ["/k/~/%u-%u", "/k/~/$1-$1"],
    ["~/%u", "/home/$&/$1"],
  ] as const
) {
  Deno.test(`expandUser() makes ${text} ${path}`, () => {
    const user = { name: "$1", home: "/home/$&" };
    assertEquals(expandUser(text, { option: "key-file", user }), path);
  });
}

Deno.test("expandUser() needs a user only where one is named", () => {
  const expand = (text: string) => expandUser(text, { option: "key-file", user: undefined });
  assertEquals(expand("/k"), "/k");
  for (const text of ["~/k", "/k/%u"]) {
    const { kind, message } = assertThrows(() => expand(text), CleanupFailure);
    assertEquals(kind, "Credentials");
    assertEquals(message, `Cannot use -key-file "${text}": the user is unknown`);
  }
});
