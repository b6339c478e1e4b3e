/** Where the measurements take place: a directory in the pool root, and nginx in front of it. */

import { join } from "@std/path";
import { ensureDir, exists } from "@std/fs";
import { run } from "../pool/command.ts";
import { mountAll } from "../pool/mounts.ts";
import { poolRoot, whyNoPool } from "../pool/root.ts";

const NGINX = "/usr/sbin/nginx";
const UPSTREAM = "/usr/libexec/condor/curl_plugin";

/** Directory that runs write to. */
export const RUNS = "runs";

const READY_LIMIT_MS = 10_000;
const BLOCK = 1 << 20;

/** The two that are compared. */
export type Contender = "upstream" | "pinion";

/** What keeps the measurements from being made here; empty: nothing. */
export async function missingParts(): Promise<string[]> {
  const missing: string[] = [];
  const pool = await whyNoPool();
  if (pool !== undefined) missing.push(`the pool root: ${pool} (deno task pool root makes it)`);
  else if (!await exists(join(poolRoot(), UPSTREAM))) missing.push(`${UPSTREAM} in the pool root`);
  if (!await exists(NGINX)) missing.push("nginx: package nginx-light");
  return missing;
}

/** A directory in the pool root, for both contenders, and a server for it. */
export class Area implements AsyncDisposable {
  /** The pool root. */
  readonly root: string;
  /** The directory, as seen from inside the root. */
  readonly inside: string;
  readonly port: number;
  readonly #disk: boolean;
  readonly #resources: AsyncDisposableStack;

  private constructor(
    place: { root: string; inside: string; port: number; disk: boolean },
    resources: AsyncDisposableStack,
  ) {
    this.root = place.root;
    this.inside = place.inside;
    this.port = place.port;
    this.#disk = place.disk;
    this.#resources = resources;
  }

  /**
   * Makes the directory and starts the server.
   *
   * @param executable our curl_plugin, which is copied into the root
   * @param options.disk write to the disk instead of to memory. A disk's own doings are measured
   *   then, too: ext4 avoids inodes that were freed in the last minutes, by whomever, and looks
   *   through all of them for each new file.
   */
  static async open(executable: string, { disk }: { disk: boolean }): Promise<Area> {
    const root = poolRoot();
    await mountAll(root);
    await using resources = new AsyncDisposableStack();
    const dir = await Deno.makeTempDir({ dir: join(root, "var/tmp"), prefix: "pinion-bench-" });
    resources.defer(() => Deno.remove(dir, { recursive: true }));
    await ensureDir(join(dir, "www"));
    await ensureDir(join(dir, RUNS));
    if (!disk) {
      await run(["mount", "-t", "tmpfs", "-o", "size=90%", "tmpfs", join(dir, RUNS)]);
      // Lazily, for a run that was interrupted may still be at work there.
      resources.defer(async () => void await run(["umount", "--lazy", join(dir, RUNS)]));
    }
    await Deno.copyFile(executable, join(dir, "curl_plugin"));
    await Deno.chmod(join(dir, "curl_plugin"), 0o755);
    const port = freePort();
    await Deno.writeTextFile(join(dir, "nginx.conf"), configuration(dir, port));
    const server = new Deno.Command(NGINX, {
      args: ["-p", dir, "-c", join(dir, "nginx.conf"), "-e", join(dir, "error.log")],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    resources.defer(async () => {
      server.kill("SIGTERM");
      await server.status;
    });
    await ready(port, join(dir, "error.log"));
    return new Area({ root, inside: dir.slice(root.length), port, disk }, resources.move());
  }

  /** The directory, or something in it, as seen from outside the root. */
  outside(...names: string[]): string {
    return join(this.root, this.inside, ...names);
  }

  /** A contender's executable, as seen from inside the root. */
  program(contender: Contender): string {
    return contender === "upstream" ? UPSTREAM : join(this.inside, "curl_plugin");
  }

  /**
   * Puts files on the server, unless they are there.
   *
   * @returns their paths in URLs
   */
  async serve(count: number, size: number): Promise<string[]> {
    const folder = this.outside("www", `${size}`);
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

  /** Removes what a run left: at once, where that is no burden on the next one. */
  async endRun(folder: string): Promise<void> {
    if (!this.#disk) await Deno.remove(this.outside(folder), { recursive: true });
  }

  /** Removes what all runs of a case left. */
  async endCase(): Promise<void> {
    for await (const { name } of Deno.readDir(this.outside(RUNS))) {
      await Deno.remove(this.outside(RUNS, name), { recursive: true });
    }
  }

  /** Lets the disk come to rest, so that no run pays for the one before it. */
  async settle(): Promise<void> {
    await run(["sync", "-f", this.outside()], { seconds: 600 });
  }

  /**
   * Makes sure that there is room.
   *
   * @param perRun bytes that each run writes
   * @throws {Error} if there is not
   */
  async checkRoom(perRun: number, runs: number): Promise<void> {
    const needed = perRun * (this.#disk ? runs : 1);
    const { stdout } = await run(["df", "--output=avail", "-B1", this.outside(RUNS)]);
    const free = Number(stdout.trim().split("\n").at(-1));
    if (free < needed) throw new Error(`Cannot measure: ${needed} bytes needed, ${free} free`);
  }

  /** Stops the server and removes everything; at most once, however often it is called. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#resources.disposeAsync();
  }
}

/** A plain file server that gets in nobody's way. */
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
