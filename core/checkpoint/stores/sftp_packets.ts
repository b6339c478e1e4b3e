/** Packets of the SSH File Transfer Protocol, version 3 (draft-ietf-secsh-filexfer-02). */

/** Types of packets (section 3), as far as they are sent or understood here. */
export const PACKET = {
  INIT: 1,
  VERSION: 2,
  CLOSE: 4,
  LSTAT: 7,
  OPENDIR: 11,
  READDIR: 12,
  REMOVE: 13,
  RMDIR: 15,
  STAT: 17,
  STATUS: 101,
  HANDLE: 102,
  NAME: 104,
  ATTRS: 105,
} as const;

/** Codes of a status packet (section 7). */
export const STATUS = {
  OK: 0,
  EOF: 1,
  NO_SUCH_FILE: 2,
  PERMISSION_DENIED: 3,
  OP_UNSUPPORTED: 8,
} as const;

/** The version spoken: what OpenSSH has, and all others too. */
export const VERSION = 3;

/** Largest packet that is taken; OpenSSH sends none above 256 KiB. */
export const LARGEST_PACKET = 1 << 20;

const SIZE = 0x1;
const OWNERS = 0x2;
const PERMISSIONS = 0x4;
const TIMES = 0x8;
const EXTENDED = 0x80000000;
/** The kind of file in its mode (stat(2), `inode(7)`). */
const MODE_KIND = 0o170000;
const MODE_DIRECTORY = 0o040000;
const MODE_LINK = 0o120000;

/** What a server sent is not of the protocol. */
export class SftpProtocolError extends Error {
  override readonly name = "SftpProtocolError";
}

/** What a path names; `unknown` where the server does not say. */
export type FileKind = "directory" | "link" | "other" | "unknown";

/** A directory's entry. */
export interface DirectoryEntry {
  readonly name: Uint8Array;
  readonly kind: FileKind;
}

/**
 * A packet with its length before it.
 *
 * @param id the request's number, or the version in an `INIT`
 */
export function printPacket(
  type: number,
  id: number,
  text?: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const length = 5 + (text === undefined ? 0 : 4 + text.length);
  const packet = new Uint8Array(4 + length);
  const view = new DataView(packet.buffer);
  view.setUint32(0, length);
  packet[4] = type;
  view.setUint32(5, id);
  if (text !== undefined) {
    view.setUint32(9, text.length);
    packet.set(text, 13);
  }
  return packet;
}

/** Reads the fields of one packet, without its length. */
export class PacketReader {
  readonly type: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 1;

  /** @throws {SftpProtocolError} for an empty packet, as every method for one that is too short */
  constructor(packet: Uint8Array) {
    const [type] = packet;
    if (type === undefined) throw new SftpProtocolError("a packet is empty");
    this.type = type;
    this.#bytes = packet;
    this.#view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  }

  /** Whether all fields were read. */
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The next number. */
  number(): number {
    return this.#view.getUint32(this.#skip(4));
  }

  /** The next string: a copy of its bytes. */
  bytes(): Uint8Array {
    const length = this.number();
    const start = this.#skip(length);
    return this.#bytes.slice(start, start + length);
  }

  /** The next attributes (section 5), of which only the kind of file is kept. */
  kind(): FileKind {
    const flags = this.number();
    if (flags & SIZE) this.#skip(8);
    if (flags & OWNERS) this.#skip(8);
    const mode = flags & PERMISSIONS ? this.number() & MODE_KIND : 0;
    if (flags & TIMES) this.#skip(8);
    if (flags & EXTENDED) {
      for (let left = this.number(); left > 0; left--) {
        this.#skip(this.number());
        this.#skip(this.number());
      }
    }
    if (mode === 0) return "unknown";
    return mode === MODE_DIRECTORY ? "directory" : mode === MODE_LINK ? "link" : "other";
  }

  /** The entries of a `NAME` packet, without `.` and `..`. */
  entries(): DirectoryEntry[] {
    const found: DirectoryEntry[] = [];
    for (let left = this.number(); left > 0; left--) {
      const name = this.bytes();
      // The second form is what "ls -l" would say.
      this.#skip(this.number());
      const kind = this.kind();
      if (isDots(name)) continue;
      if (name.length === 0 || name.includes(0x2f) || name.includes(0)) {
        throw new SftpProtocolError("a directory's entry is no name");
      }
      found.push({ name, kind });
    }
    return found;
  }

  #skip(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw new SftpProtocolError("a packet is too short");
    this.#at = start + length;
    return start;
  }
}

function isDots(name: Uint8Array): boolean {
  return name.length > 0 && name.length <= 2 && name.every((byte) => byte === 0x2e);
}

/** Puts packets together from what comes over a stream. */
export class PacketSplitter {
  #rest = new Uint8Array(0);

  /**
   * Takes bytes and returns the packets that they complete, without their lengths.
   *
   * @throws {SftpProtocolError} for a length that no server means
   */
  add(bytes: Uint8Array): Uint8Array[] {
    let data = bytes;
    if (this.#rest.length > 0) {
      const joined = new Uint8Array(this.#rest.length + bytes.length);
      joined.set(this.#rest);
      joined.set(bytes, this.#rest.length);
      data = joined;
    }
    const packets: Uint8Array[] = [];
    let at = 0;
    while (data.length - at >= 4) {
      const length = new DataView(data.buffer, data.byteOffset + at).getUint32(0);
      if (length === 0 || length > LARGEST_PACKET) {
        throw new SftpProtocolError(`a packet of ${length} bytes was announced`);
      }
      if (data.length - at - 4 < length) break;
      packets.push(data.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    this.#rest = data.slice(at);
    return packets;
  }
}
