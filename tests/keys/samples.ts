/** Keys for the tests of this room: captured ones, and published ones. None protects anything. */
import { fromFileUrl } from "@std/path";
import { missing as missingOpenssl } from "../servers/ca.ts";
import { findProgram } from "../servers/process.ts";

/** The text of a captured file. */
export function fixture(name: string): string {
  return Deno.readTextFileSync(fromFileUrl(new URL(`testdata/${name}`, import.meta.url)));
}

/** RFC 7515, A.3.1: a key of P-256. */
export const RFC7515_EC = {
  kty: "EC",
  crv: "P-256",
  x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
  d: "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
} as const;

/** RFC 7515, A.3.1: a signature of that key. */
export const RFC7515_JWS = "eyJhbGciOiJFUzI1NiJ9" +
  ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ" +
  ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

/** RFC 7517, A.1, and RFC 7638, 3.1: an RSA key. */
export const RFC7638_RSA = {
  kty: "RSA",
  n: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP" +
    "ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368Q" +
    "QMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2Nc" +
    "Rwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
  e: "AQAB",
} as const;

/** RFC 8037, A.2: a key of Ed25519. */
export const RFC8037_OKP = {
  kty: "OKP",
  crv: "Ed25519",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
} as const;

/** RFC 8410, 10.3: a private key of Ed25519. */
export const RFC8410_PEM = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
`;

/** Tells why tests with `openssl` cannot run; empty when they can. */
export const withoutOpenssl: string = missingOpenssl === ""
  ? ""
  : ` (${missingOpenssl} is missing)`;

/** Runs `openssl`, with a text on its standard input, and returns what it prints. */
export async function openssl(args: readonly string[], input = ""): Promise<string> {
  const child = new Deno.Command(findProgram("openssl") ?? "openssl", {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const { success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot run openssl ${args[0]}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
