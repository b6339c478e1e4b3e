import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { compactVerify } from "jose";
import { claimsOf } from "../../../core/credentials/keytool/claims.ts";
import { runCreateToken } from "../../../core/credentials/keytool/create_token.ts";
import { UsageError } from "../../../core/errors.ts";
import { readPublicKey } from "../../../core/keys/mod.ts";
import { FakeHost, Folder, keyPath, NOON } from "./hosts.ts";

const captured = (name: string) => Deno.readTextFileSync(keyPath(name));
const ISSUER = "https://issuer.example.org/scitokens";

/** A captured key in a file of its own, whose mode is right. */
function keyIn(folder: Folder, kind: "ec" | "rsa" = "ec", mode = 0o600): string {
  return folder.write(`${kind}.pem`, captured(`${kind}-private.pem`), mode);
}

async function run(args: readonly string[], host = new FakeHost()) {
  const code = await runCreateToken(args, host);
  return { code, text: host.text, notes: host.notes };
}

const decoded = (text: string) =>
  text.trim().split(".").slice(0, 2).map((part) =>
    new TextDecoder().decode(Uint8Array.fromBase64(part, { alphabet: "base64url" }))
  );

Deno.test("scitokens-admin-create-token prints a token like those of the local issuer", async () => {
  using folder = new Folder();
  for (const [kind, alg] of [["ec", "ES256"], ["rsa", "RS256"]] as const) {
    const { code, text, notes } = await run([
      ...["--keyfile", keyIn(folder, kind), "--key_id", "abc0", "--issuer", ISSUER],
      ...["sub=alice", "scope=read:/user/alice write:/user/alice", "ver=scitoken:2.0"],
      ...["aud=https://example.com", "aud=https://anotherserver.edu"],
    ]);
    assertEquals([code, notes], [0, []]);
    assertMatch(text, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const [header = "", body = ""] = decoded(text);
    assertEquals(header, `{"alg":"${alg}","kid":"abc0","typ":"JWT"}`);
    const { jti, ...claims } = JSON.parse(body);
    assertMatch(jti, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assertEquals(
      JSON.stringify(claims),
      JSON.stringify({
        sub: "alice",
        scope: "read:/user/alice write:/user/alice",
        ver: "scitoken:2.0",
        aud: ["https://example.com", "https://anotherserver.edu"],
        iss: ISSUER,
        exp: NOON + 1200,
        iat: NOON,
        nbf: NOON,
      }),
    );
    const { publicKey } = await readPublicKey(captured(`${kind}-public.pem`));
    await compactVerify(text.trim(), publicKey);
  }
});

Deno.test("two tokens have different names, and no kid unless one is given", async () => {
  using folder = new Folder();
  const args = ["-keyfile", keyIn(folder), "-issuer", ISSUER, "sub=a"];
  const [one, two] = [decoded((await run(args)).text), decoded((await run(args)).text)];
  assert(JSON.parse(one[1]!).jti !== JSON.parse(two[1]!).jti);
  assertEquals(one[0], '{"alg":"ES256","typ":"JWT"}');
});

Deno.test("claimsOf() puts claims as the Python library does", () => {
  const base = { audiences: [], lifetime: 60, now: 1000, id: "id", issuer: "https://i" };
  const times = { iss: "https://i", exp: 1060, iat: 1000, nbf: 1000 };
  const cases = [
    [{ words: ["a=b=c", "d="] }, { a: "b=c", d: "", ...times, jti: "id" }],
    [{ words: ["jti=x", "a=b"] }, { jti: "x", a: "b", ...times }],
    [{ words: ["iss=https://j"] }, { ...times, jti: "id" }],
    [{ words: ["iss=https://j"], issuer: undefined }, { ...times, iss: "https://j", jti: "id" }],
    [{ words: ["aud=x"] }, { aud: "x", ...times, jti: "id" }],
    [{ words: [], audiences: ["x"] }, { aud: ["x"], ...times, jti: "id" }],
    [{ words: ["aud=x"], audiences: ["y"] }, { aud: ["x", "y"], ...times, jti: "id" }],
  ] as const;
  for (const [words, wanted] of cases) {
    assertEquals(JSON.stringify(claimsOf({ ...base, ...words })), JSON.stringify(wanted));
  }
});

Deno.test("claimsOf() refuses what would not be in the token as it was said", () => {
  const base = { audiences: [], lifetime: 60, now: 1000, id: "id", issuer: "https://i" };
  const cases = [
    [{ words: ["exp=5"] }, /"exp" cannot be given/],
    [{ words: ["a=1", "a=2"] }, /"a" is given twice/],
    [{ words: ["nothing"] }, /not of the form/],
    [{ words: ["=x"] }, /not of the form/],
    [{ words: [] }, /a claim is needed/],
    [{ words: ["a=b"], issuer: undefined }, /-issuer URL is needed/],
    [{ words: ["a=b"], issuer: "" }, /-issuer URL is needed/],
    [{ words: [`a=${"x".repeat(33_000)}`] }, /more than 32768/],
  ] as const;
  for (const [words, message] of cases) {
    assertMatch(assertThrows(() => claimsOf({ ...base, ...words }), UsageError).message, message);
  }
  const secret = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.AAAA";
  const { message } = assertThrows(() => claimsOf({ ...base, words: [secret] }), UsageError);
  assert(!message.includes("eyJ"));
});

Deno.test("claimsOf() keeps every claim, whatever it is called", () => {
  const name = fc.string({ minLength: 1, maxLength: 8 }).filter((text) =>
    !text.includes("=") && !["exp", "iat", "nbf", "iss", "jti", "aud"].includes(text)
  );
  const given = fc.dictionary(name, fc.string({ maxLength: 8 }), { minKeys: 1, maxKeys: 6 });
  fc.assert(fc.property(fc.oneof(given, fc.constant({ ["__proto__"]: "x" })), (dictionary) => {
    const words = Object.entries(dictionary).map(([key, value]) => `${key}=${value}`);
    if (words.length === 0) return;
    const claims = claimsOf({ words, issuer: "i", audiences: [], lifetime: 1, now: 1, id: "j" });
    for (const [key, value] of Object.entries(dictionary)) {
      assertEquals(Object.getOwnPropertyDescriptor(claims, key)?.value, value);
    }
  }));
});

Deno.test("scitokens-admin-create-token ends with status 2 for wrong arguments", async () => {
  using folder = new Folder();
  const key = keyIn(folder);
  const wrong = [
    [],
    ["sub=a"],
    ["-keyfile", key, "-issuer", ISSUER],
    ["-keyfile", key, "sub=a"],
    ["-keyfile", key, "-issuer", ISSUER, "sub"],
    ["-no-such"],
    ...["0", "-5", "1.5", "x", "", "1e3", "315360001"].map((lifetime) => [
      ...["-keyfile", key, "-issuer", ISSUER, "sub=a", `-lifetime=${lifetime}`],
    ]),
  ];
  for (const args of wrong) {
    const { code, text, notes } = await run(args);
    assertEquals([args, code, text], [args, 2, ""]);
    assertMatch(notes.at(-1) ?? "", /^scitokens-admin-create-token: /);
  }
});

Deno.test("scitokens-admin-create-token warns of keys that others can have, and signs", async () => {
  using folder = new Folder();
  const args = (path: string) => ["-keyfile", path, "-issuer", ISSUER, "sub=a"];
  for (const mode of [0o644, 0o640, 0o602]) {
    const { code, notes } = await run(args(keyIn(folder, "ec", mode)));
    assertEquals([code, notes.length], [0, 1]);
    assertMatch(notes[0]!, /can be opened by others, mode 06[04][0-4]: chmod 0400 it$/);
  }
  for (const mode of [0o600, 0o400]) {
    assertEquals((await run(args(keyIn(folder, "ec", mode)))).notes, []);
  }
});

Deno.test({
  name: "scitokens-admin-create-token warns of keys that another user owns" +
    (Deno.uid() === 0 ? "" : " (needs root)"),
  ignore: Deno.uid() !== 0,
  async fn() {
    using folder = new Folder();
    const path = keyIn(folder);
    Deno.chownSync(path, 65534, 65534);
    const { notes } = await run(["-keyfile", path, "-issuer", ISSUER, "sub=a"]);
    assertMatch(notes.join(), /belongs to user id 65534, who can sign tokens with it: chown it$/);
  },
});

Deno.test("scitokens-admin-create-token takes the key from standard input", async () => {
  const host = new FakeHost({ stdin: captured("ec-pkcs8-private.pem") });
  const { code, notes } = await run(["-keyfile", "-", "-issuer", ISSUER, "sub=a"], host);
  assertEquals([code, notes], [0, []]);
});

Deno.test("scitokens-admin-create-token says why a key cannot be used", async () => {
  using folder = new Folder();
  const cases = [
    [
      folder.write("p.pem", captured("ec-public.pem")),
      /Cannot use ".*p.pem": it holds a PEM block/,
    ],
    [folder.at("none"), /Cannot read ".*none": No such file/],
    [folder.write("e.pem", ""), /Cannot use ".*e.pem": there is no key in PEM form/],
  ] as const;
  for (const [path, message] of cases) {
    const host = new FakeHost();
    const work = () => run(["-keyfile", path, "-issuer", ISSUER, "sub=a"], host);
    assertMatch((await assertRejects(work, Error)).message, message);
    assertEquals(host.text, "");
  }
});
