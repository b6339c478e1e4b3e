import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { TransferFailure } from "../../core/errors.ts";
import {
  authorityOf,
  decodeText,
  methodOf,
  parseTransferUrl,
  requestUrl,
  serverOf,
  urlRejected,
  userInfoOf,
} from "../../core/transfer/url.ts";

Deno.test("parseTransferUrl() finds method and credential", () => {
  for (
    const [url, method, credential, rest] of [
      ["https://h/p", "https", undefined, "h/p"],
      ["chtc+https://h/p", "https", "chtc", "h/p"],
      ["chtc.ro+https://h/p", "https", "chtc.ro", "h/p"],
      ["zkm.v2://1/x", "v2", undefined, "1/x"],
      ["my-box://x", "box", undefined, "x"],
      ["a+b+c://x", "c", "a+b", "x"],
      ["a+b.c-d://x", "d", "a", "x"],
      ["HTTPS://H/P", "https", undefined, "H/P"],
      ["Chtc.Ro+DAVS://h", "davs", "Chtc.Ro", "h"],
      ["h://x", "h", undefined, "x"],
      ["data://,a b/x", "data", undefined, ",a b/x"],
      ["file:///x", "file", undefined, "/x"],
      ["http://http://x", "http", undefined, "http://x"],
      ["box:///a/b", "box", undefined, "/a/b"],
    ] as const
  ) {
    const parsed = parseTransferUrl(url);
    assertEquals([parsed.method, parsed.credential, parsed.rest], [method, credential, rest]);
    assertEquals(parsed.text, url);
    assertEquals(methodOf(url), method);
    assertEquals(`${parsed.scheme}://${parsed.rest}`, url);
  }
});

Deno.test("parseTransferUrl() refuses what is no URL, in libcurl's words", () => {
  for (
    const [url, reason] of [
      ["", "Malformed input to a URL function"],
      ["http://", "No host part in the URL"],
      ["a+b://", "No host part in the URL"],
      ["x", "Bad scheme"],
      ["data:,x", "Bad scheme"],
      ["file:/x", "Bad scheme"],
      ["://x", "Bad scheme"],
      ["1http://x", "Bad scheme"],
      ["+http://x", "Bad scheme"],
      ["ht_tp://x", "Bad scheme"],
      [" http://x", "Bad scheme"],
      ["http+://x", "Bad scheme"],
      ["http-://x", "Bad scheme"],
      ["http://h/a b", "Malformed input to a URL function"],
      ["http://h/a\tb", "Malformed input to a URL function"],
      ["http://h/a\nb", "Malformed input to a URL function"],
      ["http://h/a\u0000b", "Malformed input to a URL function"],
      ["http://h/\u007f", "Malformed input to a URL function"],
      [`http://h/${"a".repeat(8_000_000)}`, "Malformed input to a URL function"],
    ] as const
  ) {
    const failure = assertThrows(() => parseTransferUrl(url), TransferFailure);
    assertEquals([url.slice(0, 30), failure.message], [
      url.slice(0, 30),
      `URL rejected: ${reason}`,
    ]);
    assertEquals([failure.kind, failure.facts], ["Parameter", { errorCode: 3, retryable: -1 }]);
  }
});

Deno.test("methodOf() tells a URL from a file name", () => {
  for (const text of ["", "x", "/x", "data:,x", "http://", "+://x", "a+://x", "_a://x"]) {
    assertEquals(methodOf(text), undefined);
  }
});

Deno.test("serverOf() gives host and port without user information", () => {
  for (
    const [url, server] of [
      ["http://h/p", "h:80"],
      ["https://h", "h:443"],
      ["dav://h/p", "h:80"],
      ["my+davs://h/p", "h:443"],
      ["ftp://h/p", "h:21"],
      ["http://h:8080/p", "h:8080"],
      ["http://h:/p", "h:80"],
      ["http://h?q=a/b@c:1", "h:80"],
      ["http://h#f", "h:80"],
      ["http://u:secret@h/p", "h:80"],
      ["http://u:se@cret@h:1/p", "h:1"],
      ["http://u:p@[::1]:8080/p", "[::1]:8080"],
      ["http://[fe80::1%25eth0]/p", "[fe80::1%25eth0]:80"],
      ["http://H.Example/p", "H.Example:80"],
      ["zkm://128/x", "128"],
      ["osdf:///a/b", undefined],
      ["file:///x", undefined],
      ["file://localhost/x", undefined],
      ["data://,x/y", undefined],
    ] as const
  ) {
    assertEquals([url, serverOf(url)], [url, server]);
  }
});

Deno.test("authorityOf() refuses bad hosts and ports, in libcurl's words", () => {
  const port = "Port number was not a decimal number between 0 and 65535";
  for (
    const [url, reason] of [
      ["http:///p", "No host part in the URL"],
      ["http://u@/p", "No host part in the URL"],
      ["http://:80/p", "No host part in the URL"],
      ["http://h:x/p", port],
      ["http://h:65536/p", port],
      ["http://h:-1/p", port],
      ["http://h:123456/p", port],
      ["http://h:1:2/p", "Bad hostname"],
      ["http://::1/p", "Bad hostname"],
      ["http://a\\b/p", "Bad hostname"],
      ["http://a{b/p", "Bad hostname"],
      ["http://[::1/p", "Bad IPv6 address"],
      ["http://[x]/p", "Bad IPv6 address"],
      ["http://[]/p", "Bad IPv6 address"],
      ["http://[::1]x/p", "Bad IPv6 address"],
    ] as const
  ) {
    const failure = assertThrows(() => authorityOf(url), TransferFailure);
    assertEquals([url, failure.message], [url, `URL rejected: ${reason}`]);
    assertThrows(() => serverOf(url), TransferFailure);
    assertThrows(() => requestUrl(url), TransferFailure);
  }
});

Deno.test("userInfoOf() gives name and password, percent-decoded", () => {
  assertEquals(userInfoOf("ftp://h/u@x"), undefined);
  assertEquals(userInfoOf("ftp://u@h/"), { user: "u", password: "" });
  assertEquals(userInfoOf("ftp://u:p:q@h/"), { user: "u", password: "p:q" });
  assertEquals(userInfoOf("ftp://a%40b:c%3Ad@h/"), { user: "a@b", password: "c:d" });
  assertEquals(userInfoOf("ftp://:p@h/"), { user: "", password: "p" });
  assertThrows(() => userInfoOf("ftp://%ff@h/"), TransferFailure, "URL rejected: Bad user");
  assertThrows(() => userInfoOf("ftp://u:%00@h/"), TransferFailure, "URL rejected: Bad password");
});

Deno.test("requestUrl() drops the credential, maps dav, and keeps every other byte", () => {
  for (
    const [url, request] of [
      ["http://h/p", "http://h/p"],
      ["dav://h/p", "http://h/p"],
      ["davs://h/p", "https://h/p"],
      ["my+davs://h/p", "https://h/p"],
      [
        "chtc.ro+HTTPS://H/%7e%7E//..//a?x=%2f&X-Amz-Signature=A#f",
        "https://H/%7e%7E//..//a?x=%2f&X-Amz-Signature=A#f",
      ],
      ["http://u:p@h/p", "http://u:p@h/p"],
    ] as const
  ) {
    assertEquals(requestUrl(url), request);
  }
});

Deno.test("decodeText() keeps a byte order mark", () => {
  assertEquals(decodeText("%EF%BB%BFa", "x"), "\ufeffa");
});

Deno.test("parsing never throws anything but a Parameter failure, and shows no password", () => {
  const part = fc.oneof(
    fc.constantFrom("http", "ftp", "+", ".", "-", "://", "/", "@", ":", "[", "]", "%", "?", "#"),
    fc.string({ unit: "binary", maxLength: 4 }),
    fc.constant("s3cret"),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      for (const parse of [parseTransferUrl, authorityOf, serverOf, userInfoOf, requestUrl]) {
        try {
          parse(text);
        } catch (error) {
          assert(error instanceof TransferFailure, String(error));
          assertEquals(error.kind, "Parameter");
          assert(!error.message.includes("s3cret"));
        }
      }
      methodOf(text);
    }),
    { numRuns: 1000 },
  );
  assertEquals(urlRejected("x").message, "URL rejected: x");
});

Deno.test("serverOf() is the same whatever the user information", () => {
  const info = fc.string({ unit: "grapheme-ascii" }).map(encodeURIComponent);
  fc.assert(fc.property(info, info, fc.nat(65535), (user, password, port) => {
    assertEquals(serverOf(`http://${user}:${password}@h:${port}/`), `h:${port}`);
  }));
});
