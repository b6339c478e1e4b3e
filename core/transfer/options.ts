/**
 * The options of a transfer: what an administrator, a job and a file may set, in rising order of
 * rank: built-in, machine ad (`FTPlugin<Name>`), environment (`<PREFIX>_<NAME>`), `PluginData`,
 * `<method>_PluginData`, the file's own ad. An administrator's limits cap the result.
 */

/** How downloads are checked against digests. */
export type VerifyMode = "off" | "if-offered" | "required";

/** What to do with a downloaded archive. */
export type UnpackMode = "off" | "auto" | "gz" | "tar" | "zip";

/** A digest that the job expects of one file. */
export interface ExpectedDigest {
  /** The file's URL or local name, or undefined for the file whose ad says so. */
  readonly subject: string | undefined;
  /** Algorithm in lower case without dashes. */
  readonly algorithm: string;
  /** Lower-case hexadecimal. */
  readonly value: string;
}

/** Options of one file's transfer; times in seconds. */
export interface TransferOptions {
  /** Files at once. */
  readonly maxParallel: number;
  /** Files at once for one `host:port`. */
  readonly maxPerHost: number;
  /** Attempts after the first. */
  readonly maxRetries: number;
  /** Time from the first failure within which a further attempt may begin. */
  readonly retryMaxTime: number;
  /** Time for the whole run. */
  readonly deadline: number;
  /** Length of the interval in which progress is looked for. */
  readonly stallSeconds: number;
  /** Least bytes per second over that interval. */
  readonly stallBytesPerSecond: number;
  /** Redirects followed. */
  readonly maxRedirects: number;
  readonly verify: VerifyMode;
  readonly checksums: readonly ExpectedDigest[];
  readonly unpack: UnpackMode;
  /** Extra request headers, `Name: value`. */
  readonly headers: readonly string[];
  /** Further URLs with the same content. */
  readonly mirrors: readonly string[];
  /** Follow redirects from https to http. */
  readonly allowHttpDowngrade: boolean;
  /** Leave no ads when all failures are transient and local, so that the job matches elsewhere. */
  readonly requeueOnTransient: boolean;
  /** `x509` for `X509_USER_PROXY`, or a PEM file with key and certificates. */
  readonly clientCert: string | undefined;
  /** Ask servers for `X-Transfer-Status` trailers. */
  readonly transferStatus: boolean;
  /** Make missing folders on FTP servers. */
  readonly ftpCreateDirs: boolean;
  /** `explicit` for FTP over TLS (AUTH TLS), else plain. */
  readonly ftpTls: "off" | "explicit";
  /** Check the size on the server after an upload, and send `Repr-Digest`. */
  readonly verifyUpload: boolean;
}

/** The built-in options. */
export const DEFAULT_OPTIONS: TransferOptions = {
  maxParallel: 8,
  maxPerHost: 6,
  maxRetries: 20,
  retryMaxTime: 600,
  deadline: 68400,
  stallSeconds: 30,
  stallBytesPerSecond: 1,
  maxRedirects: 30,
  verify: "if-offered",
  checksums: [],
  unpack: "off",
  headers: [],
  mirrors: [],
  allowHttpDowngrade: false,
  requeueOnTransient: false,
  clientCert: undefined,
  transferStatus: false,
  ftpCreateDirs: false,
  ftpTls: "off",
  verifyUpload: false,
};
