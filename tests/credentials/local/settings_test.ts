import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ConfigError, readConfig } from "../../../core/config/mod.ts";
import { LOCAL_KNOBS, localKnobs } from "../../../core/credentials/local/knobs.ts";
import type { LocalProvider } from "../../../core/credentials/local/provider.ts";
import { makeGrant } from "../../../core/credentials/local/grant.ts";
import { PROVIDER_KNOBS, type ProviderKnob } from "../../../core/credentials/local/knobs.ts";
import { headerOf, signToken } from "../../../core/credentials/local/token.ts";
import { generateKey } from "../../../core/keys/mod.ts";
import { decodeToken, Desk, NOW, rsaKey, SAMPLE_CONFIG } from "./desk.ts";

/** The claims a provider gives to alice. */
async function claims(provider: LocalProvider): Promise<Record<string, unknown>> {
  const grant = makeGrant(provider, { user: "alice" });
  if ("missingGroup" in grant) throw new Error("denied");
  return decodeToken((await signToken(provider, grant, { now: NOW, id: () => "id" })).token).claims;
}

const BASE = SAMPLE_CONFIG.slice(0, 6);

Deno.test("each knob of a provider is its own before it is all providers'", async () => {
  using desk = Desk.make();
  const other = await generateKey("ES256");
  desk.write("other.pem", other.privatePem, 0o644);
  desk.write("other-public.pem", other.publicPem);
  desk.write("other-map", "* alice own\n");
  /** What is set for all, for the provider, and what shows which of them counts. */
  const table: Readonly<
    Record<ProviderKnob, readonly [string, string, (p: LocalProvider) => unknown, unknown]>
  > = {
    PRIVATE_KEY: ["@DIR@/none.pem", "@DIR@/private.pem", (p) => p.key.path, "@DIR@/private.pem"],
    PUBLIC_KEY: ["@DIR@/public.pem", "@DIR@/none.pem", (p) => p.key.publicPath, undefined],
    PRIVATE_KEY_ALGORITHM: ["RS256", "ES256", (p) => p.key.algorithm, "ES256"],
    KEY_ID: ["all", "own", headerOf, '{"alg":"ES256","kid":"own","typ":"JWT"}'],
    ISSUER: ["https://all.example", "https://own.example", (p) => p.issuer, "https://own.example"],
    AUTHZ_TEMPLATE: ["all:/", "own:/{username}", (p) => p.authorization.text, "own:/{username}"],
    AUTHZ_TEMPLATE_EXPR: ['"all"', '"own"', (p) => p.expression?.text, '"own"'],
    AUTHZ_GROUP_TEMPLATE: [
      "all",
      "own:{groupname}",
      (p) => p.groupTemplate?.text,
      "own:{groupname}",
    ],
    AUTHZ_GROUP_MAPFILE: ["/none", "@DIR@/other-map", (p) => p.groupMap, "@DIR@/other-map"],
    AUTHZ_GROUP_REQUIREMENT: ["all", "own", (p) => p.groupRequirement, "own"],
    TOKEN_LIFETIME: ["600", "20 * 60", (p) => p.lifetime, 1200],
    TOKEN_AUDIENCE: ["https://all", "https://a  https://b", (p) => p.audience, [
      "https://a",
      "https://b",
    ]],
    TOKEN_VERSION: ["wlcg", "scitoken:2.0", (p) => p.profile.claim, ["ver", "scitoken:2.0"]],
    TOKEN_USE_JSON: ["true", "false", (p) => p.useJson, false],
    NBF_SKEW: ["0", "5", (p) => p.nbfSkew, 5],
    WLCG_ANY_AUDIENCE: ["true", "false", (p) => p.audience, [
      "https://example.com",
      "https://anotherserver.edu",
    ]],
    ALLOW_INSECURE_KEY: ["false", "true", (p) => p.key.allowInsecure, true],
    SUB_TEMPLATE: [
      "all",
      "{username}@{uid_domain}",
      (p) => p.subject.text,
      "{username}@{uid_domain}",
    ],
    EXTRA_CLAIMS: ['{"a": 1}', '{"b": 2}', (p) => p.extraClaims, { b: 2 }],
    CLIENT_ID: ["all", "own", (p) => p.clientId, undefined],
  };
  assertEquals(Object.keys(table).sort(), Object.keys(PROVIDER_KNOBS).sort());
  for (const [knob, [all, own, show, value]] of Object.entries(table)) {
    const provider = await desk.provider([
      ...BASE,
      `LOCAL_CREDMON_${knob} = ${all}`,
      // Names of knobs know no case.
      `LOCAL_CREDMON_SciTokens_${knob} = ${own}`,
    ]);
    const expected = typeof value === "string" ? value.replace("@DIR@", desk.path) : value;
    assertEquals(show(provider), expected, knob);
  }
});

Deno.test("an empty knob of a provider counts as not set", async () => {
  using desk = Desk.make();
  for (const knob of Object.keys(PROVIDER_KNOBS)) {
    const { providers, problems } = await desk.open([
      ...BASE,
      "LOCAL_CREDMON_PROVIDER_NAMES = scitokens, tokb",
      `LOCAL_CREDMON_tokb_${knob} =`,
    ]);
    assertEquals([providers.length, problems], [2, []], knob);
  }
});

Deno.test("without any setting there is one provider as with HTCondor's own", async () => {
  using desk = Desk.make();
  const config = await desk.config([]);
  const knob = (name: string) => config.get(`LOCAL_CREDMON_${name}`);
  assertEquals(knob("PRIVATE_KEY"), "/etc/condor/scitokens-private.pem");
  assertEquals(knob("PUBLIC_KEY"), "/etc/condor/scitokens.pem");
  const provider = await desk.provider([
    "LOCAL_CREDMON_PRIVATE_KEY = @DIR@/private.pem",
    "LOCAL_CREDMON_TOKEN_AUDIENCE = ANY",
  ]);
  assertEquals(provider.name, "scitokens");
  assertEquals(headerOf(provider), '{"alg":"ES256","kid":"local","typ":"JWT"}');
  assertEquals(await claims(provider), {
    sub: "alice",
    scope: "read:/user/alice write:/user/alice",
    ver: "scitoken:2.0",
    aud: ["ANY"],
    iss: "https://ap.example.org",
    exp: NOW / 1000 + 1200,
    iat: NOW / 1000,
    nbf: NOW / 1000,
    jti: "id",
  });
});

Deno.test("names of providers are a list, or one name, or scitokens", async () => {
  using desk = Desk.make();
  const table: readonly (readonly [readonly string[], readonly string[]])[] = [
    [[], ["scitokens"]],
    [["LOCAL_CREDMON_PROVIDER_NAME = one"], ["one"]],
    [["LOCAL_CREDMON_PROVIDER_NAME = one", "LOCAL_CREDMON_PROVIDER_NAMES = a, b c,,a"], [
      "a",
      "b",
      "c",
    ]],
    [["LOCAL_CREDMON_PROVIDER_NAMES =", "LOCAL_CREDMON_PROVIDER_NAME ="], ["scitokens"]],
    [["CREDMON_ALLOW_SPECIAL_CHAR_NAMES = true", "LOCAL_CREDMON_PROVIDER_NAMES = my_tok a.b"], [
      "my_tok",
      "a.b",
    ]],
  ];
  for (const [lines, names] of table) {
    const { names: found } = await desk.open([...BASE.slice(1), ...lines]);
    assertEquals(found, names);
  }
});

Deno.test("a name that is none stops all: nothing can be made of it", async () => {
  using desk = Desk.make();
  for (const name of ["*", "my_tok", "../x", "a.b", "-", "é", "x".repeat(65)]) {
    await assertRejects(
      () => desk.open([`LOCAL_CREDMON_PROVIDER_NAMES = ok ${name}`]),
      ConfigError,
      "Cannot use LOCAL_CREDMON_PROVIDER_NAMES",
    );
  }
  await assertRejects(
    () =>
      desk.open([
        `LOCAL_CREDMON_PROVIDER_NAMES = ${Array.from({ length: 65 }, (_, i) => `p${i}`).join()}`,
      ]),
    ConfigError,
    "65 names are more than 64",
  );
});

/** Settings that switch a provider off, and what is said. */
const PROBLEMS: readonly (readonly [string, string])[] = [
  [
    "PRIVATE_KEY = @DIR@/none.pem",
    'LOCAL_CREDMON_TOKB_PRIVATE_KEY: Cannot read key "@DIR@/none.pem": there is no such file',
  ],
  ["PRIVATE_KEY = relative.pem", "not an absolute path"],
  [
    "PRIVATE_KEY_ALGORITHM = HS256",
    "Cannot use LOCAL_CREDMON_TOKB_PRIVATE_KEY_ALGORITHM: it is neither ES256 nor RS256",
  ],
  ["PRIVATE_KEY_ALGORITHM = RS256", "it is an EC key of P-256, and PRIVATE_KEY_ALGORITHM is RS256"],
  ["KEY_ID = two words", "it is not one word"],
  ["ISSUER = https://a b", "it is not one word"],
  ["AUTHZ_TEMPLATE = read:/{groupname}", '"{groupname}" is no placeholder; use {username}'],
  ["AUTHZ_TEMPLATE = read:/{username", '"{" stands alone'],
  ["AUTHZ_GROUP_TEMPLATE = read:/{username}", '"{username}" is no placeholder; use {groupname}'],
  ["AUTHZ_GROUP_MAPFILE = map", "not an absolute path"],
  ["AUTHZ_GROUP_REQUIREMENT = a || b", "it is not the name of one group"],
  ["TOKEN_LIFETIME = soon", "not an integer"],
  ["TOKEN_LIFETIME = 0", "between 60 and"],
  ["TOKEN_LIFETIME = -5", "between 60 and"],
  ["TOKEN_VERSION = a b", "it is not one word"],
  ["TOKEN_USE_JSON = maybe", "not a boolean"],
  ["NBF_SKEW = 100000", "between 0 and 3600"],
  ["SUB_TEMPLATE = {name}", '"{name}" is no placeholder; use {username} or {uid_domain}'],
  ["EXTRA_CLAIMS = {", "it is no JSON"],
  ["EXTRA_CLAIMS = []", "it is no JSON object"],
  ['EXTRA_CLAIMS = {"iss": "x"}', 'the claim "iss" is made here'],
  ['EXTRA_CLAIMS = {"__proto__": 1}', 'the claim "__proto__" is made here'],
  [`EXTRA_CLAIMS = {"a": ${"[".repeat(20)}${"]".repeat(20)}}`, "it is nested more than 8 deep"],
  [`EXTRA_CLAIMS = {"a": "${"x".repeat(9000)}"}`, "it has more than 8192 characters"],
  [
    "TOKEN_VERSION = at+jwt",
    "Cannot use LOCAL_CREDMON_CLIENT_ID: it is not set, and at+jwt tokens need it",
  ],
];
for (const [line, state] of PROBLEMS) {
  Deno.test(`a provider with ${line.slice(0, 50)} is switched off, and no other`, async () => {
    using desk = Desk.make();
    const { providers, problems } = await desk.open([
      ...BASE,
      "LOCAL_CREDMON_PROVIDER_NAMES = scitokens tokb",
      `LOCAL_CREDMON_tokb_${line}`,
    ]);
    assertEquals(providers.map(({ name }) => name), ["scitokens"]);
    assertEquals(problems.map(({ provider }) => provider), ["tokb"]);
    const [{ text } = { text: "" }] = problems;
    assertStringIncludes(text, state.replace("@DIR@", desk.path));
    assert(!text.includes("\n"), text);
    // Elsewhere it is the line of the key, or none, that has to be looked at.
    if (!/at\+jwt|ALGORITHM = RS256/.test(line)) {
      assertStringIncludes(text, `${desk.at("condor.conf")}:8`);
    }
  });
}

Deno.test("all that is wrong with a provider is said at once", async () => {
  using desk = Desk.make();
  const { problems } = await desk.open([
    ...BASE,
    "LOCAL_CREDMON_TOKEN_LIFETIME = soon",
    "LOCAL_CREDMON_KEY_ID = a b",
    "LOCAL_CREDMON_AUTHZ_TEMPLATE = {x}",
  ]);
  assertEquals(problems.length, 3);
});

/** Settings that work and are still not right. */
const WARNINGS: readonly (readonly [readonly string[], string])[] = [
  [
    ["LOCAL_CREDMON_TOKEN_LIFETIME = 719"],
    "with 719 s jobs may see expired tokens; use 720 or more",
  ],
  [["LOCAL_CREDMON_TOKEN_AUDIENCE ="], "no token is issued, for scitoken:2.0 tokens need one"],
  [
    ["LOCAL_CREDMON_TOKEN_VERSION = SCITOKEN:2.0", "LOCAL_CREDMON_TOKEN_AUDIENCE ="],
    "no token is issued, for SCITOKEN:2.0 tokens need one",
  ],
  [["LOCAL_CREDMON_TOKEN_AUDIENCE = https://a,https://b"], '"https://a,https://b" has a comma'],
  [
    ["LOCAL_CREDMON_AUTHZ_GROUP_TEMPLATE = x:/{groupname}"],
    "no scope is issued for groups, for LOCAL_CREDMON_AUTHZ_GROUP_MAPFILE is not set",
  ],
  [
    ["LOCAL_CREDMON_AUTHZ_GROUP_REQUIREMENT = g"],
    "no token is issued, for LOCAL_CREDMON_AUTHZ_GROUP_MAPFILE is not set",
  ],
  [
    ["LOCAL_CREDMON_AUTHZ_TEMPLATE_EXPR = strcat("],
    "(LOCAL_CREDMON_AUTHZ_TEMPLATE_EXPR): it is left out",
  ],
  [["LOCAL_CREDMON_ISSUER = http://h"], '"http://h" is no https URL'],
  [["LOCAL_CREDMON_ISSUER =", "FULL_HOSTNAME = ap"], '"https://ap" has no full host name'],
  [["LOCAL_CREDMON_TOKEN_VERSION = mine:1"], '"mine:1" is no version that servers know'],
  [["LOCAL_CREDMON_PROVIDER_NAMES = my-tok"], 'Provider "my-tok" can have no knobs of its own'],
  [["LOCAL_CREDMON_PROVIDER_NAMES = tok TOK"], 'Providers "tok" and "TOK" share their knobs'],
  [["LOCAL_CREDMON_KRB_MODE = true"], "LOCAL_CREDMON_KRB_MODE has no effect any more"],
  [["CLIENT_CREDMON_PROVIDER_NAMES = x scitokens"], "gives it to the client monitor too"],
  [["OAUTH2_CREDMON_PROVIDER_NAMES = scitokens"], "gives it to the oauth2 monitor too"],
  [["VAULT_CREDMON_PROVIDER_NAMES = scitokens"], "gives it to the vault monitor too"],
  [["PELICAN_CREDMON_PROVIDER_NAMES = scitokens"], "gives it to the pelican monitor too"],
  [["SCITOKENS_CLIENT_ID = x"], 'Provider "scitokens" is local, and SCITOKENS_CLIENT_ID is set'],
];
for (const [lines, warning] of WARNINGS) {
  Deno.test(`a warning is given for ${lines.join()}`, async () => {
    using desk = Desk.make();
    const { warnings, problems } = await desk.open([...BASE, ...lines]);
    assertEquals(problems, []);
    assert(warnings.some((line) => line.includes(warning)), warnings.join("\n"));
    assert(warnings.every((line) => !line.includes("\n")));
  });
}

Deno.test("no warning is given for what is right, nor for lists that stand for all", async () => {
  using desk = Desk.make();
  const { warnings } = await desk.open([
    ...SAMPLE_CONFIG,
    "OAUTH2_CREDMON_PROVIDER_NAMES = *",
    "VAULT_CREDMON_PROVIDER_NAMES = *",
    "PELICAN_CREDMON_PROVIDER_NAMES = other",
  ]);
  assertEquals(warnings, []);
});

Deno.test("a token has what its profile needs", async () => {
  using desk = Desk.make();
  const set = async (...lines: string[]) => {
    const provider = await desk.provider([...BASE, ...lines]);
    const { exp: _exp, iat: _iat, nbf: _nbf, jti: _jti, scope: _scope, iss: _iss, ...rest } =
      await claims(provider);
    return [(JSON.parse(headerOf(provider)) as { typ: string }).typ, rest];
  };
  const aud = ["https://example.com", "https://anotherserver.edu"];
  const version = "LOCAL_CREDMON_TOKEN_VERSION =";
  assertEquals(await set(`${version} WLCG`), ["JWT", { sub: "alice", "wlcg.ver": "1.0", aud }]);
  assertEquals(await set(`${version} ScItOkEn:2.0`), ["JWT", {
    sub: "alice",
    ver: "ScItOkEn:2.0",
    aud,
  }]);
  assertEquals(await set(`${version} scitokens:2.0`, "LOCAL_CREDMON_TOKEN_AUDIENCE ="), [
    "JWT",
    { sub: "alice", ver: "scitokens:2.0" },
  ]);
  assertEquals(await set(`${version} at+jwt`, "LOCAL_CREDMON_CLIENT_ID = pool"), [
    "at+jwt",
    { sub: "alice", client_id: "pool", aud },
  ]);
  assertEquals(
    await set(
      'LOCAL_CREDMON_EXTRA_CLAIMS = {"groups": ["a"], "vo": "x"}',
      "LOCAL_CREDMON_SUB_TEMPLATE = {username}@{uid_domain}",
      "UID_DOMAIN = example.org",
    ),
    ["JWT", { sub: "alice@example.org", ver: "scitoken:2.0", aud, groups: ["a"], vo: "x" }],
  );
  const skewed = await claims(await desk.provider([...BASE, "LOCAL_CREDMON_NBF_SKEW = 5"]));
  assertEquals(skewed.nbf, NOW / 1000 - 5);
});

Deno.test("localKnobs() knows this host's name where HTCondor is not there to tell", async () => {
  using desk = Desk.make();
  const environment = {
    CONDOR_CONFIG: desk.write("c", "LOCAL_CREDMON_ISSUER = https://$(FULL_HOSTNAME)/x\n"),
  };
  const read = (hostname?: string) =>
    readConfig(localKnobs(["a"], hostname), { environment, tool: false });
  const issuer = async (hostname?: string) => (await read(hostname)).get("LOCAL_CREDMON_ISSUER");
  assertEquals(await issuer("ap.example.org"), "https://ap.example.org/x");
  assertEquals(await issuer(), "https:///x");
});

Deno.test("localKnobs() has no knob that is one provider's and all providers' at once", () => {
  const suffixes = Object.keys(PROVIDER_KNOBS);
  // A provider could be called like the beginning of a knob's name.
  const names = suffixes.flatMap((one) =>
    one.split("_").map((_, i, all) => all.slice(0, i + 1).join("_"))
  );
  for (const name of names) {
    for (const knob of suffixes) {
      assert(!Object.hasOwn(LOCAL_KNOBS, `LOCAL_CREDMON_${name}_${knob}`), `${name} ${knob}`);
    }
  }
  const knobs = localKnobs(["scitokens", "my-tok", "a.b", "my_tok"]);
  assert("LOCAL_CREDMON_SCITOKENS_ISSUER" in knobs && "LOCAL_CREDMON_MY_TOK_ISSUER" in knobs);
  assertEquals(Object.keys(knobs).filter((name) => /[^A-Z0-9_]/.test(name)), []);
});

Deno.test("an RSA key signs where RS256 is asked for", async () => {
  using desk = Desk.make();
  desk.write("rsa.pem", (await rsaKey()).privatePem, 0o400);
  const provider = await desk.provider([
    ...BASE.filter((line) => !line.includes("PUBLIC_KEY")),
    "LOCAL_CREDMON_PRIVATE_KEY = @DIR@/rsa.pem",
    "LOCAL_CREDMON_PRIVATE_KEY_ALGORITHM = rs256",
  ]);
  assertEquals(headerOf(provider), '{"alg":"RS256","kid":"abc0","typ":"JWT"}');
});
