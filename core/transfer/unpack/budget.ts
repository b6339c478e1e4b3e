/** What an archive may hold, and the names it may use. */
import type { TransferFailure } from "../../errors.ts";
import { type ArchiveName, quote, refused } from "./failures.ts";

/** Bounds of what one archive may grow to. */
export interface UnpackLimits {
  /** Files, directories and links. */
  readonly entries: number;
  /** Bytes of all files together. */
  readonly bytes: number;
  /** Bytes per byte of the archive, once there are more than `freeBytes` of them. */
  readonly ratio: number;
  /** Bytes that any archive may hold, however small it is. */
  readonly freeBytes: number;
}

/** Bounds that no honest archive meets; a full disk comes first. */
export const DEFAULT_LIMITS: UnpackLimits = {
  entries: 1_000_000,
  bytes: 2 ** 44,
  ratio: 200,
  freeBytes: 2 ** 30,
};

/** Longest path that Linux takes, in bytes. */
const PATH_MAX = 4095;

/** Longest name of one file, in bytes. */
const NAME_MAX = 255;

/** Directories within one another. */
const DEPTH_MAX = 256;

/**
 * Names that HTCondor keeps for itself at the top of a scratch directory: ads, credentials, its
 * standard streams, and the files it hands to plug-ins.
 */
const RESERVED =
  /^(?:\.(?:job|machine|update)\.ad|\.chirp\.config|\.condor_creds|_condor_.*|\..*\.(?:in|out))$/i;

/** Counts what comes out of one archive. */
export class Budget {
  readonly archive: ArchiveName;
  readonly #limits: UnpackLimits;
  readonly #most: number;
  #entries = 0;
  #bytes = 0;

  /** @param packed size of the archive in bytes */
  constructor(archive: ArchiveName, packed: number, limits: UnpackLimits) {
    this.archive = archive;
    this.#limits = limits;
    this.#most = Math.min(limits.bytes, Math.max(limits.freeBytes, packed * limits.ratio));
  }

  /** Bytes unpacked so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts an entry. */
  entry(): void {
    if (++this.#entries > this.#limits.entries) {
      throw this.#over(`${this.#limits.entries} entries`);
    }
  }

  /** Counts bytes that come out. */
  take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#most) throw this.#over(`${this.#most} bytes`);
  }

  /**
   * The path of an entry below the root, without `.` and double slashes; empty for the root itself.
   *
   * @throws {TransferFailure} Parameter, when the name leads out of the root or is of no use
   */
  path(name: string): string {
    const parts = name.split("/").filter((part) => part !== "" && part !== ".");
    const size = (text: string) => new TextEncoder().encode(text).length;
    const state = name.startsWith("/")
      ? "is absolute"
      : parts.includes("..")
      ? "leads out of the directory"
      : name.includes("\0")
      ? "holds a NUL"
      : parts.length > DEPTH_MAX || size(name) > PATH_MAX || parts.some((p) => size(p) > NAME_MAX)
      ? "is too long"
      : RESERVED.test(parts[0] ?? "")
      ? "is HTCondor's own"
      : undefined;
    if (state !== undefined) throw refused(this.archive, `the name ${quote(name)} ${state}`);
    return parts.join("/");
  }

  /** Checks that a link at `path` leads to a place below the root. */
  link(path: string, target: string): void {
    const parts = path.split("/").slice(0, -1);
    for (const part of target.split("/")) {
      if (part === "..") {
        if (parts.pop() === undefined) throw this.#leadsOut(path);
      } else if (part !== "" && part !== ".") parts.push(part);
    }
    if (target.startsWith("/") || target === "" || target.includes("\0")) {
      throw this.#leadsOut(path);
    }
  }

  #leadsOut(path: string): TransferFailure {
    return refused(this.archive, `the link ${quote(path)} leads out of the directory`);
  }

  #over(what: string): TransferFailure {
    return refused(this.archive, `it holds more than ${what}`);
  }
}
