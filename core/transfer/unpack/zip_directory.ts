/**
 * The central directory of a ZIP archive (APPNOTE.TXT 6.3.10, section 4.3), which alone is believed:
 * local headers may lack sizes. Zip64 is read; several disks and encryption are refused.
 */
import type { Budget } from "./budget.ts";
import { type ArchiveName, damaged, quote, refused, truncated } from "./failures.ts";

/** One file, directory or link of an archive. */
export interface ZipEntry {
  /** Path below the root; a directory's without the slash. */
  readonly path: string;
  readonly kind: "file" | "directory" | "symlink";
  /** Permissions, without set-id bits. */
  readonly mode: number;
  /** 0 stored, 8 deflated. */
  readonly method: 0 | 8;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Where the local header is in the file. */
  readonly offset: number;
}

/** Length of the end record without its comment, and the longest comment. */
const END_SIZE = 22;
const COMMENT_MAX = 65535;

/** Length of the fixed part of an entry. */
const ENTRY_SIZE = 46;

/** Largest central directory that is read, in bytes. */
const DIRECTORY_MAX = 1 << 28;

/** Values that mean: see the zip64 record. */
const IN_ZIP64 = 0xffffffff;

/** The upper half of code page 437, in which old archives name their files. */
const CP437 = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
  "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

/** Reads part of a file. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

/**
 * Lists an archive.
 *
 * @param size of the file in bytes
 * @throws {TransferFailure} when the archive is damaged, unsafe, or uses what is not supported
 */
export function readZipDirectory(readAt: ReadAt, size: number, budget: Budget): ZipEntry[] {
  const { archive } = budget;
  const place = findDirectory(readAt, size, archive);
  const bytes = readAt(place.offset, place.size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < place.count;) {
    if (at + ENTRY_SIZE > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
      throw damaged(archive, "its directory is damaged");
    }
    budget.entry();
    const [name, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const end = at + ENTRY_SIZE + name! + extra! + comment!;
    if (end > bytes.length) throw damaged(archive, "its directory is damaged");
    const nameEnd = at + ENTRY_SIZE + name!;
    entries.push(readEntry(view, at, {
      name: bytes.subarray(at + ENTRY_SIZE, nameEnd),
      extra: bytes.subarray(nameEnd, nameEnd + extra!),
      budget,
    }));
    at = end;
  }
  refuseOverlaps(entries, place.offset, archive);
  return entries;
}

interface DirectoryPlace {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

function findDirectory(readAt: ReadAt, size: number, archive: ArchiveName): DirectoryPlace {
  const start = Math.max(0, size - END_SIZE - COMMENT_MAX);
  const tail = readAt(start, size - start);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  let at = tail.length - END_SIZE;
  while (
    at >= 0 &&
    !(view.getUint32(at, true) === 0x06054b50 &&
      at + END_SIZE + view.getUint16(at + 20, true) === tail.length)
  ) at--;
  if (at < 0) throw truncated(archive);
  let [disk, count, length, offset] = [
    view.getUint16(at + 4, true),
    view.getUint16(at + 10, true),
    view.getUint32(at + 12, true),
    view.getUint32(at + 16, true),
  ] as [number, number, number, number];
  let end = start + at;
  if (at >= 20 && view.getUint32(at - 20, true) === 0x07064b50) {
    end = safe(view.getBigUint64(at - 12, true), archive);
    if (end + 56 > start + at - 20) throw damaged(archive, "its directory is damaged");
    const record = readAt(end, 56);
    const wide = new DataView(record.buffer, record.byteOffset, record.byteLength);
    if (wide.getUint32(0, true) !== 0x06064b50) throw damaged(archive, "its directory is damaged");
    disk = wide.getUint32(16, true);
    count = safe(wide.getBigUint64(32, true), archive);
    length = safe(wide.getBigUint64(40, true), archive);
    offset = safe(wide.getBigUint64(48, true), archive);
  }
  if (disk !== 0) throw refused(archive, "it is one of several parts");
  if (offset + length > end) throw damaged(archive, "its directory is damaged");
  if (length > DIRECTORY_MAX) throw refused(archive, "its directory is too large");
  return { offset, size: length, count };
}

function readEntry(
  view: DataView,
  at: number,
  { name, extra, budget }: {
    name: Uint8Array;
    extra: Uint8Array;
    budget: Budget;
  },
): ZipEntry {
  const { archive } = budget;
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const text = decodeName(name);
  const path = budget.path(text);
  if (flags & 0x2041) throw refused(archive, `the entry ${quote(text)} is encrypted`);
  if (method !== 0 && method !== 8) {
    throw refused(archive, `the entry ${quote(text)} uses compression method ${method}`);
  }
  const [packed, size, offset] = widen(
    [20, 24, 42].map((field) => view.getUint32(at + field, true)),
    extra,
    archive,
  );
  // Made on Unix (3) or macOS (19): the upper half of the attributes is a mode as in stat(2).
  const unix = [3, 19].includes(view.getUint8(at + 5)) ? view.getUint16(at + 40, true) : 0;
  const format = unix & 0o170000;
  const kind = text.endsWith("/")
    ? "directory"
    : format === 0o120000
    ? "symlink"
    : format === 0 || format === 0o100000
    ? "file"
    : undefined;
  if (kind === undefined) {
    throw refused(archive, `the entry ${quote(text)} is neither file, directory nor link`);
  }
  if (method === 0 && packed !== size) throw damaged(archive, "its directory is damaged");
  return {
    path,
    kind,
    mode: (unix & 0o777) || 0o666,
    method,
    crc: view.getUint32(at + 16, true),
    packed: packed!,
    size: size!,
    offset: offset!,
  };
}

/** Puts the values of the zip64 field (section 4.5.3) in place of those that say so. */
function widen(values: number[], extra: Uint8Array, archive: ArchiveName): number[] {
  if (!values.includes(IN_ZIP64)) return values;
  const view = new DataView(extra.buffer, extra.byteOffset, extra.byteLength);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let from = at + 4;
    const end = Math.min(from + view.getUint16(at + 2, true), extra.length);
    const [packed, size, offset] = values as [number, number, number];
    // The field's own order is size, packed size, offset.
    const wide = [size, packed, offset].map((value) => {
      if (value !== IN_ZIP64) return value;
      if (from + 8 > end) throw damaged(archive, "its directory is damaged");
      from += 8;
      return safe(view.getBigUint64(from - 8, true), archive);
    });
    return [wide[1]!, wide[0]!, wide[2]!];
  }
  return values;
}

/** Entries that share bytes make a small archive endless; honest ones never do. */
function refuseOverlaps(entries: readonly ZipEntry[], end: number, archive: ArchiveName): void {
  const sorted = entries.toSorted((a, b) => a.offset - b.offset);
  sorted.forEach((entry, i) => {
    const next = sorted[i + 1]?.offset ?? end;
    if (entry.offset + 30 + entry.packed > next) {
      throw damaged(archive, `the entry ${quote(entry.path)} overlaps another`);
    }
  });
}

function decodeName(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Array.from(bytes, (b) => b < 0x80 ? String.fromCharCode(b) : CP437[b - 0x80]).join("");
  }
}

function safe(value: bigint, archive: ArchiveName): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(archive, "its directory is damaged");
  return Number(value);
}
