import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { allows } from "../../../core/credentials/keytool/scopes.ts";

Deno.test("allows() compares operations, and paths part by part", () => {
  const scopes =
    "read:/user/alice write:/ storage.modify:/a storage.stage:/b/ compute.create openid";
  const cases = [
    ["read:/user/alice", true],
    ["read:/user/alice/x", true],
    ["read:/user//alice/", true],
    ["read:/user/alicex", false],
    ["read:/user", false],
    ["read:/", false],
    ["read", false],
    ["write:/anything/at/all", true],
    ["storage.modify:/a/b", true],
    ["storage.create:/a/b", true],
    ["storage.read:/a/b", false],
    ["storage.read:/b/c", true],
    ["storage.stage:/b", true],
    ["storage.modify:/b", false],
    ["compute.create", true],
    ["compute.create:/x", false],
    ["compute.read", false],
    ["openid", true],
    ["", undefined],
    ["read:user", undefined],
    ["read:/a/../b", undefined],
    ["read:/./b", undefined],
    ["read:/a b", undefined],
    ["read:/user/alice/%2e%2e/bob", undefined],
    ["read:/user/alice%2f..%2fbob", undefined],
    ["read:/user/alice/%zz", undefined],
    ["read:/user/alice/a%20b", true],
    ["read:/user/%61lice", false],
    [":/a", undefined],
  ] as const;
  for (const [wanted, answer] of cases) {
    assertEquals([wanted, allows(scopes, wanted)], [wanted, answer]);
  }
  assertEquals(allows("", "read:/a"), false);
  assertEquals(allows("read:/a/../b", "read:/a/x"), false);
  assertEquals(allows("read:/a/..", "read:/b"), false);
});

Deno.test("allows() never lets a path out of what the token names", () => {
  const part = fc.constantFrom("a", "b", "ab", "..", ".", "", "a%2fb");
  const path = fc.array(part, { maxLength: 5 }).map((parts) => `/${parts.join("/")}`);
  fc.assert(fc.property(path, path, (have, need) => {
    if (allows(`read:${have}`, `read:${need}`) !== true) return;
    const plain = (text: string) => new URL(`file://${text}`).pathname.replace(/\/+/g, "/");
    const root = plain(have).replace(/\/$/, "");
    assertEquals(`${plain(need)}/`.startsWith(`${root}/`), true);
  }));
});
