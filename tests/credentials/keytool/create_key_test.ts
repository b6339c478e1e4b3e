import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { runCreateKey } from "../../../core/credentials/keytool/create_key.ts";
import { readPrivateKey, readPublicKey } from "../../../core/keys/mod.ts";
import { FakeHost, Folder, keyPath } from "./hosts.ts";

const captured = (name: string) => Deno.readTextFileSync(keyPath(name));

interface Ran {
  readonly code: number;
  readonly text: string;
  readonly notes: readonly string[];
}

async function run(args: readonly string[], host = new FakeHost()): Promise<Ran> {
  const code = await runCreateKey(args, host);
  return { code, text: host.text, notes: host.notes };
}

Deno.test("scitokens-admin-create-key prints the bytes of SciTokens' own tool", async () => {
  const cases = [
    [["--ec", "--private-keyfile", "ec-private.pem", "--jwks-public"], "ec-public.jwks"],
    [["-ec", "-private-keyfile", "ec-private.pem", "-jwks-private"], "ec-private.jwks"],
    [["--private-keyfile", "ec-private.pem", "--pem-private"], "ec-private.pem"],
    [["--private-keyfile", "ec-private.pem", "--pem-public"], "ec-public.pem"],
    [["--public-keyfile", "ec-public.pem", "--pem-public"], "ec-public.pem"],
    [["--public-keyfile", "ec-public.pem", "--ec", "--jwks-public"], "ec-public.jwks"],
    [
      ["--private-keyfile", "ec-short-x-private.pem", "--jwks-public"],
      "ec-short-x-public.jwks",
    ],
    [["--private-keyfile", "rsa-private.pem", "--jwks-public"], "rsa-public.jwks"],
    [["--private-keyfile", "rsa-private.pem", "--jwks-private"], "rsa-private.jwks"],
    [["--private-keyfile", "rsa-private.pem", "--pem-private"], "rsa-private.pem"],
    [["--public-keyfile", "rsa-public.pem", "--jwks-public"], "rsa-public.jwks"],
  ] as const;
  for (const [args, wanted] of cases) {
    const words = args.map((word) => word.endsWith(".pem") ? keyPath(word) : word);
    const ran = await run(["--compat-padding", ...words]);
    assertEquals([args, ran], [args, { code: 0, text: captured(wanted), notes: [] }]);
  }
});

Deno.test("scitokens-admin-create-key prints in one order, whatever the order of the options", async () => {
  const { text } = await run([
    ...["-pem-public", "-pem-private", "-jwks-private", "-jwks-public", "-compat-padding"],
    ...["-private-keyfile", keyPath("ec-private.pem")],
  ]);
  const order = [
    ...["ec-public.jwks", "ec-private.jwks", "ec-private.pem", "ec-public.pem"],
  ];
  assertEquals(text, order.map(captured).join(""));
});

Deno.test("scitokens-admin-create-key prints JWKs as RFC 7518 wants them", async () => {
  const { text } = await run([
    "-private-keyfile",
    keyPath("ec-short-x-private.pem"),
    "-jwks-public",
  ]);
  assertEquals(text.trimEnd(), captured("ec-short-x.rfc7518.jwks").trimEnd());
  const { text: secret } = await run([
    "-private-keyfile",
    keyPath("rsa-private.pem"),
    "-jwks-private",
  ]);
  assertEquals(secret, captured("rsa-private.jwks").replaceAll("=", ""));
});

Deno.test("scitokens-admin-create-key turns PKCS#8 into the traditional form", async () => {
  const { text } = await run(["-private-keyfile", keyPath("ec-pkcs8-private.pem"), "-pem-private"]);
  assertMatch(text, /^-----BEGIN EC PRIVATE KEY-----\n/);
  const [one, two] = [
    await readPrivateKey(text),
    await readPrivateKey(captured("ec-pkcs8-private.pem")),
  ];
  assertEquals(one.thumbprint, two.thumbprint);
});

Deno.test("scitokens-admin-create-key reads a key from standard input", async () => {
  const host = new FakeHost({ stdin: captured("ec-private.pem") });
  assertEquals(
    (await run(["-private-keyfile", "-", "-pem-public"], host)).text,
    captured("ec-public.pem"),
  );
  const both = ["-public-keyfile", "-", "-also-public", "-", "-jwks-public"];
  assertEquals((await run(both)).code, 2);
});

Deno.test("scitokens-admin-create-key names keys", async () => {
  const kids = async (...args: string[]) => {
    const { text } = await run([
      "-private-keyfile",
      keyPath("ec-private.pem"),
      "-jwks-public",
      ...args,
    ]);
    return JSON.parse(text).keys[0].kid;
  };
  assertEquals(await kids(), "f00f");
  assertEquals(await kids("-kid-length", "16"), "f00f07d204c18f11");
  assertEquals(await kids("-kid=key 1".replace(" ", "-")), "key-1");
  for (const args of [["-kid", "a b"], ["-kid", ""], ["-kid-length", "0"], ["-kid-length", "65"]]) {
    const { code, notes } = await run(["-create-keys", "-ec", "-jwks-public", ...args]);
    assertEquals([args, code, notes.length], [args, 2, 1]);
  }
});

Deno.test("scitokens-admin-create-key makes keys of both kinds", async () => {
  for (const [args, algorithm] of [[["-ec"], "ES256"], [[], "RS256"]] as const) {
    const { text, code } = await run(["-create-keys", ...args, "-pem-private", "-pem-public"]);
    assertEquals(code, 0);
    const [secret = "", open = ""] = text.split(/(?=-----BEGIN PUBLIC)/);
    const key = await readPrivateKey(secret);
    assertEquals([key.algorithm, key.thumbprint], [
      algorithm,
      (await readPublicKey(open)).thumbprint,
    ]);
  }
});

Deno.test("scitokens-admin-create-key ends with status 2 and its usage for wrong arguments", async () => {
  const key = keyPath("ec-private.pem");
  const wrong = [
    [],
    ["-ec"],
    ["-create-keys", "-private-keyfile", key],
    ["-create-keys", "-public-keyfile", key],
    ["-private-keyfile", key, "-public-keyfile", key],
    ["-private-keyfile", key, "-issuer", "https://i.example"],
    ["-private-keyfile", key, "-well-known", "d"],
    ["-create-keys", "-issuer", "https://i.example", "-well-known", "d"],
  ];
  for (const args of wrong) {
    const { code, text, notes } = await run(args);
    assertEquals([args, code, text], [args, 2, ""]);
    assertMatch(notes[0] ?? "", /^Usage: scitokens-admin-create-key -create-keys /);
    assertMatch(notes[1] ?? "", /^scitokens-admin-create-key: /);
  }
  for (const args of [["-no-such"], ["-create-keys", "x"], ["-out"], ["-create-keys=1"]]) {
    const { code, text, notes } = await run(args);
    assertEquals([args, code, text, notes.length], [args, 2, "", 1]);
    assertMatch(notes[0] ?? "", /^scitokens-admin-create-key: .* \(see -help\)$/);
  }
  const plain = ["-private-keyfile", key, "-issuer", "http://i.example", "-well-known", "d"];
  assertMatch((await run(plain)).notes[0] ?? "", /does not begin with "https:\/\/"/);
});

Deno.test("scitokens-admin-create-key without an output makes nothing and says so", async () => {
  const { code, text, notes } = await run(["-create-keys", "-ec"]);
  assertEquals([code, text], [0, ""]);
  assertMatch(notes.join(), /is lost/);
  assertEquals(await run(["-private-keyfile", keyPath("ec-private.pem")]), {
    code: 0,
    text: "",
    notes: [],
  });
});

Deno.test("scitokens-admin-create-key refuses what it cannot do, naming the file", async () => {
  using folder = new Folder();
  const p384 = folder.write("bad.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n");
  const cases = [
    [
      ["-public-keyfile", keyPath("ec-public.pem"), "-pem-private"],
      /Cannot do -pem-private with ".*"/,
    ],
    [["-public-keyfile", keyPath("ec-public.pem"), "-jwks-private"], /holds a public key only/],
    [
      ["-public-keyfile", keyPath("ec-public.pem"), "-out", folder.at("k")],
      /holds a public key only/,
    ],
    [["-public-keyfile", keyPath("ec-private.pem"), "-pem-public"], /"EC PRIVATE KEY": a public/],
    [["-private-keyfile", keyPath("rsa-private.pem"), "-ec", "-pem-public"], /it is an RSA key/],
    [["-public-keyfile", keyPath("rsa-public.pem"), "-ec", "-pem-public"], /it is an RSA key/],
    [["-private-keyfile", folder.at("none"), "-pem-public"], /Cannot read ".*none": No such file/],
    [["-private-keyfile", folder.path, "-pem-public"], /Cannot read ".*": not a regular file/],
    [["-private-keyfile", p384, "-pem-public"], /Cannot use ".*bad.pem": its PEM block is damaged/],
    [["-private-keyfile", "/dev/zero", "-pem-public"], /not a regular file/],
  ] as const;
  for (const [args, message] of cases) {
    const host = new FakeHost();
    assertMatch((await assertRejects(() => run(args, host), Error)).message, message);
    assertEquals([args, host.text], [args, ""]);
  }
  assertEquals(folder.modes(), { "bad.pem": "600" });
});

Deno.test("scitokens-admin-create-key warns when a private key goes to a file that others can open", async () => {
  const args = ["-create-keys", "-ec"];
  const notes = async (mode: number | undefined, ...more: string[]) =>
    (await run([...args, ...more], new FakeHost({ mode }))).notes.length;
  assertEquals(await notes(0o644, "-pem-private"), 1);
  assertEquals(await notes(0o640, "-jwks-private"), 1);
  assertEquals(await notes(0o600, "-pem-private"), 0);
  assertEquals(await notes(undefined, "-pem-private"), 0);
  assertEquals(await notes(0o644, "-pem-public"), 0);
});

Deno.test("scitokens-admin-create-key -out writes new files only, for their owner", async () => {
  using folder = new Folder();
  const args = [
    "-create-keys",
    "-ec",
    "-out",
    folder.at("k.pem"),
    "-out-public",
    folder.at("p.pem"),
  ];
  const before = Deno.umask(0);
  try {
    assertEquals(await run(args), { code: 0, text: "", notes: [] });
  } finally {
    Deno.umask(before);
  }
  assertEquals(folder.modes(), { "k.pem": "600", "p.pem": "644" });
  const key = await readPrivateKey(folder.read("k.pem"));
  assertEquals(key.thumbprint, (await readPublicKey(folder.read("p.pem"))).thumbprint);

  const { message } = await assertRejects(() => run(args), Error);
  assertStringIncludes(message, "it is there already");
  assertEquals((await readPrivateKey(folder.read("k.pem"))).thumbprint, key.thumbprint);

  // All or none: the private key would be left without its public one.
  Deno.removeSync(folder.at("k.pem"));
  await assertRejects(() => run(args), Error, "p.pem");
  assertEquals(folder.modes(), { "p.pem": "644" });
});

Deno.test("scitokens-admin-create-key -out follows no symbolic link", async () => {
  using folder = new Folder();
  folder.write("target", "precious");
  Deno.symlinkSync(folder.at("target"), folder.at("k.pem"));
  Deno.symlinkSync(folder.at("nowhere"), folder.at("l.pem"));
  for (const name of ["k.pem", "l.pem"]) {
    const args = ["-create-keys", "-ec", "-out", folder.at(name)];
    await assertRejects(() => run(args), Error, "it is there already");
  }
  assertEquals(folder.read("target"), "precious");
  assertEquals(Object.keys(folder.modes()), ["k.pem", "l.pem", "target"]);
});

Deno.test("scitokens-admin-create-key says why a file cannot be written", async () => {
  using folder = new Folder();
  folder.write("file", "");
  const cases = [
    [folder.at("none/k.pem"), "No such file or directory"],
    [folder.at("file/k.pem"), "Not a directory"],
    [folder.at("x".repeat(300)), "File name too long"],
  ] as const;
  for (const [path, state] of cases) {
    const { message } = await assertRejects(
      () => run(["-create-keys", "-ec", "-out", path]),
      Error,
    );
    assertEquals(message, `Cannot write "${path}": ${state}`);
  }
  // Where even root may not write.
  const { message } = await assertRejects(
    () => run(["-create-keys", "-ec", "-out", "/sys/k.pem"]),
    Error,
  );
  assertMatch(message, /^Cannot write "\/sys\/k\.pem": (Permission denied|Read-only file system)/);
  assertEquals(folder.modes(), { file: "600" });
});

Deno.test("no private part of a key is in a note or an error", async () => {
  using folder = new Folder();
  const text = captured("rsa-private.pem");
  const secrets = [
    ...text.split("\n").slice(5, 25),
    ...text.match(/[A-Za-z0-9+/]{20}/g)!.slice(20),
  ];
  const body = text.split("\n").slice(1, -2).join("\n");
  const bad = [
    `${text}x`,
    text.replace("KCAQEA", "KCAQEB"),
    text.slice(0, 900),
    text.replaceAll("RSA PRIVATE", "EC PRIVATE"),
    text.replaceAll("RSA PRIVATE", "PUBLIC"),
    body,
    `{"keys":[{"kty":"RSA","d":"${body.replaceAll("\n", "")}"}]}`,
    `{"keys":[${body}`,
  ];
  for (const [i, content] of bad.entries()) {
    const path = folder.write(`k${i}`, content);
    for (const option of ["-private-keyfile", "-public-keyfile"]) {
      for (const more of [["-pem-public"], ["-also-public", path, "-jwks-public"]]) {
        const host = new FakeHost();
        const error = await run([option, path, ...more], host).then(() => undefined, (e) => e);
        const said = `${error?.message} ${error?.cause?.message} ${host.notes.join()} ${host.text}`;
        for (const secret of secrets) assert(!said.includes(secret), said);
      }
    }
  }
});
