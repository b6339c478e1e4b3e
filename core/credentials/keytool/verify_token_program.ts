/** `scitokens-verify-token` as its help, man page and completion have it. */
import type { Program } from "../../cli/program.ts";
import { PINION_VERSION } from "../../version.ts";

/** The program. */
export const VERIFY_TOKEN = {
  name: "scitokens-verify-token",
  summary: "Check a SciToken or WLCG token, and say what is wrong with it",
  version: PINION_VERSION,
  usage: [
    "[-v] [OPTION...] -token-file FILE",
    "[-v] [OPTION...] - < FILE",
    "[-v] [OPTION...] TOKEN",
  ],
  description: [
    "Checks a token as a server does that is given it: its signature by the keys that its issuer " +
    "publishes, that it is not out of date and not from the future, and what its profile asks for. " +
    "The keys are fetched from the issuer over https, or read from a file with -jwks.",
    "A token in an argument can be seen by all users of the machine while the program runs. From a " +
    "file or standard input it cannot.",
    "Takes the place of the tool of this name that comes with the Python library of SciTokens, " +
    "which ends with status 0 whatever it finds.",
  ],
  options: [
    {
      name: "verbose",
      aliases: ["v"],
      text: "Print the token's header and claims, also of a token that is refused.",
    },
    { name: "token", value: "TOKEN", text: "The token, as an argument." },
    {
      name: "token-file",
      value: "FILE",
      text: "Read the token from FILE: the token itself, or an object with access_token.",
    },
    {
      name: "jwks",
      value: "FILE",
      text: "Take the keys from FILE, a JWK set or a public key in PEM form, and ask nobody.",
    },
    { name: "issuer", value: "URL", text: "The token has to be of this issuer." },
    {
      name: "audience",
      value: "AUDIENCE",
      repeatable: true,
      text: "The token has to be for this audience; when repeated, for one of them.",
    },
    {
      name: "scope",
      value: "SCOPE",
      repeatable: true,
      text: "The token has to allow this, e.g. read:/user/alice; when repeated, all of them.",
    },
  ],
  operands: { min: 0, max: 1 },
  environment: [
    { name: "https_proxy, no_proxy", text: "Proxies, as for curl." },
    {
      name: "SSL_CERT_FILE, SSL_CERT_DIR, X509_CERT_DIR",
      text: "Certificate authorities that are trusted besides the system's.",
    },
  ],
  exitStatus: [
    { name: "0", text: "The token is good." },
    { name: "1", text: "It is not, or that cannot be found out." },
    { name: "2", text: "The arguments are wrong." },
  ],
  examples: [
    {
      name: "scitokens-verify-token -v -token-file $_CONDOR_CREDS/scitokens.use",
      text: "Checks a job's token.",
    },
    {
      name: "scitokens-verify-token -jwks issuer.jwks -scope read:/user/alice - < token",
      text: "Checks a token by keys that are not published yet.",
    },
  ],
  seeAlso: ["scitokens-admin-create-token(1)", "https://scitokens.org", "RFC 7519"],
} as const satisfies Program;
