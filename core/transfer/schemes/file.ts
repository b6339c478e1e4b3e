/**
 * `file://[localhost]/path`: files of this machine (RFC 8089).
 *
 * Regular files and FIFOs are read, symbolic links followed. A `?` begins a query, which has no
 * meaning here, as in libcurl; a `#` is part of the name, as HTCondor takes it to be when it names
 * the local file. Bytes go through chunked reads and writes off the main thread: on a local disk
 * that is as fast as a copy by the system, and it can be aborted and watched.
 */
import { TransferFailure } from "../../errors.ts";
import { localFailure, systemError } from "../local_failure.ts";
import { PartFile, writeFully } from "../part_file.ts";
import type { DownloadContext, Scheme, TransferContext, UploadContext } from "../scheme.ts";
import { decodeText, parseTransferUrl, urlRejected } from "../url.ts";

/** Bytes per read and write. */
const CHUNK = 1 << 20;

/** The `file` method. */
export class FileScheme implements Scheme {
  readonly methods = ["file"];
  readonly #hostname: () => string;

  /** @param hostname the machine's name, for failures */
  constructor(hostname: () => string = Deno.hostname) {
    this.#hostname = hostname;
  }

  async download(url: string, path: string, ctx: DownloadContext): Promise<void> {
    ctx.signal.throwIfAborted();
    const source = filePath(url);
    const { file, info } = await this.#openSource(source, ctx.signal);
    using from = file;
    ctx.connected();
    const writing = { path, doing: "writing", hostname: this.#hostname } as const;
    let to: Deno.FsFile;
    try {
      to = ctx.part.open();
    } catch (error) {
      throw localFailure(error, writing);
    }
    using out = to;
    const copied = await copy(from, out, {
      ctx,
      size: info.size,
      readFailed: (error) => this.#refused(source, error),
      writeFailed: (error, bytes) => localFailure(error, { ...writing, bytes }),
    });
    if (copied < info.size) {
      throw new TransferFailure(
        "Transfer",
        `end of file ${source} with ${info.size - copied} bytes missing: it shrank while read`,
        { errorCode: 18, retryable: 0, failureType: "Incomplete", server: this.#hostname() },
      );
    }
  }

  async upload(path: string, url: string, ctx: UploadContext): Promise<void> {
    ctx.signal.throwIfAborted();
    const named = filePath(url);
    if (url.includes("?")) throw urlRejected("Bad file:// URL");
    const reading = { path, doing: "opening", hostname: this.#hostname } as const;
    let source: Deno.FsFile;
    try {
      source = await Deno.open(path);
    } catch (error) {
      throw localFailure(error, reading);
    }
    using from = source;
    const target = this.#resolveTarget(named);
    ctx.connected();
    const part = target.inPlace ? undefined : new PartFile(target.path);
    try {
      const opened = part ? part.open() : await untilAborted(
        Deno.open(target.path, { write: true }),
        ctx.signal,
      );
      using out = opened;
      const copied = await copy(from, out, {
        ctx,
        size: ctx.size,
        readFailed: (error, bytes) => localFailure(error, { ...reading, doing: "reading", bytes }),
        writeFailed: (error, bytes) => this.#refusedWrite(target.path, error, bytes),
      });
      if (copied !== ctx.size) {
        throw new TransferFailure(
          "Parameter",
          `local file ${path} changed from ${ctx.size} to ${copied} bytes while it was sent`,
          { errorCode: 26, retryable: -1 },
        );
      }
      ctx.signal.throwIfAborted();
      part?.rename(target.path);
    } catch (error) {
      try {
        part?.remove();
      } catch {
        // The first failure is the one to report.
      }
      if (error === ctx.signal.reason) throw error;
      throw this.#refusedWrite(target.path, error);
    }
  }

  /** Opens what a download reads; a FIFO waits for its writer, until aborted. */
  async #openSource(
    source: string,
    signal: AbortSignal,
  ): Promise<{ file: Deno.FsFile; info: Deno.FileInfo }> {
    try {
      const info = Deno.statSync(source);
      if (info.isDirectory) throw this.#specification(source, "it is a directory");
      if (!info.isFile && !info.isFifo) {
        throw this.#specification(source, "it is neither a regular file nor a FIFO");
      }
      return { file: await untilAborted(Deno.open(source), signal), info };
    } catch (error) {
      if (signal.aborted && error === signal.reason) throw error;
      throw this.#refused(source, error);
    }
  }

  /** Where an upload goes: behind a link, and in place for a device or FIFO. */
  #resolveTarget(named: string): { path: string; inPlace: boolean } {
    if (named.endsWith("/")) throw this.#specification(named, "it is a directory");
    try {
      const path = Deno.realPathSync(named);
      const info = Deno.statSync(path);
      if (info.isDirectory) throw this.#specification(named, "it is a directory");
      return { path, inPlace: !info.isFile };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return { path: named, inPlace: false };
      throw this.#refusedWrite(named, error);
    }
  }

  /** The failure of the file that a URL names, when it cannot be read. */
  #refused(path: string, error: unknown): TransferFailure {
    if (error instanceof TransferFailure) return error;
    const { code, text } = systemError(error);
    if (code === "ENOENT" || code === "ENOTDIR") return this.#specification(path);
    if (code === "EACCES" || code === "EPERM") return this.#denied(path, text, 37);
    if (code === "ENAMETOOLONG" || code === "ELOOP") return this.#specification(path, text);
    return localFailure(error, { path, doing: "reading", hostname: this.#hostname });
  }

  /** The failure of the file that a URL names, when it cannot be written. */
  #refusedWrite(path: string, error: unknown, bytes?: number): TransferFailure {
    if (error instanceof TransferFailure) return error;
    const { code, text } = systemError(error);
    if (code === "EACCES" || code === "EPERM") return this.#denied(path, text, 23);
    const failure = localFailure(error, { path, bytes, hostname: this.#hostname });
    return failure.kind === "Parameter" ? this.#specification(path, text, 23) : failure;
  }

  #specification(path: string, reason?: string, errorCode = 37): TransferFailure {
    return new TransferFailure("Specification", openText(path, reason), {
      errorCode,
      retryable: -1,
      server: this.#hostname(),
    });
  }

  #denied(path: string, reason: string, errorCode: number): TransferFailure {
    return new TransferFailure("Authorization", openText(path, reason), {
      errorCode,
      retryable: -1,
      failureType: "Authorization",
      shouldRefresh: false,
      server: this.#hostname(),
    });
  }
}

/**
 * The path that a `file` URL names.
 *
 * @throws {TransferFailure} Parameter, when the host is another machine or the path no UTF-8
 */
export function filePath(url: string): string {
  const { rest } = parseTransferUrl(url);
  const match = /^(?:localhost|127\.0\.0\.1)?(\/[^?]*)/i.exec(rest);
  if (!match) throw urlRejected("Bad file:// URL");
  return decodeText(match[1]!, "Bad file:// URL");
}

interface CopyOptions {
  readonly ctx: TransferContext;
  /** Expected bytes: decides how to read. */
  readonly size: number;
  readonly readFailed: (error: unknown, bytes: number) => TransferFailure;
  readonly writeFailed: (error: unknown, bytes: number) => TransferFailure;
}

/** Copies until the end of `from`; returns the bytes copied. */
async function copy(from: Deno.FsFile, to: Deno.FsFile, options: CopyOptions): Promise<number> {
  const { ctx, size, readFailed, writeFailed } = options;
  const buffer = new Uint8Array(Math.min(CHUNK, Math.max(size + 1, 1 << 16)));
  let copied = 0;
  for (;;) {
    ctx.signal.throwIfAborted();
    let count: number | null;
    try {
      count = await untilAborted(from.read(buffer), ctx.signal);
    } catch (error) {
      if (ctx.signal.aborted && error === ctx.signal.reason) throw error;
      throw readFailed(error, copied);
    }
    if (count === null) return copied;
    const bytes = buffer.subarray(0, count);
    try {
      if (count < CHUNK) writeFully(to, bytes);
      else for (let done = 0; done < count;) done += await to.write(bytes.subarray(done));
    } catch (error) {
      throw writeFailed(error, copied);
    }
    copied += count;
    ctx.moved(count);
  }
}

/** Waits for `work`, but not beyond an abort: a FIFO may block for ever. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (signal.aborted) {
      work.then((late) => (late as { close?: () => void } | null)?.close?.(), () => {});
    }
  }
}

function openText(path: string, reason?: string): string {
  // deno-lint-ignore no-control-regex
  const shown = path.replace(/[\x00-\x1f\x7f]/g, " ");
  return `Could not open file ${shown}${reason === undefined ? "" : `: ${reason}`}`;
}
