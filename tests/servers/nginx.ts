/** nginx as a plain origin: static files, ranges, TLS, bearer tokens, redirects and WebDAV. */

import { join } from "@std/path";
import { findProgram, isRoot, missingPackages, readLog, startServer, urlHost } from "./process.ts";

/** What the server shall do beyond serving files. */
export interface NginxOptions {
  /** Directory to serve; default: an empty one that is removed with the server. */
  readonly root?: string;
  /** Serve https with this certificate and key (PEM files, as `makeCa()` gives them). */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Ask for a certificate signed by this CA (PEM file): always, or only log what came. */
  readonly clientCa?: { readonly file: string; readonly required: boolean };
  /** Files below `/` need `Authorization: Bearer <token>`; without it the answer is 401. */
  readonly bearer?: string;
  /** Bytes a second for each reply, such as `100k`. */
  readonly limitRate?: string;
  /** Allow PUT, DELETE, MKCOL, COPY, MOVE and PROPFIND. A PUT into a collection that does not exist
   * is answered with 500; `create_full_put_path on;` in `snippet` creates it. */
  readonly dav?: boolean;
  /** More lines for the `server` block, such as `location = /old { return 302 /new; }`. */
  readonly snippet?: string;
  /** Address to listen on; default `127.0.0.1`. */
  readonly hostname?: "127.0.0.1" | "::1";
}

/** One line of the access log. */
export interface NginxRequest {
  readonly method: string;
  /** Path and query, byte for byte as they came. */
  readonly uri: string;
  readonly status: number;
  /** Body bytes sent. */
  readonly sent: number;
  /** Number of the TCP connection: equal for requests that shared one. */
  readonly connection: string;
  readonly range: string;
  readonly ifRange: string;
  /** The scheme word and everything after it; tests use made-up tokens only. */
  readonly authorization: string;
  readonly userAgent: string;
  readonly accept: string;
  readonly acceptEncoding: string;
  readonly contentLength: string;
  readonly contentType: string;
  readonly transferEncoding: string;
  readonly expect: string;
  /** `SUCCESS`, `NONE` or `FAILED:reason` for the client's certificate. */
  readonly clientCertificate: string;
}

/** A running nginx. */
export interface Nginx extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40001`, without a slash at the end. */
  readonly origin: string;
  readonly port: number;
  /** The directory it serves. */
  readonly root: string;
  /** Waits for `count` (default 1) requests to be logged, in order, and returns all so far. */
  requests(count?: number): Promise<NginxRequest[]>;
}

const DAV_MODULE = "/usr/lib/nginx/modules/ngx_http_dav_ext_module.so";

/** Debian packages that have to be installed; empty when `startNginx()` can work. */
export const missing: string = missingPackages({
  nginx: "/usr/sbin/nginx",
  "libnginx-mod-http-dav-ext": DAV_MODULE,
});

/** Whether nginx is installed. It needs no root. */
export const available: boolean = missing === "";

const LOG_FIELDS = {
  method: "$request_method",
  uri: "$request_uri",
  status: "$status",
  sent: "$body_bytes_sent",
  connection: "$connection",
  range: "$http_range",
  ifRange: "$http_if_range",
  authorization: "$http_authorization",
  userAgent: "$http_user_agent",
  accept: "$http_accept",
  acceptEncoding: "$http_accept_encoding",
  contentLength: "$http_content_length",
  contentType: "$http_content_type",
  transferEncoding: "$http_transfer_encoding",
  expect: "$http_expect",
  clientCertificate: "$ssl_client_verify",
};

/**
 * Starts nginx on a free port.
 *
 * @example
 * await using server = await startNginx({ bearer: "token-1" });
 * await Deno.writeTextFile(`${server.root}/a.txt`, "hello");
 * const reply = await fetch(`${server.origin}/a.txt`);
 * const [request] = await server.requests();
 */
export async function startNginx(options: NginxOptions = {}): Promise<Nginx> {
  const hostname = options.hostname ?? "127.0.0.1";
  const server = await startServer({
    name: "nginx",
    hostname,
    readyFile: "nginx.pid",
    prepare: async (dir, [port]) => {
      await Deno.mkdir(join(dir, "root"));
      const config = join(dir, "nginx.conf");
      await Deno.writeTextFile(config, configuration(dir, `${urlHost(hostname)}:${port}`, options));
      return [
        findProgram("nginx") ?? "nginx",
        "-p",
        dir,
        "-c",
        config,
        "-e",
        join(dir, "error.log"),
      ];
    },
  });
  const port = server.ports[0] ?? 0;
  return {
    origin: `${options.tls ? "https" : "http"}://${urlHost(hostname)}:${port}`,
    port,
    root: options.root ?? join(server.dir, "root"),
    requests: (count = 1) =>
      readLog(join(server.dir, "access.log"), {
        parse: parseLine,
        isEnough: (entries) => entries.length >= count,
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function configuration(dir: string, listen: string, options: NginxOptions): string {
  const { tls, clientCa, bearer, limitRate, dav } = options;
  const log = Object.entries(LOG_FIELDS).map(([name, variable]) => `"${name}":"${variable}"`);
  return `
${isRoot() ? "user root root;" : ""}
load_module ${DAV_MODULE};
daemon off;
worker_processes 1;
pid ${dir}/nginx.pid;
events { worker_connections 1024; }
http {
  log_format json escape=json '{${log.join(",")}}';
  access_log ${dir}/access.log json;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  client_max_body_size 0;
  default_type application/octet-stream;
  sendfile on;
  keepalive_requests 100000;
  map $http_authorization $denied {
    default ${bearer === undefined ? 0 : 1};
    ${bearer === undefined ? "" : `"Bearer ${bearer}" 0;`}
  }
  server {
    listen ${listen}${tls ? " ssl" : ""};
    server_name localhost;
    root ${options.root ?? join(dir, "root")};
    ${tls ? `ssl_certificate ${tls.certFile};\n    ssl_certificate_key ${tls.keyFile};` : ""}
    ${clientCa ? `ssl_client_certificate ${clientCa.file};` : ""}
    ${clientCa ? `ssl_verify_client ${clientCa.required ? "on" : "optional"};` : ""}
    ${clientCa ? "ssl_verify_depth 5;" : ""}
    ${limitRate ? `limit_rate ${limitRate};` : ""}
    ${dav ? "dav_methods PUT DELETE MKCOL COPY MOVE;" : ""}
    ${dav ? "dav_ext_methods PROPFIND OPTIONS;" : ""}
    if ($denied) { return 401; }
    ${options.snippet ?? ""}
  }
}
`;
}

function parseLine(line: string): NginxRequest {
  const fields = JSON.parse(line) as Record<keyof NginxRequest, string>;
  return { ...fields, status: Number(fields.status), sent: Number(fields.sent) };
}
