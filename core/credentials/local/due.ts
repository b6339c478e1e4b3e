/** Whether a token that is in its place is still the right one. */
import type { Grant } from "./grant.ts";
import type { LocalProvider } from "./provider.ts";
import { headerOf, isSigned } from "./token.ts";
import { readUse } from "./use_file.ts";

/** What is to be done with a token. */
export type Verdict =
  /** Nothing until `due`; it is good until `expires`. Unix times in milliseconds. */
  | { readonly kind: "good"; readonly expires: number; readonly due: number }
  /** It is replaced, for a reason that the log says. */
  | { readonly kind: "due"; readonly reason: string };

/** Largest `.use` that is looked at, in bytes. */
export const LARGEST_USE = 128 * 1024;

/**
 * Looks at the content of a `.use`: whether it is a token as it would be issued now, with enough
 * life left.
 *
 * @param bytes of whatever size and content
 * @param wanted what would be issued now
 * @param now Unix time in milliseconds
 */
export async function judge(
  bytes: Uint8Array,
  { provider, wanted, now }: { provider: LocalProvider; wanted: Grant; now: number },
): Promise<Verdict> {
  const text = bytes.length > LARGEST_USE ? undefined : decode(bytes);
  const token = text === undefined ? undefined : readUse(text, provider);
  if (token === "") return due("it was empty");
  const [header, payload, signature, ...rest] = (token ?? "").split(".");
  if (!signature || rest.length > 0) return due("it was no token of this form");
  if (textOf(header!) !== headerOf(provider)) return due("it had another header");
  const content = textOf(payload!) ?? "";
  const claims = claimsOf(content);
  if (claims === undefined) return due("it was no token of this form");
  const { iat, exp, nbf, jti } = claims;
  if (typeof iat !== "number" || !Number.isSafeInteger(iat)) return due("it had no times");
  const times = { exp: iat + provider.lifetime, iat, nbf: iat - provider.nbfSkew };
  if (exp !== times.exp || nbf !== times.nbf) return due("its lifetime was another");
  if (typeof jti !== "string") return due("it had no jti");
  const expected = { ...wanted.head, ...times, jti, ...wanted.tail };
  if (content !== JSON.stringify(expected)) {
    return due(`it had another ${differences(claims, expected)}`);
  }
  if (iat * 1000 > now) return due("it was made in the future");
  const moment = dueTime(provider, times.exp);
  if (now >= moment) return due("its time had come");
  const octets = bytesOf(signature);
  if (octets === undefined || !await isSigned(provider, `${header}.${payload}`, octets)) {
    return due("another key had signed it");
  }
  return { kind: "good", expires: times.exp * 1000, due: moment };
}

/**
 * When a token is replaced, as Unix time in milliseconds.
 *
 * @param exp Unix time in seconds
 */
export function dueTime({ renewBefore }: LocalProvider, exp: number): number {
  return (exp - renewBefore) * 1000;
}

function due(reason: string): Verdict {
  return { kind: "due", reason };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.fromBase64(base64url, { alphabet: "base64url" });
  } catch {
    return undefined;
  }
}

function textOf(base64url: string): string | undefined {
  const bytes = bytesOf(base64url);
  return bytes === undefined ? undefined : decode(bytes);
}

function claimsOf(payload: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const claims: unknown = JSON.parse(payload);
    return typeof claims === "object" && claims !== null && !Array.isArray(claims)
      ? claims as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

/** Names of claims of ours that differ; names found in the file may be anything. */
function differences(
  found: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>>,
): string {
  const names = Object.keys(expected)
    .filter((name) => shallowText(found[name]) !== JSON.stringify(expected[name]));
  return names.length === 0 ? "set of claims" : names.join(", ");
}

/** A claim as JSON; nothing for one so deep that it cannot be printed. */
function shallowText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
