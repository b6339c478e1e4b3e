/** `scitokens-admin-create-token`: makes a token from claims and a private key. */
import { CompactSign } from "jose";
import { parseOptions } from "../../cli/parse.ts";
import type { Role } from "../../cli/program.ts";
import { UsageError } from "../../errors.ts";
import { readPrivateKey } from "../../keys/mod.ts";
import { LARGEST_PEM } from "../../keys/pem.ts";
import { claimsOf } from "./claims.ts";
import { CREATE_TOKEN, DEFAULT_LIFETIME } from "./create_token_program.ts";
import { type KeytoolHost, systemHost } from "./host.ts";
import { inFileAsync, readText } from "./key_files.ts";
import { withUsage, WrongCombination } from "./usage.ts";

/** The role. */
export const createToken: Role = {
  program: CREATE_TOKEN,
  permissions: { read: true, sys: ["uid"] },
  main: (args) => runCreateToken(args, systemHost()),
};

/** Ten years. */
const LONGEST_LIFETIME = 315_360_000;
const OTHERS = 0o077;
const ROOT = 0;

/**
 * Runs the program.
 *
 * @param args the arguments after its name
 * @returns the exit status
 * @throws {Error} for a key that cannot be used
 */
export async function runCreateToken(args: readonly string[], host: KeytoolHost): Promise<number> {
  return await withUsage(CREATE_TOKEN, host, async () => {
    const parsed = parseOptions(CREATE_TOKEN, args);
    if (parsed.kind === "print") {
      host.out(`${parsed.text}\n`);
      return 0;
    }
    const { keyfile, key_id: kid, issuer, lifetime, aud } = parsed.values;
    if (keyfile === undefined) throw new WrongCombination("-keyfile FILE is needed");
    const claims = claimsOf({
      words: parsed.operands,
      issuer,
      audiences: aud,
      lifetime: readLifetime(lifetime),
      now: Math.floor(host.clock.now() / 1000),
      id: crypto.randomUUID(),
    });
    const pem = await readText(keyfile, host, {
      limit: LARGEST_PEM,
      objection: (info) => noteExposure(keyfile, info, host),
    });
    const { algorithm, privateKey } = await inFileAsync(keyfile, () => readPrivateKey(pem));
    const header = { alg: algorithm, ...(kid === undefined ? {} : { kid }), typ: "JWT" };
    const payload = new TextEncoder().encode(JSON.stringify(claims));
    host.out(`${await new CompactSign(payload).setProtectedHeader(header).sign(privateKey)}\n`);
    return 0;
  });
}

function readLifetime(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIFETIME;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (seconds >= 1 && seconds <= LONGEST_LIFETIME) return seconds;
  throw new UsageError(`option "-lifetime" needs seconds from 1 to ${LONGEST_LIFETIME}`);
}

/** Says when others than root and this user can have the key; the token is made all the same. */
function noteExposure(path: string, info: Deno.FileInfo, host: KeytoolHost): undefined {
  const note = (text: string) => host.note(`${CREATE_TOKEN.name}: "${path}" ${text}`);
  const mode = (info.mode ?? 0) & 0o777;
  if ((mode & OTHERS) !== 0) {
    note(`can be opened by others, mode ${mode.toString(8).padStart(4, "0")}: chmod 0400 it`);
  }
  if (info.uid !== null && info.uid !== ROOT && info.uid !== Deno.uid()) {
    note(`belongs to user id ${info.uid}, who can sign tokens with it: chown it`);
  }
  return undefined;
}
