import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { intersectScopes, scopeWords } from "../../../core/credentials/local/scope.ts";

fc.configureGlobal({ seed: 2026 });

Deno.test("scopeWords() takes what RFC 6749 takes for a scope", () => {
  assertEquals(scopeWords("read:/a  write:/b\tx\n"), ["read:/a", "write:/b", "x"]);
  assertEquals(scopeWords(" "), []);
  for (const bad of ['a"b', "a\\b", "a\0b", "é", "a\x7fb"]) {
    assertEquals(scopeWords(bad), undefined);
  }
});

/** What is asked for, what is allowed, and what is granted. */
const CASES: readonly (readonly [string, string, string])[] = [
  ["read:/user/alice", "read:/user/alice write:/user/alice", "read:/user/alice"],
  ["read:/user/alice/data", "read:/user/alice", "read:/user/alice/data"],
  ["read:/user/alice/", "read:/user/alice", "read:/user/alice/"],
  ["read:/", "read:/user/alice", "read:/user/alice"],
  ["read", "read:/user/alice", "read:/user/alice"],
  ["read:/user/alice", "read", "read:/user/alice"],
  ["read:/x/y", "read:/", "read:/x/y"],
  ["read:/", "read:/a read:/b write:/c", "read:/a read:/b"],
  ["write:/user/alice", "read:/user/alice", ""],
  ["read:/user/bob", "read:/user/alice", ""],
  ["read:/user/alicex", "read:/user/alice", ""],
  ["read:/user/alice/../bob", "read:/user/alice", ""],
  ["read:/user/alice/./x", "read:/user/alice", ""],
  ["read:/user/alice//x", "read:/user/alice", ""],
  ["read://user/alice", "read:/user/alice", ""],
  ["read:/user/alice/%2e%2e/bob", "read:/user/alice", ""],
  ["read:/user/alice/%252e%252e/bob", "read:/user/alice", ""],
  ["read:/user/alice%2f..%2fbob", "read:/user/alice", ""],
  ["read:/user/alice/%zz", "read:/user/alice", ""],
  ["read:/user/alice/%00", "read:/user/alice", ""],
  ["read:/user/alice\\..\\bob", "read:/user/alice", ""],
  ["read:/user/%61lice/x", "read:/user/alice", ""],
  ["read:/user/%61lice/x", "read:/user/%61lice", "read:/user/%61lice/x"],
  ["read:/user/alice/a%20b", "read:/user/alice", "read:/user/alice/a%20b"],
  ["read:user/alice", "read:/user/alice", ""],
  ["READ:/user/alice", "read:/user/alice", ""],
  ["compute.read", "compute.read storage.read:/", "compute.read"],
  ["storage.read:/a compute.modify", "compute.read storage.read:/", "storage.read:/a"],
  ["urn:x:y", "urn:x:y", "urn:x:y"],
  ["urn:x:y", "urn:x:z", ""],
  ["https://h/a", "https://h/a", "https://h/a"],
  ["https://h/a/b", "https://h/a", ""],
  ["read:/a read:/a", "read:/a", "read:/a"],
  ["", "read:/a", ""],
  ["__proto__ constructor", "read:/a", ""],
];
for (const [asked, allowed, granted] of CASES) {
  Deno.test(`intersectScopes() of "${asked}" and "${allowed}"`, () => {
    const split = (text: string) => text.split(" ").filter((word) => word !== "");
    assertEquals(intersectScopes(split(asked), split(allowed)).join(" "), granted);
  });
}

const name = fc.constantFrom("a", "b", "c", "..", ".", "", "%2e%2e", "%61", "a%2fb");
const word = fc.tuple(
  fc.constantFrom("read", "write"),
  fc.array(name, { maxLength: 4 }),
).map(([verb, names]) => names.length === 0 ? verb : `${verb}:/${names.join("/")}`);

/** Whether a permission, as a lenient server understands it, lets do something at a path. */
function allows(scope: string, verb: string, path: string): boolean {
  const [name, place = "/"] = scope.split(/:(.*)/s);
  const url = new URL(`http://h${decodeURIComponent(place)}`);
  const top = url.pathname.replace(/\/+/g, "/").replace(/\/$/, "");
  return name === verb && (path === top || path.startsWith(`${top}/`));
}

Deno.test("intersectScopes() never grants what is not allowed, even where dots are resolved", () => {
  const plain = word.filter((one) => !/\.|\/\/|%|\/$/.test(one));
  fc.assert(
    fc.property(fc.array(word), fc.array(plain), (asked, allowed) => {
      for (const granted of intersectScopes(asked, allowed)) {
        for (const verb of ["read", "write"]) {
          for (const path of ["/a", "/b", "/a/b", "/b/a", "/a/a/a", "/c/b/a", "/a/b/c/a"]) {
            if (!allows(granted, verb, path)) continue;
            assert(allowed.some((one) => allows(one, verb, path)), `${granted} of ${allowed}`);
          }
        }
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("intersectScopes() never grants what is not allowed where escapes stay as they are", () => {
  const top = (scope: string) =>
    `${scope.includes(":") ? scope : `${scope}:`}/`.replace(/\/+$/, "/");
  const plain = word.filter((one) => !/\.|\/\/|%|\/$/.test(one));
  fc.assert(
    fc.property(fc.array(word), fc.array(plain), (asked, allowed) => {
      for (const granted of intersectScopes(asked, allowed)) {
        assert(
          allowed.some((one) => top(granted).startsWith(top(one))),
          `${granted} of ${allowed}`,
        );
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("intersectScopes() grants all of what is allowed to whoever asks for it", () => {
  const plain = word.filter((one) => !/\.|\/\/|%|\/$/.test(one));
  fc.assert(fc.property(fc.uniqueArray(plain), (scope) => {
    assertEquals(intersectScopes(scope, scope), scope);
  }));
});

Deno.test("intersectScopes() takes a thousand of each in a moment", () => {
  const many = (top: string) => Array.from({ length: 1000 }, (_, i) => `read:/${top}${i}/x`);
  const started = performance.now();
  assertEquals(intersectScopes([...many("a"), "read:/"], many("b")).length, 1000);
  assert(performance.now() - started < 2000);
});
