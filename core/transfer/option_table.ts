/**
 * How each transfer option is named and bounded, wherever it may be set: as `FTPlugin<Name>` in the
 * machine ad, as `<PREFIX>_<ENVIRONMENT>` in the environment, as `<Name>` in `PluginData`.
 */
import type { ExpectedDigest, TransferOptions } from "./options.ts";

type Key = keyof TransferOptions;

/** The type of an option's value, with its bounds. */
export type OptionType =
  | { readonly kind: "integer"; readonly min: number; readonly max: number }
  | { readonly kind: "number"; readonly min: number; readonly max: number }
  | { readonly kind: "boolean" }
  | { readonly kind: "string" }
  | { readonly kind: "choice"; readonly of: readonly string[] }
  | { readonly kind: "strings"; readonly max: number }
  | { readonly kind: "checksums"; readonly max: number };

/** One option. */
export interface TransferOption {
  readonly key: Key;
  /** Name in `PluginData` and, after `FTPlugin`, in the machine ad. */
  readonly name: string;
  /** Name in the environment after the plug-in's prefix; undefined: not settable there. */
  readonly environment: string | undefined;
  readonly type: OptionType;
  /** What it does, for the man page. */
  readonly text: string;
}

const flag = { kind: "boolean" } as const;
const integer = (min: number, max: number) => ({ kind: "integer", min, max }) as const;

/** A day: no plug-in runs longer, for HTCondor's own limit is 20 hours. */
const DAY = 86400;

/** All options, in the order in which they are documented. */
export const TRANSFER_OPTIONS: readonly TransferOption[] = [
  {
    key: "maxParallel",
    name: "MaxParallel",
    environment: "PARALLEL",
    type: integer(1, 64),
    text: "Files moved at once (1 to 64; default 8).",
  },
  {
    key: "maxPerHost",
    name: "MaxPerHost",
    environment: "PER_HOST",
    type: integer(1, 64),
    text: "Files moved at once for one host and port (1 to 64; default 6).",
  },
  {
    key: "maxRetries",
    name: "MaxRetries",
    environment: "MAX_RETRY_ATTEMPTS",
    type: integer(0, 1000),
    text: "Attempts after the first (default 20).",
  },
  {
    key: "retryMaxTime",
    name: "RetryMaxTime",
    environment: "RETRY_MAX_TIME",
    type: integer(0, DAY),
    text:
      "Seconds after a file's first failure within which another attempt may begin (default 600).",
  },
  {
    key: "deadline",
    name: "Deadline",
    environment: "DEADLINE",
    type: integer(1, DAY),
    text:
      "Seconds for the whole run (default 68400); keep it below MAX_FILE_TRANSFER_PLUGIN_LIFETIME.",
  },
  {
    key: "stallSeconds",
    name: "StallSeconds",
    environment: "STALL_SECONDS",
    type: integer(10, 600),
    text: "Length of the interval in which progress is looked for (10 to 600; default 30).",
  },
  {
    key: "stallBytesPerSecond",
    name: "StallBytesPerSecond",
    environment: "STALL_BYTES_PER_SECOND",
    type: { kind: "number", min: 0, max: 1e9 },
    text: "Least average rate over that interval (default 1).",
  },
  {
    key: "maxRedirects",
    name: "MaxRedirects",
    environment: "MAX_REDIRS",
    type: integer(1, 100),
    text: "Redirects followed (default 30).",
  },
  {
    key: "verify",
    name: "Verify",
    environment: "VERIFY",
    type: { kind: "choice", of: ["off", "if-offered", "required"] },
    text: "Check downloads against digests: off, if-offered (default) or required.",
  },
  {
    key: "checksums",
    name: "Checksums",
    environment: undefined,
    type: { kind: "checksums", max: 100_000 },
    text:
      'Expected digests: [ Url = "…"; Algorithm = "sha256"; Value = "hex" ] or a list of these; LocalFileName may stand for Url.',
  },
  {
    key: "unpack",
    name: "Unpack",
    environment: "UNPACK",
    type: { kind: "choice", of: ["off", "auto", "gz", "tar", "zip"] },
    text: "Unpack downloads into their directory: off (default), auto, gz, tar or zip.",
  },
  {
    key: "headers",
    name: "Headers",
    environment: undefined,
    type: { kind: "strings", max: 100 },
    text: 'Extra request headers, each "Name: value"; not sent to other servers after a redirect.',
  },
  {
    key: "mirrors",
    name: "Mirrors",
    environment: undefined,
    type: { kind: "strings", max: 100 },
    text: "Further URLs with the same content, tried in order.",
  },
  {
    key: "allowHttpDowngrade",
    name: "AllowHttpDowngrade",
    environment: "ALLOW_HTTP_DOWNGRADE",
    type: flag,
    text: "Follow redirects from https to http (default false).",
  },
  {
    key: "requeueOnTransient",
    name: "RequeueOnTransient",
    environment: "REQUEUE_ON_TRANSIENT",
    type: flag,
    text:
      "When all failures of a download run are transient and local, report no ads, so that the job is matched elsewhere instead of held (default false).",
  },
  {
    key: "clientCert",
    name: "ClientCert",
    environment: "CLIENT_CERT",
    type: { kind: "string" },
    text: "Client certificate: x509 for X509_USER_PROXY, or a PEM file with key and certificates.",
  },
  {
    key: "transferStatus",
    name: "TransferStatus",
    environment: "TRANSFER_STATUS",
    type: flag,
    text: "Ask servers to end a body with an X-Transfer-Status trailer (default false).",
  },
  {
    key: "ftpCreateDirs",
    name: "FtpCreateDirs",
    environment: "FTP_CREATE_DIRS",
    type: flag,
    text: "Make missing folders on FTP servers (default false).",
  },
  {
    key: "ftpTls",
    name: "FtpTls",
    environment: "FTP_TLS",
    type: { kind: "choice", of: ["off", "explicit"] },
    text: "FTP over TLS: off (default) or explicit (AUTH TLS).",
  },
  {
    key: "verifyUpload",
    name: "VerifyUpload",
    environment: "VERIFY_UPLOAD",
    type: flag,
    text:
      "Send Repr-Digest with uploads and check the size on the server afterwards (default false).",
  },
];

/** The value types that an option may have. */
export type OptionValue =
  | number
  | boolean
  | string
  | readonly string[]
  | readonly ExpectedDigest[];
