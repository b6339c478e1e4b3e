import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { percentDecode, sendable } from "../../core/http/percent.ts";

Deno.test("percentDecode() undoes encodeURIComponent() and never grows", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (value) => {
    assertEquals(percentDecode(encodeURIComponent(value)), new TextEncoder().encode(value));
    assert(percentDecode(value).length <= new TextEncoder().encode(value).length);
  }));
});

Deno.test("sendable() encodes what is not visible ASCII, and names the same bytes", () => {
  assertEquals(sendable("/a b\n%2e%\"'\\é?#"), "/a%20b%0A%2e%\"'\\%C3%A9?#");
  assertEquals(sendable(Uint8Array.of(0, 0x7f, 0xff)), "%00%7F%FF");
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    assert(/^[\x21-\x7e]*$/.test(sendable(bytes)));
    assertEquals(percentDecode(sendable(bytes)), percentDecode(bytes));
  }));
});
