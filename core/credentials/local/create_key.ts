/** Makes the key that all providers share, where there is none yet. */
import { basename, dirname, join } from "@std/path";
import { systemErrorText } from "../../errors.ts";
import { generateKey, type KeyAlgorithm } from "../../keys/mod.ts";
import { Directory, replaceFileSync } from "../../posix/mod.ts";
import { hasOwnKnobs, knobName, type SettingSource } from "./knobs.ts";
import { resolveSafely } from "./safe_path.ts";

/** What came of it. */
export interface CreatedKey {
  readonly created: boolean;
  /** For the log. */
  readonly line: string;
}

const encoder = new TextEncoder();

/**
 * Makes a private key at LOCAL_CREDMON_PRIVATE_KEY, 0600, and its public part at
 * LOCAL_CREDMON_PUBLIC_KEY, 0644, unless the first is there. Keys of single providers are never made.
 *
 * @param names of the providers
 * @returns undefined when no provider uses that key
 */
export async function createMissingKey(
  config: SettingSource,
  names: readonly string[],
): Promise<CreatedKey | undefined> {
  const isUsed = names.some((name) =>
    !hasOwnKnobs(name) || config.origin(knobName("PRIVATE_KEY", name)) === "default"
  );
  if (!isUsed) return undefined;
  let path = knobName("PRIVATE_KEY");
  try {
    path = config.get(knobName("PRIVATE_KEY")) as string;
    const publicPath = config.get(knobName("PUBLIC_KEY")) as string;
    const algorithm = `${config.get(knobName("PRIVATE_KEY_ALGORITHM"))}`.toUpperCase();
    if (exists(path)) {
      return { created: false, line: `Using existing credential at ${path} for local signer` };
    }
    if (exists(publicPath)) {
      const state =
        `its public part "${publicPath}" is there; put the key back, or remove that file`;
      return { created: false, line: `Refused to make key "${path}": ${state}` };
    }
    const kind: KeyAlgorithm = algorithm === "RS256" ? "RS256" : "ES256";
    const { privatePem, publicPem } = await generateKey(kind);
    if (!place(resolveSafely(path), privatePem)) {
      return { created: false, line: `Using existing credential at ${path} for local signer` };
    }
    using directory = Directory.open(dirname(resolveSafely(publicPath)));
    replaceFileSync(
      directory,
      encoder.encode(basename(publicPath)),
      encoder.encode(publicPem),
      { mode: 0o644 },
    );
    const line =
      `Created ${kind} key at ${path} for local signer, its public part at ${publicPath}`;
    return { created: true, line };
  } catch (error) {
    return { created: false, line: `Cannot make key "${path}": ${systemErrorText(error)}` };
  }
}

/** What is at a place, be it a link that leads nowhere. */
function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Puts a secret into its place, whole and on the disk, unless something is there (link(2)).
 *
 * @returns whether it was put there
 */
function place(path: string, content: string): boolean {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  try {
    using file = Deno.openSync(temporary, { createNew: true, write: true, mode: 0o600 });
    const bytes = encoder.encode(content);
    for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
    bytes.fill(0);
    file.syncSync();
    Deno.linkSync(temporary, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  } finally {
    remove(temporary);
  }
  using opened = Deno.openSync(directory);
  opened.syncSync();
  return true;
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
