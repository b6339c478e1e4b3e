import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import { parseBase } from "../../../core/checkpoint/location.ts";
import {
  collectionTarget,
  fileTarget,
  parseDestination,
} from "../../../core/checkpoint/stores/http_target.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const BASE = "/s/g_1.0_2/0003/";

/** Names and how libcurl and our own uploader ask for them. */
const NAMES: [name: string, target: string][] = [
  ["a", "a"],
  ["dir/sub/a.b", "dir/sub/a.b"],
  ["/etc/hostname", "/etc/hostname"],
  ["a//b", "a//b"],
  ["-rf", "-rf"],
  ["a b\n", "a%20b%0A"],
  ["é\u{1f600}", "%C3%A9%F0%9F%98%80"],
  ["100%", "100%"],
  ["a%20b%C3%a9", "a%20b%C3%a9"],
  [`"quoted" 'too'`, `"quoted"%20'too'`],
  ["a+b&c=d;e", "a+b&c=d;e"],
  ["a\\b|c^`{}[]<>", "a\\b|c^`{}[]<>"],
  ["a?b", "a?b"],
  ["a?", "a?"],
  ["a?b#c", "a?b"],
  ["a#b?c", "a"],
  ["x?../../y", "x?../../y"],
  ["a/./b/../c", "a/./b/../c"],
  ["...", "..."],
  ["..a/..b", "..a/..b"],
  ["a;b", "a;b"],
  ["a\\", "a\\"],
  ["%41%", "%41%"],
];

for (const [name, target] of NAMES) {
  Deno.test(`fileTarget() asks for ${JSON.stringify(name)} as its upload did`, () => {
    assertEquals(fileTarget(BASE, bytes(name)), BASE + target);
  });
}

Deno.test("fileTarget() encodes bytes that are no UTF-8", () => {
  assertEquals(fileTarget(BASE, Uint8Array.of(0x61, 0xff, 0x2f, 0x80)), `${BASE}a%FF/%80`);
});

const REFUSED: [name: string, why: RegExp][] = [
  ["#a", /the checkpoint itself/],
  ["?a", /the checkpoint itself/],
  ["a/%2e%2e", /the checkpoint itself/],
  ["%2e", /the checkpoint itself/],
  ["%2f", /the checkpoint itself/],
  ["\\", /the checkpoint itself/],
  ["%5c", /the checkpoint itself/],
  [";x", /the checkpoint itself/],
  ["..", /leads out/],
  ["../0004/a", /leads out/],
  ["a/../../b", /leads out/],
  ["a//../../b", /leads out/],
  ["/../b", /leads out/],
  ["%2e%2e/b", /leads out/],
  [".%2E/b", /leads out/],
  ["..%2fb", /leads out/],
  ["a%2F..%2f..%2fb", /leads out/],
  ["%252e%252e/b", /leads out/],
  ["%25252e%25252e%25252fb", /leads out/],
  ["..\\b", /leads out/],
  ["%2e%2e%5cb", /leads out/],
  ["..;x/b", /leads out/],
  ["a/..;/..;/b", /leads out/],
  ["dir/", /names a directory/],
  ["dir/#x", /names a directory/],
  ["dir/?x", /names a directory/],
  ["dir/.", /names a directory/],
  ["dir/a/..", /names a directory/],
  ["dir/a/..;x", /names a directory/],
  ["dir%2f", /names a directory/],
  ["a%00b", /zero byte/],
  [`a%${"25".repeat(1000)}41`, /encoded too often/],
];

for (const [name, why] of REFUSED) {
  Deno.test(`fileTarget() refuses ${JSON.stringify(name.slice(0, 30))}`, () => {
    const failure = assertThrows(() => fileTarget(BASE, bytes(name)), CleanupFailure);
    assertEquals(failure.kind, "Unsafe");
    assert(why.test(failure.message), failure.message);
  });
}

Deno.test("fileTarget() finds no file in a name that names none", () => {
  for (const name of ["", ".", "/", "a/..", "a\0"]) {
    const failure = assertThrows(() => fileTarget(BASE, bytes(name)), CleanupFailure);
    assertEquals(failure.kind, "NotDeleted");
  }
});

/** Resolves a target as the strictest and the laxest servers do. */
function resolutions(target: string): string[] {
  const path = target.replace(/[?#][^]*$/, "");
  const seen = [path];
  for (let i = 0; i < 4; i++) {
    seen.push(
      seen.at(-1)!.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
    );
  }
  return seen.flatMap((one) => [one, one.replaceAll("\\", "/"), one.replace(/;[^/]*/g, "")])
    .flatMap((one) => {
      const encoded = one.replace(/[?#]/g, "_");
      const folded = encoded.replace(/\/+/g, "/");
      return [encoded, folded].map((text) => new URL(`http://h${text}`).pathname);
    });
}

Deno.test("fileTarget() never leaves the checkpoint, whatever a server resolves", () => {
  const piece = fc.constantFrom(
    ...[
      "..",
      ".",
      "/",
      "%2e",
      "%2E",
      "%2f",
      "%5c",
      "%25",
      "\\",
      ";",
      "?",
      "#",
      "a",
      "%",
      "2e",
      "é",
    ],
  );
  const name = fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join(""));
  let judged = 0;
  fc.assert(
    fc.property(name, (text) => {
      let target;
      try {
        target = fileTarget(BASE, bytes(text));
      } catch (error) {
        assert(error instanceof CleanupFailure && ["Unsafe", "NotDeleted"].includes(error.kind));
        return;
      }
      judged++;
      for (const path of resolutions(target)) {
        assert(path.startsWith(BASE) && path.length > BASE.length, `${target} became ${path}`);
      }
    }),
    { numRuns: 3000 },
  );
  assert(judged > 100);
});

Deno.test("fileTarget() never throws anything but a refusal, and sends visible ASCII only", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (name) => {
    try {
      assert(/^[\x21-\x7e]+$/.test(fileTarget(BASE, name)));
    } catch (error) {
      assert(error instanceof CleanupFailure && ["Unsafe", "NotDeleted"].includes(error.kind));
    }
  }));
});

Deno.test("parseDestination() finds server, path, credential and login", () => {
  const read = (text: string) => {
    const base = parseBase(`${text}/g_1.0_2/0003`);
    const found = parseDestination(base);
    const { server, credential, userInfo, webdav } = found;
    return [
      server.href,
      collectionTarget(found, base.gid, base.number),
      credential,
      userInfo,
      webdav,
    ];
  };
  assertEquals(read("https://h/s"), ["https://h/", BASE, undefined, undefined, false]);
  assertEquals(read("http://h:81"), [
    "http://h:81/",
    "/g_1.0_2/0003/",
    undefined,
    undefined,
    false,
  ]);
  assertEquals(read("dav://h/s/"), ["http://h/", BASE, undefined, undefined, true]);
  assertEquals(read("DAVS://[::1]:8443/s"), [
    "https://[::1]:8443/",
    BASE,
    undefined,
    undefined,
    true,
  ]);
  assertEquals(read("a+b.c+https://h//s%20é"), [
    "https://h/",
    "//s%20%C3%A9/g_1.0_2/0003/",
    "a+b.c",
    undefined,
    false,
  ]);
  assertEquals(read("chtc.ro+davs://u%40x:p%3a@h/s"), [
    "https://h/",
    BASE,
    "chtc.ro",
    "u@x:p:",
    true,
  ]);
  assertEquals(read("https://u@h/s")[3], "u:");
});

const BAD: [base: string, kind: string][] = [
  ["ftp://h/s/g/0001", "Usage"],
  ["osdf:///s/g/0001", "Usage"],
  ["s3+http2://h/s/g/0001", "Usage"],
  ["https:///s/g/0001", "Usage"],
  ["https://a b/s/g/0001", "Usage"],
  ["https://h:99999/s/g/0001", "Usage"],
  ["https://h\\@evil/s/g/0001", "Usage"],
  ["https://h/s?x=/g/0001", "Unsafe"],
  ["https://h/s#x/g/0001", "Unsafe"],
  ["https://h/s/%2e%2e/0001", "Unsafe"],
  ["https://h/s/a%2f..%2f../0001", "Unsafe"],
  ["https://h/s/a%2fb/0001", "Unsafe"],
  ["https://h/s/a\\b/0001", "Unsafe"],
];

for (const [base, kind] of BAD) {
  Deno.test(`parseDestination() refuses ${base}`, () => {
    const failure = assertThrows(() => parseDestination(parseBase(base)), CleanupFailure);
    assertEquals(failure.kind, kind);
  });
}

Deno.test("parseDestination() shows no password when it refuses", () => {
  for (const text of ["ftp://u:SECRET@h/s", "https://u:SECRET@h/s?x", "https://u:SECRET@/s"]) {
    const failure = assertThrows(
      () => parseDestination(parseBase(`${text}/g/0001`)),
      CleanupFailure,
    );
    assert(!failure.message.includes("SECRET"));
  }
});
