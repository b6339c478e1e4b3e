/** Archives for tests, right ones and wrong ones, byte by byte. */

/** One header with what follows it. */
export interface Entry {
  readonly name?: string | Uint8Array;
  /** Type flag; default a file, or a directory where the name ends in a slash. */
  readonly type?: string;
  readonly mode?: string | number;
  readonly content?: string | Uint8Array;
  /** Instead of the content's own. */
  readonly size?: string | number;
  readonly prefix?: string;
  readonly link?: string;
  /** Default POSIX. */
  readonly magic?: string;
  /** Instead of the right one. */
  readonly checksum?: string;
}

export const GNU = "ustar  \0";
const POSIX = "ustar\x0000";
const BLOCK = 512;
const encoder = new TextEncoder();

/** Two blocks of zeros. */
export const END = new Uint8Array(2 * BLOCK);

export function bytes(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? encoder.encode(data) : data;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** An archive without its end. */
export function members(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  return concat(...entries.flatMap((entry) => {
    const content = bytes(entry.content ?? "");
    const padding = new Uint8Array((BLOCK - content.length % BLOCK) % BLOCK);
    return [header(entry), content, padding];
  }));
}

/** A whole archive. */
export function tar(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  return concat(members(entries), END);
}

export async function gzip(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([data]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A record of a pax header. */
export function record(key: string, value: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const rest = concat(bytes(` ${key}=`), bytes(value), bytes("\n"));
  let length = rest.length + 1;
  while (`${length}`.length + rest.length !== length) length++;
  return concat(bytes(`${length}`), rest);
}

/** What bytes come in, in portions of a size. */
export async function* portions(
  data: Uint8Array,
  size = 1000,
): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < data.length; at += size) yield data.slice(at, at + size);
}

function header(entry: Entry): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, value: string | Uint8Array) => block.set(bytes(value), at);
  const name = bytes(entry.name ?? "");
  const isDirectory = name.at(-1) === 0x2f;
  const size = entry.size ?? bytes(entry.content ?? "").length;
  put(0, name.subarray(0, 100));
  put(100, octal(entry.mode ?? (isDirectory ? 0o755 : 0o644), 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(size, 11));
  put(136, octal(1_700_000_000, 11));
  put(156, entry.type ?? (isDirectory ? "5" : "0"));
  put(157, entry.link ?? "");
  put(257, entry.magic ?? POSIX);
  put(345, entry.prefix ?? "");
  put(148, "        ");
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, entry.checksum ?? `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

function octal(value: string | number, digits: number): string {
  return typeof value === "string" ? value : value.toString(8).padStart(digits, "0");
}
