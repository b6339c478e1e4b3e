/** How much of an archive is taken: it comes from outside, and is unpacked as root. */

/** Bounds of an archive; all of them are inclusive. */
export interface ArchiveLimits {
  /** Bytes after decompression, headers and padding included. */
  readonly bytes: number;
  /** Headers of members, those that only extend the next one included. */
  readonly members: number;
  /** Bytes of an extension: a long name, or the records of a pax header. */
  readonly extension: number;
  /** Bytes of a member's whole name. */
  readonly path: number;
  /** Bytes of a part of a name, as file systems have it (NAME_MAX). */
  readonly component: number;
  /** Parts of a name. */
  readonly depth: number;
}

/** What is taken unless told otherwise. */
export const ARCHIVE_LIMITS: ArchiveLimits = {
  bytes: 256 << 20,
  members: 10_000,
  extension: 1 << 20,
  path: 1024,
  component: 255,
  depth: 32,
};
