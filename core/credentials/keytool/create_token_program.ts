/** `scitokens-admin-create-token` as its help, man page and completion have it. */
import type { Program } from "../../cli/program.ts";
import { PINION_VERSION } from "../../version.ts";

/** Seconds a token is good for, unless told. */
export const DEFAULT_LIFETIME = 1200;

/** The program. */
export const CREATE_TOKEN = {
  name: "scitokens-admin-create-token",
  summary: "Make a SciToken from claims and a private key",
  version: PINION_VERSION,
  usage: ["-keyfile FILE [-key_id KID] -issuer URL [-lifetime SECONDS] CLAIM=VALUE..."],
  description: [
    "Takes the place of the tool of this name that comes with the Python library of SciTokens. The " +
    "claims iss, exp, iat and nbf are added to those that are given, and a random jti unless one is " +
    "given. The algorithm is that of the key: ES256 or RS256. Only the token is printed, to " +
    "standard output, and whoever reads it may use it.",
    "Values are texts, as they are. An aud that is given several times, or with -aud, becomes a list.",
  ],
  options: [
    { name: "keyfile", value: "FILE", text: "The private key in PEM form; - is standard input." },
    {
      name: "key_id",
      aliases: ["key-id"],
      value: "KID",
      text: "Name of the key among those that the issuer publishes.",
    },
    { name: "issuer", value: "URL", text: "The claim iss; needed unless it is among the claims." },
    {
      name: "lifetime",
      value: "SECONDS",
      text: `How long the token is good for (default ${DEFAULT_LIFETIME}).`,
    },
    {
      name: "aud",
      value: "AUDIENCE",
      repeatable: true,
      text: "Add to the list that is the claim aud.",
    },
  ],
  operands: { min: 0, max: 100 },
  exitStatus: [
    { name: "0", text: "The token was printed." },
    { name: "1", text: "The key cannot be used, or the token cannot be printed." },
    { name: "2", text: "The arguments are wrong." },
  ],
  examples: [{
    name:
      "scitokens-admin-create-token -keyfile scitokens-private.pem -key_id 8f2d3f70bf2a1c44 \\\n" +
      "    -issuer https://ap.example.org -aud https://storage.example.org ver=scitoken:2.0 \\\n" +
      "    sub=alice scope=read:/user/alice",
    text: "Makes a token for twenty minutes.",
  }],
  seeAlso: ["scitokens-admin-create-key(1)", "scitokens-verify-token(1)", "RFC 7519"],
} as const satisfies Program;
