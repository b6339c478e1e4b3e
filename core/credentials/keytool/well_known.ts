/** The public files of an issuer, in the directory that a web server serves. */
import { join } from "@std/path";
import { errorText } from "../../errors.ts";
import { KeyError, readJwkSet } from "../../keys/mod.ts";
import { LARGEST_SET } from "../../keys/jwks.ts";
import { readSmallFile } from "../../std/small_file.ts";
import { METADATA, shownUrl, wellKnownOf } from "../issuer/places.ts";
import { stageFile } from "./staged_file.ts";

/** What is published where. */
export interface Publication {
  /** The claim `iss`, byte for byte. */
  readonly issuer: string;
  /** What is served as `<issuer>/.well-known`. */
  readonly directory: string;
  /** The text of the JWK set. */
  readonly set: string;
  /** The names in it. */
  readonly kids: readonly string[];
}

/** The set's name, unless the metadata that is there names another. */
const SET = "issuer.jwks";
const LARGEST_METADATA = 64 * 1024;
const PUBLIC = 0o644;

/**
 * Puts an issuer's public files into their directory; each changes at once or not at all, and the
 * metadata never names a set that is not there. Metadata of the same issuer stay as they are,
 * whatever else is in them.
 *
 * @returns names of keys that were published until now and are no longer
 * @throws {Error} when the directory cannot be written, or holds another issuer's metadata
 */
export async function publishKeys(
  { issuer, directory, set, kids }: Publication,
): Promise<string[]> {
  const base = wellKnownOf(issuer);
  const present = readMetadata(join(directory, METADATA), issuer, base);
  const path = join(directory, present ?? SET);
  const before = await publishedKids(path);
  const metadata = JSON.stringify({ issuer, jwks_uri: `${base}${SET}` }, undefined, 4);
  const stagedSet = stageFile(path, set, { mode: PUBLIC });
  try {
    const stagedMetadata = present === undefined
      ? stageFile(join(directory, METADATA), `${metadata}\n`, { mode: PUBLIC })
      : undefined;
    try {
      stagedSet.replace();
      stagedMetadata?.replace();
    } finally {
      stagedMetadata?.discard();
    }
  } finally {
    stagedSet.discard();
  }
  return before.filter((kid) => !kids.includes(kid));
}

/**
 * Which file of the directory the metadata that are there name.
 *
 * @returns nothing when there are none
 */
function readMetadata(path: string, issuer: string, base: string): string | undefined {
  const refuse = (state: string): Error => new Error(`Cannot publish by "${path}": ${state}`);
  let content: { issuer?: unknown; jwks_uri?: unknown } | null;
  try {
    content = JSON.parse(readSmallFile(path, { limit: LARGEST_METADATA }));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    const state = error instanceof SyntaxError ? "it is not JSON" : errorText(error);
    throw refuse(`${state}: move it away`);
  }
  const { issuer: named, jwks_uri: uri } = content ?? {};
  if (named !== issuer) {
    throw refuse(`its "issuer" is ${shown(named)}, not "${shownUrl(issuer)}": move it away`);
  }
  const name = typeof uri === "string" && uri.startsWith(base) ? uri.slice(base.length) : "";
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/.test(name) || name === METADATA) {
    throw refuse(`its "jwks_uri" is ${shown(uri)}, which is no file beside it: change it`);
  }
  return name;
}

async function publishedKids(path: string): Promise<string[]> {
  try {
    const { keys } = await readJwkSet(readSmallFile(path, { limit: LARGEST_SET }));
    return keys.flatMap(({ kid }) => kid ?? []);
  } catch (error) {
    // What is no set has published nothing.
    if (error instanceof Deno.errors.NotFound || error instanceof KeyError) return [];
    throw new Error(`Cannot read "${path}": ${errorText(error)}`, { cause: error });
  }
}

function shown(value: unknown): string {
  return typeof value === "string" ? `"${shownUrl(value)}"` : "missing";
}
