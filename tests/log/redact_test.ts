import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { redact, redactUrl } from "../../core/log/redact.ts";

fc.configureGlobal({ seed: 2026 });

const URLS: readonly (readonly [string, string])[] = [
  ["https://h.example:8443/a/b.c", "https://h.example:8443/a/b.c"],
  ["https://h/p?X-Amz-Signature=1&b=2", "https://h/p?..."],
  ["https://h/p?", "https://h/p?..."],
  ["https://h?x", "https://h?..."],
  ["https://h/p#access_token=1", "https://h/p#..."],
  ["https://user:pass@h/p", "https://h/p"],
  ["https://token@h/p", "https://h/p"],
  ["ftp://a@b:p@ss@h:21/p", "ftp://h:21/p"],
  ["https://h/p@v2/file", "https://h/p@v2/file"],
  ["https://user:p/ss@h/p", "https://...h/p"],
  ["https://user:p?ss@h/p", "https://...?..."],
  ["http:user:pass@h/p", "http:h/p"],
  ["http:/user:pass@h/p", "http:/h/p"],
  ["http:\\\\user:pass@h\\p", "http:\\\\h\\p"],
  ["  https://user:pass@h/", "  https://h/"],
  ["//user:pass@h/p", "//h/p"],
  ["https://cache/https://user:pass@h/a@b/c", "https://cache/https://h/a@b/c"],
  ["https://cache/http:user:pass@h/p", "https://cache/h/p"],
  ["osdf:///ns/a@b", "osdf:///ns/a@b"],
  ["file:///tmp/a@b", "file:///tmp/a@b"],
  ["https://[::1]:80/p", "https://[::1]:80/p"],
  ["https://u:p@[fe80::1%25eth0]/p", "https://[fe80::1%25eth0]/p"],
  ["data:text/plain;base64,c2VjcmV0", "data:text/plain,..."],
  ["DATA:,hello", "data:,..."],
  ["https://h/a\r\nb", "https://h/a  b"],
  ["", ""],
  ["no url at all", "no url at all"],
];
for (const [url, shown] of URLS) {
  Deno.test(`redactUrl() of ${JSON.stringify(url)}`, () => assertEquals(redactUrl(url), shown));
}

const TEXTS: readonly (readonly [string, string])[] = [
  ["GET https://u:p@h/f?sig=1 failed", "GET https://h/f?... failed"],
  [`Cannot get "https://h/f?a=1": 404`, `Cannot get "https://h/f?...": 404`],
  ["Authorization: Bearer abc def\r\nHost: h", "Authorization: ...  Host: h"],
  ["cookie: a=b; c=d\r\n e=f\r\nX: y", "cookie: ...  X: y"],
  ["Set-Cookie: a\nProxy-Authorization:Basic dTpw", "Set-Cookie: ... Proxy-Authorization: ..."],
  [`{"Authorization":"Bearer abc"}`, `{"Authorization": ...`],
  ["sent Bearer abc.def to h", "sent Bearer ... to h"],
  ["the bearer token was refused", "the bearer token was refused"],
  ["found eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln in x", "found ... in x"],
  ["macaroon MDAxY2xvY2F0aW9uIE9wdGlvbmFs.", "macaroon ..."],
  ["GET /p?name=v&x=y HTTP/1.1", "GET /p?... HTTP/1.1"],
  ["password=hunter2 user=bob", "password=... user=bob"],
  ["password: hunter2", "password: ..."],
  [`password = "two words" end`, "password = ... end"],
  ["AWS_SECRET_ACCESS_KEY=abc", "AWS_SECRET_ACCESS_KEY=..."],
  ["apiKey=abc&sig=def", "apiKey=..."],
  [`{"access_token":"abc", "n":1}`, `{"access_token":..., "n":1}`],
  [`{"access_token" : "abc"}`, `{"access_token" : ...}`],
  ["token: a1b2c3d4e5f6", "token: ..."],
  ["code=4/abc", "code=..."],
  // What this project itself writes must stay readable.
  ["ErrorCode = 22", "ErrorCode = 22"],
  ["error code: 404, exit code 1", "error code: 404, exit code 1"],
  [`Cannot read "scitokens.use": mode is 0644`, `Cannot read "scitokens.use": mode is 0644`],
  ["Chosen token file: /c/a.use", "Chosen token file: /c/a.use"],
  ["Cannot use token: expired", "Cannot use token: expired"],
  ["a\u0000b\u001b[31mc\u0085d\u2028e\u202ef\tg", "a b [31mc d e f g"],
  ["lone \ud800 surrogate", "lone \ufffd surrogate"],
];
for (const [text, shown] of TEXTS) {
  Deno.test(`redact() of ${JSON.stringify(text)}`, () => assertEquals(redact(text), shown));
}

/** Secrets with an own alphabet, so that nothing around them can look like a part of one. */
const SECRET = fc.stringMatching(/^Z[0-9QZ]{15,40}$/);
const CARRIERS: readonly ((secret: string) => string)[] = [
  (s) => `https://${s}@h.example/p`,
  (s) => `https://user:${s}@h.example/p`,
  (s) => `davs://h.example/p?authz=${s}`,
  (s) => `https://h.example/p?a=b&X-Amz-Signature=${s}#x`,
  (s) => `https://h.example/p#id_token=${s}`,
  (s) => `Authorization: Bearer ${s}`,
  (s) => `authorization:${s}`,
  (s) => `Proxy-Authorization: Basic ${s}`,
  (s) => `Cookie: a=1; session=${s}`,
  (s) => `bearer ${s}`,
  (s) => `eyJ${s}.${s}.${s}`,
  ...["sig", "signature", "token", "authz", "key", "credential", "password", "secret", "code"]
    .flatMap((name) => [
      (s: string) => `${name}=${s}`,
      (s: string) => `x_${name} = "${s}"`,
      (s: string) => `?${name}=${s}&b=c`,
    ]),
  (s) => `{"refresh_token":"${s}"}`,
  (s) => `client_secret: ${s}`,
];

Deno.test("redact() never lets a planted secret out, whatever stands around it", () => {
  const around = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(" ", "\r\n", "\t", "\u0000", ", ", "; ", "https://h/", "?", "=", "'"),
  );
  // The carrier must begin a word: "xcookie: v" is another header.
  const gap = fc.constantFrom(" ", "\n", "\r\n", "(", '"');
  const carrier = fc.constantFrom(...CARRIERS);
  fc.assert(
    fc.property(around, gap, carrier, SECRET, gap, around, (before, a, carry, secret, b, after) => {
      const shown = redact(before + a + carry(secret) + b + after);
      assert(!shown.includes(secret), shown);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("redact() gives one printable line and never throws", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    // deno-lint-ignore no-control-regex
    assert(!/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(redact(text)));
    // deno-lint-ignore no-control-regex
    assert(!/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(redactUrl(text)));
  }));
});

for (
  const unit of ["a", "eyJ", "token", "http:", "//", "?", "?a", "cookie:", "bearer ", '"', "@", ":"]
) {
  Deno.test(`redact() needs linear time for many of ${JSON.stringify(unit)}`, () => {
    const text = unit.repeat(Math.ceil(400_000 / unit.length));
    const start = performance.now();
    redact(text);
    redactUrl(text);
    redactUrl(`https://${text}`);
    assert(performance.now() - start < 3000);
  });
}
