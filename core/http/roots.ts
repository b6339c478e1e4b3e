/**
 * Certificate authorities: those the environment names and those the system trusts, as PEM texts.
 * Both engines trust them on top of the authorities built into the runtime.
 */
import { join } from "@std/path";
import { errorText } from "../errors.ts";

/** Authorities found, and what was passed over. */
export interface Roots {
  /** One certificate each, PEM, without repetition. */
  readonly certificates: readonly string[];
  /** Why files were skipped, one line each. */
  readonly notes: readonly string[];
}

/** Where systems keep one file with all authorities; the first that exists is taken. */
const SYSTEM_BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

const MOST_FILES = 5_000;
const MOST_NOTES = 20;
const LARGEST_FILE = 8 << 20;
const LARGEST_SUM = 64 << 20;

const CERTIFICATE =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END [A-Z0-9 ]{0,9}CERTIFICATE-----/g;

/** Names of a certificate directory: hashed links (`5ed36f99.0`), `.pem`, `.crt`; never CRLs (`.r0`). */
const CERTIFICATE_NAME = /^[0-9a-f]{8}\.\d{1,3}$|\.(?:pem|crt|cer)$/i;

/**
 * Reads the authorities named by `X509_CERT_DIR`, `SSL_CERT_FILE`, `SSL_CERT_DIR` and
 * `CURL_CA_BUNDLE`, then the system's own. What cannot be read is skipped with a note.
 *
 * @param env the environment
 * @param options `bundles`: the system's files, the first that exists is read; `accepts`: whether
 *   the TLS library takes a certificate, asked once for all of them and singly only after a refusal
 */
export async function readRoots(
  env: (name: string) => string | undefined,
  options: { bundles?: readonly string[]; accepts(certificates: string[]): boolean },
): Promise<Roots> {
  const reader = new RootReader();
  await reader.directory(env("X509_CERT_DIR"));
  await reader.file(env("SSL_CERT_FILE"));
  // OpenSSL takes a list of directories here.
  for (const path of (env("SSL_CERT_DIR") ?? "").split(":")) await reader.directory(path);
  await reader.file(env("CURL_CA_BUNDLE"));
  for (const path of options.bundles ?? SYSTEM_BUNDLES) {
    if (await reader.file(path, { mayLack: true })) break;
  }
  return reader.roots(options.accepts);
}

class RootReader {
  readonly #found = new Map<string, string>();
  readonly #notes: string[] = [];
  #files = 0;
  #bytes = 0;

  async directory(path: string | undefined): Promise<void> {
    if (!path) return;
    const names: string[] = [];
    try {
      for await (const entry of Deno.readDir(path)) {
        if (!entry.isDirectory && CERTIFICATE_NAME.test(entry.name)) names.push(entry.name);
        if (names.length >= MOST_FILES) break;
      }
    } catch (error) {
      return this.#note(path, errorText(error));
    }
    for (const name of names.sort()) await this.file(join(path, name));
  }

  /** Reads one file; returns whether it is there. */
  async file(path: string | undefined, { mayLack = false } = {}): Promise<boolean> {
    if (!path) return false;
    try {
      const { size, isFile } = await Deno.stat(path);
      if (!isFile) throw new Error("not a regular file");
      if (size > LARGEST_FILE) throw new Error(`${size} bytes are too many`);
      if (++this.#files > MOST_FILES || (this.#bytes += size) > LARGEST_SUM) {
        throw new Error("too many certificates before it");
      }
      const blocks = (await Deno.readTextFile(path)).match(CERTIFICATE);
      if (!blocks) throw new Error("no certificate in it");
      for (const block of blocks) this.#found.set(plain(block), path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound && mayLack) return false;
      this.#note(path, errorText(error));
    }
    return true;
  }

  roots(accepts: (certificates: string[]) => boolean): Roots {
    const all = [...this.#found.keys()];
    if (accepts(all)) return { certificates: all, notes: this.#notes };
    const certificates = all.filter((certificate) => {
      if (accepts([certificate])) return true;
      this.#note(this.#found.get(certificate) ?? "", "unusable certificate");
      return false;
    });
    return { certificates, notes: this.#notes };
  }

  #note(path: string, reason: string): void {
    if (this.#notes.length < MOST_NOTES) {
      this.#notes.push(`Skipped certificate file "${path}": ${reason}`);
    }
  }
}

/** The block without OpenSSL's "TRUSTED" form of the label. */
function plain(block: string): string {
  return block.replace(/(BEGIN|END) (?:TRUSTED |X509 )/g, "$1 ").trim() + "\n";
}
