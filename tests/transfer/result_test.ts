import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { type ClassAd, type Expression, parseAd, printAd, Real } from "../../core/classad/mod.ts";
import { type FailureFacts, type FailureKind, TransferFailure } from "../../core/errors.ts";
import { failureText, type FileResult, rank, resultAd } from "../../core/transfer/result.ts";

const FRAME = { pluginVersion: "0.2", hostname: "ep7" };

const MOVED: FileResult = {
  url: "https://h.example/d/x.dat?sig=abc",
  localFileName: "/scratch/dir_9/x.dat",
  direction: "download",
  protocol: "https",
  success: true,
  bytes: 4096,
  totalBytes: 5000,
  startTime: 1_780_000_000,
  endTime: 1_780_000_031,
  connectionSeconds: 30.5,
  tries: 2,
  failures: [],
  facts: {
    TransferHostName: "h.example:443",
    TransferHTTPStatusCode: 200,
    HttpCacheHitOrMiss: "HIT",
    HttpCacheHost: "cache.example",
  },
};

function failedBy(
  kind: FailureKind,
  facts: Partial<FailureFacts> = {},
  message = "went wrong",
): FileResult {
  const failure = new TransferFailure(kind, message, { errorCode: 56, retryable: 0, ...facts });
  return { ...MOVED, success: false, bytes: 0, failures: [{ attempt: 1, failure }] };
}

/** The ad as a reader sees it: printed and parsed again. */
const reread = (result: FileResult) => parseAd(printAd(resultAd(result, FRAME)));

const stanzas = (ad: ClassAd) => ad.getList("TransferErrorData")!.map((item) => item as ClassAd);

/** What kind of literal an attribute is; HTCondor's history takes nothing else. */
function literalType(expression: Expression | undefined): string {
  if (expression === undefined) return "missing";
  if (expression.kind !== "literal") return expression.kind;
  return expression.value instanceof Real ? "real" : typeof expression.value;
}

const types = (ad: ClassAd) =>
  Object.fromEntries([...ad.entries()].map(([name, value]) => [name, literalType(value)]));

Deno.test("resultAd() states each attribute with HTCondor's type, as a literal", () => {
  const ad = reread(failedBy("Contact", { server: "h.example:443" }));
  assertEquals(types(ad), {
    TransferUrl: "string",
    TransferFileName: "string",
    TransferType: "string",
    TransferProtocol: "string",
    TransferSuccess: "boolean",
    TransferFileBytes: "bigint",
    TransferTotalBytes: "bigint",
    TransferStartTime: "bigint",
    TransferEndTime: "bigint",
    ConnectionTimeSeconds: "real",
    TransferError: "string",
    DeveloperData: "ad",
    TransferErrorData: "list",
  });
  assertEquals(types(ad.getAd("DeveloperData")!), {
    TransferHostName: "string",
    TransferLocalMachineName: "string",
    TransferTries: "bigint",
    TransferHTTPStatusCode: "bigint",
    LibcurlReturnCode: "bigint",
    HttpCacheHitOrMiss: "string",
    HttpCacheHost: "string",
  });
});

Deno.test("resultAd() says of a moved file what it is, and nothing of errors", () => {
  const ad = reread(MOVED);
  assertEquals(ad.getString("TransferUrl"), MOVED.url);
  assertEquals(ad.getInteger("TransferFileBytes"), 4096);
  assertEquals(ad.getInteger("TransferTotalBytes"), 5000);
  assertEquals(ad.getReal("ConnectionTimeSeconds"), 30.5);
  assertEquals(ad.getAd("DeveloperData")!.getInteger("LibcurlReturnCode"), 0);
  assertEquals([ad.has("TransferError"), ad.has("TransferErrorData")], [false, false]);
});

Deno.test("resultAd() lists the failures before a success", () => {
  const { failures } = failedBy("Transfer", { failureType: "Incomplete", server: "h:1" });
  const ad = reread({ ...MOVED, failures });
  assertEquals(ad.has("TransferError"), false);
  assertEquals(stanzas(ad).length, 1);
});

Deno.test("resultAd() prints whole seconds as a real", () => {
  for (const connectionSeconds of [0, 1, 1e-9, 86400, 2 ** 40]) {
    const ad = reread({ ...MOVED, connectionSeconds });
    assertEquals(literalType(ad.get("ConnectionTimeSeconds")), "real");
    const read = ad.getReal("ConnectionTimeSeconds")!;
    assert(Math.abs(read - connectionSeconds) <= 1e-12 * connectionSeconds);
  }
});

Deno.test("resultAd() prints sizes up to 2^53 as plain integers", () => {
  const text = printAd(resultAd({ ...MOVED, bytes: 2 ** 53, totalBytes: 3e15 }, FRAME));
  assertStringIncludes(text, "TransferFileBytes = 9007199254740992");
  assertStringIncludes(text, "TransferTotalBytes = 3000000000000000");
});

for (
  const [kind, facts, expected] of [
    ["Parameter", {}, { PluginVersion: "0.2", PluginLaunched: true }],
    ["Resolution", { name: "h" }, { FailedName: "h", FailureType: "PostContact" }],
    [
      "Resolution",
      { name: "h", failureType: "Definitive" },
      { FailedName: "h", FailureType: "Definitive" },
    ],
    ["Contact", { server: "h:1" }, { FailedServer: "h:1" }],
    ["Contact", {}, { FailedServer: "ep7" }],
    [
      "Authorization",
      { server: "h:1", failureType: "Authentication", shouldRefresh: true },
      { FailedServer: "h:1", FailureType: "Authentication", ShouldRefresh: true },
    ],
    [
      "Authorization",
      { server: "h:1" },
      { FailedServer: "h:1", FailureType: "Authorization", ShouldRefresh: false },
    ],
    ["Specification", { server: "h:1" }, { FailedServer: "h:1" }],
    [
      "Transfer",
      { failureType: "TooSlow", server: "h:1" },
      { FailedServer: "h:1", FailureType: "TooSlow" },
    ],
    ["Transfer", { server: "h:1" }, { FailedServer: "h:1", FailureType: "Incomplete" }],
  ] as const
) {
  Deno.test(`resultAd() gives a ${kind} failure exactly its stanza: ${JSON.stringify(facts)}`, () => {
    const [stanza] = stanzas(reread(failedBy(kind, facts)));
    const found = Object.fromEntries(stanza!.names().map((name) => [name, stanza!.evaluate(name)]));
    const { DeveloperData, ...rest } = found;
    assertEquals((DeveloperData as ClassAd).getInteger("Attempt"), 1);
    assertEquals(rest, {
      ErrorType: kind,
      ...expected,
      ErrorCode: 56n,
      ErrorString: "went wrong",
      Retryable: 0n,
    });
  });
}

Deno.test("resultAd() names the proxy or cache at which a transfer failed, and when to come back", () => {
  const intermediate = { server: "cache:8000", errorType: "PostConnection" } as const;
  const [stanza] = stanzas(reread(failedBy("Transfer", { intermediate, retryable: 120.5 })));
  assertEquals(stanza!.getString("IntermediateServer"), "cache:8000");
  assertEquals(stanza!.getString("IntermediateServerErrorType"), "PostConnection");
  assertEquals(stanza!.getInteger("Retryable"), 120);
});

Deno.test("resultAd() makes an ad of whatever numbers a scheme gives", () => {
  const odd = failedBy("Transfer", { errorCode: 1.5, retryable: NaN, status: 500 });
  const ad = reread({ ...odd, facts: { TransferHTTPStatusCode: NaN } });
  assertEquals(stanzas(ad)[0]!.getInteger("ErrorCode"), 1);
  assertEquals(ad.getAd("DeveloperData")!.has("TransferHTTPStatusCode"), false);
});

Deno.test("resultAd() returns name and URL byte for byte", () => {
  const character = fc.integer({ min: 1, max: 0x10ffff }).map((code) => String.fromCodePoint(code))
    .filter((each) => each.isWellFormed());
  const odd = fc.string({ unit: character, maxLength: 40 });
  fc.assert(fc.property(odd, odd, (url, localFileName) => {
    const ad = reread({ ...MOVED, url, localFileName });
    assertEquals(ad.getString("TransferUrl"), url);
    assertEquals(ad.getString("TransferFileName"), localFileName);
  }));
  // A file name that is not UTF-8, as the ClassAd reader hands it over.
  const name = "/s/\udcff\udc80x";
  assertEquals(reread({ ...MOVED, localFileName: name }).getString("TransferFileName"), name);
  const text = printAd(resultAd({ ...MOVED, localFileName: '/s/é\n"\\' }, FRAME));
  assertStringIncludes(text, String.raw`"/s/\303\251\n\"\\"`);
});

Deno.test("failureText() keeps quotes, backslashes and UTF-8, in one line", () => {
  const message = `cannot "x" \\ é \u{1f600}\r\nnext\tline \x07`;
  const ad = reread(failedBy("Transfer", {}, message));
  const text = ad.getString("TransferError")!;
  assertStringIncludes(text, `cannot "x" \\ é \u{1f600}`);
  // deno-lint-ignore no-control-regex
  assertNotMatch(text, /[\x00-\x1f]/);
  assertEquals(stanzas(ad)[0]!.getString("ErrorString"), text);
});

Deno.test("failureText() has none of the marks by which hold reasons are cut", () => {
  const mark = fc.constantFrom("|Error: ", "|", "||", "; SHADOW", "; STARTER", "URL file = ", "\n");
  const part = fc.oneof(mark, fc.string({ maxLength: 5 }));
  fc.assert(fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
    const { failures } = failedBy("Transfer", {}, parts.join(""));
    const text = failureText(failures[0]!.failure);
    assertNotMatch(text, /\||; SHADOW|; STARTER|URL file = |[\r\n]/);
  }));
});

Deno.test("failureText() is at most 1,000 characters, none of them cut in two", () => {
  const { failures } = failedBy("Transfer", {}, "x" + "\u{1f600}".repeat(2000));
  const text = failureText(failures[0]!.failure);
  assert(text.length <= 1000 && text.length > 990);
  assert(text.isWellFormed());
});

Deno.test("failureText() tells no secret", () => {
  const message = "PUT https://u:pass@h/f?X-Amz-Signature=5ec4e7: authorization: Bearer abc.def";
  const text = failureText(failedBy("Transfer", {}, message).failures[0]!.failure);
  for (const secret of ["pass", "5ec4e7", "abc.def"]) assert(!text.includes(secret), text);
});

Deno.test("rank() puts successes first and definitive failures last", () => {
  const results = [
    MOVED,
    { ...failedBy("Transfer"), tries: 0 },
    failedBy("Transfer"),
    failedBy("Contact"),
    failedBy("Resolution"),
    failedBy("Parameter"),
    failedBy("Specification"),
  ];
  const ranks = results.map(rank);
  assertEquals(ranks, ranks.toSorted((a, b) => a - b));
  assertEquals(new Set(ranks).size, ranks.length);
  assertEquals(rank(failedBy("Authorization")), rank(failedBy("Specification")));
});
