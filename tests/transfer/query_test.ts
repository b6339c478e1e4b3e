import { assertEquals, assertStringIncludes } from "@std/assert";
import { parseOldAd } from "../../core/classad/mod.ts";
import { queryAnswer } from "../../core/transfer/query.ts";

const CURL = { name: "curl_plugin", version: "0.2", methods: ["http", "https", "ftp"] };

function answer(env: Readonly<Record<string, string>> = {}, plugin = CURL): string {
  return queryAnswer(plugin, (name) => env[name]);
}

Deno.test("queryAnswer() gives what HTCondor needs, one attribute on each line", () => {
  const lines = answer().trimEnd().split("\n");
  assertEquals(lines.slice(0, 5), [
    "MultipleFileSupport = true",
    'PluginVersion = "0.2"',
    'PluginType = "FileTransfer"',
    "ProtocolVersion = 4",
    'SupportedMethods = "http,https,ftp"',
  ]);
  const ad = parseOldAd(answer());
  const extra = ad.getString("StartdAttrs")!;
  assertEquals(extra, "PinionCurlPlugin");
  assertStringIncludes(ad.getString(extra)!, "parallel");
  assertEquals(lines.length, 7);
});

Deno.test("queryAnswer() publishes the proxies of its methods, lower-case names only", () => {
  const ad = parseOldAd(answer({
    http_proxy: "http://squid.example:3128",
    HTTPS_PROXY: "http://other:1",
    https_proxy: "",
    all_proxy: "socks5://x",
  }));
  assertEquals(ad.getString("http_proxy"), "http://squid.example:3128");
  assertEquals([ad.has("https_proxy"), ad.has("all_proxy")], [false, false]);
});

Deno.test("queryAnswer() publishes no password, however the proxy is written", () => {
  for (
    const [proxy, shown] of [
      ["http://user:s3cret@squid:3128", "http://squid:3128"],
      ["user:s3cret@squid:3128", "squid:3128"],
      ["http://user:s3c/ret@squid:3128/", "http://squid:3128/"],
      ["http://user:s3c@ret@squid:3128", "http://squid:3128"],
      ["http://user:s3c\nret@squid:3128", "http://squid:3128"],
      ["//user:s3c/r/et@squid", "//squid"],
    ] as const
  ) {
    const text = answer({ http_proxy: proxy });
    assertEquals(parseOldAd(text).getString("http_proxy"), shown);
    for (const part of ["s3c", "ret"]) assertEquals(text.includes(part), false, text);
  }
});

Deno.test("queryAnswer() stays a readable ad whatever a proxy variable holds", () => {
  const ad = parseOldAd(answer({ http_proxy: 'http://a"b\\c\nX = 1\r\u00e9' }));
  assertEquals(ad.getString("http_proxy"), "http://abcX = 1");
  assertEquals(ad.has("X"), false);
});
