/**
 * Carries connections from one network namespace to another: network namespaces share no TCP, but a
 * socket in the file system is reached from all of them.
 *
 * Run as a program it listens on TCP addresses and carries to such a socket, until its standard
 * input closes: `relay.ts SOCKET HOSTNAME PORT [HOSTNAME PORT]...`.
 */

/** Carries bytes both ways until both sides have said all, or one of them fails. */
export async function splice(one: Deno.Conn, other: Deno.Conn): Promise<void> {
  const carry = async (from: Deno.Conn, to: Deno.Conn) => {
    const buffer = new Uint8Array(16 * 1024);
    for (let count; (count = await from.read(buffer)) !== null;) {
      for (let rest = buffer.subarray(0, count); rest.length > 0;) {
        rest = rest.subarray(await to.write(rest));
      }
    }
    await to.closeWrite();
  };
  const both = [carry(one, other), carry(other, one)];
  try {
    await Promise.all(both);
  } catch {
    // A side that is gone has nothing more to be told.
  } finally {
    shut(one);
    shut(other);
    await Promise.allSettled(both);
  }
}

/** Accepts connections and carries each to the one that `connect` makes, until it is disposed of. */
export function carry(
  listener: Deno.Listener,
  connect: () => Promise<Deno.Conn>,
): AsyncDisposable {
  const open = new Set<Deno.Conn>();
  const running = new Set<Promise<void>>();
  const serve = async (from: Deno.Conn) => {
    open.add(from);
    const to = await connect().catch(() => undefined);
    if (to === undefined) return shut(from);
    open.add(to);
    await splice(from, to);
    open.delete(from);
    open.delete(to);
  };
  const accepting = (async () => {
    for await (const connection of listener) {
      const one = serve(connection);
      running.add(one);
      one.finally(() => running.delete(one));
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      shut(listener);
      for (const connection of open) shut(connection);
      await Promise.allSettled([accepting, ...running]);
    },
  };
}

function shut(closer: { close(): void }): void {
  try {
    closer.close();
  } catch {
    // closed already
  }
}

if (import.meta.main) {
  const [path = "", ...addresses] = Deno.args;
  for (let at = 0; at < addresses.length; at += 2) {
    const listener = Deno.listen({ hostname: addresses[at]!, port: Number(addresses[at + 1]) });
    carry(listener, () => Deno.connect({ transport: "unix", path }));
  }
  await Deno.stdout.write(new TextEncoder().encode("listening\n"));
  for await (const _ of Deno.stdin.readable);
  Deno.exit(0);
}
