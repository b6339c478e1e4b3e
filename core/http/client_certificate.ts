/** Client certificates in one PEM file, as X.509 proxies come (RFC 3820). */

/** A certificate to show to servers, PEM texts. */
export interface ClientCertificate {
  /** The certificate, then the chain behind it. */
  readonly cert: string;
  readonly key: string;
}

const LARGEST_FILE = 1 << 20;

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const KEY = /-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----[^-]*-----END \1-----/;

/**
 * Reads a file that holds a certificate, its key without a password, and its chain, in any order
 * that keeps the certificates' own.
 *
 * @throws {Error} that names the file and what is wrong with it, never its content
 */
export function readClientCertificate(path: string): ClientCertificate {
  const { size, isFile } = Deno.statSync(path);
  if (!isFile || size > LARGEST_FILE) {
    throw new Error(`"${path}" is ${isFile ? `${size} bytes long` : "not a regular file"}`);
  }
  const text = Deno.readTextFileSync(path);
  const certificates = text.match(CERTIFICATE);
  if (!certificates) throw new Error(`"${path}" has no certificate`);
  const key = KEY.exec(text)?.[0];
  if (key === undefined) {
    throw new Error(`"${path}" has no private key that needs no password`);
  }
  return { cert: certificates.join("\n") + "\n", key: key + "\n" };
}
