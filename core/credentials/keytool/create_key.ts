/** `scitokens-admin-create-key`: makes, converts and publishes the keys that sign tokens. */
import { parseOptions, type Values } from "../../cli/parse.ts";
import type { Role } from "../../cli/program.ts";
import { UsageError } from "../../errors.ts";
import { KeyError, keyId, type NamedKey } from "../../keys/mod.ts";
import { generateKey } from "../../keys/key.ts";
import { privateJwkMembers, publicJwk } from "../../keys/jwk.ts";
import { jwkSet, setText } from "../../keys/jwks.ts";
import type { PrivateNumbers, PublicNumbers } from "../../keys/numbers.ts";
import { privatePem, readPrivateNumbers } from "../../keys/private_key.ts";
import { publicPem } from "../../keys/public_key.ts";
import { wellKnownOf } from "../issuer/places.ts";
import { CREATE_KEY } from "./create_key_program.ts";
import { type KeytoolHost, systemHost } from "./host.ts";
import { readNamedKeys, readPrivateFile, readPublicFile, STANDARD_INPUT } from "./key_files.ts";
import { publishNewFiles } from "./staged_file.ts";
import { withUsage, WrongCombination } from "./usage.ts";
import { publishKeys } from "./well_known.ts";

/** The role. */
export const createKey: Role = {
  program: CREATE_KEY,
  permissions: { read: true, write: true },
  main: (args) => runCreateKey(args, systemHost()),
};

type Options = Values<typeof CREATE_KEY["options"]>;

/** A key to be printed; without the private numbers a public one. */
interface Material {
  readonly open: PublicNumbers;
  readonly secret?: PrivateNumbers;
}

const OTHERS = 0o077;
const PRIVATE_OUTPUTS = ["jwks-private", "pem-private", "out"] as const;
const OUTPUTS = [
  ...PRIVATE_OUTPUTS,
  ...["jwks-public", "pem-public", "out-public", "well-known"] as const,
];

/**
 * Runs the program.
 *
 * @param args the arguments after its name
 * @returns the exit status
 * @throws {Error} for a key that cannot be used, and a file that cannot be read or written
 */
export async function runCreateKey(args: readonly string[], host: KeytoolHost): Promise<number> {
  return await withUsage(CREATE_KEY, host, async () => {
    const parsed = parseOptions(CREATE_KEY, args);
    if (parsed.kind === "print") {
      host.out(`${parsed.text}\n`);
      return 0;
    }
    checkCombination(parsed.values);
    const kidLength = readKidLength(parsed.values["kid-length"]);
    const { open, secret } = await material(parsed.values, host);
    const jwk = publicJwk(open);
    const kid = checkKid(parsed.values.kid) ?? keyId(jwk, kidLength);
    const keys = [{ jwk, kid }];
    for (const path of parsed.values["also-public"]) {
      addKeys(keys, await readNamedKeys(path, host, { kidLength }));
    }
    const undo = writeFiles(parsed.values, { open, ...(secret && { secret }) });
    try {
      await publish(parsed.values, keys, host);
    } catch (error) {
      // Whoever mends that and tries again finds no file in the way.
      undo();
      throw error;
    }
    const texts = printed(parsed.values, { open, ...(secret && { secret }) }, keys);
    if (texts.length > 0) host.out(texts.join(""));
    giveNotes(parsed.values, host);
    return 0;
  });
}

function checkCombination(values: Options): void {
  const sources = [values["create-keys"], values["private-keyfile"], values["public-keyfile"]];
  if (sources.filter((source) => source !== false && source !== undefined).length !== 1) {
    throw new WrongCombination(
      "exactly one of -create-keys, -private-keyfile and -public-keyfile is needed",
    );
  }
  if ((values.issuer === undefined) !== (values["well-known"] === undefined)) {
    throw new WrongCombination("-issuer and -well-known go together");
  }
  if (values.issuer !== undefined) {
    try {
      wellKnownOf(values.issuer);
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
    if (values["create-keys"] && !PRIVATE_OUTPUTS.some((name) => values[name])) {
      throw new WrongCombination("the key would be published and lost: add -out FILE");
    }
  }
  const inputs = [values["private-keyfile"], values["public-keyfile"], ...values["also-public"]];
  if (inputs.filter((path) => path === STANDARD_INPUT).length > 1) {
    throw new UsageError("only one file can be standard input");
  }
}

function readKidLength(text: string | undefined): number {
  const length = /^\d{1,3}$/.test(text ?? "4") ? Number(text ?? 4) : NaN;
  if (length >= 1 && length <= 64) return length;
  throw new UsageError(`option "-kid-length" needs a number from 1 to 64`);
}

function checkKid(kid: string | undefined): string | undefined {
  if (kid === undefined || /^[\x21-\x7e]{1,128}$/.test(kid)) return kid;
  throw new UsageError(`option "-kid" needs 1 to 128 visible ASCII characters`);
}

async function material(values: Options, host: KeytoolHost): Promise<Material> {
  const { ec, "public-keyfile": publicFile, "private-keyfile": privateFile } = values;
  if (publicFile !== undefined) {
    const [wanted] = PRIVATE_OUTPUTS.filter((name) => values[name]);
    if (wanted !== undefined) {
      throw new Error(`Cannot do -${wanted} with "${publicFile}": it holds a public key only`);
    }
    const open = await readPublicFile(publicFile, host);
    checkType(open, ec, publicFile);
    return { open };
  }
  if (privateFile !== undefined) {
    const secret = await readPrivateFile(privateFile, host);
    checkType(secret, ec, privateFile);
    return { open: secret, secret };
  }
  const secret = await readPrivateNumbers((await generateKey(ec ? "ES256" : "RS256")).privatePem);
  return { open: secret, secret };
}

function checkType({ kty }: PublicNumbers, ec: boolean, path: string): void {
  if (ec && kty !== "EC") {
    throw new Error(`Cannot use "${path}": it is an RSA key, and -ec is given`);
  }
}

/** Adds keys that are not there yet; a name stands for one key. */
function addKeys(keys: NamedKey[], more: readonly NamedKey[]): void {
  const id = ({ jwk }: NamedKey) => keyId(jwk, 64);
  for (const key of more) {
    if (keys.some((one) => id(one) === id(key))) continue;
    if (keys.some(({ kid }) => kid === key.kid)) {
      throw new KeyError(
        "same-kid",
        `two keys would be published as "${key.kid}": give this one another name with -kid, or ` +
          "a longer one with -kid-length",
      );
    }
    keys.push(key);
  }
}

/** @returns takes them away again */
function writeFiles(values: Options, { open, secret }: Material): () => void {
  const files = [];
  const { out, "out-public": outPublic } = values;
  if (out !== undefined && secret !== undefined) {
    files.push({ path: out, text: privatePem(secret), mode: 0o600 });
  }
  if (outPublic !== undefined) {
    files.push({ path: outPublic, text: publicPem(open), mode: 0o644 });
  }
  return publishNewFiles(files);
}

async function publish(values: Options, keys: readonly NamedKey[], host: KeytoolHost) {
  const { issuer, "well-known": directory, "compat-padding": compatPadding } = values;
  if (issuer === undefined || directory === undefined) return;
  const gone = await publishKeys({
    issuer,
    directory,
    set: jwkSet(keys, { compatPadding }),
    kids: keys.map(({ kid }) => kid),
  });
  if (gone.length > 0) {
    const names = gone.map((kid) => JSON.stringify(kid)).join(", ");
    note(host, `no longer published: ${names}; keep a key with -also-public while it is in use`);
  }
}

function printed(
  values: Options,
  { open, secret }: Material,
  keys: readonly NamedKey[],
): string[] {
  const compatPadding = values["compat-padding"];
  const kid = keys[0]!.kid;
  return [
    values["jwks-public"] && jwkSet(keys, { compatPadding }),
    values["jwks-private"] && secret &&
    setText([privateJwkMembers(secret, { kid, compatPadding })]),
    values["pem-private"] && secret && privatePem(secret),
    values["pem-public"] && publicPem(open),
  ].filter((text) => typeof text === "string");
}

function giveNotes(values: Options, host: KeytoolHost): void {
  if (values["create-keys"] && !OUTPUTS.some((name) => values[name])) {
    note(host, "a key was made and is lost, for no output was asked for: add -out FILE");
  }
  if (!values["jwks-private"] && !values["pem-private"]) return;
  const mode = host.outputMode() ?? 0;
  if ((mode & OTHERS) === 0) return;
  const bits = mode.toString(8).padStart(4, "0");
  note(host, `the private key went to a file that others can open, mode ${bits}: use -out FILE`);
}

function note(host: KeytoolHost, text: string): void {
  host.note(`${CREATE_KEY.name}: ${text}`);
}
