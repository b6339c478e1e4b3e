import { assertEquals, assertMatch } from "@std/assert";
import { altered, KEYS, printed, token } from "./made.ts";
import { ask, WITHOUT_PYJWT } from "./root.ts";

interface Answer {
  readonly kids?: readonly string[];
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly error?: string;
}

const ISSUER = "https://issuer.example.org";

function pyjwtTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: name + WITHOUT_PYJWT, ignore: WITHOUT_PYJWT !== "", fn });
}

pyjwtTest("PyJWT takes our tokens by our key sets, a short coordinate among them", async () => {
  for (const [key, kid] of KEYS) {
    const jwks = await printed(key, "-jwks-public");
    const text = await token(key, { kid, issuer: ISSUER, claims: ["sub=alice", "aud=a", "aud=b"] });
    const good = await ask<Answer>("pyjwt.py", { jwks, token: text, audience: "a" });
    assertEquals([good.kids, good.claims?.sub, good.error], [[kid], "alice", undefined]);
    const bad = await ask<Answer>("pyjwt.py", { jwks, token: altered(text), audience: "a" });
    assertMatch(bad.error ?? "", /^Signature verification failed/);
  }
});

pyjwtTest("PyJWT takes a set of two keys", async () => {
  const host = await printed("ec-private.pem", "-jwks-public");
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/old`, host);
    const jwks = await printed("rsa-private.pem", "-jwks-public", "-also-public", `${folder}/old`);
    for (const [key, kid] of [KEYS[0], KEYS[2]]) {
      const text = await token(key, { kid, issuer: ISSUER, claims: ["sub=a"] });
      const { kids, claims } = await ask<Answer>("pyjwt.py", { jwks, token: text });
      assertEquals([kids, claims?.iss], [["4fe2", "f00f"], ISSUER]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

pyjwtTest("PyJWT does not take a short coordinate as the Python tool writes it", async () => {
  for (
    const [form, answer] of [
      [["-compat-padding"], { error: "Coords should be 32 bytes for curve P-256" }],
      [[], { type: "ECPublicKey" }],
    ] as const
  ) {
    const set = await printed("ec-short-x-private.pem", "-jwks-public", ...form);
    assertEquals(await ask("pyjwk.py", { jwk: JSON.parse(set).keys[0] }), answer);
  }
});

pyjwtTest("PyJWT takes our private keys as JWKs", async () => {
  for (
    const [key, type] of [
      ["ec-private.pem", "ECPrivateKey"],
      ["ec-short-x-private.pem", "ECPrivateKey"],
      ["rsa-private.pem", "RSAPrivateKey"],
    ]
  ) {
    const { keys: [jwk] } = JSON.parse(await printed(key!, "-jwks-private"));
    assertEquals(await ask("pyjwk.py", { jwk }), { type });
  }
});
