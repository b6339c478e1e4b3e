/** What a directory has in it (getdents64(2)). */
import { CALLS } from "./descriptor.ts";
import { PosixError } from "./error.ts";
import { errno, libc } from "./libc.ts";
import type { EntryType } from "./status.ts";

const EIO = 5;

/** Bytes of entries asked for at once. */
const LISTING_SIZE = 65536;

/** A buffer that no listing uses: making one takes longer than a small directory does. */
let spare: Uint8Array<ArrayBuffer> | undefined;

/** struct linux_dirent64: its length, its type, its name (getdents64(2)). */
const [LENGTH_AT, TYPE_AT, NAME_AT] = [16, 18, 19];

/** An entry of a directory. */
export interface DirectoryEntry {
  /** Its name, whatever bytes it is made of. */
  readonly name: Uint8Array<ArrayBuffer>;
  readonly type: EntryType;
}

const ENTRY_TYPES: Readonly<Record<number, EntryType>> = {
  4: "directory",
  8: "file",
  10: "symlink",
};

/**
 * Lists what an open directory has from where its descriptor is, `.` and `..` left out.
 *
 * @throws {PosixError}
 */
export function* listEntries(fd: number): Generator<DirectoryEntry, void> {
  const buffer = spare ?? new Uint8Array(LISTING_SIZE);
  // Several may be listed in turns.
  spare = undefined;
  try {
    while (true) {
      const length = Number(
        libc().getdents64(CALLS.getdents64, BigInt(fd), buffer, BigInt(LISTING_SIZE)),
      );
      if (length < 0) throw new PosixError(errno(), "Cannot list directory");
      if (length === 0) return;
      yield* parseEntries(buffer.subarray(0, length));
    }
  } finally {
    spare = buffer;
  }
}

/**
 * Takes apart what getdents64(2) gives.
 *
 * @throws {PosixError} when it is no such thing
 */
export function* parseEntries(listing: Uint8Array): Generator<DirectoryEntry, void> {
  const view = new DataView(listing.buffer, listing.byteOffset, listing.length);
  for (let at = 0; at < listing.length;) {
    const left = listing.length - at;
    const size = left > NAME_AT ? view.getUint16(at + LENGTH_AT, true) : 0;
    const end = listing.indexOf(0, at + NAME_AT);
    if (size <= NAME_AT || size > left || end < 0 || end >= at + size) {
      throw new PosixError(EIO, "Cannot list directory");
    }
    const name = listing.slice(at + NAME_AT, end);
    const type = ENTRY_TYPES[listing[at + TYPE_AT]!] ?? "other";
    if (!isDots(name)) yield { name, type };
    at += size;
  }
}

/** Whether a name is `.` or `..`. */
export function isDots(name: Uint8Array): boolean {
  return name[0] === 46 && (name.length === 1 || (name.length === 2 && name[1] === 46));
}
