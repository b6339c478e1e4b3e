/** A key and a token signed with it, for the smallest jobs of the key tools. They protect nothing. */
import { FakeHost, keyPath } from "../credentials/keytool/hosts.ts";
import { runCreateToken } from "../../core/credentials/keytool/create_token.ts";
import { SYSTEM_CLOCK } from "../../core/clock.ts";

/** The private key, PEM. */
export const SAMPLE_KEY: string = Deno.readTextFileSync(keyPath("ec-private.pem"));

/** The set with its public key. */
export const SAMPLE_SET: string = Deno.readTextFileSync(keyPath("ec-public.jwks"));

/** A token of that key, good for twenty minutes from now. */
export const SAMPLE_TOKEN: string = await makeToken();

async function makeToken(): Promise<string> {
  const host = new FakeHost({ clock: SYSTEM_CLOCK, stdin: SAMPLE_KEY });
  const args = ["-keyfile", "-", "-issuer", "https://issuer.invalid", "sub=alice"];
  await runCreateToken(args, host);
  return host.text.trim();
}
