import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { makeAd, printAd } from "../../core/classad/mod.ts";
import { type FileRequest, type InFile, readInFile } from "../../core/transfer/in_file.ts";
import { DEFAULT_OPTIONS } from "../../core/transfer/options.ts";

const read = (text: string | Uint8Array): InFile =>
  readInFile(typeof text === "string" ? new TextEncoder().encode(text) : text, DEFAULT_OPTIONS);

/** The requests of a text that must be well-formed. */
function requestsOf(text: string): readonly FileRequest[] {
  const { requests, malformed } = read(text);
  assertEquals(malformed, undefined);
  return requests;
}

const file = (name: string, more = "", method = "http") =>
  `[ Url = "${method}://h/${name}"; LocalFileName = "/s/${name}"; ${more} ]`;

/** `MaxRetries` of each request, which stands for all options here. */
const retries = (text: string) => requestsOf(text).map(({ options }) => options.maxRetries);

for (
  const [what, text] of [
    ["as HTCondor writes it", `[ LocalFileName = "/s/a b"; Url = "http://h/x?y#z" ]`],
    [
      "in another order, with more attributes",
      `[A=1;Url="http://h/x?y#z";B={1};LocalFileName="/s/a b";]`,
    ],
    ["without regard to case", `[ LOCALFILENAME = "/s/a b"; url = "http://h/x?y#z" ]`],
    [
      "with comments",
      `/* a */[ // b\n Url = /* c */ "http://h/x?y#z"; LocalFileName = "/s/a b" ]// d`,
    ],
    ["with quoted names", `[ 'Url' = "http://h/x?y#z"; 'LocalFileName' = "/s/a b"; 'a-b' = 1 ]`],
    ["with adjacent strings", `[ Url = "http://h/" "x?y"\n "#z"; LocalFileName = "/s/a" " b" ]`],
    ["with octal escapes", String.raw`[ Url = "http:\57/h/x\077y#z"; LocalFileName = "/s/a\40b" ]`],
    [
      "with strcat",
      `[ Url = strcat("http://", "h/", Rest); Rest = "x?y#z"; LocalFileName = "/s/a b" ]`,
    ],
    [
      "with ifThenElse",
      `[ Url = ifThenElse(1 < 2, "http://h/x?y#z", "no"); LocalFileName = "/s/a b" ]`,
    ],
  ] as const
) {
  Deno.test(`readInFile() reads an ad ${what}`, () => {
    const requests = requestsOf(text);
    assertEquals(
      requests.map(({ url, localFileName, method, refusal }) => [
        url,
        localFileName,
        method,
        refusal,
      ]),
      [["http://h/x?y#z", "/s/a b", "http", undefined]],
    );
  });
}

Deno.test("readInFile() reads ads with nothing between them, in order", () => {
  const requests = requestsOf(`${file("a")}${file("b")}\n\n  ${file("c")}`);
  assertEquals(requests.map(({ url }) => url), ["http://h/a", "http://h/b", "http://h/c"]);
});

Deno.test("readInFile() reads UTF-8, escaped and plain", () => {
  const text = String.raw`[ Url = "http://h/\303\251"; LocalFileName = "/s/é" ]`;
  assertEquals(requestsOf(text)[0]!.url, "http://h/é");
  assertEquals(requestsOf(text)[0]!.localFileName, "/s/é");
});

Deno.test("readInFile() returns what printAd() wrote, whatever name and URL are", () => {
  const character = fc.integer({ min: 1, max: 0x10ffff }).map((code) => String.fromCodePoint(code))
    .filter((each) => each.isWellFormed());
  const text = fc.string({ unit: character, maxLength: 30 });
  const pairs = fc.array(fc.tuple(text, text), { maxLength: 5 });
  fc.assert(fc.property(pairs, (files) => {
    const ads = files.map(([Url, LocalFileName]) => printAd(makeAd({ Url, LocalFileName })));
    const requests = requestsOf(ads.join(""));
    assertEquals(requests.map(({ url, localFileName }) => [url, localFileName]), files);
  }));
});

Deno.test("readInFile() reads 10,000 ads", () => {
  const text = Array.from({ length: 10_000 }, (_, i) => file(`f${i}`)).join("");
  const requests = requestsOf(text);
  assertEquals(requests.length, 10_000);
  assertEquals(requests[9_999]!.url, "http://h/f9999");
});

Deno.test("readInFile() finds nothing in an empty file, a comment or a header alone", () => {
  for (const text of ["", " \n\t", "// nothing\n", "[ ]", "[ PluginData = [ MaxRetries = 1 ] ]"]) {
    assertEquals(requestsOf(text), []);
  }
});

Deno.test("readInFile() takes an ad without URL or name for a header", () => {
  for (
    const header of [
      `[ Url = "http://h/x" ]`,
      `[ LocalFileName = "x" ]`,
      `[ Url = 5; LocalFileName = "x" ]`,
    ]
  ) {
    assertEquals(requestsOf(header + file("a")).length, 1);
  }
});

Deno.test("readInFile() keeps the ads before a malformed one, and says where it stopped", () => {
  for (
    const bad of [
      "[ Url = ",
      '[ Url = "x',
      "nonsense",
      "]",
      "[ A = 1 ",
      '[ Url = "a\\0b" ]',
      "\xff\xfe",
      "[ = 2 ]",
      "/* open",
    ]
  ) {
    const { requests, malformed } = read(`${file("a")}${file("b")}${bad}${file("c")}`);
    assertEquals([bad, requests.length], [bad, 2]);
    assertEquals([malformed?.kind, malformed?.facts.retryable], ["Parameter", -1]);
    assertStringIncludes(malformed!.message, "Cannot read the input ads: ");
  }
});

Deno.test("readInFile() says of any bytes what they are, and throws nothing", () => {
  const token = fc.constantFrom(
    "[",
    "]",
    "Url",
    "=",
    ";",
    '"',
    "\\",
    "{",
    "}",
    "(",
    "1",
    "'",
    "/*",
  );
  fc.assert(fc.property(fc.array(token, { maxLength: 30 }), (tokens) => {
    read(tokens.join(" "));
  }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void read(bytes)));
});

Deno.test("readInFile() refuses a file name that is not UTF-8, and that file only", () => {
  const text = String.raw`[ Url = "http://h/a"; LocalFileName = "/s/\377" ]${file("b")}`;
  const [bad, good] = requestsOf(text);
  assertEquals([bad!.refusal?.kind, bad!.refusal?.message], [
    "Parameter",
    "File name is not valid UTF-8",
  ]);
  assertEquals(bad!.localFileName, "/s/\udcff");
  assertEquals(good!.refusal, undefined);
});

Deno.test("readInFile() applies data of protocol 4 to the ads after it only", () => {
  const data = (n: number) => `[ PluginData = [ MaxRetries = ${n} ] ]`;
  assertEquals(retries(file("a") + data(1) + file("b") + file("c") + data(2) + file("d")), [
    20,
    1,
    1,
    2,
  ]);
});

Deno.test("readInFile() applies data of a method to that method only, above the general", () => {
  const general = "[ PluginData = [ MaxRetries = 1; MaxParallel = 2 ] ]";
  const http = `[ Protocol = "http"; http_PluginData = [ MaxRetries = 3 ] ]`;
  const text = file("a") + http + file("b") + file("c", "", "x+HTTP") + file("d", "", "ftp") +
    general + file("e") + file("f", "", "ftp");
  assertEquals(retries(text), [20, 3, 3, 20, 3, 1]);
  assertEquals(requestsOf(text).map(({ options }) => options.maxParallel), [8, 8, 8, 8, 2, 2]);
});

Deno.test("readInFile() applies data of protocol 2, which stands in each file's ad", () => {
  const text =
    file("a", "PluginData = [ MaxRetries = 1 ]; http_PluginData = [ MaxRedirects = 2 ]") +
    file("b");
  assertEquals(retries(text), [1, 20]);
  assertEquals(requestsOf(text).map(({ options }) => options.maxRedirects), [2, 30]);
});

Deno.test("readInFile() ranks data: header, method's header, file's, file's method, file itself", () => {
  const header = `[ PluginData = [ MaxRetries = 1 ]; http_PluginData = [ MaxRetries = 2 ] ]`;
  assertEquals(retries(header + file("a")), [2]);
  assertEquals(retries(header + file("a", "PluginData = [ MaxRetries = 3 ]")), [3]);
  const both = "http_PluginData = [ MaxRetries = 4 ]; PluginData = [ MaxRetries = 3 ]";
  assertEquals(retries(header + file("a", both)), [4]);
  assertEquals(retries(header + file("a", `${both}; maxretries = 5`)), [5]);
  assertEquals(retries(header + file("a", `ftp_PluginData = [ MaxRetries = 9 ]`)), [2]);
});

Deno.test("readInFile() gives the same options by either protocol", () => {
  const data = `[ Verify = "required"; Headers = { "X-A: 1" }; Unpack = true; StallSeconds = 60 ]`;
  const [four] = requestsOf(`[ PluginData = ${data} ]${file("a")}`);
  const [two] = requestsOf(file("a", `PluginData = ${data}`));
  assertEquals(four!.options, two!.options);
  assertEquals(four!.options, {
    ...DEFAULT_OPTIONS,
    verify: "required",
    headers: ["X-A: 1"],
    unpack: "auto",
    stallSeconds: 60,
  });
});

Deno.test("readInFile() leaves data for other plug-ins alone", () => {
  const text = file("a", `PluginData = [ Unknown = 5; MaxRetries = 7 ]; box_PluginData = "text"`);
  assertEquals(retries(text), [7]);
  assertEquals(retries(file("a", `PluginData = "for somebody else"`)), [20]);
});

Deno.test("readInFile() refuses a file for an option of the wrong type, naming it", () => {
  for (
    const [data, text] of [
      [`MaxParallel = "8"`, 'Cannot use "MaxParallel": expected an integer from 1 to 64'],
      [`MaxParallel = 65`, 'Cannot use "MaxParallel": expected an integer from 1 to 64'],
      [`StallSeconds = 9`, 'Cannot use "StallSeconds": expected an integer from 10 to 600'],
      [`Verify = "perhaps"`, 'Cannot use "Verify": expected one of off, if-offered, required'],
      [`Headers = "X: 1"`, 'Cannot use "Headers": expected a list of at most 100 strings'],
      [`Mirrors = { "http://m/a", 5 }`, 'Cannot use "Mirrors": expected a list'],
      [`AllowHttpDowngrade = 1`, 'Cannot use "AllowHttpDowngrade": expected true or false'],
      [`Checksums = [ Algorithm = "md5" ]`, 'Cannot use "Checksums": expected ads'],
      [`MaxRetries = undefined`, 'Cannot use "MaxRetries": expected an integer'],
      [`MaxRetries = 1 / 0`, 'Cannot use "MaxRetries": expected an integer'],
    ] as const
  ) {
    for (
      const placed of [
        `[ PluginData = [ ${data} ] ]${file("a")}`,
        file("a", `PluginData = [ ${data} ]`),
        file("a", `http_PluginData = [ ${data} ]`),
        file("a", data),
      ]
    ) {
      const [refused, next] = requestsOf(placed + file("b", "", "ftp"));
      assertEquals(refused!.refusal?.kind, "Parameter");
      assertStringIncludes(refused!.refusal!.message, text);
      assert(next !== undefined);
      if (!placed.startsWith("[ PluginData")) assertEquals(next.refusal, undefined);
    }
  }
});

Deno.test("readInFile() reads expected digests", () => {
  const [one] = requestsOf(file(
    "a",
    `Checksums = { [ Url = "http://h/a"; Algorithm = "SHA-256"; Value = "AB" ],
      [ LocalFileName = "b"; Algorithm = "md5"; Value = "cd" ], [ Algorithm = "crc32c"; Value = "0" ] }`,
  ));
  assertEquals(one!.options.checksums, [
    { subject: "http://h/a", algorithm: "sha256", value: "ab" },
    { subject: "b", algorithm: "md5", value: "cd" },
    { subject: undefined, algorithm: "crc32c", value: "0" },
  ]);
});
