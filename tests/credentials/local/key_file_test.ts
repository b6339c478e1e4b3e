import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { createMissingKey } from "../../../core/credentials/local/create_key.ts";
import { KeyFileError, loadKey } from "../../../core/credentials/local/key_file.ts";
import { resolveSafely, UnsafePath } from "../../../core/credentials/local/safe_path.ts";
import { readPrivateKey } from "../../../core/keys/mod.ts";
import { isRoot } from "../../build/built.ts";
import { Desk, rsaKey, sample, SAMPLE_CONFIG } from "./desk.ts";

const NOBODY = 65534;

function settings(path: string, more: Partial<Parameters<typeof loadKey>[0]> = {}) {
  return {
    path,
    knob: "K",
    origin: "o",
    algorithm: "ES256",
    allowInsecure: false,
    ...more,
  } as const;
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await assertRejects(() => promise, KeyFileError);
  assert(!error.message.includes("\n"));
  return `${error.code} ${error.message}`;
}

Deno.test("loadKey() reads a key that is root's alone, of all forms", async () => {
  using desk = Desk.make();
  for (const mode of [0o400, 0o600]) {
    const path = desk.write("private.pem", sample("issuer-private.pem"), mode);
    const { key, warnings, ...file } = await loadKey(
      settings(path, { publicPath: desk.at("public.pem") }),
    );
    assertEquals([key.algorithm, warnings, file], ["ES256", [], { path, mode, uid: Deno.uid()! }]);
  }
  const pkcs8 = Deno.readTextFileSync(
    new URL("../../keys/testdata/ec-pkcs8-private.pem", import.meta.url),
  );
  assertEquals(
    (await loadKey(settings(desk.write("p8.pem", pkcs8, 0o400)))).key.algorithm,
    "ES256",
  );
});

Deno.test("loadKey() says what is wrong with a file, and what to do", async () => {
  using desk = Desk.make();
  const { privatePem } = await rsaKey();
  const at = (name: string) => desk.at(name);
  const text = sample("issuer-private.pem");
  assertEquals(
    await refusal(loadKey(settings(at("none")))),
    `missing Cannot read key "${at("none")}": there is no such file; make one with ` +
      "scitokens-admin-create-key",
  );
  for (const mode of [0o440, 0o604, 0o620, 0o644]) {
    assertEquals(
      await refusal(loadKey(settings(desk.write("open.pem", text, mode)))),
      `unsafe Cannot use key "${at("open.pem")}": its mode is 0${mode.toString(8)}; make it 0400`,
    );
  }
  const table: readonly (readonly [string, string | Uint8Array, string])[] = [
    ["large", "x".repeat(65 * 1024), "unsafe Cannot use key"],
    ["empty", "", "unusable Cannot use key"],
    ["binary", crypto.getRandomValues(new Uint8Array(1000)), "unusable Cannot use key"],
    ["public", sample("issuer-public.pem"), "unusable Cannot use key"],
    ["rsa", privatePem, "algorithm Cannot use key"],
  ];
  for (const [name, content, begin] of table) {
    const said = await refusal(loadKey(settings(desk.write(name, content, 0o600))));
    assert(said.startsWith(`${begin} "${at(name)}": `), said);
  }
  const said = await refusal(loadKey(settings(desk.path)));
  assert(said.startsWith(`unsafe Cannot use key "${desk.path}": not a regular file`), said);
});

Deno.test("loadKey() refuses a key whose public part is another's", async () => {
  using desk = Desk.make();
  const { publicPem } = await rsaKey();
  const publicPath = desk.write("other.pem", publicPem);
  const load = (path: string) => loadKey(settings(desk.at("private.pem"), { publicPath: path }));
  const said = await refusal(load(publicPath));
  assert(said.startsWith("mismatch Cannot use key"), said);
  assert((await refusal(load(desk.write("bad.pem", "x")))).startsWith("unusable"));
  await load(desk.at("none.pem"));
});

Deno.test("no error text holds anything of a key", async () => {
  using desk = Desk.make();
  const text = sample("issuer-private.pem");
  const body = text.split("\n")[1]!;
  for (
    const broken of [text.replace("BEGIN", "BEGUN"), text.slice(0, -40), `${text}${text}`, body]
  ) {
    const said = await refusal(loadKey(settings(desk.write("broken.pem", broken, 0o600))));
    assert(!said.includes(body.slice(0, 12)), said);
  }
});

Deno.test("loadKey() takes an insecure key where that is allowed, and says so", async () => {
  using desk = Desk.make();
  const path = desk.write("open.pem", sample("issuer-private.pem"), 0o644);
  const { warnings } = await loadKey(settings(path, { allowInsecure: true }));
  assertEquals(warnings, [`Key "${path}" is used although its mode is 0644`]);
});

Deno.test("resolveSafely() follows links as the kernel does", async () => {
  using desk = Desk.make();
  const dir = desk.at("a/b");
  await Deno.mkdir(dir, { recursive: true });
  await Deno.symlink("b", desk.at("a/link"));
  await Deno.symlink(dir, desk.at("absolute"));
  await Deno.symlink("../private.pem", desk.at("a/key"));
  await Deno.symlink("loop", desk.at("loop"));
  const table: readonly (readonly [string, string])[] = [
    ["a/link/x", "a/b/x"],
    ["absolute/x", "a/b/x"],
    ["a/key", "private.pem"],
    ["a/./b/../b//x", "a/b/x"],
    ["none", "none"],
  ];
  for (const [path, resolved] of table) {
    assertEquals(
      resolveSafely(`${desk.path}/${path}`),
      Deno.realPathSync(desk.path) + `/${resolved}`,
    );
  }
  for (const path of [desk.at("loop"), desk.at("loop/x"), desk.at("private.pem/x")]) {
    let thrown: unknown;
    try {
      resolveSafely(path);
    } catch (error) {
      thrown = error;
    }
    assert(thrown instanceof UnsafePath, path);
  }
});

Deno.test("a key is refused where others can put another in its place", async () => {
  using desk = Desk.make();
  await Deno.mkdir(desk.at("open"));
  const text = sample("issuer-private.pem");
  const path = desk.write("open/key.pem", text, 0o600);
  await Deno.symlink(path, desk.at("link.pem"));
  for (const mode of [0o777, 0o770, 0o702]) {
    await Deno.chmod(desk.at("open"), mode);
    for (const one of [path, desk.at("link.pem")]) {
      const said = await refusal(loadKey(settings(one)));
      assert(said.includes(`others can write to directory "${desk.at("open")}"`), said);
      assert(said.endsWith("; let root alone write there"), said);
    }
    const { warnings } = await loadKey(settings(path, { allowInsecure: true }));
    assertEquals(warnings.length, 1);
  }
  await Deno.chmod(desk.at("open"), 0o1777);
  await loadKey(settings(path));
});

Deno.test({
  name: isRoot()
    ? "a key of another user's is refused"
    : "a key of another user's is refused: no root",
  ignore: !isRoot(),
  fn: async () => {
    using desk = Desk.make();
    const path = desk.write("theirs.pem", sample("issuer-private.pem"), 0o600);
    await Deno.chown(path, NOBODY, NOBODY);
    assertEquals(
      await refusal(loadKey(settings(path))),
      `unsafe Cannot use key "${path}": it belongs to uid ${NOBODY}; make it root's`,
    );
    await Deno.mkdir(desk.at("theirs"));
    await Deno.chown(desk.at("theirs"), NOBODY, NOBODY);
    const inside = desk.write("theirs/key.pem", sample("issuer-private.pem"), 0o600);
    assert((await refusal(loadKey(settings(inside)))).includes(`is of uid ${NOBODY}`));
    await Deno.symlink(desk.at("private.pem"), desk.at("link"));
    await new Deno.Command("chown", { args: ["-h", `${NOBODY}`, desk.at("link")] }).output();
    assert((await refusal(loadKey(settings(desk.at("link"))))).includes(`is of uid ${NOBODY}`));
  },
});

/** A configuration whose shared key is somewhere else. */
function withKey(folder: string, ...more: string[]): readonly string[] {
  return [
    ...SAMPLE_CONFIG,
    `LOCAL_CREDMON_PRIVATE_KEY = @DIR@/${folder}/new.pem`,
    `LOCAL_CREDMON_PUBLIC_KEY = @DIR@/${folder}/new-public.pem`,
    ...more,
  ];
}

async function createIn(desk: Desk, lines: readonly string[], names = ["scitokens"]) {
  return await createMissingKey(await desk.config(lines), names);
}

Deno.test("createMissingKey() makes a key that is right for its providers", async () => {
  using desk = Desk.make();
  await Deno.mkdir(desk.at("etc"));
  for (
    const [line, begin] of [["", "EC"], [
      "LOCAL_CREDMON_PRIVATE_KEY_ALGORITHM = RS256",
      "RSA",
    ]] as const
  ) {
    const made = await createIn(desk, withKey("etc", line));
    assert(made?.created && made.line.includes(desk.at("etc/new.pem")), made?.line);
    assertEquals(Deno.statSync(desk.at("etc/new.pem")).mode! & 0o7777, 0o600);
    assertEquals(Deno.statSync(desk.at("etc/new-public.pem")).mode! & 0o7777, 0o644);
    const pem = Deno.readTextFileSync(desk.at("etc/new.pem"));
    assert(pem.startsWith(`-----BEGIN ${begin} PRIVATE KEY-----\n`));
    assert(
      Deno.readTextFileSync(desk.at("etc/new-public.pem")).startsWith(
        "-----BEGIN PUBLIC KEY-----\n",
      ),
    );
    const { thumbprint } = await readPrivateKey(pem);
    const provider = await desk.provider(withKey("etc", line));
    assertEquals(provider.signer.thumbprint, thumbprint);
    assertEquals([...Deno.readDirSync(desk.at("etc"))].length, 2);
    // Once it is there it stays.
    assertEquals(await createIn(desk, withKey("etc", line)), {
      created: false,
      line: `Using existing credential at ${desk.at("etc/new.pem")} for local signer`,
    });
    assertEquals(Deno.readTextFileSync(desk.at("etc/new.pem")), pem);
    await Deno.remove(desk.at("etc/new.pem"));
    await Deno.remove(desk.at("etc/new-public.pem"));
  }
});

Deno.test("createMissingKey() leaves alone whatever is there", async () => {
  using desk = Desk.make();
  await Deno.mkdir(desk.at("etc"));
  await Deno.writeTextFile(desk.at("etc/new-public.pem"), "public");
  const refused = await createIn(desk, withKey("etc"));
  assert(
    refused?.line.startsWith(`Refused to make key "${desk.at("etc/new.pem")}": its public part`),
  );
  await Deno.remove(desk.at("etc/new-public.pem"));
  // A link that leads nowhere is something, too.
  await Deno.symlink(desk.at("elsewhere.pem"), desk.at("etc/new.pem"));
  assertEquals((await createIn(desk, withKey("etc")))?.created, false);
  assertEquals([...Deno.readDirSync(desk.at("etc"))].map(({ name }) => name), ["new.pem"]);
});

Deno.test("createMissingKey() says why it cannot", async () => {
  using desk = Desk.make();
  const said = await createIn(desk, withKey("none"));
  assert(
    said?.line.startsWith(`Cannot make key "${desk.at("none/new.pem")}": No such file`),
    said?.line,
  );
  await Deno.mkdir(desk.at("open"));
  await Deno.chmod(desk.at("open"), 0o777);
  const unsafe = await createIn(desk, withKey("open"));
  assert(unsafe?.line.includes("others can write to directory"), unsafe?.line);
  assertEquals([...Deno.readDirSync(desk.at("open"))], []);
});

Deno.test("createMissingKey() makes no key that no provider uses", async () => {
  using desk = Desk.make();
  await Deno.mkdir(desk.at("etc"));
  const own = "LOCAL_CREDMON_scitokens_PRIVATE_KEY = @DIR@/private.pem";
  assertEquals(await createIn(desk, withKey("etc", own)), undefined);
  assertEquals([...Deno.readDirSync(desk.at("etc"))], []);
});

Deno.test("createMissingKey() by two at once makes one key", async () => {
  using desk = Desk.make();
  await Deno.mkdir(desk.at("etc"));
  const config = await desk.config(withKey("etc"));
  const made = await Promise.all(
    Array.from({ length: 8 }, () => createMissingKey(config, ["scitokens"])),
  );
  assertEquals(made.filter((one) => one?.created).length, 1);
  assertEquals([...Deno.readDirSync(join(desk.path, "etc"))].length, 2);
  await desk.provider(withKey("etc"));
});
