/** Apache with mod_dav: WebDAV with RFC 4918's statuses, Basic auth and client certificates. */

import { join } from "@std/path";
import { findProgram, isRoot, missingPackages, readLog, startServer, urlHost } from "./process.ts";

/** What the server shall ask for. */
export interface ApacheOptions {
  /** Serve https with this certificate and key (PEM files, as `makeCa()` gives them). */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Ask for a certificate signed by this CA (PEM file); needs `tls`. */
  readonly clientCa?: { readonly file: string; readonly required: boolean };
  /** Everything needs Basic auth by this user; without it the answer is 401. */
  readonly basic?: { readonly user: string; readonly password: string };
  /** More lines for the server's configuration, such as `Redirect 302 /old /new`. */
  readonly snippet?: string;
  /** Address to listen on; default `127.0.0.1`. */
  readonly hostname?: "127.0.0.1" | "::1";
}

/** One line of the access log. */
export interface ApacheRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly uri: string;
  readonly status: number;
  /** Common name of the client's certificate; empty without one. */
  readonly clientName: string;
  /** The authenticated user of Basic auth; empty without one. */
  readonly user: string;
  readonly expect: string;
  readonly contentLength: string;
}

/** A running Apache. */
export interface Apache extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40001`, without a slash at the end. */
  readonly origin: string;
  readonly port: number;
  /** The directory it serves and writes to. */
  readonly root: string;
  /** Waits for `count` (default 1) requests to be logged, in order, and returns all so far. */
  requests(count?: number): Promise<ApacheRequest[]>;
}

const MODULES_DIR = "/usr/lib/apache2/modules";

/** Debian packages that have to be installed; empty when `startApache()` can work. */
export const missing: string = missingPackages({ apache2: `${MODULES_DIR}/mod_dav_fs.so` });

/** Whether Apache is installed. It needs no root; as root it serves as `www-data`. */
export const available: boolean = missing === "";

const MODULES = {
  alias_module: "mod_alias",
  auth_basic_module: "mod_auth_basic",
  authn_core_module: "mod_authn_core",
  authn_file_module: "mod_authn_file",
  authz_core_module: "mod_authz_core",
  authz_user_module: "mod_authz_user",
  dav_module: "mod_dav",
  dav_fs_module: "mod_dav_fs",
  headers_module: "mod_headers",
  mpm_event_module: "mod_mpm_event",
  rewrite_module: "mod_rewrite",
  setenvif_module: "mod_setenvif",
  ssl_module: "mod_ssl",
};

const LOG_FIELDS = ["%m", "%U%q", "%>s", "%{SSL_CLIENT_S_DN_CN}x", "%u", "%{Expect}i"];
const LOG_FORMAT = [...LOG_FIELDS, "%{Content-Length}i"].join("\t");

/**
 * Starts Apache on a free port.
 *
 * @example
 * await using server = await startApache({ basic: { user: "u", password: "p" } });
 * await Deno.writeTextFile(`${server.root}/a.txt`, "hello");
 */
export async function startApache(options: ApacheOptions = {}): Promise<Apache> {
  const hostname = options.hostname ?? "127.0.0.1";
  const server = await startServer({
    name: "apache2",
    hostname,
    readyFile: "apache.pid",
    prepare: async (dir, [port]) => {
      const root = join(dir, "root");
      const locks = join(dir, "locks");
      for (const path of [root, locks]) await Deno.mkdir(path);
      if (isRoot()) await giveToServer([root, locks]);
      const config = join(dir, "apache.conf");
      await Deno.writeTextFile(config, configuration(dir, `${urlHost(hostname)}:${port}`, options));
      if (options.basic) await writePassword(join(dir, "users"), options.basic);
      return [findProgram("apache2") ?? "apache2", "-d", dir, "-f", config, "-DFOREGROUND"];
    },
  });
  const port = server.ports[0] ?? 0;
  return {
    origin: `${options.tls ? "https" : "http"}://${urlHost(hostname)}:${port}`,
    port,
    root: join(server.dir, "root"),
    requests: (count = 1) =>
      readLog(join(server.dir, "access.log"), {
        parse: parseLine,
        isEnough: (entries) => entries.length >= count,
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function configuration(dir: string, listen: string, options: ApacheOptions): string {
  const { tls, clientCa, basic, snippet } = options;
  const modules = Object.entries(MODULES).map(([name, file]) =>
    `LoadModule ${name} ${MODULES_DIR}/${file}.so`
  );
  return `
${modules.join("\n")}
ServerRoot ${dir}
ServerName localhost
PidFile ${dir}/apache.pid
Listen ${listen}
${isRoot() ? "User www-data\nGroup www-data" : ""}
DefaultRuntimeDir ${dir}
Mutex file:${dir} default
ErrorLog ${dir}/error.log
LogFormat "${LOG_FORMAT}" fields
CustomLog ${dir}/access.log fields
DocumentRoot ${dir}/root
DavLockDB ${dir}/locks/db
EnableSendfile On
StartServers 1
ServerLimit 2
ThreadsPerChild 32
ThreadLimit 32
MaxRequestWorkers 64
<Directory ${dir}/root>
  Dav On
  ${basic ? `AuthType Basic\n  AuthName test\n  AuthUserFile ${dir}/users` : ""}
  ${basic ? "Require valid-user" : "Require all granted"}
</Directory>
${tls ? "SSLEngine on\nSSLSessionCache none" : ""}
${tls ? `SSLCertificateFile ${tls.certFile}\nSSLCertificateKeyFile ${tls.keyFile}` : ""}
${clientCa ? `SSLCACertificateFile ${clientCa.file}\nSSLVerifyDepth 5` : ""}
${clientCa ? `SSLVerifyClient ${clientCa.required ? "require" : "optional"}` : ""}
${snippet ?? ""}
`;
}

/** As root, Apache writes as a user of its own. */
async function giveToServer(paths: readonly string[]): Promise<void> {
  const users = await Deno.readTextFile("/etc/passwd");
  const ids = /^www-data:[^:]*:(\d+):(\d+):/m.exec(users);
  if (!ids) throw new Error('Cannot start Apache: no user "www-data"');
  for (const path of paths) await Deno.chown(path, Number(ids[1]), Number(ids[2]));
}

async function writePassword(
  path: string,
  basic: { readonly user: string; readonly password: string },
): Promise<void> {
  const bytes = new TextEncoder().encode(basic.password);
  const sha1 = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).toBase64();
  await Deno.writeTextFile(path, `${basic.user}:{SHA}${sha1}\n`);
}

function parseLine(line: string): ApacheRequest {
  const fields = line.split("\t").map((field) => field === "-" ? "" : field);
  const [method = "", uri = "", status, clientName = "", user = "", expect = ""] = fields;
  const contentLength = fields[6] ?? "";
  return { method, uri, status: Number(status), clientName, user, expect, contentLength };
}
