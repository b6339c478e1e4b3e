/** A server that speaks TLS 1.0 only, which no client of today may accept (RFC 8996). */

import type { Certificate } from "./ca.ts";
import { findProgram, startServer } from "./process.ts";

export { available, missing } from "./ca.ts";

/** A running server. */
export interface OldTls extends AsyncDisposable {
  /** Such as `https://127.0.0.1:40001`. */
  readonly origin: string;
  readonly port: number;
}

/**
 * Starts `openssl s_server`, which answers every GET with a page about the connection.
 *
 * @example
 * await using server = await startOldTls((await makeCa()).good);
 */
export async function startOldTls(certificate: Certificate): Promise<OldTls> {
  const server = await startServer({
    name: "s_server",
    hostname: "127.0.0.1",
    prepare: (_dir, [port]) => [
      findProgram("openssl") ?? "openssl",
      ...["s_server", "-accept", `127.0.0.1:${port}`, "-tls1", "-www", "-quiet"],
      ...["-cipher", "ALL:@SECLEVEL=0", "-cert", certificate.certFile],
      ...["-key", certificate.keyFile],
    ],
  });
  const port = server.ports[0] ?? 0;
  return {
    origin: `https://127.0.0.1:${port}`,
    port,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
