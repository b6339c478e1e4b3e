/**
 * The one interface between the engine and a way to move bytes.
 *
 * A scheme moves one file once: it knows no retries, no deadlines, no temporary names, no result
 * ads. The engine calls it, watches it, verifies what it brought and reports. One contract suite
 * holds for every scheme.
 */
import type { TransferOptions } from "./options.ts";
import type { PartFile } from "./part_file.ts";

/** A digest that a server or a job states for a file. */
export interface Digest {
  /** Algorithm in lower case without dashes, e.g. `sha256`, `md5`, `crc32c`. */
  readonly algorithm: string;
  /** The value in lower-case hexadecimal. */
  readonly value: string;
}

/** Facts for `DeveloperData` of the result ad; the last value given for a name stays. */
export interface DeveloperFacts {
  /** `host:port` as written in the URL, without user information. */
  TransferHostName?: string;
  /** HTTP status, or an FTP reply code. */
  TransferHTTPStatusCode?: number;
  /** First word of `X-Cache`. */
  HttpCacheHitOrMiss?: string;
  /** Second word of `Via`. */
  HttpCacheHost?: string;
}

/** What a scheme is told about one attempt, and where it reports. */
export interface TransferContext {
  /** The method in lower case: `https` for `chtc.ro+https://…`. */
  readonly method: string;
  /** The credential name before the last `+` of the scheme, e.g. `chtc.ro`. */
  readonly credential: string | undefined;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly options: TransferOptions;
  /** Environment of the plug-in. */
  readonly env: (name: string) => string | undefined;
  /** Aborted when the attempt must end; its reason is the failure to report. */
  readonly signal: AbortSignal;
  /** Reports that the server was reached: the time spent transferring counts from here. */
  connected(): void;
  /**
   * Has `probe` called when the server of a method that has one is not reported as reached after
   * some seconds, for clients that cannot tell connecting from waiting: fulfilled, it counts as
   * reached; rejected, the attempt ends with that failure.
   */
  whenSlow(probe: () => Promise<void>): void;
  /** Reports payload bytes that went over the wire. */
  moved(bytes: number): void;
  /**
   * Takes a step of the protocol for `-diagnostic`, one line without line breaks; absent when nobody
   * wants to know. What looks like a secret is hidden, but a password as such cannot be told.
   */
  readonly trace?: ((text: string) => void) | undefined;
  /** Adds facts to the result's `DeveloperData`. */
  note(facts: DeveloperFacts): void;
}

/** Context of a download. */
export interface DownloadContext extends TransferContext {
  /** The file to fill. The engine puts it in place when the attempt succeeded. */
  readonly part: PartFile;
  /** Reports a digest that the server states for the whole file. */
  offer(digest: Digest): void;
}

/** Context of an upload. */
export interface UploadContext extends TransferContext {
  /** Size of the local file in bytes when the attempt began. */
  readonly size: number;
}

/**
 * A way to move files of some methods. Failures are thrown as `TransferFailure`; anything else that
 * is thrown is reported as a failure of the local machine.
 */
export interface Scheme {
  /** Methods served, in lower case, e.g. `["http", "https"]`. */
  readonly methods: readonly string[];
  /**
   * Brings the file at `url` into the file at `path`.
   *
   * @param url the URL as the job gave it, credential prefix included
   * @param path where to write: `ctx.part.path`, not yet the file's final name
   */
  download?(url: string, path: string, ctx: DownloadContext): Promise<void>;
  /**
   * Sends the file at `path` to `url`.
   *
   * @param path an existing, readable, regular local file
   * @param url the URL as the job gave it
   */
  upload?(path: string, url: string, ctx: UploadContext): Promise<void>;
  /** Closes what was kept open between files. */
  close?(): void;
}
