/**
 * A machine with HTCondor, in namespaces: the pool root below a layer of its own, into which all that
 * the machine writes goes, with processes, a host name and a network of its own.
 *
 * The layer and the processes go with the test, however that ends: the first process waits for its
 * standard input to close, and when it goes the kernel kills all others.
 */

import { dirname, join } from "@std/path";
import { ensureDir, exists } from "@std/fs";
import { poolRoot, whyNoPool } from "../../scripts/pool/root.ts";
import {
  finish,
  type Finished,
  missing as noNetwork,
  type Network,
  type Place,
  type RunOptions,
  startKeeper,
} from "./netns.ts";
import { joinMissing } from "./process.ts";

/** What is missing for `startMachine()`; empty when it can work. */
export const missing: string = joinMissing(
  noNetwork,
  await whyNoPool() ?? await withoutPackages(),
);

/** How a machine differs from the pool root. */
export interface MachinePlan {
  readonly network: Network;
  /** Where in the network it stands. */
  readonly place: Place;
  readonly hostname: string;
  /** Its own address, for `/etc/hosts`. */
  readonly address: string;
  /** Files by absolute path: a text, or a file outside to be copied. */
  readonly files?: Readonly<Record<string, MachineFile>>;
  /** Paths that it does not have. */
  readonly without?: readonly string[];
  /** Whether its firmware says that it is on EC2. @default {false} */
  readonly isEc2?: boolean;
}

/** A file of a machine. */
export type MachineFile = string | {
  readonly text?: string;
  readonly copyOf?: string;
  readonly mode?: number;
};

/** A running machine. */
export interface Machine extends AsyncDisposable {
  /** Its root, as seen from outside. */
  readonly root: string;
  /** A file's path as seen from outside. */
  path(inside: string): string;
  /** Text of a file; empty for none. */
  read(inside: string): Promise<string>;
  /** Writes a file. */
  write(inside: string, file: MachineFile): Promise<void>;
  /** Runs a program to its end. */
  run(words: readonly string[], options?: RunOptions): Promise<Finished>;
  /** The same, for what has to go well; returns its output. */
  must(words: readonly string[], options?: RunOptions): Promise<string>;
  /** Starts a program that goes on. */
  start(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<void>;
}

const UNSHARE = "/usr/bin/unshare";
const NSENTER = "/usr/bin/nsenter";
const CHROOT = "/usr/sbin/chroot";
const SETSID = "/usr/bin/setsid";

/**
 * Starts a machine.
 *
 * @throws {Error} with the output of the command that failed.
 */
export async function startMachine(plan: MachinePlan): Promise<Machine> {
  await using made = new AsyncDisposableStack();
  // Beside the pool root: a layer over another one, such as a container's, is not allowed.
  const parent = dirname(poolRoot());
  await sweep(parent);
  const dir = await Deno.makeTempDir({ dir: parent, prefix: `machine-${Deno.pid}-` });
  made.defer(() => Deno.remove(dir, { recursive: true }));
  const [upper, work, root] = ["upper", "work", "root"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  for (const one of [upper, work, root]) await Deno.mkdir(one);
  await Deno.writeTextFile(join(dir, "mount"), mounts(plan, { upper, work, root }));
  const enter = plan.network.enter(plan.place);
  const words = [
    ...[UNSHARE, "--mount", "--propagation", "private", "--uts", "--ipc", "--pid", "--fork"],
    ...["--kill-child", "--", "/bin/sh", join(dir, "mount")],
  ];
  const keeper = made.use(await startKeeper(enter, words, true));
  const first = await childOf(keeper.pid);

  const inside = [NSENTER, `--target=${first}`, "--all", "--", CHROOT, root] as const;
  const run: Machine["run"] = (words, { uid = 0, ...options } = {}) =>
    finish([...inside, ...asUser(uid), ...words], options);
  const must: Machine["must"] = async (words, options) => {
    const { code, stdout, stderr } = await run(words, options);
    if (code === 0) return stdout;
    throw new Error(
      `Cannot run "${words.join(" ")}" on ${plan.hostname}: status ${code} ${stdout} ${stderr}`,
    );
  };
  const path = (name: string) => `/proc/${first}/root${root}${name}`;
  const write: Machine["write"] = async (name, file) => {
    const { text, copyOf, mode = 0o644 } = typeof file === "string" ? { text: file } : file;
    await ensureDir(dirname(path(name)));
    // What lies below the layer, and may be linked, is never written to.
    await Deno.remove(path(name)).catch(() => {});
    if (copyOf === undefined) await Deno.writeTextFile(path(name), text ?? "");
    else await Deno.copyFile(copyOf, path(name));
    await Deno.chmod(path(name), mode);
  };
  const start: Machine["start"] = async (words, env = {}) => {
    const script = 'log=$1; shift; exec "$@" >"$log" 2>&1 </dev/null';
    const line = ["/bin/sh", "-c", script, "sh", "/var/log/started", ...words];
    await finish([...inside, SETSID, "--fork", ...line], { env });
  };
  const hosts = `127.0.0.1 localhost\n${plan.address} ${plan.hostname}\n`;
  await write("/etc/hosts", hosts);
  await write("/etc/resolv.conf", "");
  for (const name of plan.without ?? []) await Deno.remove(path(name), { recursive: true });
  for (const [name, file] of Object.entries(plan.files ?? {})) await write(name, file);
  const kept = made.move();
  return {
    root: path(""),
    path,
    read: (name) => Deno.readTextFile(path(name)).catch(() => ""),
    write,
    run,
    must,
    start,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Removes the layers that tests which were killed left behind. */
async function sweep(parent: string): Promise<void> {
  for await (const { name } of Deno.readDir(parent)) {
    const pid = /^machine-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || await exists(`/proc/${pid}`)) continue;
    await Deno.remove(join(parent, name), { recursive: true }).catch(() => {});
  }
}

interface Layers {
  readonly upper: string;
  readonly work: string;
  readonly root: string;
}

/** What the first process does before it waits. */
function mounts({ hostname, isEc2 = false }: MachinePlan, { upper, work, root }: Layers): string {
  return `set -e
mount -t overlay overlay -o lowerdir=${poolRoot()},upperdir=${upper},workdir=${work} ${root}
mount -t proc proc ${root}/proc
mount --rbind /dev ${root}/dev
mount -t tmpfs tmpfs ${root}/run
# As the package's tmpfiles.d has it.
mkdir -m 1777 ${root}/run/lock
chroot ${root} install -d -o condor -g condor /run/condor /run/lock/condor
mount -t tmpfs tmpfs ${root}/sys
mkdir -p ${root}/sys/fs/cgroup ${root}/sys/devices/virtual/dmi/id ${root}/sys/block
mount --rbind /sys/fs/cgroup ${root}/sys/fs/cgroup
if ${isEc2}; then echo "Amazon EC2" >${root}/sys/devices/virtual/dmi/id/sys_vendor; fi
echo ${hostname} >/proc/sys/kernel/hostname
echo here
cat >/dev/null
`;
}

function asUser(uid: number): string[] {
  if (uid === 0) return [];
  return ["/usr/bin/setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--"];
}

/** The process that `unshare --fork` made; it has to exist. */
async function childOf(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  const child = Number.parseInt(text);
  if (!Number.isInteger(child)) throw new Error("Cannot find the machine's first process");
  return child;
}

async function withoutPackages(): Promise<string> {
  const files = { nftables: "/usr/sbin/nft", iptables: "/usr/sbin/iptables" };
  const absent: string[] = [];
  for (const [name, path] of Object.entries(files)) {
    const isThere = await Deno.lstat(poolRoot() + path).then(() => true, () => false);
    if (!isThere) absent.push(`package ${name} in the pool root`);
  }
  return absent.join(", ");
}
