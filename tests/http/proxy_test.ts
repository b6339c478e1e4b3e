import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { TransferFailure } from "../../core/errors.ts";
import { proxyFor, proxyTail } from "../../core/http/mod.ts";

type Env = Record<string, string>;

function serverFor(url: string, env: Env): string | undefined {
  const proxy = proxyFor(new URL(url), (name) => env[name]);
  return proxy && `${proxy.protocol}//${proxy.server}`;
}

const CASES: [what: string, url: string, env: Env, proxy: string | undefined][] = [
  ["nothing set", "http://h.example/", {}, undefined],
  ["its own proxy", "http://h.example/", { http_proxy: "http://p:8" }, "http://p:8"],
  ["no HTTP_PROXY", "http://h.example/", { HTTP_PROXY: "http://p:8" }, undefined],
  ["HTTPS_PROXY", "https://h.example/", { HTTPS_PROXY: "p:8" }, "http://p:8"],
  [
    "lower case first",
    "https://h.example/",
    { HTTPS_PROXY: "a:8", https_proxy: "b:8" },
    "http://b:8",
  ],
  [
    "an empty one as unset",
    "https://h.example/",
    { https_proxy: "", ALL_PROXY: "a:8" },
    "http://a:8",
  ],
  ["not the other's", "https://h.example/", { http_proxy: "a:8" }, undefined],
  ["all_proxy", "http://h.example/", { all_proxy: "a:8", ALL_PROXY: "b:8" }, "http://a:8"],
  ["ftp_proxy", "ftp://h.example/", { ftp_proxy: "a:8" }, "http://a:8"],
  ["FTP_PROXY", "ftp://h.example/", { FTP_PROXY: "a:8" }, "http://a:8"],
  ["port 1080", "http://h.example/", { http_proxy: "http://p" }, "http://p:1080"],
  ["port 80 where written", "http://h.example/", { http_proxy: "http://p:80/" }, "http://p:80"],
  ["https proxies", "http://h.example/", { http_proxy: "https://p" }, "https://p:443"],
  ["IPv6", "http://h.example/", { http_proxy: "http://[::1]:8/" }, "http://[::1]:8"],
  ["IPv6 without port", "http://h.example/", { http_proxy: "[::1]" }, "http://[::1]:1080"],
  ["no_proxy", "http://h.example/", { http_proxy: "p", no_proxy: "example" }, undefined],
  ["NO_PROXY", "http://h.example/", { http_proxy: "p", NO_PROXY: "*" }, undefined],
  [
    "no_proxy before NO_PROXY",
    "http://h.example/",
    { http_proxy: "p:8", no_proxy: "x", NO_PROXY: "*" },
    "http://p:8",
  ],
];

for (const [what, url, env, expected] of CASES) {
  Deno.test(`proxyFor() obeys: ${what}`, () => assertEquals(serverFor(url, env), expected));
}

Deno.test("proxyFor() decodes user and password", () => {
  const env: Env = { http_proxy: "u%40x:p%3Aw@p:8" };
  assertEquals(proxyFor(new URL("http://h.example/"), (name) => env[name])?.credentials, {
    username: "u@x",
    password: "p:w",
  });
});

Deno.test("proxyFor() refuses what is no proxy, and shows no password", () => {
  for (const bad of ["socks5://u:SECRET@p:1", "http://u:SECRET@p:x/", "http://u:SECRET@[::1"]) {
    const env: Env = { http_proxy: bad };
    const failure = assertThrows(
      () => proxyFor(new URL("http://h.example/"), (name) => env[name]),
      TransferFailure,
    );
    assertEquals([failure.kind, failure.facts.retryable], ["Parameter", -1]);
    assert(!failure.message.includes("SECRET"), failure.message);
  }
});

Deno.test("proxyFor() gives a proxy or one clear failure for any setting", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (value) => {
    try {
      proxyFor(new URL("http://h.example/"), (name) => name === "http_proxy" ? value : undefined);
    } catch (error) {
      assert(error instanceof TransferFailure && !/[\n\r]/.test(error.message));
    }
  }));
});

Deno.test("proxyTail() names the proxies without passwords", () => {
  const tail = (env: Env) => proxyTail((name) => env[name]);
  assertEquals(tail({ HTTP_PROXY: "a" }), "");
  assertEquals(
    tail({ http_proxy: "http://u:SECRET@p:8" }),
    " (with environment: http_proxy='http://p:8')",
  );
  assertEquals(
    tail({ http_proxy: "u:SECRET@p:8", HTTPS_PROXY: "q:9" }),
    " (with environment: http_proxy='p:8', https_proxy='q:9')",
  );
  assertEquals(tail({ http_proxy: "a'\nb" }), " (with environment: http_proxy='a b')");
});
