/** What a user asked for when the credential was stored (`condor_store_cred -S … -A …`). */

/** A wish for less than the user may have. */
export interface Narrowing {
  /** Words of the scope. */
  readonly scopes?: readonly string[];
  readonly audience?: readonly string[];
}

/** A `.top` that asks for something that is not understood. The message is the state found alone. */
export class RequestError extends Error {
  override readonly name = "RequestError";
}

/** Most words of a request. */
const MOST_WORDS = 1000;
/** Longest text of a request, in characters. */
const LONGEST_TEXT = 32 * 1024;

/**
 * Reads a `.top`. HTCondor's own are not JSON and ask for nothing; `condor_store_cred` adds `scopes`
 * and `audience` to the JSON object that a user stores.
 *
 * @throws {RequestError} for an object that is broken: who asked for less must not get all
 */
export function readRequest(top: Uint8Array): Narrowing {
  const first = top.find((byte) => byte > 0x20);
  if (first !== 0x7b) return {};
  const object = parse(top);
  const scopes = words(object, "scopes");
  const audience = words(object, "audience");
  return { ...(scopes !== undefined && { scopes }), ...(audience !== undefined && { audience }) };
}

function parse(top: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(top));
    return value as Record<string, unknown>;
  } catch {
    // The parser's message quotes the file, which may hold anything.
    throw new RequestError("its JSON is broken");
  }
}

/** The items of a text, between blanks and commas as HTCondor's tools have them, or of an array. */
function words(
  object: Readonly<Record<string, unknown>>,
  key: string,
): readonly string[] | undefined {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  if (value === undefined || value === null) return undefined;
  const texts = Array.isArray(value) ? value : [value];
  if (texts.length > MOST_WORDS) throw new RequestError(`its "${key}" are too many`);
  let length = 0;
  const found = new Set<string>();
  for (const text of texts) {
    if (typeof text !== "string") throw new RequestError(`its "${key}" is no text`);
    length += text.length;
    if (length > LONGEST_TEXT) throw new RequestError(`its "${key}" is too long`);
    for (const word of text.split(/[\s,]+/)) if (word !== "") found.add(word);
  }
  if (found.size > MOST_WORDS) throw new RequestError(`its "${key}" are too many`);
  // An empty one is what the tool writes when nothing was asked for.
  return found.size === 0 ? undefined : [...found];
}
