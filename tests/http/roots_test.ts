import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { readRoots } from "../../core/http/roots.ts";

function pem(body: string, label = "CERTIFICATE"): string {
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
}

/** A directory with files, for one test. */
async function withFiles(
  files: Record<string, string>,
  use: (dir: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(dir, name), text);
    }
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const found = (env: Record<string, string>, bundles: string[] = []) =>
  readRoots((name) => env[name], {
    bundles,
    accepts: (all) => all.every((certificate) => !certificate.includes("BAD")),
  });

const bodies = (certificates: readonly string[]) =>
  certificates.map((certificate) => certificate.split("\n")[1]);

Deno.test("readRoots() reads a directory of hashed and plain files, no CRLs", async () => {
  await withFiles({
    "5ed36f99.0": pem("AAAA"),
    "5ed36f99.1": pem("BBBB", "TRUSTED CERTIFICATE"),
    "5ed36f99.r0": pem("CRL1", "X509 CRL"),
    "ca.crt": `text before\n${pem("CCCC")}${pem("DDDD")}`,
    "ca.pem": pem("AAAA"),
    "ca.signing_policy": pem("EEEE"),
    "readme.txt": pem("FFFF"),
  }, async (dir) => {
    const { certificates, notes } = await found({ X509_CERT_DIR: dir });
    assertEquals(bodies(certificates), ["AAAA", "BBBB", "CCCC", "DDDD"]);
    assertMatch(certificates[1] ?? "", /^-----BEGIN CERTIFICATE-----/);
    assertEquals(notes, []);
  });
});

Deno.test("readRoots() adds what every variable names, then the first system bundle", async () => {
  const files = { a: pem("AAAA"), "b.pem": pem("BBBB"), c: pem("CCCC"), d: pem("DDDD") };
  await withFiles(files, async (dir) => {
    const env = {
      SSL_CERT_FILE: join(dir, "a"),
      SSL_CERT_DIR: `/nonexistent:${dir}`,
      CURL_CA_BUNDLE: join(dir, "c"),
    };
    const bundles = [join(dir, "missing"), join(dir, "d"), join(dir, "a")];
    const { certificates, notes } = await found(env, bundles);
    assertEquals(bodies(certificates), ["AAAA", "BBBB", "CCCC", "DDDD"]);
    assertEquals(notes.length, 1);
    assertMatch(notes[0] ?? "", /^Skipped certificate file "\/nonexistent": /);
  });
});

Deno.test("readRoots() skips what cannot be used, and says so", async () => {
  await withFiles(
    { "bad.pem": pem("BAD"), "good.pem": pem("AAAA"), "no.pem": "hello" },
    async (dir) => {
      await Deno.writeTextFile(join(dir, "large.pem"), "");
      await Deno.truncate(join(dir, "large.pem"), 9 << 20);
      await Deno.symlink("/nonexistent", join(dir, "broken.pem"));
      const { certificates, notes } = await found({ X509_CERT_DIR: dir });
      assertEquals(bodies(certificates), ["AAAA"]);
      const reasons = notes.map((note) => note.slice(note.lastIndexOf("/") + 1));
      assertMatch(reasons.join("\n"), /large\.pem": 9437184 bytes are too many/);
      assertMatch(reasons.join("\n"), /no\.pem": no certificate in it/);
      assertMatch(reasons.join("\n"), /bad\.pem": unusable certificate/);
      assertEquals(notes.length, 4);
    },
  );
});
