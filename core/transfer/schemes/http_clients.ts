/**
 * The HTTP clients of a run: one for each client certificate in use.
 */
import { errorText, TransferFailure } from "../../errors.ts";
import { type ClientCertificate, readClientCertificate } from "../../http/client_certificate.ts";
import { HttpClient, proxyTail } from "../../http/mod.ts";
import type { Host } from "../host.ts";
import type { TransferContext } from "../scheme.ts";

/** What servers see; HTCondor's own plug-in means to say the same. */
const USER_AGENT = "condor_curl_plugin/0.2";

/** `ClientCert` that means the job's delegated proxy. */
const X509 = "x509";

/** Clients by the file of their certificate. */
export class HttpClients {
  readonly #host: Host;
  readonly #clients = new Map<string | undefined, HttpClient>();

  constructor(host: Host) {
    this.#host = host;
  }

  /**
   * The client for a transfer.
   *
   * @throws {TransferFailure} of kind Authorization when its certificate cannot be used
   */
  get({ options }: TransferContext): HttpClient {
    const { clientCert } = options;
    const file = clientCert?.toLowerCase() === X509 ? this.#x509() : clientCert;
    let client = this.#clients.get(file);
    if (client === undefined) {
      client = new HttpClient({
        env: this.#host.env,
        userAgent: USER_AGENT,
        ignoreHttpProxy: Number(this.#host.env("CURL_IGNORE_HTTP_PROXY")) > 0,
        ...(file === undefined ? {} : { clientCertificate: readCertificate(file) }),
      });
      this.#clients.set(file, client);
    }
    return client;
  }

  /**
   * Does something over HTTP. Failures tell of the proxies in the environment, as libcurl's users
   * are used to.
   */
  async explain(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const tail = proxyTail(this.#host.env);
      if (tail === "" || !(error instanceof TransferFailure)) throw error;
      throw new TransferFailure(error.kind, `${error.message}${tail}`, error.facts);
    }
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #x509(): string {
    const path = this.#host.env("X509_USER_PROXY");
    if (path) return path;
    throw unusable("X509_USER_PROXY is not set");
  }
}

function readCertificate(path: string): ClientCertificate {
  try {
    return readClientCertificate(path);
  } catch (error) {
    throw unusable(errorText(error), error);
  }
}

function unusable(state: string, cause?: unknown): TransferFailure {
  // libcurl's CURLE_SSL_CERTPROBLEM
  return new TransferFailure("Authorization", `Cannot use the client certificate: ${state}`, {
    failureType: "Authentication",
    errorCode: 58,
    retryable: -1,
    shouldRefresh: true,
    cause,
  });
}
