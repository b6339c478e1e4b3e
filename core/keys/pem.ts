/**
 * PEM texts with one key in them (RFC 7468; RFC 1421 for the headers of encrypted keys).
 *
 * A file with several keys is refused: which of them is meant would depend on the reader. Text
 * before the key is explanation (RFC 7468, 2); after it there is none.
 */
import { KeyError } from "./error.ts";

/** The one block of a text. */
export interface PemBlock {
  /** What stands after `BEGIN`, e.g. `EC PRIVATE KEY`. */
  readonly label: string;
  readonly der: Uint8Array<ArrayBuffer>;
}

interface RawBlock {
  readonly label: string;
  readonly headers: string[];
  readonly lines: string[];
}

/** Most characters taken; an RSA key of 8192 bits has less than 7000. */
export const LARGEST_PEM = 64 * 1024;

/** What OpenSSL's `ecparam -genkey` puts before a key; the key repeats it. */
const PARAMETERS = "EC PARAMETERS";

const BEGIN = /^-----BEGIN ([A-Z0-9][A-Z0-9 ]{0,59})-----$/;
const LINE_LENGTH = 64;

/**
 * The block of a text.
 *
 * @throws {KeyError} when there is none or more than one, when it is encrypted or damaged
 */
export function readPem(text: string): PemBlock {
  if (text.length > LARGEST_PEM) {
    throw new KeyError("too-large", `${text.length} characters are more than ${LARGEST_PEM}`);
  }
  const blocks = split(text.replace(/^\uFEFF/, ""));
  const keys = blocks[0]?.label === PARAMETERS ? blocks.slice(1) : blocks;
  const [block] = keys;
  if (block === undefined) {
    throw new KeyError("not-pem", `there is no key in PEM form ("-----BEGIN ...") in it`);
  }
  if (keys.length > 1) {
    const labels = keys.slice(0, 4).map(({ label }) => `"${label}"`).join(", ");
    throw new KeyError("several-keys", `it holds ${keys.length} PEM blocks (${labels}), not one`);
  }
  refuseHeaders(block);
  return { label: block.label, der: decode(block) };
}

/** A block, with lines of 64 characters and a line break at its end. */
export function printPem(label: string, der: Uint8Array): string {
  const lines = der.toBase64().match(new RegExp(`.{1,${LINE_LENGTH}}`, "g")) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function split(text: string): RawBlock[] {
  const blocks: RawBlock[] = [];
  let open: RawBlock | undefined;
  for (const raw of text.split(/\r\n|\n|\r/)) {
    const line = raw.trim();
    const label = BEGIN.exec(line)?.[1];
    if (open === undefined) {
      if (label !== undefined) blocks.push(open = { label, headers: [], lines: [] });
      else if (line.startsWith("-----")) throw damaged();
      else if (line !== "" && blocks.length > 0) {
        throw new KeyError("trailing-data", "there is text after the end of the PEM block");
      }
    } else if (line === `-----END ${open.label}-----`) open = undefined;
    else if (line.startsWith("-----")) throw damaged();
    else if (line.includes(":")) open.headers.push(line);
    else open.lines.push(line);
  }
  if (open !== undefined) throw damaged();
  return blocks;
}

function damaged(): KeyError {
  return new KeyError("not-pem", "its PEM block is damaged or ends too early");
}

function refuseHeaders({ label, headers }: RawBlock): void {
  if (
    label === "ENCRYPTED PRIVATE KEY" ||
    headers.some((line) => /^Proc-Type:.*ENCRYPTED/i.test(line))
  ) {
    throw new KeyError(
      "encrypted",
      "it is protected by a passphrase, which nobody could type here: " +
        `take the passphrase off with "openssl pkey"`,
    );
  }
  if (headers.length > 0) throw new KeyError("not-pem", "its PEM block has header lines");
}

function decode({ lines }: RawBlock): Uint8Array<ArrayBuffer> {
  try {
    const der = Uint8Array.fromBase64(lines.join(""), { lastChunkHandling: "strict" });
    if (der.length > 0) return der;
  } catch {
    // Its message quotes the text.
  }
  throw new KeyError("bad-base64", "the content of its PEM block is not base64");
}
