/** Key files that were named on the command line. */
import { systemErrorText } from "../../errors.ts";
import { KeyError, keyId, type NamedKey, readJwkSet } from "../../keys/mod.ts";
import { publicJwk } from "../../keys/jwk.ts";
import { LARGEST_SET } from "../../keys/jwks.ts";
import type { PrivateNumbers, PublicNumbers } from "../../keys/numbers.ts";
import { LARGEST_PEM } from "../../keys/pem.ts";
import { readPrivateNumbers } from "../../keys/private_key.ts";
import { readPublicNumbers } from "../../keys/public_key.ts";
import { readSmallFile, UnusableFile } from "../../std/small_file.ts";
import type { KeytoolHost } from "./host.ts";

/** The name that stands for standard input. */
export const STANDARD_INPUT = "-";

type Input = Pick<KeytoolHost, "input">;

/**
 * The numbers of the private key in a file.
 *
 * @param path `-` for standard input
 * @param options.objection says what is wrong with the file besides, if anything is
 * @returns a secret
 * @throws {Error} naming the file
 */
export async function readPrivateFile(
  path: string,
  host: Input,
  objection?: (info: Deno.FileInfo) => undefined,
): Promise<PrivateNumbers> {
  const text = await readText(path, host, { limit: LARGEST_PEM, ...(objection && { objection }) });
  return await inFileAsync(path, () => readPrivateNumbers(text));
}

/**
 * The numbers of the public key in a file.
 *
 * @param path `-` for standard input
 * @throws {Error} naming the file
 */
export async function readPublicFile(path: string, host: Input): Promise<PublicNumbers> {
  const text = await readText(path, host, { limit: LARGEST_PEM });
  return inFile(path, () => readPublicNumbers(text));
}

/**
 * The public keys in a file: one in PEM form, or a JWK set, all of which must be usable.
 *
 * @param options.kidLength digits of the names of keys that have none
 * @throws {Error} naming the file
 */
export async function readNamedKeys(
  path: string,
  host: Input,
  { kidLength }: { readonly kidLength: number },
): Promise<NamedKey[]> {
  const text = await readText(path, host, { limit: LARGEST_SET });
  if (!/^\s*\{/.test(text)) {
    const jwk = publicJwk(inFile(path, () => readPublicNumbers(text)));
    return [{ jwk, kid: keyId(jwk, kidLength) }];
  }
  const { keys, skipped: [skipped] } = await inFileAsync(path, () => readJwkSet(text));
  if (skipped !== undefined) throw new Error(`Cannot use "${path}": ${skipped}`);
  return keys.map(({ publicJwk: jwk, kid }) => ({ jwk, kid: kid ?? keyId(jwk, kidLength) }));
}

/** Reads a text that was named on the command line. @throws {Error} naming the file */
export async function readText(
  path: string,
  host: Input,
  options: { readonly limit: number; objection?(info: Deno.FileInfo): string | undefined },
): Promise<string> {
  if (path === STANDARD_INPUT) return await host.input(options.limit);
  try {
    return readSmallFile(path, options);
  } catch (error) {
    if (error instanceof UnusableFile) throw new Error(`Cannot read "${path}": ${error.message}`);
    throw new Error(`Cannot read "${path}": ${systemErrorText(error)}`, { cause: error });
  }
}

/** Does something with a file's content, so that errors name the file. */
function inFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw named(path, error);
  }
}

/** As {@linkcode inFile}, for what takes time. */
export async function inFileAsync<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw named(path, error);
  }
}

function named(path: string, error: unknown): unknown {
  if (!(error instanceof KeyError)) return error;
  return new Error(`Cannot use "${path}": ${error.state}`, { cause: error });
}
