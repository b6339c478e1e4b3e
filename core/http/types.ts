/** The types of the HTTP room: settings, requests and responses of both engines. */
import type { ClientCertificate } from "./client_certificate.ts";

/** How a client reaches servers. */
export interface HttpSettings {
  /** Environment: proxies and certificate authorities are named there. */
  env(name: string): string | undefined;
  /** Limit for TCP and TLS together, in seconds; 60 unless given. */
  connectTimeout?: number;
  /** Shown to servers that ask for a certificate. */
  clientCertificate?: ClientCertificate;
  userAgent: string;
  /** Most connections of `exchange()` to one server; no limit unless given. */
  connections?: number;
  /** Acts as if `http_proxy` were not set (`CURL_IGNORE_HTTP_PROXY`). */
  ignoreHttpProxy?: boolean;
}

/** One request; redirects are never followed. */
export interface HttpRequest {
  /** `GET` unless given. */
  method?: string;
  /** Path and query to ask for, visible ASCII, where the URL's own are not to the byte what is meant. */
  target?: string;
  headers?: Iterable<[string, string]> | Record<string, string>;
  /** Ends the request and its body; a `TransferFailure` as its reason is thrown as it is. */
  signal: AbortSignal;
  /** What to send; `exchange()` only. */
  body?: RequestBody;
  /** Called when a connection stands (`exchange()`), or when the answer's head came (`fetch()`). */
  onConnect?(): void;
}

/** A body of known size that can be sent more than once. */
export interface RequestBody {
  /** Bytes, sent as `Content-Length`. */
  size: number;
  /** Opens the body from its beginning, anew for each call. */
  open(): AsyncIterable<Uint8Array>;
  /** Sends the head first and waits up to 1 s for the server's consent (RFC 9110, 10.1.1). */
  expectContinue?: boolean;
}

/** An answer whose head has come. */
export interface HttpResponse {
  /** The URL asked for. */
  url: URL;
  status: number;
  headers: Headers;
  /** The body as it comes; read it to its end or call `cancel()`. */
  body: ReadableStream<Uint8Array> | null;
  /** Trailer fields, after the body ended; `exchange()` only. */
  trailers(): Headers | undefined;
  /** `host:port` of the proxy in between. */
  proxy: string | undefined;
  /** Gives up the body. */
  cancel(): Promise<void>;
}

/** What TLS connections of a client have in common. */
export interface TlsSettings {
  /** Authorities, PEM. */
  readonly ca: readonly string[];
  readonly clientCertificate: ClientCertificate | undefined;
}
