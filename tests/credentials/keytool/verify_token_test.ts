import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import fc from "fast-check";
import { CompactSign } from "jose";
import { decodeToken, TokenRefusal } from "../../../core/credentials/keytool/decode_token.ts";
import { runVerifyToken } from "../../../core/credentials/keytool/verify_token.ts";
import { readPrivateKey } from "../../../core/keys/mod.ts";
import { clockAt, FakeHost, Folder, keyPath, NOON } from "./hosts.ts";

const ISSUER = "https://issuer.example.org/scitokens";
const SET = keyPath("ec-public.jwks");
const GOOD = {
  sub: "alice",
  scope: "read:/user/alice",
  iss: ISSUER,
  exp: NOON + 60,
  nbf: NOON,
  iat: NOON,
};

async function sign(
  claims: unknown,
  { header = {}, key = "ec-private.pem" }: { header?: object; key?: string } = {},
): Promise<string> {
  const { algorithm, privateKey } = await readPrivateKey(Deno.readTextFileSync(keyPath(key)));
  return await new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: algorithm, kid: "f00f", typ: "JWT", ...header }).sign(privateKey);
}

async function run(
  args: readonly string[],
  changes: ConstructorParameters<typeof FakeHost>[0] = {},
) {
  const host = new FakeHost(changes);
  const code = await runVerifyToken(args, host);
  return { code, text: host.text, notes: host.notes };
}

/** Why a token is refused: the stable word and the text. */
async function refusal(token: string, ...args: string[]): Promise<readonly [string, string]> {
  const error = await assertRejects(() => run(["-jwks", SET, ...args, token]), TokenRefusal);
  assert(!error.message.includes(token.slice(0, 30) || "\0"), error.message);
  assertMatch(error.message, /^Cannot accept this token: [^\n]+$/);
  return [error.code, error.state];
}

Deno.test("scitokens-verify-token takes a good token, from wherever it comes", async () => {
  using folder = new Folder();
  const token = await sign(GOOD);
  const ways: [string[], string?][] = [
    [[token]],
    [["--token", token]],
    [["-token-file", folder.write("bare", `${token}\n`)]],
    [["-token-file", folder.write("json", `{"access_token": "${token}", "expires_in": 1200}`)]],
    [["-"], `${token}\n`],
    [["-"], `{"access_token": "${token}"}`],
  ];
  for (const [args, stdin = ""] of ways) {
    assertEquals(await run(["-jwks", SET, ...args], { stdin }), {
      code: 0,
      text: `The token is good: issuer "${ISSUER}", subject "alice", key "f00f", ES256, ` +
        "expires 2026-11-21T04:51:20Z, in 60 s\n",
      notes: [],
    });
  }
  const pem = await run(["-jwks", keyPath("ec-public.pem"), token]);
  assertEquals(pem.code, 0);
});

Deno.test("scitokens-verify-token -v shows header and claims, also of what it refuses", async () => {
  const token = await sign({ ...GOOD, sub: "a\u202eb\u009b", exp: 5 });
  const host = new FakeHost();
  await assertRejects(() => runVerifyToken(["-v", "-jwks", SET, token], host), TokenRefusal);
  assertMatch(
    host.text,
    /^Header: \{\n {2}"alg": "ES256",[^]*\nClaims: \{\n {2}"sub": "a\\u202eb\\u009b"/,
  );
  assertMatch(host.text, /^[\n\x20-\x7e]*$/);
});

Deno.test("scitokens-verify-token says what is wrong with claims", async () => {
  const cases: (readonly [object, string, RegExp, ...string[]])[] = [
    [{ exp: NOON }, "expired", /it expired at 2026-11-21T04:50:20Z, 0 s ago/],
    [{ exp: NOON - 90 }, "expired", /90 s ago/],
    [{ exp: undefined }, "no-time", /"exp" is missing/],
    [{ exp: "soon" }, "no-time", /"exp" is "soon", not a time/],
    [{ exp: 1e300 }, "no-time", /not a time/],
    [{ exp: -1 }, "no-time", /not a time/],
    [{ nbf: NOON + 5 }, "not-yet", /its "nbf" is 2026-11-21T04:50:25Z, 5 s from now/],
    [{ iat: NOON + 5 }, "not-yet", /its "iat" is/],
    [{ nbf: null }, "no-time", /"nbf" is null/],
    [{ iss: undefined }, "no-issuer", /"iss" is missing/],
    [{ iss: 5 }, "no-issuer", /"iss" is 5/],
    [{}, "wrong-issuer", /not "https:\/\/other"/, "-issuer", "https://other"],
    [{}, "wrong-issuer", /not/, "-issuer", `${ISSUER}/`],
    [{ ver: "scitoken:2.0" }, "profile", /needs an "aud"/],
    [{ ver: "scitokens:2.0", aud: [] }, "profile", /needs an "aud"/],
    [{ ver: "3" }, "profile", /"ver" is "3", which verifiers do not know/],
    [{ ver: 1 }, "profile", /"ver" is 1/],
    [{ "wlcg.ver": "1.0" }, "profile", /WLCG token, which needs an "aud"/],
    [{ "wlcg.ver": 1, aud: "x" }, "profile", /"wlcg.ver" is 1, not "1.0"/],
    [{ aud: 5 }, "audience", /neither a text nor a list/],
    [{ aud: ["a", 5] }, "audience", /neither a text nor a list/],
    [{ aud: "a" }, "audience", /"aud" is "a", not "b" or "c"/, "-audience", "b", "-audience", "c"],
    [{}, "audience", /"aud" is missing, not "b"/, "-audience", "b"],
    [{}, "scope", /does not allow "write:\/x"/, "-scope", "read:/user/alice", "-scope", "write:/x"],
    [{ scope: ["read:/"] }, "scope", /does not allow/, "-scope", "read:/x"],
  ];
  for (const [changes, code, state, ...args] of cases) {
    const [found, text] = await refusal(await sign({ ...GOOD, ...changes }), ...args);
    assertEquals([changes, found], [changes, code]);
    assertMatch(text, state);
  }
});

Deno.test("scitokens-verify-token takes what the profiles allow", async () => {
  const cases: (readonly [object, ...string[]])[] = [
    [{ ver: "scitokens:1.0" }],
    [{ ver: "scitoken:2.0", aud: "x" }],
    [{ ver: "scitoken:2.0", aud: ["ANY"] }, "-audience", "https://storage"],
    [{ "wlcg.ver": "1.0", aud: "https://wlcg.cern.ch/jwt/v1/any" }, "-audience", "https://storage"],
    [{ aud: ["a", "b"] }, "-audience", "b"],
    [{ nbf: NOON - 0.5, iat: undefined, exp: NOON + 0.5 }],
    [{}, "-issuer", ISSUER],
    [{}, "-scope", "read:/user/alice/file"],
  ];
  for (const [changes, ...args] of cases) {
    const { code } = await run(["-jwks", SET, ...args, await sign({ ...GOOD, ...changes })]);
    assertEquals([changes, code], [changes, 0]);
  }
});

Deno.test("scitokens-verify-token takes no signature but that of the issuer's key", async () => {
  const token = await sign(GOOD);
  const [head = "", body = "", signature = ""] = token.split(".");
  const encode = (value: unknown) =>
    new TextEncoder().encode(JSON.stringify(value)).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    });
  const swapped = signature[5] === "A" ? "B" : "A";
  const cases = [
    [`${head}.${body}.${signature.slice(0, 5)}${swapped}${signature.slice(6)}`, "signature"],
    [`${head}.${encode({ ...GOOD, sub: "root" })}.${signature}`, "signature"],
    [`${head}.${body}.`, "signature"],
    [await sign(GOOD, { key: "ec-short-x-private.pem" }), "signature"],
    [await sign(GOOD, { header: { kid: "other" } }), "no-key"],
    [await sign(GOOD, { header: { kid: 5 } }), "no-key"],
    [await sign(GOOD, { key: "rsa-private.pem" }), "algorithm"],
    [`${encode({ alg: "none" })}.${body}.`, "algorithm"],
    [`${encode({ alg: "HS256", kid: "f00f" })}.${body}.${signature}`, "algorithm"],
    [`${encode({ alg: "ES384", kid: "f00f" })}.${body}.${signature}`, "algorithm"],
    [`${encode({ kid: "f00f" })}.${body}.${signature}`, "algorithm"],
    [`${encode({ alg: "ES256", crit: ["x"], x: 1 })}.${body}.${signature}`, "critical"],
  ] as const;
  for (const [text, code] of cases) assertEquals((await refusal(text))[0], code);
  assertMatch(
    (await refusal(await sign(GOOD, { header: { kid: "other" } })))[1],
    /publishes "f00f"$/,
  );
  // Without a kid every key is tried.
  const unnamed = await sign(GOOD, { header: { kid: undefined } });
  assertEquals((await run(["-jwks", SET, unnamed])).code, 0);
  const other = await refusal(unnamed.slice(0, -6) + "AAAAAA");
  assertMatch(other[1], /not by any of the keys/);
});

Deno.test("scitokens-verify-token says what is no token", async () => {
  const cases = [
    ["", /it is empty/],
    ["x", /1 parts between dots/],
    ["a.b", /2 parts/],
    ["a.b.c.d", /4 parts/],
    ["a.b.c.d.e", /it is encrypted/],
    ["a b.c.d", /characters that tokens do not have/],
    ["e30.W10.x", /its body is not a JSON object/],
    ["bnVsbA.e30.x", /its header is not a JSON object/],
    ["!!.e30.x", /characters/],
    ["_w.e30.x", /its header is not JSON in base64url/],
    ["e30.e3.x", /its body is not JSON/],
    ["e".repeat(70_000), /longer than 65536/],
  ] as const;
  for (const [token, state] of cases) {
    const [code, text] = await refusal(token);
    assertEquals([token.slice(0, 20), code], [token.slice(0, 20), "shape"]);
    assertMatch(text, state);
  }
});

Deno.test("decodeToken() throws nothing but TokenRefusal", () => {
  const part = fc.oneof(
    fc.jsonValue().map((value) =>
      new TextEncoder().encode(JSON.stringify(value)).toBase64({
        alphabet: "base64url",
        omitPadding: true,
      })
    ),
    fc.base64String(),
    fc.string(),
  );
  fc.assert(fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
    try {
      decodeToken(parts.join("."));
    } catch (error) {
      if (!(error instanceof TokenRefusal)) throw error;
    }
  }));
});

Deno.test("damaged tokens are refused, and never taken", async () => {
  const token = await sign(GOOD);
  const places = fc.array(
    fc.tuple(fc.nat({ max: token.length - 1 }), fc.constantFrom(..."AZ09_-.")),
    {
      minLength: 1,
      maxLength: 3,
    },
  );
  await fc.assert(
    fc.asyncProperty(places, async (changes) => {
      const letters = [...token];
      for (const [at, letter] of changes) letters[at] = letter;
      const damaged = letters.join("");
      // The last letter of a part has bits that stand for nothing.
      if (
        damaged.split(".").every((one, i) => one.slice(0, -1) === token.split(".")[i]?.slice(0, -1))
      ) return;
      await assertRejects(() => run(["-jwks", SET, "--", damaged]), TokenRefusal);
    }),
    { numRuns: 150 },
  );
});

Deno.test("scitokens-verify-token takes captured tokens, at their time", async () => {
  const cases = [
    ["scitokens.use", "issuer-public.pem", 1795238139],
    ["wlcg.use", "issuer-public.pem", 1795236623],
    ["rs256-tokb.use", "rs256-public.pem", 1795236749],
  ] as const;
  const folder = new URL("testdata/", import.meta.url);
  for (const [file, key, time] of cases) {
    const path = (name: string) => new URL(name, folder).pathname;
    const args = [
      "-jwks",
      path(key),
      "-token-file",
      path(file),
      "-audience",
      "https://example.com",
    ];
    assertEquals((await run(args, { clock: clockAt(time) })).code, 0);
    await assertRejects(() => run(args, { clock: clockAt(time - 1) }), TokenRefusal, "from now");
    await assertRejects(() => run(args, { clock: clockAt(time + 1200) }), TokenRefusal, "expired");
  }
});

Deno.test("scitokens-verify-token ends with status 2 for wrong arguments", async () => {
  const token = await sign(GOOD);
  const wrong = [
    [],
    [token, token],
    [token, "-token-file", "x"],
    ["-token", token, token],
    ["-no-such"],
    [token, "-scope", "read:x", "-jwks", SET],
  ];
  for (const args of wrong) {
    const { code, text, notes } = await run(args);
    assertEquals([args.length, code, text], [args.length, 2, ""]);
    assertMatch(notes.at(-1) ?? "", /^scitokens-verify-token: /);
    assert(!notes.join().includes(token));
  }
});

Deno.test("scitokens-verify-token says which file it cannot use", async () => {
  using folder = new Folder();
  const token = await sign(GOOD);
  const cases = [
    [["-jwks", folder.at("none"), token], /Cannot read ".*none": No such file/],
    [["-jwks", folder.write("k", "{"), token], /Cannot use ".*k": it is not JSON/],
    [["-jwks", SET, "-token-file", folder.write("t", "{}")], /No 'access_token' key/],
  ] as const;
  for (const [args, message] of cases) {
    assertMatch((await assertRejects(() => run(args), Error)).message, message);
  }
  for (
    const [stdin, message] of [["{", /not JSON/], ["{}", /no "access_token"/], [
      "",
      /empty/,
    ]] as const
  ) {
    const error = await assertRejects(() => run(["-jwks", SET, "-"], { stdin }), Error);
    assertMatch(error.message, message);
  }
});
