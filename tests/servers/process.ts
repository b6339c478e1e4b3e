/**
 * Runs a real server program for one test: on a free port, out of a temporary directory, and never
 * outliving the test.
 */

import { join } from "@std/path";

/** How a server program is configured and started. */
export interface ServerPlan {
  /** The program's name, for error messages. */
  readonly name: string;
  /** Address to listen on: `127.0.0.1` or `::1`. */
  readonly hostname: string;
  /** How many ports the program needs; default 1. */
  readonly ports?: number;
  /** Writes the configuration below `dir` and returns the command line of the program, which has to
   * stay in the foreground. */
  readonly prepare: (dir: string, ports: readonly number[]) => Promise<string[]> | string[];
  /** A file, relative to `dir`, that the program writes once it listens; without it, readiness is
   * seen by connecting to the first port. */
  readonly readyFile?: string;
  /** With `readyFile`: the program listens only some time after, and must not be connected to. */
  readonly listensLater?: boolean;
  /** What the program leaves behind outside its directory when killed: a pattern of the shell. */
  readonly leftovers?: (ports: readonly number[]) => string;
}

/** A running server program. */
export interface ServerProcess extends AsyncDisposable {
  /** The temporary directory that holds all its files. */
  readonly dir: string;
  /** The ports it was given. */
  readonly ports: readonly number[];
}

/**
 * The server runs in a session of its own below this shell. The shell's standard input is a pipe
 * from the test: when that closes, because the test is done or because it was killed, the server
 * is killed; then its whole process group is, and its directory is removed.
 */
const KEEPER = `
exec 3<&0
setsid "$@" </dev/null 3<&- & server=$!
(read -r _ <&3; : >closed; kill -KILL $server) 2>/dev/null & watch=$!
wait $server; status=$?
kill -KILL $watch -$server 2>/dev/null
rm -f $LEFTOVERS
[ -e closed ] && rm -rf "$PWD"
exit $status
`;

const START_ATTEMPTS = 4;
const LOG_LIMIT_MS = 2_000;
const READY_LIMIT_MS = 20_000;
const POLL_MS = 5;

/** Path of the program in the usual directories of a Debian system, or undefined. */
export function findProgram(name: string): string | undefined {
  for (const dir of ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]) {
    try {
      if (Deno.statSync(join(dir, name)).isFile) return join(dir, name);
    } catch {
      continue;
    }
  }
  return undefined;
}

/** What `missing` lists of several modules say together. */
export function joinMissing(...lists: readonly string[]): string {
  return [...new Set(lists.flatMap((list) => list.split(", ")))].filter((item) => item !== "")
    .join(", ");
}

/** Whether this process runs as root, which some servers need and others take as a reason to
 * change to a user of their own. */
export function isRoot(): boolean {
  return Deno.uid() === 0;
}

/** Which of the packages of Debian are missing, by a file of each; empty when all are there. */
export function missingPackages(files: Readonly<Record<string, string>>): string {
  const absent = Object.entries(files).filter(([, path]) => {
    try {
      return !Deno.statSync(path).isFile;
    } catch {
      return true;
    }
  });
  return absent.map(([name]) => `package ${name}`).join(", ");
}

/** The highest port that web clients refuse to connect to (Fetch standard, "port blocking"). */
export const LAST_BLOCKED_PORT = 10080;

/** A port of `hostname` that is free now, chosen by the operating system. */
export function freePort(hostname: string): number {
  using listener = Deno.listen({ hostname, port: 0 });
  const { port } = listener.addr;
  return port > LAST_BLOCKED_PORT ? port : freePort(hostname);
}

/** The host as it is written in a URL: IPv6 addresses in brackets. */
export function urlHost(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}

/**
 * Starts a server program and waits until it listens.
 *
 * @throws {Error} with the program's own output when it does not come up, after several ports.
 * @example
 * await using server = await startServer({
 *   name: "nginx",
 *   hostname: "127.0.0.1",
 *   prepare: (dir, [port]) => ["/usr/sbin/nginx", "-p", dir, "-c", writeConfig(dir, port)],
 * });
 */
export async function startServer(plan: ServerPlan): Promise<ServerProcess> {
  const failures: string[] = [];
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
    const dir = await Deno.makeTempDir({ prefix: `pinion-${plan.name}-` });
    // Servers that change to a user of their own have to be able to enter.
    await Deno.chmod(dir, 0o755);
    const ports = Array.from({ length: plan.ports ?? 1 }, () => freePort(plan.hostname));
    const [program, ...args] = await plan.prepare(dir, ports);
    if (program === undefined) throw new TypeError(`Cannot start ${plan.name}: no command line`);
    const child = new Deno.Command("/bin/sh", {
      args: ["-c", `exec >"${dir}/output" 2>&1\n${KEEPER}`, "keeper", program, ...args],
      cwd: dir,
      env: { LEFTOVERS: plan.leftovers?.(ports) ?? "" },
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const stop = async () => {
      await child.stdin.close();
      await child.status;
      // The keeper leaves the directory where the program ended by itself.
      await Deno.remove(dir, { recursive: true }).catch(ignoreNotFound);
    };
    if (await becomesReady(child, { plan, dir, port: ports[0] ?? 0 })) {
      return { dir, ports, [Symbol.asyncDispose]: stop };
    }
    failures.push(await Deno.readTextFile(join(dir, "output")).catch(() => "no output"));
    await stop();
  }
  throw new Error(`Cannot start ${plan.name}: ${failures.join("; ")}`);
}

/** What a log consists of. */
export interface LogForm<T> {
  /** Makes one entry of a whole line, or undefined of a line that does not count. */
  readonly parse: (line: string) => T | undefined;
  readonly isEnough: (entries: readonly T[]) => boolean;
}

/**
 * Reads a log until `isEnough` says that it has what is waited for: a server writes its line after
 * its answer, so the last lines may come a moment later than the answer did.
 *
 * @throws {Error} with the log as it is, when it does not become enough in two seconds.
 */
export async function readLog<T>(path: string, log: LogForm<T>): Promise<T[]> {
  const deadline = performance.now() + LOG_LIMIT_MS;
  while (true) {
    const text = await Deno.readTextFile(path).catch(() => "");
    const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
    const entries = lines.filter((line) => line !== "").map(log.parse)
      .filter((entry) => entry !== undefined);
    if (log.isEnough(entries)) return entries;
    if (performance.now() > deadline) {
      throw new Error(`Cannot find the lines in "${path}": ${text}`);
    }
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

interface Candidate {
  readonly plan: ServerPlan;
  readonly dir: string;
  readonly port: number;
}

async function becomesReady(child: Deno.ChildProcess, candidate: Candidate): Promise<boolean> {
  const { plan, dir, port } = candidate;
  let ended = false;
  const end = child.status.then(() => ended = true);
  const deadline = performance.now() + READY_LIMIT_MS;
  while (!ended && performance.now() < deadline) {
    const isReady = plan.readyFile === undefined
      ? await accepts(plan.hostname, port)
      : await exists(join(dir, plan.readyFile)) && (!plan.listensLater || await isListening(port));
    if (isReady) return !ended;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([end, new Promise((wake) => timer = setTimeout(wake, POLL_MS))]);
    clearTimeout(timer);
  }
  return false;
}

/** Whether some process listens on a TCP port, seen without connecting (proc(5), `net/tcp`). */
async function isListening(port: number): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const listening = new RegExp(`^ *\\d+: [0-9A-F]+:${hex} [0-9A-F]+:0000 0A `, "m");
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    if (listening.test(await Deno.readTextFile(table).catch(() => ""))) return true;
  }
  return false;
}

async function accepts(hostname: string, port: number): Promise<boolean> {
  try {
    const connection = await Deno.connect({ hostname, port });
    connection.close();
    return true;
  } catch {
    return false;
  }
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
