import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { readRequest, RequestError } from "../../../core/credentials/local/request.ts";
import { sample } from "./desk.ts";

fc.configureGlobal({ seed: 2026 });

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("readRequest() asks for nothing by what HTCondor writes itself", () => {
  for (
    const text of [sample("scitokens.top"), "alice", "", " ", "[]", '"{"', "\0\0", "[".repeat(1e5)]
  ) {
    assertEquals(readRequest(bytes(text)), {});
  }
  assertEquals(readRequest(new Uint8Array([0xff, 0xfe, 0])), {});
});

Deno.test("readRequest() reads what condor_store_cred adds", () => {
  // Printed over several lines.
  const text = '{\n  "audience": "https://a.example",\n  "scopes": "read:/a,write:/b"\n}\n';
  assertEquals(readRequest(bytes(text)), {
    scopes: ["read:/a", "write:/b"],
    audience: ["https://a.example"],
  });
  const table: readonly (readonly [unknown, unknown])[] = [
    [{ scopes: "a b,c , d" }, { scopes: ["a", "b", "c", "d"] }],
    [{ scopes: ["a", "b c"] }, { scopes: ["a", "b", "c"] }],
    [{ scopes: "a a" }, { scopes: ["a"] }],
    [{ scopes: "", audience: "" }, {}],
    [{ scopes: null }, {}],
    [{ other: 1 }, {}],
    [{}, {}],
    [{ audience: ["x", "y"] }, { audience: ["x", "y"] }],
  ];
  for (const [object, request] of table) {
    assertEquals(readRequest(bytes(JSON.stringify(object))), request as typeof request & object);
  }
});

Deno.test("readRequest() refuses what it does not understand rather than granting all", () => {
  const table: readonly (readonly [string, string])[] = [
    ['{"scopes": "read:/a"', "its JSON is broken"],
    ["{", "its JSON is broken"],
    ['{"scopes": 1}', 'its "scopes" is no text'],
    ['{"scopes": {"a": 1}}', 'its "scopes" is no text'],
    ['{"scopes": [["a"]]}', 'its "scopes" is no text'],
    ['{"audience": true}', 'its "audience" is no text'],
    [`{"scopes": "${"x".repeat(40_000)}"}`, 'its "scopes" is too long'],
    [JSON.stringify({ scopes: Array(1001).fill("a") }), 'its "scopes" are too many'],
    [JSON.stringify({ scopes: Array.from({ length: 1001 }, (_, i) => i).join() }), "are too many"],
    [`{"scopes": ${"[".repeat(100_000)}`, "its JSON is broken"],
    [`{"scopes": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`, 'its "scopes" is no text'],
  ];
  for (const [text, state] of table) {
    assertThrows(() => readRequest(bytes(text)), RequestError, state);
  }
  assertThrows(() => readRequest(new Uint8Array([0x7b, 0xff])), RequestError, "its JSON is broken");
});

Deno.test("readRequest() of any bytes gives words or refuses", () => {
  const top = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map(bytes),
    fc.record({ scopes: fc.jsonValue(), audience: fc.jsonValue() }).map((o) =>
      bytes(JSON.stringify(o))
    ),
  );
  fc.assert(fc.property(top, (content) => {
    try {
      const { scopes = [], audience = [] } = readRequest(content);
      assert([...scopes, ...audience].every((word) => word !== "" && !/[\s,]/.test(word)));
    } catch (error) {
      assert(error instanceof RequestError);
    }
  }));
});
