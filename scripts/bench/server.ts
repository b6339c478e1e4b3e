/** nginx, which the transfers are measured with. */

import { join } from "@std/path";
import { ensureDir, exists } from "@std/fs";

/** Where Debian has it. */
export const NGINX = "/usr/sbin/nginx";

const READY_LIMIT_MS = 10_000;
const BLOCK = 1 << 20;

/** A plain file server on loopback. */
export class FileServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #process: Deno.ChildProcess;

  private constructor(place: { port: number; folder: string }, process: Deno.ChildProcess) {
    this.port = place.port;
    this.#folder = place.folder;
    this.#process = process;
  }

  /**
   * Starts it.
   *
   * @param dir a directory for its files, which is made
   */
  static async start(dir: string): Promise<FileServer> {
    const folder = join(dir, "www");
    await ensureDir(folder);
    const port = freePort();
    await Deno.writeTextFile(join(dir, "nginx.conf"), configuration(dir, port));
    const process = new Deno.Command(NGINX, {
      args: ["-p", dir, "-c", join(dir, "nginx.conf"), "-e", join(dir, "error.log")],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await using server = new AsyncDisposableStack();
    const started = server.use(new FileServer({ port, folder }, process));
    await ready(port, join(dir, "error.log"));
    server.move();
    return started;
  }

  /**
   * Puts files on the server, unless they are there.
   *
   * @returns their paths in URLs
   */
  async serve(count: number, size: number): Promise<string[]> {
    const folder = join(this.#folder, `${size}`);
    await ensureDir(folder);
    const names = Array.from({ length: count }, (_, i) => `${i}`.padStart(6, "0"));
    const block = noise(Math.min(size, BLOCK));
    for (const name of names) {
      if (await exists(join(folder, name))) continue;
      using file = await Deno.open(join(folder, name), { write: true, createNew: true });
      for (let left = size; left > 0;) left -= await file.write(block.subarray(0, left));
    }
    return names.map((name) => `/${size}/${name}`);
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await this.#process.status;
  }
}

/** A configuration that gets in nobody's way. */
function configuration(dir: string, port: number): string {
  return `user root root;
daemon off;
worker_processes 2;
pid ${dir}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  default_type application/octet-stream;
  sendfile on;
  keepalive_requests 1000000;
  server { listen 127.0.0.1:${port}; root ${dir}/www; }
}
`;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function ready(port: number, log: string): Promise<void> {
  for (const until = performance.now() + READY_LIMIT_MS; performance.now() < until;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const text = await Deno.readTextFile(log).catch(() => "");
  throw new Error(`Cannot start nginx: ${text.trim() || "it does not listen"}`);
}

/** Random bytes, so that nothing on the way can make them fewer. */
function noise(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}
