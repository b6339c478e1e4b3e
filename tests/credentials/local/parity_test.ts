import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createPublicKey, verify } from "node:crypto";
import { Buffer } from "node:buffer";
import { TendFailure } from "../../../core/credentials/monitor.ts";
import { decodeToken, Desk, NOW, rsaKey, sample, SAMPLE_CONFIG, tokenOf } from "./desk.ts";

interface Decoded {
  readonly form: string;
  readonly file_bytes: number;
  readonly expires_in: number | null;
  readonly header: Record<string, unknown> | null;
  readonly claims: Record<string, unknown> | null;
  readonly claim_order: string[] | null;
}

const DECODED = JSON.parse(sample("decoded.json")) as Record<string, Decoded>;
const NO_AUDIENCE = "LOCAL_CREDMON_TOKEN_AUDIENCE =";

/** Samples by file: what is set besides, and whose they are. */
const SAMPLES: readonly (readonly [string, readonly string[], string?, string?])[] = [
  ["scitokens.use", []],
  ["bare.use", ["LOCAL_CREDMON_TOKEN_USE_JSON = false"]],
  ["wlcg.use", ["LOCAL_CREDMON_TOKEN_VERSION = wlcg:1.0"]],
  ["ver-scitokens1.use", ["LOCAL_CREDMON_TOKEN_VERSION = scitokens:1.0", NO_AUDIENCE]],
  [
    "expr-appended.use",
    ['LOCAL_CREDMON_AUTHZ_TEMPLATE_EXPR = strcat("storage.modify:/x/",Username," compute.read")'],
  ],
  ["denied-by-group-requirement.use", ["LOCAL_CREDMON_AUTHZ_GROUP_REQUIREMENT = projectA"]],
  ["rs256-tokb.use", tokb(), "alice", "tokb"],
  ["rs256-tokb_h1.use", tokb(), "bob", "tokb_h1"],
];

function tokb(): readonly string[] {
  return [
    "LOCAL_CREDMON_PROVIDER_NAMES = scitokens, tokb",
    "LOCAL_CREDMON_tokb_ISSUER = https://b.example.org",
    "LOCAL_CREDMON_tokb_PRIVATE_KEY = @DIR@/rsa.pem",
    "LOCAL_CREDMON_tokb_PRIVATE_KEY_ALGORITHM = RS256",
    "LOCAL_CREDMON_tokb_KEY_ID = rk",
    "LOCAL_CREDMON_tokb_TOKEN_LIFETIME = 300",
  ];
}

/** All but what differs from token to token. */
function steady(claims: Record<string, unknown> | null): Record<string, unknown> | null {
  return claims && { ...claims, exp: 0, iat: 0, nbf: 0, jti: "" };
}

for (const [file, lines, user = "alice", name = "scitokens"] of SAMPLES) {
  Deno.test(`a token is as HTCondor's own in ${file}`, async () => {
    using desk = Desk.make();
    desk.write("rsa.pem", (await rsaKey()).privatePem, 0o600);
    const { monitor, problems } = await desk.open([...SAMPLE_CONFIG, ...lines]);
    assertEquals(problems, []);
    desk.ask(user, name, sample("scitokens.top"));
    assertEquals((await desk.look(monitor, user, name)).kind, "renewed");
    const text = desk.use(user, name);
    const expected = DECODED[file]!;
    assertEquals(text.length, expected.file_bytes);
    assertEquals(text.endsWith("\n"), expected.form === "bare+newline");
    if (expected.claims === null) return assertEquals(text, sample(file));
    const { header, claims } = decodeToken(tokenOf(text));
    assertEquals(JSON.stringify(header), JSON.stringify(expected.header));
    assertEquals(Object.keys(claims), expected.claim_order!);
    assertEquals(steady(claims), steady(expected.claims));
    // Not a byte differs but in what must differ.
    const frame = (use: string) => use.replace(tokenOf(use), "");
    assertEquals(frame(text), frame(sample(file)));
    const lifetime = expected.expires_in ?? 1200;
    const iat = NOW / 1000;
    assertEquals([claims.iat, claims.nbf, claims.exp], [iat, iat, iat + lifetime]);
    assertMatch(
      `${claims.jti}`,
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert(await isSignedBy(tokenOf(text), file.startsWith("rs256") ? "rsa" : "ec"));
  });
}

async function isSignedBy(token: string, kind: "rsa" | "ec"): Promise<boolean> {
  const [header, payload, signature] = token.split(".");
  const pem = kind === "rsa" ? (await rsaKey()).publicPem : sample("issuer-public.pem");
  const key = { key: createPublicKey(pem), dsaEncoding: "ieee-p1363" as const };
  return verify(
    "sha256",
    Buffer.from(`${header}.${payload}`),
    key,
    Buffer.from(signature!, "base64url"),
  );
}

Deno.test("a token of HTCondor's own with life left in it stays where it is", async () => {
  // Sites change over without a burst of new tokens.
  for (const file of ["scitokens.use", "bare.use", "wlcg.use", "expr-appended.use"]) {
    using desk = Desk.make();
    const [, lines] = SAMPLES.find(([one]) => one === file)!;
    const { monitor } = await desk.open([...SAMPLE_CONFIG, ...lines]);
    desk.ask("alice", "scitokens");
    desk.write("creds/alice/scitokens.use", sample(file), 0o400);
    const iat = DECODED[file]!.claims!.iat as number;
    const now = (iat + 60) * 1000;
    assertEquals(await desk.look(monitor, "alice", "scitokens", { now }), {
      kind: "fresh",
      expires: (iat + 1200) * 1000,
      next: (iat + 600) * 1000,
    });
    assertEquals(desk.use("alice", "scitokens"), sample(file));
  }
});

Deno.test("a WLCG token without an audience, which verifiers refuse, is not issued", async () => {
  using desk = Desk.make();
  const lines = [...SAMPLE_CONFIG, "LOCAL_CREDMON_TOKEN_VERSION = wlcg:1.0", NO_AUDIENCE];
  const { monitor } = await desk.open(lines);
  desk.ask("alice", "scitokens");
  desk.write("creds/alice/scitokens.use", sample("wlcg-no-aud.use"), 0o400);
  const failure = await assertRejects(
    () => desk.look(monitor, "alice", "scitokens"),
    TendFailure,
    'No "aud" claim, LOCAL_CREDMON_TOKEN_AUDIENCE must be set when requesting a wlcg token',
  );
  assertEquals(failure.code, "no-audience");
  assertEquals(desk.use("alice", "scitokens"), sample("wlcg-no-aud.use"));

  const any = await desk.open([...lines, "LOCAL_CREDMON_WLCG_ANY_AUDIENCE = true"]);
  await desk.look(any.monitor, "alice", "scitokens");
  const { claims } = decodeToken(tokenOf(desk.use("alice", "scitokens")));
  assertEquals(claims.aud, ["https://wlcg.cern.ch/jwt/v1/any"]);
});
