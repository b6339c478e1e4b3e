import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  isCredentialName,
  isGroupName,
  isHandle,
  isPathName,
  isProviderName,
  isUserName,
  showName,
  splitName,
} from "../../core/credentials/names.ts";

const PLAIN = { specialCharacters: false };
const SPECIAL = { specialCharacters: true };

/** No name of anything: each would lead elsewhere, hide, be an option or break a line. */
const HOSTILE = [
  "",
  ".",
  "..",
  "../etc",
  "/../../carol/x",
  "a/b",
  "a\\b",
  ".hidden",
  "-rf",
  "a\0b",
  "a\n",
  "\na",
  "a\r",
  "a b",
  "a\tb",
  "ü",
  "\u00ff",
  "a*b",
  "a:b",
  "a%2fb",
  "a\u202eb",
  "x".repeat(4096),
];

Deno.test("isUserName() and isHandle() take what HTCondor's credd takes, but no leading dot or dash", () => {
  const good = ["alice", "A", "_", "0", "a.b", "a_b", "a+b", "a=b", "a-b", "a..b", "x".repeat(128)];
  const bad = [...HOSTILE, "+a", "=a", "x".repeat(129), "alice@example.org", "a,b"];
  for (const is of [isUserName, isHandle]) {
    assertEquals(good.filter((name) => !is(name)), []);
    assertEquals(bad.filter(is), []);
  }
});

Deno.test("isProviderName() takes letters, digits and dashes, and more when special", () => {
  const good = ["scitokens", "A-b", "0", "x".repeat(64)];
  const special = ["my_tok", "a.b", "a+b", "_a", "x".repeat(65), "x".repeat(128)];
  assertEquals(good.filter((name) => !isProviderName(name, PLAIN)), []);
  assertEquals([...good, ...special].filter((name) => !isProviderName(name, SPECIAL)), []);
  assertEquals([...HOSTILE, ...special, "*"].filter((name) => isProviderName(name, PLAIN)), []);
  assertEquals([...HOSTILE, "x".repeat(129)].filter((name) => isProviderName(name, SPECIAL)), []);
});

Deno.test("isGroupName() takes what may stand in a scope", () => {
  const good = ["dune", "a@b.org", ".x", "-x", "a+b", "x".repeat(128)];
  const bad = ["", ".", "..", "a/b", "a b", "a=b", "a:b", "ü", "a\n", "\0", "x".repeat(129)];
  assertEquals(good.filter((name) => !isGroupName(name)), []);
  assertEquals(bad.filter(isGroupName), []);
});

Deno.test("splitName() cuts at the first _ , or not at all", () => {
  const table = {
    "scitokens": [{ provider: "scitokens" }, { provider: "scitokens" }],
    "mock_read": [{ provider: "mock", handle: "read" }, { provider: "mock_read" }],
    "mock_read_more": [{ provider: "mock", handle: "read_more" }, { provider: "mock_read_more" }],
    "mock__x": [{ provider: "mock", handle: "_x" }, { provider: "mock__x" }],
    "mock_": [undefined, { provider: "mock_" }],
    "mock_read_": [undefined, { provider: "mock_read_" }],
    "_x": [undefined, { provider: "_x" }],
    "_": [undefined, { provider: "_" }],
    "my.tok": [undefined, { provider: "my.tok" }],
    "mock_a.b": [{ provider: "mock", handle: "a.b" }, { provider: "mock_a.b" }],
    "mock_-x": [undefined, { provider: "mock_-x" }],
    "a-b_c": [{ provider: "a-b", handle: "c" }, { provider: "a-b_c" }],
  } as const;
  for (const [name, [plain, special]] of Object.entries(table)) {
    assertEquals([name, splitName(name, PLAIN)], [name, plain]);
    assertEquals([name, splitName(name, SPECIAL)], [name, special]);
  }
  for (const name of HOSTILE) {
    assertEquals([splitName(name, PLAIN), splitName(name, SPECIAL)], [undefined, undefined]);
  }
});

const provider = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/);
const handle = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._+=-]{0,126}[A-Za-z0-9.+=-]$/);

Deno.test("splitName() finds the parts of every name", () => {
  fc.assert(fc.property(provider, handle, (provider, handle) => {
    assert(isCredentialName(`${provider}_${handle}`));
    assertEquals(splitName(`${provider}_${handle}`, PLAIN), { provider, handle });
    assertEquals(splitName(provider, PLAIN), { provider });
  }));
});

Deno.test("names that are split put together give what was split, and lead nowhere", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom("a", "_", "-", ".", "/", "\0", "+", "B", "9") }),
  );
  fc.assert(
    fc.property(text, fc.boolean(), (name, specialCharacters) => {
      const parts = splitName(name, { specialCharacters });
      if (parts === undefined) return;
      const whole = parts.handle === undefined
        ? parts.provider
        : `${parts.provider}_${parts.handle}`;
      assertEquals(whole, name);
      assert(isCredentialName(name));
      assert(!/[/\0\n]|^[.-]/.test(name));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("showName() shows one printable line for whatever bytes", () => {
  const table: readonly (readonly [string | Uint8Array, string])[] = [
    ["alice", '"alice"'],
    ["a b/c.top", '"a b/c.top"'],
    ['a"b\\c', '"a\\x22b\\x5cc"'],
    ["a\n\0\x7f", '"a\\x0a\\x00\\x7f"'],
    ["ü", '"\\xc3\\xbc"'],
    [Uint8Array.of(0xff, 0x1b, 0x5b), '"\\xff\\x1b["'],
    ["", '""'],
    ["x".repeat(512), `"${"x".repeat(512)}"`],
    ["x".repeat(513), `"${"x".repeat(512)}…"`],
  ];
  for (const [name, shown] of table) assertEquals(showName(name), shown);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 700 }), (name) => {
    assert(/^"[\x20-\x7e]*…?"$/.test(showName(name)));
  }));
});

Deno.test("showName() shows different names differently", () => {
  const short = fc.uint8Array({ maxLength: 60 });
  fc.assert(fc.property(short, short, (a, b) => {
    assertEquals(showName(a) === showName(b), String(a) === String(b));
  }));
});

Deno.test("isPathName() takes names that mean the same with their escapes taken apart", () => {
  const good = ["alice", "a.b", "..a", "a%20b", "%61", "a+b@c", "ü"];
  const bad = ["", ".", "..", "%2e", "%2E%2e", ".%2e", "a/b", "a%2fb", "a\\b", "%5c", "%00", "%0a"];
  bad.push("%7f", "%", "%zz", "%252e", "%c3", "a%");
  for (const name of good) assertEquals([name, isPathName(name)], [name, true]);
  for (const name of bad) assertEquals([name, isPathName(name)], [name, false]);
});
