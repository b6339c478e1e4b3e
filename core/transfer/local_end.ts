/**
 * The local end of a transfer: the file that a download fills or an upload reads.
 */
import { basename, resolve } from "@std/path";
import { TransferFailure } from "../errors.ts";
import type { Attempt } from "./attempt.ts";
import type { DirectoryListing } from "./directory_listing.ts";
import type { Host } from "./host.ts";
import type { FileRequest } from "./in_file.ts";
import { localFailure } from "./local_failure.ts";
import type { ExpectedDigest } from "./options.ts";
import type { PartFile } from "./part_file.ts";
import type { Direction } from "./result.ts";
import type { Scheme } from "./scheme.ts";
import { prepareTarget, type Target } from "./target.ts";

/** One end of a transfer, for all its attempts. */
export interface LocalEnd {
  /** The file being filled, for a download. */
  readonly part: PartFile | undefined;
  /** Bytes of the local file: before an upload, after a download. */
  size: number;
  /** Makes one attempt, which has failed if this rejects. */
  move(scheme: Scheme, url: string, attempt: Attempt): Promise<void>;
  /** Cleans up after the last attempt failed. */
  abandon(failure: TransferFailure | undefined): void;
}

/**
 * Opens the local end of a request.
 *
 * @throws {TransferFailure} when nothing can be written or read there
 */
export function openLocalEnd(
  request: FileRequest,
  { direction, host, listing }: {
    direction: Direction;
    host: Host;
    /** What is known of the directories that the run writes to. */
    listing: DirectoryListing;
  },
): LocalEnd {
  return direction === "download"
    ? new DownloadEnd(request, prepareTarget(request.localFileName, host, listing))
    : new UploadEnd(resolve(host.cwd(), request.localFileName), request.localFileName);
}

class DownloadEnd implements LocalEnd {
  size = 0;
  readonly #request: FileRequest;
  readonly #target: Target;

  constructor(request: FileRequest, target: Target) {
    this.#request = request;
    this.#target = target;
  }

  get part(): PartFile {
    return this.#target.part;
  }

  async move(scheme: Scheme, url: string, attempt: Attempt): Promise<void> {
    const { part } = this;
    const { options } = this.#request;
    // What cannot be continued is in the way of a scheme that makes the file anew.
    if (attempt.attempt > 1 && part.identity === undefined) part.remove();
    await scheme.download!(url, part.path, attempt);
    attempt.arrived();
    this.size = part.finish();
    try {
      await this.#verify(attempt);
      if (options.unpack !== "off" && await this.#unpack(attempt)) return part.remove();
    } catch (error) {
      part.remove(); // bytes that are known to be wrong must not be resumed
      throw error;
    }
    attempt.signal.throwIfAborted(); // it may have been given up, and reported so, meanwhile
    this.#target.commit();
  }

  async #verify(attempt: Attempt): Promise<void> {
    const { verify: mode } = this.#request.options;
    if (mode === "off") return;
    const expected = expectedDigests(this.#request);
    const { offered } = attempt;
    if (mode === "if-offered" && expected.length === 0 && offered.length === 0) return;
    const { verifyDigests } = await import("./checksums.ts"); // loads node:crypto
    const { signal, server } = attempt;
    await verifyDigests(this.part.path, { offered, expected, mode, signal, server });
  }

  /** Unpacks the file; returns whether it was an archive. */
  async #unpack({ signal, server }: Attempt): Promise<boolean> {
    const { unpack } = await import("./unpack.ts"); // a large part, and rarely wanted
    const created = await unpack(this.part.path, {
      mode: this.#request.options.unpack,
      name: basename(this.#request.localFileName),
      directory: this.#target.directory,
      signal,
      server,
    });
    return created !== undefined;
  }

  /** What is left of a download that filled the disk stays, so that its owner can be seen. */
  abandon(failure: TransferFailure | undefined): void {
    if (failure === undefined || !diskIsFull(failure)) this.part.remove();
  }
}

/** Whether this machine has no room for the file, wherever it comes from. */
export function diskIsFull({ facts }: TransferFailure): boolean {
  return facts.failureType === "NoSpace" ||
    (facts.failureType === "Quota" && facts.status === undefined);
}

/** Lists of digests by subject: one list may serve, and speak of, all files of a run. */
const bySubject = new WeakMap<
  readonly ExpectedDigest[],
  Map<string | undefined, ExpectedDigest[]>
>();

/** The digests that the job states for this file. */
function expectedDigests(request: FileRequest): readonly ExpectedDigest[] {
  const { url, localFileName, options: { checksums } } = request;
  if (checksums.length === 0) return checksums;
  let known = bySubject.get(checksums);
  if (known === undefined) {
    known = Map.groupBy(checksums, ({ subject }) => subject);
    bySubject.set(checksums, known);
  }
  const names = new Set([undefined, url, localFileName, basename(localFileName)]);
  return [...names].flatMap((name) => known.get(name) ?? []);
}

class UploadEnd implements LocalEnd {
  readonly part = undefined;
  readonly size: number;
  readonly #path: string;

  constructor(path: string, name: string) {
    this.#path = path;
    this.size = readableSize(path, name);
  }

  async move(scheme: Scheme, url: string, attempt: Attempt): Promise<void> {
    await scheme.upload!(this.#path, url, attempt);
  }

  abandon(): void {}
}

/** libcurl's CURLE_READ_ERROR. */
const READ_ERROR = 26;

/** Size of a file that can be read; what is no file could block whoever opens it. */
function readableSize(path: string, name: string): number {
  try {
    const { isFile, isDirectory, size } = Deno.statSync(path);
    if (!isFile) {
      const state = isDirectory ? "is a directory" : "is not a regular file";
      throw new TransferFailure("Parameter", `local file ${name} ${state}`, {
        errorCode: READ_ERROR,
        retryable: -1,
      });
    }
    Deno.openSync(path).close();
    return size;
  } catch (error) {
    throw localFailure(error, { path: name, doing: "opening" });
  }
}
