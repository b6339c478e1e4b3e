import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { runCreateKey } from "../../../core/credentials/keytool/create_key.ts";
import { readJwkSet } from "../../../core/keys/mod.ts";
import * as disk from "../../servers/full_disk.ts";
import { FakeHost, Folder, keyPath } from "./hosts.ts";

const ISSUER = "https://i.example/scitokens";
const OLD = keyPath("ec-private.pem");
const NEW = keyPath("ec-short-x-private.pem");

async function publish(folder: string, key: string, ...more: string[]): Promise<FakeHost> {
  const host = new FakeHost();
  const args = ["-private-keyfile", key, "-issuer", ISSUER, "-well-known", folder, ...more];
  assertEquals([await runCreateKey(args, host), host.text], [0, ""]);
  return host;
}

async function kids(folder: Folder, name = "issuer.jwks"): Promise<(string | undefined)[]> {
  return (await readJwkSet(folder.read(name))).keys.map(({ kid }) => kid);
}

Deno.test("-well-known writes the two files that verifiers look for", async () => {
  using folder = new Folder();
  assertEquals((await publish(folder.path, OLD)).notes, []);
  assertEquals(folder.modes(), { "issuer.jwks": "644", "openid-configuration": "644" });
  assertEquals(JSON.parse(folder.read("openid-configuration")), {
    issuer: ISSUER,
    jwks_uri: `${ISSUER}/.well-known/issuer.jwks`,
  });
  assertEquals(await kids(folder), ["f00f"]);
});

Deno.test("-well-known writes them for everybody, whatever the umask", async () => {
  using folder = new Folder();
  const before = Deno.umask(0o077);
  try {
    await publish(folder.path, OLD);
  } finally {
    Deno.umask(before);
  }
  assertEquals(folder.modes(), { "issuer.jwks": "644", "openid-configuration": "644" });
});

Deno.test("an issuer with a slash at its end keeps it, and its files have one slash", async () => {
  using folder = new Folder();
  const args = [
    "-private-keyfile",
    OLD,
    "-issuer",
    "https://i.example/",
    "-well-known",
    folder.path,
  ];
  assertEquals(await runCreateKey(args, new FakeHost()), 0);
  assertEquals(JSON.parse(folder.read("openid-configuration")), {
    issuer: "https://i.example/",
    jwks_uri: "https://i.example/.well-known/issuer.jwks",
  });
});

Deno.test("-also-public keeps the old key beside the new one, by its name", async () => {
  using folder = new Folder();
  await publish(folder.path, OLD, "-kid", "old-name");
  const set = folder.at("issuer.jwks");
  // A key that goes without anybody having said so is told.
  const alone = await publish(folder.path, NEW);
  assertMatch(alone.notes.join(), /no longer published: "old-name"/);
  await publish(folder.path, OLD, "-kid", "old-name");
  const both = await publish(folder.path, NEW, "-also-public", set);
  assertEquals([both.notes, await kids(folder)], [[], ["a37f", "old-name"]]);
  // Once more changes nothing, and a key is not published twice.
  const again = await publish(
    folder.path,
    NEW,
    ...["-also-public", set, "-also-public", keyPath("ec-public.pem")],
  );
  assertEquals([again.notes, await kids(folder)], [[], ["a37f", "old-name"]]);
  const rsa = await publish(folder.path, NEW, "-also-public", keyPath("rsa-public.pem"));
  assertEquals([rsa.notes.length, await kids(folder)], [1, ["a37f", "4fe2"]]);
});

Deno.test("-also-public publishes no private part of a private set", async () => {
  using folder = new Folder();
  await publish(folder.path, NEW, "-also-public", keyPath("rsa-private.jwks"));
  const text = folder.read("issuer.jwks");
  for (const member of ["d", "p", "q", "dp", "dq", "qi"]) {
    assertEquals([member, text.includes(`"${member}"`)], [member, false]);
  }
  assertEquals(await kids(folder), ["a37f", "4fe2"]);
});

Deno.test("-also-public refuses two keys of one name, and keys that nobody could use", async () => {
  using folder = new Folder();
  await publish(folder.path, OLD);
  const before = folder.read("issuer.jwks");
  const unusable = folder.write("odd.jwks", '{"keys":[{"kty":"OKP","kid":"x"}]}');
  const cases = [
    [["-kid", "f00f", "-also-public", folder.at("issuer.jwks")], /published as "f00f"/],
    [["-also-public", unusable], /Cannot use ".*odd.jwks": key 1: it is a key for/],
    [["-also-public", folder.at("none")], /Cannot read ".*none"/],
    [["-also-public", OLD], /"EC PRIVATE KEY": a public key is/],
  ] as const;
  for (const [more, message] of cases) {
    const work = () => publish(folder.path, NEW, ...more);
    assertMatch((await assertRejects(work, Error)).message, message);
  }
  assertEquals(folder.read("issuer.jwks"), before);
});

Deno.test("metadata of the same issuer stay, and say what the set is called", async () => {
  using folder = new Folder();
  const metadata = JSON.stringify({
    issuer: ISSUER,
    token_endpoint: "https://i.example/token",
    jwks_uri: `${ISSUER}/.well-known/keys.jwks`,
  });
  folder.write("openid-configuration", metadata, 0o640);
  await publish(folder.path, OLD);
  assertEquals(folder.read("openid-configuration"), metadata);
  assertEquals(folder.modes(), { "keys.jwks": "644", "openid-configuration": "640" });
  assertEquals(await kids(folder, "keys.jwks"), ["f00f"]);
});

Deno.test("metadata that are another's, or lead elsewhere, are left alone, and so are the keys", async () => {
  const base = `${ISSUER}/.well-known`;
  const cases = [
    [`{"issuer":"https://other.example"}`, /its "issuer" is "https:\/\/other.example", not/],
    [`{"issuer":"${ISSUER}/"}`, /not "https:\/\/i.example\/scitokens": move it away/],
    [`{}`, /its "issuer" is missing/],
    [`null`, /its "issuer" is missing/],
    [`{`, /it is not JSON: move it away/],
    [`{"issuer":"${ISSUER}"}`, /its "jwks_uri" is missing/],
    [`{"issuer":"${ISSUER}","jwks_uri":"https://cdn.example/k"}`, /is no file beside it/],
    [`{"issuer":"${ISSUER}","jwks_uri":"${base}/../x"}`, /is no file beside it/],
    [`{"issuer":"${ISSUER}","jwks_uri":"${base}/a/b"}`, /is no file beside it/],
    [`{"issuer":"${ISSUER}","jwks_uri":"${base}/openid-configuration"}`, /is no file beside it/],
    [" ".repeat(70_000), /70000 bytes are more than/],
  ] as const;
  for (const [metadata, message] of cases) {
    using folder = new Folder();
    folder.write("openid-configuration", metadata);
    folder.write("issuer.jwks", "as it was");
    assertMatch((await assertRejects(() => publish(folder.path, OLD), Error)).message, message);
    assertEquals(folder.read("issuer.jwks"), "as it was");
    assertEquals(Object.keys(folder.modes()), ["issuer.jwks", "openid-configuration"]);
  }
});

Deno.test("what is no set is replaced; what is no file is an error", async () => {
  using folder = new Folder();
  folder.write("issuer.jwks", "rubbish");
  await publish(folder.path, OLD);
  assertEquals(await kids(folder), ["f00f"]);
  Deno.removeSync(folder.at("issuer.jwks"));
  Deno.mkdirSync(folder.at("issuer.jwks"));
  const { message } = await assertRejects(() => publish(folder.path, OLD), Error);
  assertMatch(message, /Cannot read ".*issuer.jwks": not a regular file/);
  await assertRejects(() => publish(folder.at("none"), OLD), Error, "No such file");
});

Deno.test("a new key that cannot be published is not there either, for whoever tries again", async () => {
  using folder = new Folder();
  const place = folder.at("later");
  const make = () =>
    runCreateKey([
      ...["-create-keys", "-ec", "-out", folder.at("key.pem"), "-out-public", folder.at("pub.pem")],
      ...["-issuer", ISSUER, "-well-known", place],
    ], new FakeHost());
  await assertRejects(make, Error, "No such file or directory");
  assertEquals([...Deno.readDirSync(folder.path)], []);
  Deno.mkdirSync(place);
  assertEquals(await make(), 0);
  await assertRejects(make, Error, "it is there already");
  assertEquals([...Deno.readDirSync(folder.path)].length, 3);
});

Deno.test("a link in the place of a file is replaced, not followed", async () => {
  using folder = new Folder();
  folder.write("target", "precious");
  Deno.symlinkSync("target", folder.at("issuer.jwks"));
  await publish(folder.path, OLD);
  assertEquals([folder.read("target"), await kids(folder)], ["precious", ["f00f"]]);
});

Deno.test({
  name: `a full disk leaves the files as they were${disk.missing && ` (needs ${disk.missing})`}`,
  ignore: !disk.available,
  async fn() {
    await using full = await disk.mountFullDisk({ size: 65536 });
    const before = Deno.makeTempDirSync({ dir: full.path });
    await publish(before, OLD);
    const read = () =>
      ["issuer.jwks", "openid-configuration"].map((name) =>
        Deno.readTextFileSync(`${before}/${name}`)
      );
    const texts = read();
    const size = await full.free();
    Deno.writeFileSync(`${full.path}/filler`, new Uint8Array(size));
    const { message } = await assertRejects(() => publish(before, NEW), Error);
    assertMatch(message, /^Cannot write ".*": No space left on device$/);
    assertEquals(read(), texts);
    assertEquals([...Deno.readDirSync(before)].length, 2);

    const args = ["-create-keys", "-ec", "-out", `${full.path}/k.pem`];
    const refused = await assertRejects(() => runCreateKey(args, new FakeHost()), Error);
    assertMatch(refused.message, /k\.pem": No space left on device$/);
    assertEquals([...Deno.readDirSync(full.path)].map(({ name }) => name).includes("k.pem"), false);
    assertEquals([...Deno.readDirSync(full.path)].length, 2);
  },
});
