/** Squid: a caching proxy for http, and for https by CONNECT. */

import { join } from "@std/path";
import { findProgram, isRoot, missingPackages, readLog, startServer, urlHost } from "./process.ts";

/** What the proxy shall do. */
export interface SquidOptions {
  /** Ask for Basic auth by this user; without it the answer is 407. */
  readonly basic?: { readonly user: string; readonly password: string };
  /** Answer 403 to everything for these hosts, as they stand in the URL. */
  readonly deniedHosts?: readonly string[];
  /** More lines for the configuration, before its access rules. */
  readonly snippet?: string;
  /** Address to listen on; default `127.0.0.1`. */
  readonly hostname?: "127.0.0.1" | "::1";
}

/** One line of the access log. */
export interface SquidRequest {
  readonly method: string;
  /** The absolute URL, or `host:port` for CONNECT. */
  readonly uri: string;
  readonly status: number;
  /** Such as `TCP_MISS`, `TCP_MEM_HIT`, `TCP_TUNNEL` or `TCP_DENIED`. */
  readonly result: string;
}

/** A running Squid. */
export interface Squid extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40001`, for `http_proxy`. */
  readonly origin: string;
  readonly port: number;
  /** The name it gives itself in `Via` and `X-Cache`. */
  readonly name: string;
  /** Waits for `count` (default 1) requests to be logged, in order, and returns all so far. */
  requests(count?: number): Promise<SquidRequest[]>;
}

const NAME = "proxy.test";
const AUTH_HELPER = "/usr/lib/squid/basic_ncsa_auth";

/** Debian packages that have to be installed; empty when `startSquid()` can work. */
export const missing: string = missingPackages({
  squid: "/usr/sbin/squid",
  openssl: "/usr/bin/openssl",
});

/** Whether Squid is installed. It needs no root; as root it works as `proxy`. */
export const available: boolean = missing === "";

/**
 * Starts Squid on a free port, with a cache in memory.
 *
 * @example
 * await using proxy = await startSquid({ basic: { user: "u", password: "p" } });
 * using client = Deno.createHttpClient({ proxy: { url: proxy.origin } });
 */
export async function startSquid(options: SquidOptions = {}): Promise<Squid> {
  const hostname = options.hostname ?? "127.0.0.1";
  const server = await startServer({
    name: "squid",
    hostname,
    // Segments of shared memory, which two servers of one name would also fight over.
    leftovers: ([port]) => `/dev/shm/${serviceName(port)}-*.shm`,
    prepare: async (dir, [port]) => {
      const config = join(dir, "squid.conf");
      const listen = `${urlHost(hostname)}:${port}`;
      await Deno.writeTextFile(config, configuration(dir, listen, options));
      if (options.basic) await writePassword(join(dir, "users"), options.basic);
      if (isRoot()) await giveToProxy(dir);
      return [findProgram("squid") ?? "squid", "-N", "-n", serviceName(port), "-f", config];
    },
  });
  const port = server.ports[0] ?? 0;
  return {
    origin: `http://${urlHost(hostname)}:${port}`,
    port,
    name: NAME,
    requests: (count = 1) =>
      readLog(join(server.dir, "access.log"), {
        parse: parseLine,
        isEnough: (entries) => entries.length >= count,
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const serviceName = (port: number | undefined) => `pinion${port}`;

function configuration(dir: string, listen: string, options: SquidOptions): string {
  const { basic, deniedHosts = [], snippet } = options;
  const auth = basic
    ? [
      `auth_param basic program ${AUTH_HELPER} ${dir}/users`,
      "auth_param basic children 1 startup=1",
      "acl known proxy_auth REQUIRED",
    ]
    : [];
  const denied = deniedHosts.length > 0
    ? [`acl denied dstdomain -n ${deniedHosts.join(" ")}`, "http_access deny denied"]
    : [];
  return `
http_port ${listen}
visible_hostname ${NAME}
unique_hostname ${NAME}
pid_filename ${dir}/squid.pid
coredump_dir ${dir}
cache_log ${dir}/cache.log
logformat fields %rm\t%ru\t%>Hs\t%Ss
access_log stdio:${dir}/access.log logformat=fields
buffered_logs off
strip_query_terms off
cache_mem 64 MB
maximum_object_size_in_memory 16 MB
memory_pools off
netdb_filename none
pinger_enable off
max_filedescriptors 1024
connect_timeout 5 seconds
shutdown_lifetime 0 seconds
${auth.join("\n")}
${snippet ?? ""}
${denied.join("\n")}
http_access allow ${basic ? "known" : "all"}
http_access deny all
`;
}

async function writePassword(
  path: string,
  basic: { readonly user: string; readonly password: string },
): Promise<void> {
  const command = new Deno.Command(findProgram("openssl") ?? "openssl", {
    args: ["passwd", "-apr1", basic.password],
  });
  const hash = new TextDecoder().decode((await command.output()).stdout).trim();
  await Deno.writeTextFile(path, `${basic.user}:${hash}\n`);
}

/** As root, Squid works as a user of its own. */
async function giveToProxy(dir: string): Promise<void> {
  const ids = /^proxy:[^:]*:(\d+):(\d+):/m.exec(await Deno.readTextFile("/etc/passwd"));
  if (!ids) throw new Error('Cannot start Squid: no user "proxy"');
  await Deno.chown(dir, Number(ids[1]), Number(ids[2]));
}

function parseLine(line: string): SquidRequest | undefined {
  const [method = "", uri = "", status, result = ""] = line.split("\t");
  // The connection that saw Squid ready has no request.
  return method === "-" ? undefined : { method, uri, status: Number(status), result };
}
