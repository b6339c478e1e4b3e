/** `scitokens-admin-create-key` as its help, man page and completion have it. */
import type { Program } from "../../cli/program.ts";
import { PINION_VERSION } from "../../version.ts";

/** The program. */
export const CREATE_KEY = {
  name: "scitokens-admin-create-key",
  summary: "Make, convert and publish the keys that sign SciTokens",
  version: PINION_VERSION,
  usage: [
    "-create-keys [-ec] [-out FILE] [OUTPUT...]",
    "-private-keyfile FILE [OUTPUT...]",
    "-public-keyfile FILE [OUTPUT...]",
  ],
  description: [
    "Takes the place of the tool of this name that comes with the Python library of SciTokens. It " +
    "makes a key, or reads one, and prints it in other forms: in this order, whichever are asked " +
    "for, -jwks-public, -jwks-private, -pem-private and -pem-public.",
    "Keys are EC keys of the curve P-256, which sign with ES256, or RSA keys of 2048 bits or more, " +
    "which sign with RS256. Files hold one key in PEM form: SEC1, PKCS#1 or PKCS#8, without a " +
    "passphrase. Private keys are printed in the traditional forms SEC1 and PKCS#1.",
    "JWKs are as RFC 7518 wants them, which the Python tool's are not: numbers without padding, " +
    "and coordinates of 32 octets also where they begin with zeros.",
    "With -issuer and -well-known the two files are written by which verifiers find the key. To " +
    "change to another key, first publish both: the new one, and with -also-public the one in use. " +
    "Verifiers keep what they read for hours, some for days. Then let the issuer sign with the new " +
    "key, and when the last token of the old one is out of date publish the new one alone.",
  ],
  options: [
    { name: "create-keys", text: "Make a key: RSA of 2048 bits, or EC with -ec." },
    { name: "private-keyfile", value: "FILE", text: "Read a private key; - is standard input." },
    { name: "public-keyfile", value: "FILE", text: "Read a public key; - is standard input." },
    { name: "ec", text: "The key to be made is an EC key, or the one read has to be one." },
    { name: "jwks-public", text: "Print the public key as a JWK set." },
    { name: "jwks-private", text: "Print the private key as a JWK set." },
    { name: "pem-private", text: "Print the private key in PEM form." },
    { name: "pem-public", text: "Print the public key in PEM form." },
    {
      name: "out",
      value: "FILE",
      text: "Write the private key to a new file in PEM form, with mode 0600. Unlike a shell's " +
        "redirection, this never lets others read it.",
    },
    {
      name: "out-public",
      value: "FILE",
      text: "Write the public key to a new file in PEM form, with mode 0644.",
    },
    { name: "kid", value: "KID", text: "Name of the key in JWKs; made from the key unless given." },
    {
      name: "kid-length",
      value: "N",
      text: "Digits of a name made from the key (default 4, as ever; 16 are better).",
    },
    {
      name: "compat-padding",
      text: "Write numbers of JWKs byte for byte as the Python tool does.",
    },
    { name: "issuer", value: "URL", text: "The issuer's name, as in the claim iss of its tokens." },
    {
      name: "well-known",
      value: "DIR",
      text: "Write openid-configuration and the JWK set into DIR, which is to be served as " +
        "URL/.well-known.",
    },
    {
      name: "also-public",
      value: "FILE",
      repeatable: true,
      text: "Publish the public key (PEM) or keys (JWK set) in FILE beside this one.",
    },
  ],
  files: [
    {
      name: "openid-configuration",
      text:
        "Names the issuer and the place of its JWK set. An existing one of the same issuer is " +
        "left as it is.",
    },
    { name: "issuer.jwks", text: "The JWK set, unless openid-configuration names another file." },
  ],
  exitStatus: [
    { name: "0", text: "Done." },
    { name: "1", text: "The key cannot be used, or a file cannot be read or written." },
    { name: "2", text: "The arguments are wrong." },
  ],
  examples: [
    {
      name: "scitokens-admin-create-key -create-keys -ec -kid-length 16 \\\n" +
        "    -out /etc/condor/scitokens-private.pem -out-public /etc/condor/scitokens.pem",
      text: "Makes a key for an issuer.",
    },
    {
      name: "scitokens-admin-create-key -private-keyfile /etc/condor/scitokens-private.pem \\\n" +
        "    -kid-length 16 -issuer https://ap.example.org -well-known /var/www/html/.well-known",
      text: "Publishes it.",
    },
    {
      name: "scitokens-admin-create-key -private-keyfile new.pem -kid-length 16 \\\n" +
        "    -also-public /var/www/html/.well-known/issuer.jwks \\\n" +
        "    -issuer https://ap.example.org -well-known /var/www/html/.well-known",
      text: "Publishes another key beside it.",
    },
  ],
  seeAlso: ["scitokens-admin-create-token(1)", "scitokens-verify-token(1)", "RFC 7517", "RFC 7518"],
} as const satisfies Program;
