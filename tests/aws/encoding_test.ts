import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodePath, encodeQuery, encodeValue } from "../../core/aws/encoding.ts";
import { percentDecode } from "../../core/http/percent.ts";

Deno.test("encodePath() writes all but unreserved characters and slashes as %XX", () => {
  assertEquals(
    encodePath("/a b//c?d#e%20+*'()!~-_.é"),
    "/a%20b//c%3Fd%23e%2520%2B%2A%27%28%29%21~-_.%C3%A9",
  );
  assertEquals(encodePath(Uint8Array.of(0, 0xff)), "%00%FF");
  assertEquals(encodeValue("a/b"), "a%2Fb");
});

Deno.test("encodePath() loses nothing", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    const encoded = encodePath(bytes);
    assertEquals(percentDecode(encoded), Uint8Array.from(bytes));
    assertEquals(/[^A-Za-z0-9._~%/-]/.test(encoded), false);
  }));
});

Deno.test("encodeQuery() sorts by encoded names", () => {
  assertEquals(
    encodeQuery({ b: "2", a: "1 +", "A": "", "prefix": "a/b", "ä": "x" }),
    "%C3%A4=x&A=&a=1%20%2B&b=2&prefix=a%2Fb",
  );
});
