/**
 * Network namespaces that play an EC2 instance, the metadata service beside it and a container on it.
 *
 * `inst` reaches the two metadata addresses through `imds`, as on EC2 they are never its own, and
 * `cont` reaches the world through `inst`, as a bridged container does. The namespaces have no names:
 * each lives as long as a process that waits for its standard input to close, so they are gone with
 * the test, however that ends.
 */

import { fromFileUrl, join } from "@std/path";
import { carry } from "./relay.ts";
import { isRoot, joinMissing, missingPackages } from "./process.ts";

/** The namespaces. */
export type Place = "inst" | "imds" | "cont";

/** The addresses of the metadata service (EC2 user guide, "Instance metadata"). */
export const IMDS_ADDRESSES = { ipv4: "169.254.169.254", ipv6: "fd00:ec2::254" } as const;

/** What a finished command left. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a command in a namespace. */
export interface RunOptions {
  /** User and group id it runs as. @default {0} */
  readonly uid?: number;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Seconds after which it is killed. @default {20} */
  readonly seconds?: number;
}

/** An address and a port. */
export interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** The three namespaces of one test. */
export interface Network extends AsyncDisposable {
  /** The words that run a command in a namespace, with the words of the command to come after. */
  enter(place: Place, uid?: number): [string, ...string[]];
  /** Runs a command in a namespace to its end. */
  run(place: Place, words: readonly string[], options?: RunOptions): Promise<Finished>;
  /** The same, for what has to go well; returns its output. */
  must(place: Place, words: readonly string[], options?: RunOptions): Promise<string>;
  /** Lets what listens on `target` outside be reached at these addresses of a namespace. */
  expose(place: Place, at: readonly Address[], target: Address): Promise<void>;
}

/** Which families the network has. */
export interface NetworkOptions {
  /** @default {true} */
  readonly ipv4?: boolean;
  /** @default {true} */
  readonly ipv6?: boolean;
}

const IP = "/usr/sbin/ip";
const NSENTER = "/usr/bin/nsenter";
const UNSHARE = "/usr/bin/unshare";
const SETPRIV = "/usr/bin/setpriv";
const PLACES: readonly Place[] = ["inst", "imds", "cont"];
const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
const RUN_SECONDS = 20;

/** What is missing for `makeNetwork()`; empty when it can work. */
export const missing: string = joinMissing(
  missingPackages({ iproute2: IP, "util-linux": UNSHARE }),
  await whyNoNamespace(),
);

/**
 * Makes the namespaces and connects them.
 *
 * @throws {Error} with the output of the command that failed.
 * @example
 * await using network = await makeNetwork();
 * await network.must("inst", ["/usr/bin/ping", "-c1", "169.254.169.254"]);
 */
export async function makeNetwork(
  { ipv4 = true, ipv6 = true }: NetworkOptions = {},
): Promise<Network> {
  await using made = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "pinion-netns-" });
  made.defer(() => Deno.remove(dir, { recursive: true }));
  const pids = new Map<Place, number>();
  for (const place of PLACES) {
    const keeper = made.use(await startKeeper([UNSHARE, "--net"], ["/bin/cat"]));
    pids.set(place, keeper.pid);
  }
  const pidOf = (place: Place) => pids.get(place)!;

  const enter: Network["enter"] = (place, uid = 0) => [
    NSENTER,
    `--net=/proc/${pidOf(place)}/ns/net`,
    "--",
    ...(uid === 0 ? [] : [SETPRIV, `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--"]),
  ];
  const run: Network["run"] = (place, words, { uid, ...options } = {}) =>
    finish([...enter(place, uid), ...words], options);
  const must: Network["must"] = async (place, words, options) => {
    const { code, stdout, stderr } = await run(place, words, options);
    if (code === 0) return stdout;
    throw new Error(`Cannot run "${words.join(" ")}" in ${place}: status ${code} ${stderr}`);
  };
  const expose: Network["expose"] = async (place, at, target) => {
    const path = join(dir, `${crypto.randomUUID()}.sock`);
    kept.use(carry(
      Deno.listen({ transport: "unix", path }) as Deno.Listener,
      () => Deno.connect(target),
    ));
    const relay = fromFileUrl(new URL("relay.ts", import.meta.url));
    const words = at.flatMap(({ hostname, port }) => [hostname, `${port}`]);
    kept.use(
      await startKeeper(enter(place), [Deno.execPath(), "run", "-A", relay, path, ...words], true),
    );
  };

  await must("inst", ["/bin/sh", "-ec", wiring({ ipv4, ipv6, pidOf })]);
  for (const place of ["imds", "cont"] as const) {
    await must(place, ["/bin/sh", "-ec", addresses(place, { ipv4, ipv6 })]);
  }
  const kept = made.move();
  return { enter, run, must, expose, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

interface Wiring {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly pidOf: (place: Place) => number;
}

/** Both cables, and the side of the instance. */
function wiring({ ipv4, ipv6, pidOf }: Wiring): string {
  return `
${IP} link set lo up
${IP} link add imds0 type veth peer name inst0 netns ${pidOf("imds")}
${IP} link add cont0 type veth peer name inst0 netns ${pidOf("cont")}
${IP} link set imds0 up
${IP} link set cont0 up
if ${ipv4}; then
  ${IP} addr add 10.77.0.2/24 dev imds0
  ${IP} addr add 172.31.250.1/24 dev cont0
  ${IP} route add default via 10.77.0.1
  echo 1 >/proc/sys/net/ipv4/ip_forward
fi
if ${ipv6}; then
  ${IP} addr add fd77::2/64 dev imds0 nodad
  ${IP} addr add fd78::1/64 dev cont0 nodad
  ${IP} -6 route add default via fd77::1
  echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
else
  echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
fi`;
}

/** The side of the others. */
function addresses(place: "imds" | "cont", { ipv4, ipv6 }: Omit<Wiring, "pidOf">): string {
  const up = `${IP} link set lo up; ${IP} link set inst0 up\n`;
  if (place === "cont") {
    return `${up}
if ${ipv4}; then
  ${IP} addr add 172.31.250.2/24 dev inst0
  ${IP} route add default via 172.31.250.1
fi
if ${ipv6}; then
  ${IP} addr add fd78::2/64 dev inst0 nodad
  ${IP} -6 route add default via fd78::1
fi`;
  }
  return `${up}
if ${ipv4}; then
  ${IP} addr add 10.77.0.1/24 dev inst0
  ${IP} addr add ${IMDS_ADDRESSES.ipv4}/32 dev lo
  ${IP} route add 172.31.250.0/24 via 10.77.0.2
fi
if ${ipv6}; then
  ${IP} addr add fd77::1/64 dev inst0 nodad
  ${IP} addr add ${IMDS_ADDRESSES.ipv6}/128 dev lo nodad
  ${IP} -6 route add fd78::/64 via fd77::2
fi`;
}

/** A process that a namespace lives by. */
export interface Keeper extends AsyncDisposable {
  readonly pid: number;
}

/**
 * Starts what lives until its standard input closes, and waits until it runs.
 *
 * @param saysItself whether the command prints a line when it is ready
 */
export async function startKeeper(
  enter: readonly [string, ...string[]],
  words: readonly string[],
  saysItself = false,
): Promise<Keeper> {
  const [program, ...rest] = enter;
  const command = saysItself ? words : ["/bin/sh", "-c", 'echo here; exec "$@"', "sh", ...words];
  const child = new Deno.Command(program, {
    args: [...rest, ...command],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  const output = child.stdout.getReader();
  const first = await output.read();
  const drained = (async () => {
    while (!(await output.read()).done);
  })();
  const stop = async () => {
    await child.stdin.close().catch(() => {});
    await Promise.all([child.status, errors, drained]);
  };
  if (first.done) {
    await stop();
    throw new Error(`Cannot start "${[...enter, ...words].join(" ")}": ${await errors}`);
  }
  return { pid: child.pid, [Symbol.asyncDispose]: stop };
}

/** Runs a command to its end, without anything of this process's environment. */
export async function finish(
  [program, ...args]: readonly [string, ...string[]],
  { stdin, env = {}, seconds = RUN_SECONDS }: Omit<RunOptions, "uid">,
): Promise<Finished> {
  const stop = new AbortController();
  const child = new Deno.Command(program, {
    args,
    clearEnv: true,
    env: { PATH, LC_ALL: "C", ...env },
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    signal: stop.signal,
  }).spawn();
  const outputs = [collect(child.stdout), collect(child.stderr)] as const;
  const timer = setTimeout(() => {
    stop.abort();
    // What it started may live on and hold its outputs.
    for (const output of outputs) output.cancel();
  }, seconds * 1000);
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    // A program that ends early does not read all.
    await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
    await writer.close().catch(() => {});
  }
  try {
    const [{ code }, stdout, stderr] = await Promise.all([
      child.status,
      outputs[0].text,
      outputs[1].text,
    ]);
    return { code, stdout, stderr };
  } finally {
    clearTimeout(timer);
  }
}

interface Collected {
  readonly text: Promise<string>;
  cancel(): void;
}

/** Reads a stream to its end, or until it is told not to go on. */
function collect(stream: ReadableStream<Uint8Array>): Collected {
  const reader = stream.getReader();
  const read = async () => {
    const decoder = new TextDecoder();
    let text = "";
    for (let next; !(next = await reader.read()).done;) {
      text += decoder.decode(next.value, { stream: true });
    }
    return text + decoder.decode();
  };
  return { text: read(), cancel: () => void reader.cancel().catch(() => {}) };
}

async function whyNoNamespace(): Promise<string> {
  if (Deno.build.os !== "linux") return "Linux";
  if (!isRoot()) return "root";
  try {
    const { code } = await finish([UNSHARE, "--net", "--", IP, "link", "set", "lo", "up"], {});
    return code === 0 ? "" : "the right to make network namespaces";
  } catch {
    return ""; // the program's package is named already
  }
}
