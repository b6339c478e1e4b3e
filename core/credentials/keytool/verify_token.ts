/** `scitokens-verify-token`: says whether a token is good, and if not, what is wrong with it. */
import { parseOptions, type Values } from "../../cli/parse.ts";
import type { Role } from "../../cli/program.ts";
import { HttpClient } from "../../http/mod.ts";
import { type PublishedKey, readJwkSet, readPublicKey } from "../../keys/mod.ts";
import { LARGEST_SET } from "../../keys/jwks.ts";
import { readTokenFile } from "../../tokens/mod.ts";
import { PINION_VERSION } from "../../version.ts";
import { fetchIssuerKeys } from "../issuer/published.ts";
import { checkClaims, iso, issuerOf } from "./check_claims.ts";
import { checkHeader, checkSignature } from "./check_signature.ts";
import { type DecodedToken, decodeToken, shownValue } from "./decode_token.ts";
import { type KeytoolHost, systemHost } from "./host.ts";
import { inFileAsync, readText, STANDARD_INPUT } from "./key_files.ts";
import { withUsage, WrongCombination } from "./usage.ts";
import { VERIFY_TOKEN } from "./verify_token_program.ts";

/** The role. */
export const verifyToken: Role = {
  program: VERIFY_TOKEN,
  permissions: { read: true, net: true, env: true },
  main: (args) => runVerifyToken(args, systemHost()),
};

type Options = Values<typeof VERIFY_TOKEN["options"]>;

/** Most octets of standard input. */
const LARGEST_INPUT = 1 << 20;

/**
 * Runs the program.
 *
 * @param args the arguments after its name
 * @returns the exit status
 * @throws {TokenRefusal} for a token that is not good
 * @throws {Error} when that cannot be found out
 */
export async function runVerifyToken(args: readonly string[], host: KeytoolHost): Promise<number> {
  return await withUsage(VERIFY_TOKEN, host, async () => {
    const parsed = parseOptions(VERIFY_TOKEN, args);
    if (parsed.kind === "print") {
      host.out(`${parsed.text}\n`);
      return 0;
    }
    const { values } = parsed;
    const token = decodeToken(await tokenOf(values, parsed.operands[0], host));
    if (values.verbose) {
      host.out(`Header: ${shown(token.header)}\nClaims: ${shown(token.claims)}\n`);
    }
    checkHeader(token.header);
    const issuer = issuerOf(token.claims, values.issuer);
    const key = await checkSignature(token, await keysOf(issuer, values, host));
    checkClaims(token.claims, {
      now: host.clock.now(),
      issuer,
      audiences: values.audience,
      scopes: values.scope,
    });
    host.out(`${verdict(token, key, host.clock.now())}\n`);
    return 0;
  });
}

async function tokenOf(
  { token, "token-file": file }: Options,
  operand: string | undefined,
  host: KeytoolHost,
): Promise<string> {
  const given = [token, file, operand].filter((one) => one !== undefined);
  if (given.length !== 1) throw new WrongCombination("exactly one token is needed");
  if (file !== undefined) return readTokenFile(file).token;
  const text = given[0]!;
  return text === STANDARD_INPUT ? tokenIn(await host.input(LARGEST_INPUT)) : text.trim();
}

/** The token in a text: the text itself, its first line, or `access_token` of an object. */
function tokenIn(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{")) return trimmed.split(/\s/, 1)[0]!;
  let content: { access_token?: unknown };
  try {
    content = JSON.parse(trimmed);
  } catch {
    // The parser's message quotes the text.
    throw new Error("Cannot read standard input: it is not JSON");
  }
  if (typeof content.access_token === "string") return content.access_token;
  throw new Error(`Cannot read standard input: it has no "access_token"`);
}

async function keysOf(
  issuer: string,
  { jwks }: Options,
  host: KeytoolHost,
): Promise<readonly PublishedKey[]> {
  if (jwks !== undefined) {
    const text = await readText(jwks, host, { limit: LARGEST_SET });
    return await inFileAsync(
      jwks,
      async () => /^\s*\{/.test(text) ? (await readJwkSet(text)).keys : [await readPublicKey(text)],
    );
  }
  const http = new HttpClient({
    env: (name) => host.env(name),
    userAgent: `Pinion/${PINION_VERSION}`,
  });
  try {
    const { signal } = new AbortController();
    return (await fetchIssuerKeys(issuer, { http, signal, clock: host.clock })).keys;
  } finally {
    http.close();
  }
}

function verdict({ claims }: DecodedToken, key: PublishedKey, now: number): string {
  const exp = Number(claims.exp);
  return `The token is good: issuer ${shownValue(claims.iss)}, subject ${
    shownValue(claims.sub)
  }, ` +
    `key ${shownValue(key.kid)}, ${key.algorithm}, ` +
    `expires ${iso(exp)}, in ${Math.floor(exp - now / 1000)} s`;
}

/** JSON over several lines, in ASCII. */
function shown(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
    .replace(/[^\n\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
