/** A certificate authority made for one test run, and certificates that are right or wrong. */

import { join } from "@std/path";
import { findProgram, missingPackages } from "./process.ts";

/** Debian packages that have to be installed; empty when `makeCa()` can work. */
export const missing: string = missingPackages({ openssl: "/usr/bin/openssl" });

/** Whether `openssl` is installed. It needs no root. */
export const available: boolean = missing === "";

/** A certificate with its key: paths of PEM files, and their texts. */
export interface Certificate {
  /** The certificate alone. */
  readonly certFile: string;
  readonly keyFile: string;
  /** Certificate, key and CA in one file, as an X.509 proxy file has them. */
  readonly bundleFile: string;
  readonly cert: string;
  readonly key: string;
}

/** The kinds of server certificates and why they have to be accepted or refused. */
export interface TestCa {
  /** The CA's own certificate: path of the PEM file, and its text. */
  readonly caFile: string;
  readonly ca: string;
  /** A directory with the CA's certificate as `<subject hash>.0`, for `X509_CERT_DIR`. */
  readonly hashedDir: string;
  /** For localhost, 127.0.0.1 and ::1, valid. */
  readonly good: Certificate;
  /** The same names, out of date since 2001. */
  readonly expired: Certificate;
  /** For `other.invalid` only. */
  readonly wrongName: Certificate;
  /** The same names, signed by itself. */
  readonly selfSigned: Certificate;
  /** The same names, signed by a CA of the same name that nobody knows. */
  readonly unknownCa: Certificate;
  /** For client authentication, subject `CN=Test User`. */
  readonly client: Certificate;
  /** Makes another valid one for these names, such as `DNS:a.example,IP:10.0.0.1`. */
  issue(name: string, names: string): Promise<Certificate>;
}

const NAMES = "DNS:localhost,IP:127.0.0.1,IP:::1";
const CA_SUBJECT = "/O=Test/CN=Test CA";

let made: Promise<TestCa> | undefined;

/**
 * Makes the CA and all certificates, once for all tests of a process; the files go when it exits.
 *
 * @example
 * const ca = await makeCa();
 * await using server = await startNginx({ tls: ca.good });
 * using client = Deno.createHttpClient({ caCerts: [ca.ca] });
 */
export function makeCa(): Promise<TestCa> {
  return made ??= make();
}

async function make(): Promise<TestCa> {
  const dir = await Deno.makeTempDir({ prefix: "pinion-ca-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
  await Deno.chmod(dir, 0o755);
  const caFile = await makeRoot(dir, "ca");
  const unknown = await makeRoot(dir, "unknown");
  const leaf = (name: string, extra: Partial<Leaf> = {}) =>
    makeLeaf(dir, { name, issuer: caFile, names: NAMES, ...extra });
  const hashedDir = join(dir, "hashed");
  await Deno.mkdir(hashedDir);
  const hash = await openssl(["x509", "-in", caFile.cert, "-noout", "-subject_hash"]);
  await Deno.copyFile(caFile.cert, join(hashedDir, `${hash.trim()}.0`));
  return {
    caFile: caFile.cert,
    ca: await Deno.readTextFile(caFile.cert),
    hashedDir,
    good: await leaf("good"),
    expired: await leaf("expired", { isExpired: true }),
    wrongName: await leaf("wrong_name", { names: "DNS:other.invalid" }),
    selfSigned: await leaf("self_signed", { issuer: undefined }),
    unknownCa: await leaf("unknown_ca", { issuer: unknown }),
    client: await leaf("client", { names: undefined }),
    issue: (name, names) => leaf(name, { names }),
  };
}

interface Issuer {
  readonly cert: string;
  readonly key: string;
}

interface Leaf {
  readonly name: string;
  /** Undefined signs the certificate with its own key. */
  readonly issuer: Issuer | undefined;
  /** Subject alternative names; undefined makes a client's certificate. */
  readonly names: string | undefined;
  readonly isExpired?: boolean;
}

async function makeRoot(dir: string, name: string): Promise<Issuer> {
  const paths = { cert: join(dir, `${name}.pem`), key: join(dir, `${name}.key`) };
  await openssl([
    ...["req", "-x509", "-nodes", "-subj", CA_SUBJECT, "-days", "30", ...newKey(paths.key)],
    ...["-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", paths.cert],
  ]);
  return paths;
}

async function makeLeaf(dir: string, leaf: Leaf): Promise<Certificate> {
  const path = (suffix: string) => join(dir, `${leaf.name}.${suffix}`);
  const subject = leaf.names === undefined ? "/O=Test/CN=Test User" : "/O=Test/CN=Test server";
  await openssl([
    ...["req", "-new", "-nodes", "-subj", subject, ...newKey(path("key")), "-out", path("csr")],
  ]);
  // The extensions stand in a file because `openssl ca` takes them from nowhere else.
  const config = path("cnf");
  await Deno.writeTextFile(config, leafConfiguration(dir, leaf));
  await Deno.writeTextFile(path("index"), "");
  const signer = leaf.issuer
    ? ["-cert", leaf.issuer.cert, "-keyfile", leaf.issuer.key]
    : ["-selfsign", "-keyfile", path("key")];
  const dates = leaf.isExpired
    ? ["-startdate", "20000101000000Z", "-enddate", "20010101000000Z"]
    : ["-days", "30"];
  await openssl([
    ...["ca", "-batch", "-notext", "-config", config, "-in", path("csr")],
    ...[...signer, ...dates, "-out", path("pem")],
  ]);
  const cert = await Deno.readTextFile(path("pem"));
  const key = await Deno.readTextFile(path("key"));
  const chain = leaf.issuer ? await Deno.readTextFile(leaf.issuer.cert) : "";
  await Deno.writeTextFile(path("bundle"), cert + key + chain, { mode: 0o600 });
  return { certFile: path("pem"), keyFile: path("key"), bundleFile: path("bundle"), cert, key };
}

function leafConfiguration(dir: string, leaf: Leaf): string {
  return `
[ca]
default_ca = test
[test]
database = ${join(dir, `${leaf.name}.index`)}
new_certs_dir = ${dir}
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
x509_extensions = leaf
[any]
organizationName = optional
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = ${leaf.names === undefined ? "clientAuth" : "serverAuth"}
${leaf.names === undefined ? "" : `subjectAltName = ${leaf.names}`}
`;
}

function newKey(path: string): string[] {
  return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", path];
}

async function openssl(args: string[]): Promise<string> {
  const command = new Deno.Command(findProgram("openssl") ?? "openssl", {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot run openssl ${args[0]}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
