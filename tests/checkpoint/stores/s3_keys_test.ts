import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseBase } from "../../../core/checkpoint/location.ts";
import { componentsOf } from "../../../core/checkpoint/name.ts";
import { addressOf } from "../../../core/checkpoint/stores/s3_address.ts";
import {
  jobPrefix,
  keysBelow,
  leftoverOf,
  listable,
} from "../../../core/checkpoint/stores/s3_keys.ts";

const encoder = new TextEncoder();

/** What the uploader makes of a destination (manual, "Self-Checkpointing Jobs"). */
function uploaded(destination: string, name: string): string {
  const slash = destination.endsWith("/") ? "" : "/";
  const url = `${destination}${slash}ap_1.0_17/0003/${name}`;
  return url.replace(/^s3:\/\/bucket\/?/, "");
}

Deno.test("keysBelow() makes the key that the upload made, from whatever base the daemons give", () => {
  const ends = ["", "/a", "/a/", "/a//b", "/a//b/", "/a b?c#d"];
  for (const destination of ends.map((end) => `s3://bucket${end}`)) {
    for (const between of ["/", "//"]) {
      const base = parseBase(`${destination}${between}ap_1.0_17/0003`);
      const address = addressOf(base.destination, { pathStyle: false });
      const keyOf = keysBelow(`${jobPrefix(address, base)}${base.number}/`);
      for (const name of ["x", "d/x", "/etc/hostname", "a//b", "./x"]) {
        assertEquals(keyOf(encoder.encode(name)).text, uploaded(destination, name));
      }
    }
  }
});

Deno.test("keysBelow() encodes every byte but the unreserved ones, and keeps slashes", () => {
  const keyOf = keysBelow("a b/");
  assertEquals(keyOf(Uint8Array.of(0xff, 0x2f, 0x2f, 0x41)), {
    encoded: "a%20b/%FF//A",
    text: undefined,
  });
  assertEquals(
    keyOf(encoder.encode("A-z0.9_~!*'()+%é")).encoded,
    "a%20b/A-z0.9_~%21%2A%27%28%29%2B%25%C3%A9",
  );
});

Deno.test("listable() keeps out of lists what XML changes", () => {
  for (const key of ["a\nb", "a\rb", "a\tb", "a\u0001", "a\u0085b", "a\ufffe", "a ", "a\u2028b"]) {
    assertEquals(listable(key), undefined, JSON.stringify(key));
  }
  for (const key of ["a b", " a", "<&>\"'", "日本語", "e\u0301", "😀", "a]]>b"]) {
    assertEquals(listable(key), key);
  }
});

Deno.test("leftoverOf() gives back the names that keysBelow() was given", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (name) => {
    try {
      componentsOf(name);
    } catch {
      return;
    }
    const key = Uint8Array.from([...encoder.encode("é/gid/0012/"), ...name]);
    assertEquals(leftoverOf(key, "é/gid/"), { number: "0012", name });
    assertEquals(leftoverOf(key, "é/gi/"), undefined);
  }));
});
