import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { bypassesProxy } from "../../core/http/no_proxy.ts";

const CASES: [host: string, list: string, bypasses: boolean][] = [
  ["h.example", "*", true],
  ["h.example", "", false],
  ["h.example", "a,*", false],
  ["h.example", "h.example", true],
  ["H.EXAMPLE", "h.Example", true],
  ["h.example", "example", true],
  ["h.example", ".example", true],
  ["example", ".example", true],
  ["h.example.", "example", true],
  ["h.example", "example.", true],
  ["hexample", "example", false],
  ["badh.example", "h.example", false],
  ["h.example", "x.h.example", false],
  ["h.example", "a.test, b.test\th.example", true],
  ["h.example", "a.test b.test,,h.example", true],
  ["h.example", "h.example:80", false],
  ["h.example", ".", false],
  ["192.0.2.1", "192.0.2.1", true],
  ["192.0.2.1", "192.0.2.10", false],
  ["192.0.2.1", "2.1", false],
  ["192.0.2.77", "192.0.2.0/24", true],
  ["192.0.3.77", "192.0.2.0/24", false],
  ["192.0.3.77", "192.0.2.0/23", true],
  ["192.0.2.1", "192.0.2.1/32", true],
  ["192.0.2.1", "10.0.0.0/0", false],
  ["192.0.2.1", "192.0.2.1/33", false],
  ["192.0.2.1", "192.0.2.1/x", false],
  ["192.0.2.1", "192.0.2.0/24/8", false],
  ["192.0.2.1", "300.0.2.0/24", false],
  ["[::1]", "::1", true],
  ["[::1]", "[::1]", true],
  ["[::1]", "0:0:0:0:0:0:0:1", true],
  ["[2001:db8::5]", "2001:db8::/32", true],
  ["[2001:db9::5]", "2001:db8::/32", false],
  ["[2001:db8:0:ff::5]", "2001:db8:0:80::/57", true],
  ["[2001:db8:0:ff::5]", "2001:db8:0:80::/200", false],
  ["[::1]", "127.0.0.1", false],
  ["[::ffff:192.0.2.1]", "::ffff:c000:201", true],
  ["h.example", "192.0.2.0/24", false],
];

for (const [host, list, expected] of CASES) {
  const verb = expected ? "spares" : "does not spare";
  Deno.test(`bypassesProxy() ${verb} ${host} with no_proxy="${list}"`, () => {
    assertEquals(bypassesProxy(host, list), expected);
  });
}

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
const domain = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));

Deno.test("bypassesProxy() matches exactly the names below a suffix", () => {
  fc.assert(fc.property(domain, domain, (name, suffix) => {
    assertEquals(bypassesProxy(name, suffix), name === suffix || name.endsWith(`.${suffix}`));
    assert(bypassesProxy(`${name}.${suffix}`, `x.invalid,.${suffix}`));
  }));
});

Deno.test("bypassesProxy() compares the leading bits of addresses", () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  const text = (n: number) => [24, 16, 8, 0].map((shift) => (n >>> shift) & 0xff).join(".");
  fc.assert(fc.property(word, word, fc.integer({ min: 1, max: 32 }), (a, b, bits) => {
    const same = bits === 32 ? a === b : (a >>> (32 - bits)) === (b >>> (32 - bits));
    assertEquals(bypassesProxy(text(a), `${text(b)}/${bits}`), same);
    assert(bypassesProxy(text(a), `${text(a)}/${bits}`));
  }));
});

Deno.test("bypassesProxy() takes any text", () => {
  const host = fc.oneof(domain, fc.ipV4(), fc.ipV6().map((address) => `[${address}]`));
  fc.assert(fc.property(host, fc.string(), (name, list) => {
    assertEquals(typeof bypassesProxy(name, list), "boolean");
  }));
});
