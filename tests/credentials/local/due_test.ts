import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { dueTime, judge, type Verdict } from "../../../core/credentials/local/due.ts";
import { type Grant, makeGrant } from "../../../core/credentials/local/grant.ts";
import type { LocalProvider } from "../../../core/credentials/local/provider.ts";
import { signToken } from "../../../core/credentials/local/token.ts";
import { printUse, readUse } from "../../../core/credentials/local/use_file.ts";
import { Desk, NOW, SAMPLE_CONFIG } from "./desk.ts";

fc.configureGlobal({ seed: 2026 });

const encoder = new TextEncoder();

function grantFor(provider: LocalProvider, user = "alice"): Grant {
  const grant = makeGrant(provider, { user });
  if ("missingGroup" in grant) throw new Error("denied");
  return grant;
}

async function made(provider: LocalProvider, now = NOW, user = "alice"): Promise<string> {
  return printUse((await signToken(provider, grantFor(provider, user), { now })).token, provider);
}

async function verdict(provider: LocalProvider, text: string, now = NOW): Promise<Verdict> {
  return await judge(encoder.encode(text), { provider, wanted: grantFor(provider), now });
}

Deno.test("judge() lets a token be until half its life is over", async () => {
  using desk = Desk.make();
  const provider = await desk.provider(SAMPLE_CONFIG);
  const text = await made(provider);
  const good = { kind: "good", expires: NOW + 1_200_000, due: NOW + 600_000 };
  assertEquals(await verdict(provider, text), good as Verdict);
  assertEquals(await verdict(provider, text, NOW + 599_999), good as Verdict);
  assertEquals(await verdict(provider, text, NOW + 600_000), {
    kind: "due",
    reason: "its time had come",
  });
});

Deno.test("dueTime() leaves jobs time for their refresh, or half the life where that is more", async () => {
  using desk = Desk.make();
  /** Lifetime, SEC_CREDENTIAL_REFRESH, and seconds until a new token. */
  const table = [
    [1200, 300, 600],
    [3600, 300, 1800],
    [720, 300, 300],
    [840, 300, 420],
    [300, 300, 30],
    [60, 300, 30],
    [61, 300, 30],
    [1200, 900, 180],
    [1200, 0, 600],
  ] as const;
  for (const [lifetime, refresh, seconds] of table) {
    const provider = await desk.provider([
      ...SAMPLE_CONFIG,
      `LOCAL_CREDMON_TOKEN_LIFETIME = ${lifetime}`,
      `SEC_CREDENTIAL_REFRESH = ${refresh}`,
    ]);
    assertEquals(dueTime(provider, lifetime) / 1000, seconds, `${lifetime} ${refresh}`);
  }
});

/** Settings under which a token was made, which are others now; what the log says. */
const CHANGES: readonly (readonly [string, string])[] = [
  ["LOCAL_CREDMON_ISSUER = https://other.example", "it had another iss"],
  ["LOCAL_CREDMON_KEY_ID = b", "it had another header"],
  ["LOCAL_CREDMON_TOKEN_AUDIENCE = https://example.com", "it had another aud"],
  ["LOCAL_CREDMON_TOKEN_AUDIENCE = https://anotherserver.edu https://example.com", "another aud"],
  ["LOCAL_CREDMON_TOKEN_VERSION = scitokens:2.0", "it had another ver"],
  ["LOCAL_CREDMON_TOKEN_VERSION = wlcg", "it had another ver"],
  ["LOCAL_CREDMON_TOKEN_VERSION = at+jwt\nLOCAL_CREDMON_CLIENT_ID = c", "it had another header"],
  ["LOCAL_CREDMON_AUTHZ_TEMPLATE = read:/{username}", "it had another scope"],
  ["LOCAL_CREDMON_SUB_TEMPLATE = {username}@x", "it had another sub"],
  ["LOCAL_CREDMON_TOKEN_LIFETIME = 2400", "it was no token of this form"],
  ["LOCAL_CREDMON_NBF_SKEW = 5", "its lifetime was another"],
  ['LOCAL_CREDMON_EXTRA_CLAIMS = {"vo": "x"}', "it had another set of claims"],
  ["LOCAL_CREDMON_TOKEN_USE_JSON = false", "it was no token of this form"],
];
for (const [line, reason] of CHANGES) {
  Deno.test(`judge() replaces a token that was made with ${line}`, async () => {
    using desk = Desk.make();
    const before = await desk.provider([...SAMPLE_CONFIG, ...line.split("\n")]);
    const now = await desk.provider(SAMPLE_CONFIG);
    const result = await verdict(now, await made(before));
    assert(result.kind === "due" && result.reason.includes(reason), JSON.stringify(result));
    assertEquals((await verdict(before, await made(before))).kind, "good");
  });
}

Deno.test("judge() replaces what another key has signed, or nobody", async () => {
  using desk = Desk.make();
  const provider = await desk.provider(SAMPLE_CONFIG);
  const { generateKey } = await import("../../../core/keys/mod.ts");
  const { key } = await generateKey("ES256");
  const text = await made({ ...provider, signer: { ...key, algorithm: "ES256" } });
  const bad = { kind: "due", reason: "another key had signed it" } as const;
  assertEquals(await verdict(provider, text), bad);
  const [header, payload, signature] = readUse(await made(provider), provider)!.split(".");
  const flipped = (signature!.startsWith("A") ? "B" : "A") + signature!.slice(1);
  for (const other of [flipped, "AAAA", "A".repeat(86), "!!"]) {
    const result = await verdict(provider, printUse(`${header}.${payload}.${other}`, provider));
    assertEquals(result.kind, "due", other);
  }
});

Deno.test("judge() replaces another user's token, an empty one, and one from the future", async () => {
  using desk = Desk.make();
  const provider = await desk.provider(SAMPLE_CONFIG);
  const table: readonly (readonly [string, string])[] = [
    [await made(provider, NOW, "bob"), "it had another sub, scope"],
    [printUse("", provider), "it was empty"],
    [await made(provider, NOW + 1000), "it was made in the future"],
    ["", "it was no token of this form"],
    ["alice@foo", "it was no token of this form"],
  ];
  for (const [text, reason] of table) {
    assertEquals(await verdict(provider, text), { kind: "due", reason });
  }
});

Deno.test("judge() of any bytes says what to do and throws nothing", async () => {
  using desk = Desk.make();
  const provider = await desk.provider(SAMPLE_CONFIG);
  const wanted = grantFor(provider);
  const good = await made(provider);
  const base64 = fc.oneof(
    fc.json().map((text) =>
      encoder.encode(text).toBase64({ alphabet: "base64url", omitPadding: true })
    ),
    fc.stringMatching(/^[A-Za-z0-9_-]{0,40}$/),
  );
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.tuple(base64, base64, base64).map((parts) =>
      encoder.encode(printUse(parts.join("."), provider))
    ),
    // One byte of a good token is another.
    fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })).map(([at, byte]) => {
      const bytes = encoder.encode(good);
      bytes[at] = byte;
      return bytes;
    }),
    fc.nat(good.length).map((length) => encoder.encode(good.slice(0, length))),
  );
  await fc.assert(
    fc.asyncProperty(content, async (bytes) => {
      const result = await judge(bytes, { provider, wanted, now: NOW });
      const isGood = new TextDecoder().decode(bytes) === good;
      assertEquals(result.kind, isGood ? "good" : "due");
      assert(isGood || !/[^\x20-\x7e]/.test((result as { reason: string }).reason));
    }),
    { numRuns: 500 },
  );
});

Deno.test("judge() of claims as deep as a file can be says no more than that they are others", async () => {
  using desk = Desk.make();
  const provider = await desk.provider(SAMPLE_CONFIG);
  const [header, payload, signature] = readUse(await made(provider), provider)!.split(".");
  const claims = new TextDecoder().decode(
    Uint8Array.fromBase64(payload!, { alphabet: "base64url" }),
  );
  const deep = "[".repeat(40_000) + "]".repeat(40_000);
  const changed = claims.replace('"sub":"alice"', `"sub":${deep}`);
  const encoded = encoder.encode(changed).toBase64({ alphabet: "base64url", omitPadding: true });
  assertEquals(await verdict(provider, printUse(`${header}.${encoded}.${signature}`, provider)), {
    kind: "due",
    reason: "it had another sub",
  });
});

Deno.test("judge() and dueTime() never leave a token until it has expired", async () => {
  using desk = Desk.make();
  const provider = await desk.provider(SAMPLE_CONFIG);
  const anyTimes = fc.record({
    lifetime: fc.integer({ min: 60, max: 100_000 }),
    refresh: fc.integer({ min: 0, max: 5000 }),
  });
  fc.assert(fc.property(anyTimes, ({ lifetime, refresh }) => {
    const renewBefore = Math.max(Math.ceil(lifetime / 2), Math.min(lifetime - 30, refresh + 120));
    const due = dueTime({ ...provider, lifetime, renewBefore }, lifetime);
    assert(due >= 30_000 && due <= lifetime * 500);
  }));
});

Deno.test("printUse() writes one line, which readUse() reads", () => {
  const token = fc.stringMatching(/^[A-Za-z0-9_.-]{1,60}$/);
  const form = fc.record({ lifetime: fc.integer({ min: 60, max: 1e7 }), useJson: fc.boolean() });
  fc.assert(fc.property(token, form, (text, one) => {
    const printed = printUse(text, one);
    assert(!printed.trimEnd().includes("\n"));
    assertEquals(readUse(printed, one), text);
    assertEquals(readUse(printed, { ...one, useJson: !one.useJson }), undefined);
    assertEquals(readUse(` ${printed}`, one), undefined);
  }));
  assertEquals(
    printUse("", { lifetime: 1200, useJson: true }),
    '{"access_token": "", "expires_in": 1200}',
  );
});
