import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { explainConfig, type ExplainOptions } from "../../../core/credentials/local/explain.ts";
import type { FetchIssuerKeys } from "../../../core/credentials/local/check_published.ts";
import { IssuerError } from "../../../core/credentials/issuer/published.ts";
import { ownerOf } from "../../../core/credentials/local/ownership.ts";
import { readPublicKey } from "../../../core/keys/mod.ts";
import { HttpClient } from "../../../core/http/mod.ts";
import { Desk, rsaKey, sample, SAMPLE_CONFIG } from "./desk.ts";

const THUMBPRINT = (await readPublicKey(sample("issuer-public.pem"))).thumbprint;
const signal = new AbortController().signal;

async function explain(
  desk: Desk,
  lines: readonly string[],
  more: Partial<ExplainOptions> = {},
) {
  const config = await desk.config(lines);
  const told = await explainConfig(config, { hostname: "ap.example.org", signal, ...more });
  return { ...told, text: told.lines.join("\n").replaceAll(desk.path, "@DIR@") };
}

/** An issuer that publishes keys under these names. */
function published(
  keys: readonly (readonly [string | undefined, string])[],
): FetchIssuerKeys {
  return async (issuer) => ({
    issuer,
    jwksUri: `${issuer}/.well-known/k.jwks`,
    keys: await Promise.all(keys.map(async ([kid, pem]) => ({
      ...await readPublicKey(pem),
      ...(kid !== undefined && { kid }),
    }))),
    skipped: [],
  });
}

Deno.test("explainConfig() says what the configuration means", async () => {
  using desk = Desk.make();
  const { text, status, json } = await explain(desk, [
    ...SAMPLE_CONFIG,
    'LOCAL_CREDMON_AUTHZ_TEMPLATE_EXPR = strcat("x:/", Username)',
    "LOCAL_CREDMON_AUTHZ_GROUP_REQUIREMENT = projectB",
    "CLIENT_CREDMON_PROVIDER_NAMES = igwn",
    "OAUTH2_CREDMON_PROVIDER_NAMES = box gdrive",
  ], { fetchKeys: published([["abc0", sample("issuer-public.pem")]]) });
  assertEquals(
    text,
    `Provider "scitokens": local
  issuer     https://issuer.example.org/scitokens
  published  at https://issuer.example.org/scitokens/.well-known/k.jwks, as it should be
  key        @DIR@/private.pem, mode 0600, uid ${Deno.uid()}
             ES256, kid abc0, thumbprint ${THUMBPRINT}
  version    scitoken:2.0
  audience   https://example.com https://anotherserver.edu
  lifetime   1200 s, replaced when 600 s are left
  file       JSON
  template   read:/user/{username} write:/user/{username}
  expression strcat("x:/", Username)
  groups     read:/groups/{groupname} write:/groups/{groupname}
  map        @DIR@/group_map
  required   projectB
  example    alice gets sub "alice", scope "read:/user/alice write:/user/alice x:/alice read:/groups/projectB write:/groups/projectB"
Provider "igwn": client
Provider "box": oauth2
Provider "gdrive": oauth2`,
  );
  assertEquals(status, 0);
  // Programs get the same, and it is JSON.
  assertEquals(JSON.parse(JSON.stringify(json)), json as unknown);
  assertEquals(json.providers[0]?.key?.kid, "abc0");
  assert(!JSON.stringify(json).includes("PRIVATE KEY"));
});

Deno.test("explainConfig() finds each way in which a published key is not the right one", async () => {
  using desk = Desk.make();
  const own = sample("issuer-public.pem");
  const { publicPem: other } = await rsaKey();
  const table: readonly (readonly [FetchIssuerKeys, string | undefined])[] = [
    [published([["abc0", own]]), undefined],
    [published([["old", other], ["abc0", own]]), undefined],
    [published([["abc0", other], ["abc0", own]]), undefined],
    [published([["abc0", other]]), 'the key "abc0" in it is another one: publish this one'],
    [published([["f00d", own]]), 'the key is in it as "f00d": set KEY_ID to that'],
    [published([[undefined, own]]), 'the key is in it without a name: publish it as "abc0"'],
    [published([["f00d", other]]), 'no key "abc0" is in it: publish it there'],
    [
      () => Promise.reject(new IssuerError("wrong-issuer", "Cannot use it: its issuer is another")),
      "Cannot use it: its issuer is another",
    ],
  ];
  for (const [fetchKeys, problem] of table) {
    const { text, status, json } = await explain(desk, SAMPLE_CONFIG, { fetchKeys });
    assertEquals(status, problem === undefined ? 0 : 1);
    assertEquals(json.providers[0]?.problems.length, problem === undefined ? 0 : 1);
    if (problem !== undefined) {
      assertStringIncludes(text, problem);
      assertStringIncludes(text, "published  not so");
    }
  }
});

Deno.test("explainConfig() asks the issuer over the network, and nobody when it is not to", async () => {
  using desk = Desk.make();
  const lines = [...SAMPLE_CONFIG, "LOCAL_CREDMON_ISSUER = https://127.0.0.1:1/x"];
  const http = new HttpClient({ env: () => undefined, userAgent: "test", connectTimeout: 2 });
  try {
    const online = await explain(desk, lines, { http });
    assertEquals(online.status, 1);
    assertStringIncludes(online.text, "https://127.0.0.1:1/x/.well-known/openid-configuration");
  } finally {
    http.close();
  }
  const offline = await explain(desk, lines);
  assertEquals(offline.status, 0);
  assertStringIncludes(offline.text, "published  not looked at");
  const plain = await explain(desk, [
    ...SAMPLE_CONFIG,
    "LOCAL_CREDMON_ISSUER = http://127.0.0.1:1/x",
  ], {
    http: { fetch: () => Promise.reject(new Error("asked")) },
  });
  assertEquals(plain.status, 1);
  assert(!plain.text.includes("asked"));
});

Deno.test("explainConfig() shows problems and warnings of each provider, and goes on", async () => {
  using desk = Desk.make();
  const { text, status, lines } = await explain(desk, [
    ...SAMPLE_CONFIG,
    "LOCAL_CREDMON_PROVIDER_NAMES = scitokens tokb my-tok",
    "LOCAL_CREDMON_tokb_PRIVATE_KEY = @DIR@/none.pem",
    "LOCAL_CREDMON_TOKEN_LIFETIME = 600",
    "LOCAL_CREDMON_KRB_MODE = true",
    "SCITOKENS_CLIENT_ID = x",
  ]);
  assertEquals(status, 1);
  assertStringIncludes(text, 'Provider "tokb": local, switched off');
  assertStringIncludes(text, "WARNING: @DIR@/condor.conf:14: LOCAL_CREDMON_KRB_MODE has no effect");
  assertStringIncludes(
    text,
    'WARNING: Provider "scitokens" is local, and SCITOKENS_CLIENT_ID is set',
  );
  assertStringIncludes(text, 'WARNING: Provider "my-tok" can have no knobs of its own');
  assert(lines.at(-1)?.startsWith("PROBLEM (tokb): "));
  assertEquals(lines.filter((line) => line.startsWith("PROBLEM")).length, 1);
});

Deno.test("explainConfig() says what the example user does not get, and why", async () => {
  using desk = Desk.make();
  const table: readonly (readonly [readonly string[], string, 0 | 1])[] = [
    [
      ["LOCAL_CREDMON_AUTHZ_GROUP_REQUIREMENT = projectA"],
      'alice gets an empty token, for lack of group "projectA"',
      0,
    ],
    [["LOCAL_CREDMON_TOKEN_AUDIENCE ="], 'alice gets no token: No "aud" claim', 0],
    [
      ["LOCAL_CREDMON_AUTHZ_GROUP_MAPFILE = /none"],
      'WARNING: Cannot read group map "/none": No such file',
      0,
    ],
    [
      ["LOCAL_CREDMON_AUTHZ_GROUP_MAPFILE = /none", "LOCAL_CREDMON_AUTHZ_GROUP_REQUIREMENT = g"],
      'PROBLEM (scitokens): Cannot read group map "/none": No such file',
      1,
    ],
  ];
  for (const [lines, part, status] of table) {
    const told = await explain(desk, [...SAMPLE_CONFIG, ...lines]);
    assertStringIncludes(told.text, part);
    assertEquals(told.status, status);
  }
  const { text } = await explain(desk, SAMPLE_CONFIG, { user: "bob" });
  assertStringIncludes(text, 'bob gets sub "bob"');
});

Deno.test("explainConfig() that is told to stop stops", async () => {
  using desk = Desk.make();
  const reason = new Error("stop");
  await assertRejects(
    () =>
      explain(desk, SAMPLE_CONFIG, {
        signal: AbortSignal.abort(reason),
        fetchKeys: () => Promise.reject(reason),
      }),
    Error,
    "stop",
  );
});

Deno.test("ownerOf() decides as HTCondor's credd does", async () => {
  using desk = Desk.make();
  /** Settings, a name, and its owner; "scitokens" is local throughout. */
  const table: readonly (readonly [readonly string[], string, string])[] = [
    [[], "scitokens", "local"],
    [[], "box", "the user"],
    [[], "SciTokens", "the user"],
    [["CLIENT_CREDMON_PROVIDER_NAMES = scitokens box"], "scitokens", "local"],
    [["CLIENT_CREDMON_PROVIDER_NAMES = a, box"], "box", "client"],
    [["OAUTH2_CREDMON_PROVIDER_NAMES = box"], "box", "oauth2"],
    [["OAUTH2_CREDMON_PROVIDER_NAMES = Box"], "box", "the user"],
    [
      ["CLIENT_CREDMON_PROVIDER_NAMES = box", "OAUTH2_CREDMON_PROVIDER_NAMES = box"],
      "box",
      "client",
    ],
    [
      ["OAUTH2_CREDMON_PROVIDER_NAMES = box", "VAULT_CREDMON_PROVIDER_NAMES = box"],
      "box",
      "oauth2",
    ],
    [
      ["VAULT_CREDMON_PROVIDER_NAMES = box", "PELICAN_CREDMON_PROVIDER_NAMES = box"],
      "box",
      "vault",
    ],
    [["PELICAN_CREDMON_PROVIDER_NAMES = box"], "box", "pelican"],
    [["SCITOKENS_CLIENT_ID = x"], "scitokens", "local"],
    [["VAULT_CREDMON_PROVIDER_NAMES = *"], "box", "vault"],
    [["SEC_CREDENTIAL_STORER = /usr/bin/condor_vault_storer"], "box", "vault"],
    [["SEC_CREDENTIAL_STORER = /s", "VAULT_CREDMON_PROVIDER_NAMES = other"], "box", "the user"],
    [["OAUTH2_CREDMON_PROVIDER_NAMES = *"], "box", "the user"],
  ];
  for (const [lines, name, owner] of table) {
    const config = await desk.config([...SAMPLE_CONFIG, ...lines]);
    assertEquals(
      ownerOf(config, name, ["scitokens"]),
      owner as typeof owner & "local",
      lines.join(),
    );
  }
  // A client's name makes it the OAuth2 monitor's, unless that has a list, and never Vault's.
  const source = (settings: Record<string, unknown>) => ({
    get: (name: string) => settings[name],
    origin: () => "default",
  });
  const id = { BOX_CLIENT_ID: "x", SEC_CREDENTIAL_STORER: "/s" };
  assertEquals(ownerOf(source(id), "box", []), "oauth2");
  assertEquals(
    ownerOf(source({ ...id, OAUTH2_CREDMON_PROVIDER_NAMES: ["*"] }), "box", []),
    "oauth2",
  );
  assertEquals(
    ownerOf(source({ ...id, OAUTH2_CREDMON_PROVIDER_NAMES: ["a"] }), "box", []),
    "the user",
  );
});
