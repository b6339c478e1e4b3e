/** What our own tools make, for others to read. */
import { runCreateKey } from "../../../core/credentials/keytool/create_key.ts";
import { runCreateToken } from "../../../core/credentials/keytool/create_token.ts";
import { SYSTEM_CLOCK } from "../../../core/clock.ts";
import { FakeHost, keyPath } from "../keytool/hosts.ts";

/** Captured keys, and the names that they have by themselves. */
export const KEYS = [
  ["ec-private.pem", "f00f"],
  ["ec-short-x-private.pem", "a37f"],
  ["rsa-private.pem", "4fe2"],
] as const;

/** What `scitokens-admin-create-key` prints for a captured key. */
export async function printed(key: string, ...args: string[]): Promise<string> {
  const host = new FakeHost();
  await runCreateKey(["-private-keyfile", keyPath(key), ...args], host);
  return host.text;
}

/** A token as `scitokens-admin-create-token` makes it now, with a captured key. */
export async function token(
  key: string,
  { kid, issuer, claims = [] }: { kid: string; issuer: string; claims?: readonly string[] },
): Promise<string> {
  const host = new FakeHost({
    clock: SYSTEM_CLOCK,
    stdin: await Deno.readTextFile(keyPath(key)),
  });
  await runCreateToken(
    ["-keyfile", "-", "-key_id", kid, "-issuer", issuer, ...claims],
    host,
  );
  return host.text.trim();
}

/** A token whose body says something else than what was signed. */
export function altered(text: string): string {
  const [head = "", body = "", signature = ""] = text.split(".");
  const claims = JSON.parse(
    new TextDecoder().decode(Uint8Array.fromBase64(body, { alphabet: "base64url" })),
  );
  const other = new TextEncoder().encode(JSON.stringify({ ...claims, sub: "root" }))
    .toBase64({ alphabet: "base64url", omitPadding: true });
  return `${head}.${other}.${signature}`;
}
