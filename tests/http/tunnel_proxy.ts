/** A proxy for one test: opens tunnels, or answers CONNECT as told. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Buffer } from "node:buffer";

export interface TunnelProxy extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly server: string;
  /** Heads of the requests that came. */
  readonly heads: readonly string[];
}

/** Starts a proxy; `refusal` is sent in place of opening a tunnel. */
export async function startTunnelProxy(
  options: { refusal?: string; tls?: { cert: string; key: string } } = {},
): Promise<TunnelProxy> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
  };
  const accept = (client: Socket) => {
    keep(client);
    let head = "";
    const read = (data: Uint8Array) => {
      head += Buffer.from(data).toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      client.off("data", read);
      heads.push(head);
      if (options.refusal !== undefined) {
        client.end(options.refusal);
        return;
      }
      const port = Number(/^CONNECT \S*:(\d+) /.exec(head)?.[1]);
      const upstream = connect({ host: "127.0.0.1", port }, () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        client.pipe(upstream).pipe(client);
      });
      keep(upstream);
    };
    client.on("data", read);
  };
  const server: Server = options.tls ? createTlsServer(options.tls, accept) : createServer(accept);
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  return {
    server: `127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    heads,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
