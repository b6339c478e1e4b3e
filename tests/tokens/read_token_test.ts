import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { TransferFailure } from "../../core/errors.ts";
import { readToken, tokenFileName } from "../../core/tokens/mod.ts";

/** Reads a credential from a directory that holds one file. */
function read(content: string | Uint8Array, { file = "x.use", credential = "x" } = {}) {
  const dir = Deno.makeTempDirSync();
  try {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    Deno.writeFileSync(join(dir, file), bytes);
    const { token, path } = readToken(credential, (name) => name === "_CONDOR_CREDS" ? dir : "");
    assertEquals(path, join(dir, file));
    return token;
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

function failureOf(work: () => unknown): TransferFailure {
  const failure = assertThrows(work, TransferFailure);
  assertEquals(failure.kind, "Authorization");
  const { failureType, shouldRefresh, retryable } = failure.facts;
  assertEquals([failureType, shouldRefresh, retryable], ["Authentication", true, -1]);
  return failure;
}

const NAMES: [credential: string, file: string][] = [
  ["chtc", "chtc.use"],
  ["chtc.ro", "chtc_ro.use"],
  ["a.b.c", "a_b_c.use"],
  ["box_handle", "box_handle.use"],
  ["my-token", "my-token.use"],
];

for (const [credential, file] of NAMES) {
  Deno.test(`tokenFileName() names the file of ${credential}`, () => {
    assertEquals(tokenFileName(credential), file);
  });
}

for (const bad of ["", "..", "a/b", "../x", "a..b", "/etc/passwd", "a\0b", "a b", ".a", "é"]) {
  Deno.test(`tokenFileName() refuses ${JSON.stringify(bad)}`, () => {
    failureOf(() => tokenFileName(bad));
  });
}

Deno.test("tokenFileName() refuses a name without an end", () => {
  const failure = failureOf(() => tokenFileName("a".repeat(100_000)));
  assert(failure.message.length < 200);
});

const CONTENTS: [what: string, content: string, token: string][] = [
  ["JSON", '{"access_token":"abc","expires_in":1}', "abc"],
  [
    "JSON over many lines",
    '\n\n{\n "token_type": "bearer",\n "access_token": "a.b.c"\n}\n',
    "a.b.c",
  ],
  ["JSON after a byte order mark", '\ufeff{"access_token":"abc"}', "abc"],
  ["a bare token", "abc", "abc"],
  ["a bare token with line ends", "  abc \r\n", "abc"],
  ["blank lines first", "\n \n\t\nabc\ndef\n", "abc"],
  ["comments first", "# a comment\n#\n\n abc\n", "abc"],
];

for (const [what, content, token] of CONTENTS) {
  Deno.test(`readToken() reads ${what}`, () => assertEquals(read(content), token));
}

Deno.test("readToken() reads the file of a service's handle", () => {
  assertEquals(read("abc", { file: "chtc_ro.use", credential: "chtc.ro" }), "abc");
});

const BAD: [what: string, content: string | Uint8Array, message: RegExp][] = [
  ["an empty file", "", /^Cannot use credential file ".*x\.use": no token in it$/],
  ["only comments", "# SECRET\n\n#x", /no token in it$/],
  ["broken JSON", '{"access_token":"SECRET"', /^Unable to parse token as JSON$/],
  ["JSON of one line only", '{\n"access_token":"SECRET"\n', /^Unable to parse token as JSON$/],
  ["JSON without a token", '{"token":"SECRET"}', /^No 'access_token' key in JSON object$/],
  ["a token that is no text", '{"access_token":["SECRET"]}', /^No 'access_token' key in JSON/],
  ["a token with a line end", '{"access_token":"SECRET\\r\\nX: y"}', /not one line of visible/],
  ["a token with a blank", "SECRET token", /not one line of visible ASCII$/],
  ["a token that is not ASCII", '{"access_token":"SECRETé"}', /not one line of visible ASCII$/],
  ["an empty token", '{"access_token":""}', /not one line of visible ASCII$/],
  ["a token of a megabyte", "S".repeat(1 << 20), /not one line of visible ASCII$/],
  [
    "a larger file",
    "S".repeat((1 << 20) + 1),
    /^Cannot read credential file ".*": 1048577 bytes are more than 1048576$/,
  ],
  ["bytes that are no text", new Uint8Array([0xff, 0xfe, 0, 65]), /not one line of visible ASCII$/],
];

for (const [what, content, message] of BAD) {
  Deno.test(`readToken() refuses ${what}`, () => {
    const failure = failureOf(() => read(content));
    assert(message.test(failure.message), failure.message.slice(0, 300));
    assert(!failure.message.includes("SECRET"));
    assertEquals(failure.facts.cause, undefined);
  });
}

Deno.test("readToken() says that there is no directory", () => {
  const failure = failureOf(() => readToken("chtc.ro", () => undefined));
  assertEquals(failure.message, "Credential for chtc.ro requested by $_CONDOR_CREDS not set");
});

Deno.test("readToken() says why a file cannot be opened", () => {
  const failure = failureOf(() => readToken("chtc", () => "/nonexistent"));
  assertEquals(
    failure.message,
    "Unable to open credential file /nonexistent/chtc.use: No such file or directory (errno=2)",
  );
  assertEquals(failure.facts.errorCode, 2);
});

Deno.test("readToken() does not wait for a FIFO's writer", () => {
  const dir = Deno.makeTempDirSync();
  try {
    new Deno.Command("mkfifo", { args: [join(dir, "x.use")] }).outputSync();
    const failure = failureOf(() => readToken("x", () => dir));
    assert(failure.message.endsWith("not a regular file"), failure.message);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test("readToken() reads the file anew each time", () => {
  const dir = Deno.makeTempDirSync();
  try {
    for (const token of ["first", "second"]) {
      Deno.writeTextFileSync(join(dir, "x.use"), token);
      assertEquals(readToken("x", () => dir).token, token);
    }
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

const visible = fc.stringMatching(/^[!-~]{1,60}$/);

Deno.test("readToken() finds any token in either form", () => {
  fc.assert(fc.property(visible, fc.boolean(), (token, bare) => {
    fc.pre(!bare || !/^[{#]/.test(token));
    assertEquals(read(bare ? `# x\n\n${token}\n` : JSON.stringify({ access_token: token })), token);
  }));
});

Deno.test("readToken() never shows what is in a file it cannot use", () => {
  const secret = "s3cr3t-t0ken-value";
  const frame = fc.string({ unit: "binary", maxLength: 20 });
  fc.assert(fc.property(frame, frame, (before, after) => {
    try {
      const token = read(`${before}${secret}${after}`);
      assert(/^[!-~]+$/.test(token));
    } catch (error) {
      if (!(error instanceof TransferFailure)) throw error;
      const shown = `${error.message} ${error.stack} ${JSON.stringify(error.facts)}`;
      assert(!shown.includes(secret), shown);
    }
  }));
});
