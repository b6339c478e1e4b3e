/** The local ends of an FTP data connection: a file to fill and a file to send. */
import { Readable, Writable } from "node:stream";
import { localFailure } from "../local_failure.ts";
import { writeFully } from "../part_file.ts";
import { fromNetworkText, toNetworkText } from "./ftp_ascii.ts";

/** Bytes gathered before they are written, and read at once. */
const BUFFER = 256 * 1024;

/** Settings of both ends. */
export interface EndOptions {
  /** Name of the file, for failures. */
  readonly path: string;
  /** Whether line ends are converted. */
  readonly ascii: boolean;
  readonly hostname: () => string;
  /** Called with the number of bytes on the wire. */
  readonly moved: (bytes: number) => void;
}

/** Writes what a server sends to a file. */
export class FileSink extends Writable {
  /** Bytes that came over the wire. */
  received = 0;
  readonly #file: Deno.FsFile;
  readonly #options: EndOptions;
  readonly #buffer = new Uint8Array(BUFFER);
  readonly #convert: ((bytes: Uint8Array, last: boolean) => Uint8Array) | undefined;
  #filled = 0;
  #written = 0;

  constructor(file: Deno.FsFile, options: EndOptions) {
    super({ highWaterMark: BUFFER, decodeStrings: true });
    this.#file = file;
    this.#options = options;
    this.#convert = options.ascii ? fromNetworkText() : undefined;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    this.received += chunk.length;
    this.#options.moved(chunk.length);
    this.#attempt(() => this.#add(this.#convert?.(chunk, false) ?? chunk), done);
  }

  override _final(done: (error?: Error) => void): void {
    this.#attempt(() => {
      if (this.#convert) this.#add(this.#convert(new Uint8Array(), true));
      this.#flush();
    }, done);
  }

  /** Writes what was gathered, as far as possible, so that a broken download can go on from there. */
  keep(): void {
    try {
      this.#flush();
    } catch {
      // What broke the download is the failure to report; what is missing is fetched again.
    }
  }

  #add(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const part = bytes.subarray(from, from + BUFFER - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
      if (this.#filled === BUFFER) this.#flush();
    }
  }

  #flush(): void {
    writeFully(this.#file, this.#buffer.subarray(0, this.#filled));
    this.#written += this.#filled;
    this.#filled = 0;
  }

  #attempt(work: () => void, done: (error?: Error) => void): void {
    try {
      work();
    } catch (error) {
      const { path, hostname } = this.#options;
      return done(localFailure(error, { path, hostname, bytes: this.#written }));
    }
    done();
  }
}

/** Reads the file that is sent. */
export class FileSource extends Readable {
  /** Bytes of the file that were read. */
  taken = 0;
  readonly #file: Deno.FsFile;
  readonly #options: EndOptions;
  readonly #convert: ((bytes: Uint8Array) => Uint8Array) | undefined;

  constructor(file: Deno.FsFile, options: EndOptions) {
    super({ highWaterMark: BUFFER });
    this.#file = file;
    this.#options = options;
    this.#convert = options.ascii ? toNetworkText() : undefined;
  }

  override _read(): void {
    const buffer = new Uint8Array(BUFFER);
    let count: number | null;
    try {
      count = this.#file.readSync(buffer);
    } catch (error) {
      const { path, hostname } = this.#options;
      this.destroy(localFailure(error, { path, hostname, doing: "reading", bytes: this.taken }));
      return;
    }
    if (count === null) {
      this.push(null);
      return;
    }
    this.taken += count;
    const bytes = buffer.subarray(0, count);
    const sent = this.#convert?.(bytes) ?? bytes;
    this.#options.moved(sent.length);
    this.push(sent);
  }
}
