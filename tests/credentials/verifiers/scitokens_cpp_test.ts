import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { SYSTEM_CLOCK } from "../../../core/clock.ts";
import { TokenRefusal } from "../../../core/credentials/keytool/decode_token.ts";
import { runCreateKey } from "../../../core/credentials/keytool/create_key.ts";
import { runVerifyToken } from "../../../core/credentials/keytool/verify_token.ts";
import { keyId, readJwkSet, readPrivateKey, readPublicKey } from "../../../core/keys/mod.ts";
import { makeCa } from "../../servers/ca.ts";
import { startNginx } from "../../servers/nginx.ts";
import { FakeHost, keyPath } from "../keytool/hosts.ts";
import { altered, KEYS, printed, token } from "./made.ts";
import { ask, inChroot, Shared, WITHOUT_CPP } from "./root.ts";

interface Answer {
  readonly acls?: readonly string[];
  readonly error?: string;
}

const SCOPES = ["sub=alice", "scope=read:/user/alice write:/user/alice"];

function cppTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: name + WITHOUT_CPP, ignore: WITHOUT_CPP !== "", fn });
}

const ACLS = ["read:/user/alice", "write:/user/alice"];

cppTest("scitokens-cpp takes our tokens by what -well-known publishes over https", async () => {
  const ca = await makeCa();
  const site = await Deno.makeTempDir({ prefix: "pinion-site-" });
  try {
    await Deno.chmod(site, 0o755);
    await Deno.mkdir(join(site, ".well-known"));
    await using server = await startNginx({ root: site, tls: ca.good });
    const issuer = server.origin;
    const publish = async (key: string, ...more: string[]) => {
      const args = ["-private-keyfile", keyPath(key), "-issuer", issuer];
      const folder = ["-well-known", join(site, ".well-known")];
      assertEquals(await runCreateKey([...args, ...folder, ...more], new FakeHost()), 0);
    };
    const set = join(site, ".well-known/issuer.jwks");
    const published: (readonly [string, string])[] = [];
    // Each key is published beside those before it, as when an issuer changes to another.
    for (const [i, [key, kid]] of KEYS.entries()) {
      await publish(key, ...(i === 0 ? [] : ["-also-public", set]));
      published.push([key, kid]);
      for (const [signer, name] of published) {
        using shared = new Shared();
        const question = {
          issuer,
          audience: ["https://storage.example.org"],
          cache: shared.inside,
          ca: shared.write("ca.pem", ca.ca),
        };
        for (
          const claims of [
            [...SCOPES, "ver=scitoken:2.0", "aud=https://storage.example.org"],
            [...SCOPES, "ver=scitoken:2.0", "aud=ANY"],
          ]
        ) {
          const text = await token(signer, { kid: name, issuer, claims });
          const good = await ask<Answer>("scitokens_cpp.py", { ...question, token: text });
          assertEquals([signer, good], [signer, { acls: ACLS }]);
          const bad = await ask<Answer>("scitokens_cpp.py", { ...question, token: altered(text) });
          assertMatch(bad.error ?? "", /signature|verification/i);
        }
      }
    }
    // And our own verifier, over the same wire.
    for (const [signer, kid] of published) {
      const host = new FakeHost({
        clock: SYSTEM_CLOCK,
        environment: { SSL_CERT_FILE: ca.caFile },
        stdin: await token(signer, { kid, issuer, claims: SCOPES }),
      });
      assertEquals(await runVerifyToken(["-scope", "read:/user/alice/x", "-"], host), 0);
    }
  } finally {
    await Deno.remove(site, { recursive: true });
  }
});

cppTest("scitokens-cpp takes our key sets in both forms", async () => {
  const issuer = "https://issuer.example.org";
  for (const [key, kid] of KEYS) {
    for (const form of [[], ["-compat-padding"]]) {
      using shared = new Shared();
      const jwks = await printed(key, "-jwks-public", ...form);
      const text = await token(key, { kid, issuer, claims: SCOPES });
      const question = { issuer, audience: [], cache: shared.inside, jwks, token: text };
      assertEquals([key, form, await ask<Answer>("scitokens_cpp.py", question)], [
        key,
        form,
        { acls: ACLS },
      ]);
    }
  }
});

cppTest("scitokens-verify takes our tokens by our public keys", async () => {
  using shared = new Shared();
  const issuer = "https://issuer.example.org";
  for (const [key, kid] of KEYS.slice(0, 2)) {
    const cred = shared.write("public.pem", await printed(key, "-pem-public"));
    const text = await token(key, {
      kid,
      issuer,
      claims: [...SCOPES, "wlcg.ver=1.0", "aud=https://wlcg.cern.ch/jwt/v1/any"],
    });
    const words = ["scitokens-verify", "--cred", cred, "--issuer", issuer, "--keyid", kid];
    const good = await inChroot([...words, "--profile", "wlcg"], text);
    assertEquals([good.code, good.stderr], [0, ""]);
    assertEquals((await inChroot([...words, "--profile", "wlcg"], altered(text))).code, 1);
  }
});

cppTest("scitokens-verify-token takes what scitokens-create makes with our keys", async () => {
  using shared = new Shared();
  const issuer = "https://issuer.example.org";
  for (const [key, kid] of KEYS.slice(0, 2)) {
    const words = [
      ...["scitokens-create", "--keyid", kid, "--issuer", issuer],
      ...["--cred", shared.write("public.pem", await printed(key, "-pem-public"))],
      ...["--key", shared.write("private.pem", await printed(key, "-pem-private"))],
      ...["--claim", "sub=alice", "--claim", "scope=read:/user/alice"],
    ];
    for (
      const [profile, aud] of [["scitokens2", "https://a.example"], ["wlcg", "https://b.example"]]
    ) {
      const made = await inChroot([...words, "--claim", `aud=${aud}`, "--profile", profile!]);
      assertEquals([made.code, made.stderr], [0, ""]);
      const text = made.stdout.trim();
      const jwks = shared.outside + "/set.jwks";
      await Deno.writeTextFile(jwks, await printed(key, "-jwks-public"));
      const verify = (stdin: string) =>
        runVerifyToken(
          [
            "-jwks",
            jwks,
            "-issuer",
            issuer,
            "-audience",
            aud!,
            "-scope",
            "read:/user/alice/x",
            "-",
          ],
          new FakeHost({ clock: SYSTEM_CLOCK, stdin }),
        );
      assertEquals([profile, await verify(text)], [profile, 0]);
      await assertRejects(() => verify(altered(text)), TokenRefusal, "signature");
    }
  }
});

cppTest("keys of scitokens-generate-jwks are read in all their forms", async () => {
  for (let i = 0; i < 5; i++) {
    using shared = new Shared();
    const path = (name: string) => join(shared.inside, name);
    const { code } = await inChroot([
      ...["scitokens-generate-jwks", "--jwks", path("set"), "--private", path("private")],
      ...["--public", path("public")],
    ]);
    assertEquals(code, 0);
    const { keys: [key], skipped } = await readJwkSet(shared.read("set"));
    const thumbprints = [
      key?.thumbprint,
      (await readPrivateKey(shared.read("private"))).thumbprint,
      (await readPublicKey(shared.read("public"))).thumbprint,
    ];
    assertEquals([skipped, new Set(thumbprints).size], [[], 1]);
    assertMatch(keyId(key!.publicJwk), /^[0-9a-f]{4}$/);
  }
});
