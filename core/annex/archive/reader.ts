/** The members of a tar archive, one after the other, as their bytes come. */

import { ByteReader } from "./bytes.ts";
import { archiveError } from "./error.ts";
import { BLOCK, type Header, isZero, parseHeader, shown } from "./header.ts";
import { ARCHIVE_LIMITS, type ArchiveLimits } from "./limits.ts";
import { memberPath, MemberTree, type MemberType } from "./path.ts";
import { parsePax } from "./pax.ts";

/** A member of an archive. */
export interface ArchiveMember {
  /** Where it belongs, e.g. `config.d/a`: never empty, absolute, or leading elsewhere. */
  readonly path: string;
  readonly type: MemberType;
  /** Permissions as the archive has them; nothing where it has none. */
  readonly mode: number | undefined;
  /** Bytes of content; 0 for a directory. */
  readonly size: number;
  /** Its content, once; each portion is valid until the next one. */
  content(): AsyncIterable<Uint8Array>;
}

/** What extension headers say about the member after them. */
interface Extension {
  name?: Uint8Array;
  size?: number;
  pax?: boolean;
}

/**
 * Reads an archive that consists of files and directories alone; anything else in it is an error, as
 * is what follows its end. What was given out before the error was no whole archive either.
 *
 * @param source the archive, decompressed
 * @throws {AnnexError}, or what reading the source throws
 */
export async function* readArchive(
  source: AsyncIterable<Uint8Array>,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): AsyncGenerator<ArchiveMember, void, void> {
  const reader = new ByteReader(source, limits.bytes);
  try {
    yield* members(reader, limits);
  } finally {
    await reader.close();
  }
}

async function* members(
  reader: ByteReader,
  limits: ArchiveLimits,
): AsyncGenerator<ArchiveMember, void, void> {
  const tree = new MemberTree();
  let extension: Extension = {};
  for (let count = 0;;) {
    const block = await reader.exactly(BLOCK);
    if (block === undefined) throw archiveError("it has no end");
    if (isZero(block)) break;
    if (++count > limits.members) throw archiveError(`it has more than ${limits.members} members`);
    const header = parseHeader(block);
    if (header.type !== "file" && header.type !== "directory") {
      extend(extension, header.type, await extensionOf(reader, header, limits));
      continue;
    }
    const { type, mode } = header;
    const size = extension.size ?? header.size;
    const name = extension.name ?? header.name;
    extension = {};
    if (type === "directory" && size !== 0) {
      throw archiveError(`directory ${shown(name)} has a content`);
    }
    const path = memberPath(name, { type, limits });
    if (path !== "") tree.add(path, type);
    const body = new Body(reader, size);
    if (path !== "") yield { path, type, mode, size, content: () => body.read() };
    await body.skip();
  }
  if (extension.name || extension.pax) throw archiveError("an extended header extends nothing");
  await expectEnd(reader);
}

/** What follows a header: its content, and what fills that up to a whole number of blocks. */
class Body {
  readonly #reader: ByteReader;
  #left: number;
  readonly #padding: number;
  #done = false;

  constructor(reader: ByteReader, size: number) {
    this.#reader = reader;
    this.#left = size;
    this.#padding = (BLOCK - size % BLOCK) % BLOCK;
  }

  async *read(): AsyncGenerator<Uint8Array, void, void> {
    while (this.#left > 0) {
      const part = await this.#reader.some(this.#left);
      if (part === undefined) throw archiveError("it ends in the middle");
      this.#left -= part.length;
      yield part;
    }
  }

  async skip(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    for await (const _ of this.read());
    if (this.#padding === 0) return;
    if (await this.#reader.exactly(this.#padding) === undefined) {
      throw archiveError("it ends in the middle");
    }
  }
}

async function extensionOf(
  reader: ByteReader,
  { size }: Header,
  limits: ArchiveLimits,
): Promise<Uint8Array> {
  if (size > limits.extension) {
    throw archiveError(`an extended header is longer than ${limits.extension} bytes`);
  }
  const whole = await reader.exactly(Math.ceil(size / BLOCK) * BLOCK);
  if (whole === undefined) throw archiveError("it ends in the middle");
  return whole.subarray(0, size);
}

function extend(extension: Extension, type: Header["type"], data: Uint8Array): void {
  // Targets of links, which no member may be, and defaults for what is not used.
  if (type === "long-link" || type === "pax-global") return;
  if (type === "pax") {
    if (extension.pax) throw archiveError("two extended headers are of one member");
    const { path, size } = parsePax(data);
    extension.pax = true;
    if (size !== undefined) extension.size = size;
    if (path !== undefined) rename(extension, path);
    return;
  }
  const end = data.indexOf(0);
  rename(extension, end < 0 ? data : data.subarray(0, end));
}

function rename(extension: Extension, name: Uint8Array): void {
  if (extension.name) throw archiveError("a member has two long names");
  extension.name = name;
}

/** After one block of zeros there is another, and nothing but zeros after that. */
async function expectEnd(reader: ByteReader): Promise<void> {
  const second = await reader.exactly(BLOCK);
  if (second === undefined || !isZero(second)) {
    throw archiveError("its end is not two blocks of zeros");
  }
  for (let rest; (rest = await reader.some(1 << 20)) !== undefined;) {
    if (!isZero(rest)) throw archiveError("something follows its end");
  }
}
