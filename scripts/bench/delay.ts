/** A TCP proxy that makes loopback as far away as a real network. */

/** Where to connect to, and how far away it shall be. */
export interface DelayOptions {
  readonly port: number;
  readonly hostname?: string;
  /** One-way delay in milliseconds, in each direction; a round trip takes twice as long. */
  readonly delayMs: number;
}

/** A running delaying proxy. */
export interface Delay extends AsyncDisposable {
  readonly port: number;
  /** Such as `http://127.0.0.1:40001`. */
  readonly origin: string;
  /** How many connections have been taken so far. */
  readonly connections: number;
}

const CHUNK_SIZE = 64 * 1024;

/**
 * Starts a proxy that passes every byte on after the delay, at any bandwidth. A new connection is
 * delayed as the handshake of TCP would be: its first bytes wait one round trip more.
 *
 * @example
 * await using far = await startDelay({ port: server.port, delayMs: 10 });
 * await fetch(`${far.origin}/a`); // 20 ms to connect, 20 ms to be answered
 */
export function startDelay(options: DelayOptions): Promise<Delay> {
  const { port, hostname = "127.0.0.1", delayMs } = options;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const pending: Promise<void>[] = [];
  const abort = new AbortController();
  let connections = 0;

  const pass = async (near: Deno.Conn) => {
    const far = await Deno.connect({ hostname, port });
    open.add(near).add(far);
    far.setNoDelay();
    const pipes = [
      pipe(near, far, { delayMs, firstMs: 3 * delayMs, signal: abort.signal }),
      pipe(far, near, { delayMs, firstMs: delayMs, signal: abort.signal }),
    ];
    await Promise.all(pipes);
    for (const connection of [near, far]) if (open.delete(connection)) connection.close();
  };
  const accept = async () => {
    for await (const near of listener) {
      connections++;
      near.setNoDelay();
      pending.push(pass(near).catch(() => near.close()));
    }
  };
  pending.push(accept());
  return Promise.resolve({
    port: listener.addr.port,
    origin: `http://127.0.0.1:${listener.addr.port}`,
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: async () => {
      listener.close();
      abort.abort();
      for (const connection of open) connection.close();
      open.clear();
      await Promise.all(pending);
    },
  });
}

interface PipeOptions {
  readonly delayMs: number;
  /** Delay of the first bytes. */
  readonly firstMs: number;
  readonly signal: AbortSignal;
}

/** Copies one direction; reading goes on while earlier bytes are still on their way. */
async function pipe(from: Deno.Conn, to: Deno.Conn, options: PipeOptions): Promise<void> {
  const opened = performance.now() + options.firstMs;
  let sent = Promise.resolve();
  while (true) {
    const buffer = new Uint8Array(CHUNK_SIZE);
    const count = await from.read(buffer).catch(() => null);
    const due = Math.max(opened, performance.now() + options.delayMs);
    sent = sent.then(async () => {
      await until(due, options.signal);
      await (count === null ? to.closeWrite() : writeAll(to, buffer.subarray(0, count)));
    }).catch(() => undefined);
    if (count === null) return await sent;
  }
}

async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length;) {
    offset += await to.write(bytes.subarray(offset));
  }
}

/** Waits for the moment on the clock of `performance.now()`. */
function until(due: number, signal: AbortSignal): Promise<void> {
  const left = due - performance.now();
  if (left <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, left);
    signal.addEventListener("abort", done);
  });
}
