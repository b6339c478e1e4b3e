/**
 * The local end of a transfer: the file that a download fills or an upload reads.
 */
import { basename, resolve } from "@std/path";
import { TransferFailure } from "../errors.ts";
import type { Attempt } from "./attempt.ts";
import type { Host } from "./host.ts";
import type { FileRequest } from "./in_file.ts";
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
export function openLocalEnd(request: FileRequest, direction: Direction, host: Host): LocalEnd {
  return direction === "download"
    ? new DownloadEnd(request, prepareTarget(request.localFileName, host))
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
    attempt.signal.throwIfAborted();
    attempt.arrived();
    this.size = part.finish();
    const expected = expectedDigests(this.#request);
    if (
      options.verify !== "off" &&
      (options.verify === "required" || expected.length > 0 || attempt.offered.length > 0)
    ) {
      try {
        const { verifyDigests } = await import("./checksums.ts");
        await verifyDigests(part.path, {
          offered: attempt.offered,
          expected,
          mode: options.verify,
          signal: attempt.signal,
          server: attempt.server,
        });
      } catch (error) {
        part.remove(); // bytes that are known to be wrong must not be resumed
        throw error;
      }
    }
    if (options.unpack !== "off") {
      const { unpack } = await import("./unpack.ts"); // a large part, and rarely wanted
      const created = await unpack(part.path, {
        mode: options.unpack,
        name: basename(this.#request.localFileName),
        directory: this.#target.directory,
        signal: attempt.signal,
      });
      if (created !== undefined) return part.remove();
    }
    attempt.signal.throwIfAborted(); // it may have been given up, and reported so, meanwhile
    this.#target.commit();
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
    const info = readable(path, name);
    if (info.isDirectory) throw unreadable(`local file ${name} is a directory`);
    this.#path = path;
    this.size = info.size;
  }

  async move(scheme: Scheme, url: string, attempt: Attempt): Promise<void> {
    await scheme.upload!(this.#path, url, attempt);
  }

  abandon(): void {}
}

/** libcurl's CURLE_READ_ERROR. */
const READ_ERROR = 26;

function readable(path: string, name: string): Deno.FileInfo {
  try {
    using file = Deno.openSync(path);
    return file.statSync();
  } catch (error) {
    const [number, text] = error instanceof Deno.errors.NotFound
      ? [2, "No such file or directory"]
      : error instanceof Deno.errors.PermissionDenied
      ? [13, "Permission denied"]
      : [5, error instanceof Error ? error.message : String(error)];
    throw unreadable(`could not open local file ${name}, error ${number} (${text})`, error);
  }
}

function unreadable(message: string, cause?: unknown): TransferFailure {
  return new TransferFailure("Parameter", message, {
    errorCode: READ_ERROR,
    retryable: -1,
    cause,
  });
}
