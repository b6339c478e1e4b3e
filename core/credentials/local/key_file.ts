/** The file of a key that signs: looked at with care, and read once. */
import { systemErrorText } from "../../errors.ts";
import {
  type KeyAlgorithm,
  KeyError,
  readPrivateKey,
  readPublicKey,
  type SigningKey,
} from "../../keys/mod.ts";
import { readSmallFile, UnusableFile } from "../../std/small_file.ts";
import { resolveSafely, UnsafePath } from "./safe_path.ts";
import type { KeySettings } from "./settings.ts";

/** Largest file of a key, in bytes. */
const LARGEST_KEY_FILE = 64 * 1024;

/** A key that cannot be used; the message says what to do, and nothing of the key. */
export class KeyFileError extends Error {
  override readonly name = "KeyFileError";

  /** @param code stable word */
  constructor(
    readonly code: "missing" | "unsafe" | "unreadable" | "unusable" | "algorithm" | "mismatch",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A key and what its file was found to be. */
export interface LoadedKey {
  readonly key: SigningKey;
  /** The path without links. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  /** Said in the log: what was allowed although it should not be. */
  readonly warnings: readonly string[];
}

/**
 * Reads a private key.
 *
 * The file is root's or this process's own, no one else can read it or put another in its place, and
 * its public part, where there is one, matches it.
 *
 * @throws {KeyFileError}
 */
export async function loadKey(settings: KeySettings): Promise<LoadedKey> {
  const { path, allowInsecure, algorithm } = settings;
  const warnings: string[] = [];
  const refuse = (state: string) => {
    if (!allowInsecure) return state;
    warnings.push(`Key "${path}" is used although ${state}`);
    return undefined;
  };
  const { text, resolved, info } = readKeyText(path, refuse);
  const key = await read(path, () => readPrivateKey(text));
  if (key.algorithm !== algorithm) {
    const message = `Cannot use key "${path}": it is ${kindOf(key.algorithm)}, and ` +
      `PRIVATE_KEY_ALGORITHM is ${algorithm}; set that to ${key.algorithm} or take another key`;
    throw new KeyFileError("algorithm", message);
  }
  if (settings.publicPath !== undefined) await checkPublic(settings.publicPath, path, key);
  return { key, path: resolved, mode: (info.mode ?? 0) & 0o7777, uid: info.uid ?? 0, warnings };
}

function readKeyText(path: string, refuse: (state: string) => string | undefined) {
  let seen: Deno.FileInfo | undefined;
  try {
    const resolved = resolve(path, refuse);
    const before = Deno.lstatSync(resolved);
    const text = readSmallFile(resolved, {
      limit: LARGEST_KEY_FILE,
      objection: (info) => {
        seen = info;
        if (info.ino !== before.ino || info.dev !== before.dev) return "it is being replaced";
        return objection(info, refuse);
      },
    });
    return { text, resolved, info: seen! };
  } catch (cause) {
    if (cause instanceof UnusableFile || cause instanceof UnsafePath) {
      throw new KeyFileError("unsafe", `Cannot use key "${path}": ${cause.message}`, { cause });
    }
    if (cause instanceof Deno.errors.NotFound) {
      const advice = "make one with scitokens-admin-create-key";
      const message = `Cannot read key "${path}": there is no such file; ${advice}`;
      throw new KeyFileError("missing", message, { cause });
    }
    throw new KeyFileError("unreadable", `Cannot read key "${path}": ${systemErrorText(cause)}`, {
      cause,
    });
  }
}

function resolve(path: string, refuse: (state: string) => string | undefined): string {
  try {
    return resolveSafely(path);
  } catch (error) {
    if (!(error instanceof UnsafePath)) throw error;
    const state = refuse(error.message);
    if (state !== undefined) throw new UnsafePath(`${state}; let root alone write there`);
    return Deno.realPathSync(path);
  }
}

function objection(
  { mode, uid }: Deno.FileInfo,
  refuse: (state: string) => string | undefined,
): string | undefined {
  if (uid !== 0 && uid !== Deno.uid()) {
    const state = refuse(`it belongs to uid ${uid}`);
    if (state !== undefined) return `${state}; make it root's`;
  }
  const bits = (mode ?? 0) & 0o7777;
  if ((bits & 0o077) !== 0) {
    const state = refuse(`its mode is ${bits.toString(8).padStart(4, "0")}`);
    if (state !== undefined) return `${state}; make it 0400`;
  }
  return undefined;
}

/** A public key is no secret; that it is another one is found out here rather than by servers. */
async function checkPublic(path: string, privatePath: string, key: SigningKey): Promise<void> {
  let text: string;
  try {
    text = readSmallFile(path, { limit: LARGEST_KEY_FILE });
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return;
    const state = cause instanceof UnusableFile ? cause.message : systemErrorText(cause);
    const message = `Cannot read public key "${path}": ${state}`;
    throw new KeyFileError("unreadable", message, { cause });
  }
  const { thumbprint } = await read(path, () => readPublicKey(text));
  if (thumbprint === key.thumbprint) return;
  const message = `Cannot use key "${privatePath}": the public key "${path}" is that of another; ` +
    "correct PUBLIC_KEY, or remove that file";
  throw new KeyFileError("mismatch", message);
}

async function read<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause;
    throw new KeyFileError("unusable", `Cannot use key "${path}": ${cause.state}`, { cause });
  }
}

function kindOf(algorithm: KeyAlgorithm): string {
  return algorithm === "ES256" ? "an EC key of P-256" : "an RSA key";
}
