/** Names of users, providers, handles and groups; what is no name is refused, never cleaned up. */

/**
 * Whether a text names a user: `<user>/` in the credential directory, without `@domain`. Letters,
 * digits and `. _ + = -` as HTCondor's credd takes them, but neither dot nor `+ = -` at its start.
 */
export function isUserName(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._+=-]{0,127}$/.test(text);
}

/** Whether a text names a handle. */
export function isHandle(text: string): boolean {
  return isUserName(text);
}

/** Whether names have no handles, but any characters (`CREDMON_ALLOW_SPECIAL_CHAR_NAMES`). */
export interface NameOptions {
  readonly specialCharacters: boolean;
}

/** Whether a text names a provider: letters, digits and dashes, or as a user when special. */
export function isProviderName(text: string, { specialCharacters }: NameOptions): boolean {
  return specialCharacters ? isUserName(text) : /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(text);
}

/** Whether a text can be a group's, or a user's, name within a scope. */
export function isGroupName(text: string): boolean {
  return /^[A-Za-z0-9._@+-]{1,128}$/.test(text) && text !== "." && text !== "..";
}

/**
 * Whether a text can be one name in the path of a scope: servers may take escapes apart or not, and
 * it has to mean the same to all of them.
 */
export function isPathName(text: string): boolean {
  let plain: string;
  try {
    plain = decodeURIComponent(text);
  } catch {
    return false;
  }
  // deno-lint-ignore no-control-regex
  return plain !== "" && plain !== "." && plain !== ".." && !/[/\\%\x00-\x1f\x7f]/.test(plain);
}

/** A credential's name in its parts. */
export interface NameParts {
  readonly provider: string;
  readonly handle?: string;
}

/** Longest `<provider>_<handle>`. */
const NAME_LENGTH = 64 + 1 + 128;

/** Whether a text can be a credential's name, be it `<provider>` or `<provider>_<handle>`. */
export function isCredentialName(text: string): boolean {
  return text.length <= NAME_LENGTH && /^[A-Za-z0-9_][A-Za-z0-9._+=-]*$/.test(text);
}

/**
 * Takes a credential's name apart: at its first `_`, or not at all where names have special
 * characters.
 *
 * @param name a file's name without its extension
 * @returns undefined for what is no such name, as one that ends in `_`
 */
export function splitName(name: string, options: NameOptions): NameParts | undefined {
  const at = options.specialCharacters ? -1 : name.indexOf("_");
  const [provider, handle] = at < 0 ? [name] : [name.slice(0, at), name.slice(at + 1)];
  if (!isProviderName(provider!, options)) return undefined;
  if (handle === undefined) return { provider: provider! };
  return isHandle(handle) && !handle.endsWith("_") ? { provider: provider!, handle } : undefined;
}

/** Most characters of a name that a log shows. */
const SHOWN_LENGTH = 512;

/**
 * A name for a log, in quotes: what is not printable ASCII, and quotes and backslashes, as `\xHH`,
 * and not all of a long one.
 */
export function showName(name: string | Uint8Array): string {
  const bytes = typeof name === "string" ? new TextEncoder().encode(name) : name;
  let text = "";
  for (const byte of bytes.subarray(0, SHOWN_LENGTH)) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    text += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `"${text}${bytes.length > SHOWN_LENGTH ? "…" : ""}"`;
}
