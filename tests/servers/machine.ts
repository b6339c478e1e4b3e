/**
 * A machine with HTCondor, in namespaces: the pool root below a layer of its own, into which all that
 * the machine writes goes, with processes, a host name and a network of its own.
 *
 * The processes go with the test, however that ends: a shell waits for its standard input to close and
 * then kills the machine's first process, with which the kernel kills all others. That process may be
 * systemd, which gets a control group of its own.
 */

import { basename, dirname, join } from "@std/path";
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
  /** Other addresses by name. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Files by absolute path: a text, or a file outside to be copied. */
  readonly files?: Readonly<Record<string, MachineFile>>;
  /** Paths that it does not have. */
  readonly without?: readonly string[];
  /** Whether its firmware says that it is on EC2. @default {false} */
  readonly isEc2?: boolean;
  /** A layer between the pool root and its own, as overlayfs wants it. */
  readonly layer?: string;
}

/** A file of a machine. */
export type MachineFile = string | {
  readonly text?: string;
  readonly copyOf?: string;
  readonly mode?: number;
};

/** A running machine. */
export interface Machine extends AsyncDisposable {
  /** The words that run a program on it, with those of the program to come after. */
  readonly enter: readonly [string, ...string[]];
  /** A file's path as seen from outside, while the machine runs. */
  path(inside: string): string;
  /** Text of a file; empty for none. */
  read(inside: string): Promise<string>;
  /** Text of a file that the machine wrote, also when it is switched off. */
  remains(inside: string): Promise<string>;
  /** Writes a file. */
  write(inside: string, file: MachineFile): Promise<void>;
  /** Runs a program to its end. */
  run(words: readonly string[], options?: RunOptions): Promise<Finished>;
  /** The same, for what has to go well; returns its output. */
  must(words: readonly string[], options?: RunOptions): Promise<string>;
  /** Starts a program that goes on; what it writes goes to {@linkcode STARTED_LOG}. */
  start(words: readonly string[], env?: Readonly<Record<string, string>>): Promise<void>;
  /** Makes systemd the first process, and waits until it has started all that it is to start. */
  startSystemd(options?: { readonly mayFail?: boolean }): Promise<void>;
}

/** What programs of `Machine.start()` write. */
export const STARTED_LOG = "/var/log/started";

const UNSHARE = "/usr/bin/unshare";
const NSENTER = "/usr/bin/nsenter";
const CHROOT = "/usr/sbin/chroot";
const SETSID = "/usr/bin/setsid";
const SYSTEMCTL = "/usr/bin/systemctl";
/** Longest start of systemd. */
const SYSTEMD_MS = 60_000;
const POLL_MS = 100;

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
  const group = `pinion-${basename(dir)}`;
  await Deno.writeTextFile(join(dir, "outer"), outer(dir, group));
  await Deno.writeTextFile(join(dir, "inner"), inner(plan, { dir, upper, work, root }));
  made.defer(async () => void await finish([...ISOLATE, "/bin/sh", "-c", removal(dir, group)], {}));
  const keeper = made.use(
    await startKeeper(plan.network.enter(plan.place), ["/bin/sh", join(dir, "outer")], true),
  );
  const first = await firstProcess(keeper.pid);

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
  // systemd's own root is the machine's, that of the shell before it is not.
  let isSystemd = false;
  const path = (name: string) => `/proc/${first}/root${isSystemd ? "" : root}${name}`;
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
    const line = ["/bin/sh", "-c", script, "sh", STARTED_LOG, ...words];
    await finish([...inside, SETSID, "--fork", ...line], { env });
  };
  const startSystemd: Machine["startSystemd"] = async ({ mayFail = false } = {}) => {
    const wanted = mayFail ? ["running", "degraded"] : ["running"];
    await Deno.writeTextFile(join(dir, "go"), "");
    const deadline = performance.now() + SYSTEMD_MS;
    while (!wanted.includes((await run([SYSTEMCTL, "is-system-running"])).stdout.trim())) {
      if (performance.now() < deadline) {
        await new Promise((wake) => setTimeout(wake, POLL_MS));
        continue;
      }
      const { stdout } = await run([SYSTEMCTL, "--no-pager", "list-units", "--failed"]);
      const { stdout: jobs } = await run([SYSTEMCTL, "--no-pager", "list-jobs"]);
      throw new Error(`Cannot start systemd: ${stdout}\n${jobs}`);
    }
    isSystemd = true;
  };
  const hosts = { localhost: "127.0.0.1", [plan.hostname]: plan.address, ...plan.hosts };
  await write(
    "/etc/hosts",
    Object.entries(hosts).map(([name, address]) => `${address} ${name}\n`).join(""),
  );
  await write("/etc/resolv.conf", "");
  for (const name of plan.without ?? []) await Deno.remove(path(name), { recursive: true });
  for (const [name, file] of Object.entries(plan.files ?? {})) await write(name, file);
  const kept = made.move();
  return {
    enter: inside,
    path,
    read: (name) => Deno.readTextFile(path(name)).catch(() => ""),
    remains: (name) => Deno.readTextFile(upper + name).catch(() => ""),
    write,
    run,
    must,
    start,
    startSystemd,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Removes the layers and the control groups that tests which were killed left behind. */
async function sweep(parent: string): Promise<void> {
  await finish([...ISOLATE, "/bin/sh", "-c", GROUP_SWEEP], {});
  for await (const { name } of Deno.readDir(parent)) {
    const pid = /^machine-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || await exists(`/proc/${pid}`)) continue;
    await Deno.remove(join(parent, name), { recursive: true }).catch(() => {});
  }
}

/** Leaves no mount to the machine that the tests run on. */
const ISOLATE = [UNSHARE, "--mount", "--propagation", "private", "--"] as const;

/**
 * What keeps the machine: it makes the control group, starts the first process in it, waits for its
 * standard input to close, and kills.
 */
function outer(dir: string, group: string): string {
  return `exec ${ISOLATE.join(" ")} /bin/sh -c '
mkdir -p "$1/cgroup" && mount -t cgroup2 none "$1/cgroup" && mkdir "$1/cgroup/$2" || exit
(
  read -r pid _ </proc/self/stat
  echo $pid >"$1/cgroup/$2/cgroup.procs" || exit
  exec ${UNSHARE} --mount --uts --ipc --pid --cgroup --fork --kill-child -- /bin/sh "$1/inner"
) </dev/null & machine=$!
cat >/dev/null
kill -KILL $machine
wait' sh ${dir} ${group}
`;
}

interface Layers {
  readonly dir: string;
  readonly upper: string;
  readonly work: string;
  readonly root: string;
}

/** The first process: it mounts, waits to be told to go on, and becomes systemd. */
function inner(
  { hostname, isEc2 = false, layer }: MachinePlan,
  { dir, upper, work, root }: Layers,
): string {
  const lower = [...(layer === undefined ? [] : [layer]), poolRoot()].join(":");
  return `set -e
mount -t overlay overlay -o lowerdir=${lower},upperdir=${upper},workdir=${work} ${root}
mount -t proc proc ${root}/proc
mount -t tmpfs -o mode=755 tmpfs ${root}/dev
mkdir -m 755 ${root}/dev/pts ${root}/dev/shm
for name in full null random tty urandom zero; do
  touch ${root}/dev/$name
  mount --bind /dev/$name ${root}/dev/$name
done
ln -s /proc/self/fd ${root}/dev/fd
ln -s pts/ptmx ${root}/dev/ptmx
mount -t tmpfs -o mode=1777 tmpfs ${root}/dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts ${root}/dev/pts
mount -t tmpfs -o mode=755 tmpfs ${root}/run
# As the package's tmpfiles.d has it.
mkdir -m 1777 ${root}/run/lock
chroot ${root} install -d -o condor -g condor /run/condor /run/lock/condor
mount -t tmpfs -o mode=755 tmpfs ${root}/sys
mkdir -p ${root}/sys/fs/cgroup ${root}/sys/devices/virtual/dmi/id ${root}/sys/block
mount -t cgroup2 none ${root}/sys/fs/cgroup
if ${isEc2}; then echo "Amazon EC2" >${root}/sys/devices/virtual/dmi/id/sys_vendor; fi
echo ${hostname} >/proc/sys/kernel/hostname
echo ${hostname} >${root}/etc/hostname
# A network of its own is there already, and no package may start a service of the host's.
for unit in systemd-networkd.service systemd-networkd-wait-online.service \\
  systemd-networkd.socket systemd-firstboot.service console-getty.service getty.target; do
  ln -sf /dev/null ${root}/etc/systemd/system/$unit
done
# Without one of its own it would take this for its first start, and enable what it finds.
echo ${crypto.randomUUID().replaceAll("-", "")} >${root}/etc/machine-id
echo here
while ! [ -e ${dir}/go ]; do sleep 0.05; done
exec >>${root}/var/log/systemd 2>&1
exec chroot ${root} env -i container=pinion /usr/lib/systemd/systemd --system --log-target=console
`;
}

/** Groups have their test's process id in their names; those with processes in them stay. */
const GROUP_SWEEP = `mount -t cgroup2 none /mnt && cd /mnt || exit 0
for group in pinion-machine-*; do
  pid=\${group#pinion-machine-}
  pid=\${pid%%-*}
  [ -e /proc/$pid ] || find $group -depth -type d -exec rmdir {} + 2>/dev/null
done`;

/** Removes the control groups that are left, which are empty now. */
function removal(dir: string, group: string): string {
  return `mount -t cgroup2 none ${dir}/cgroup && cd ${dir}/cgroup &&
for i in 1 2 3 4 5 6 7 8 9; do
  find ${group} -depth -type d -exec rmdir {} + 2>/dev/null
  [ -d ${group} ] || exit 0
  sleep 0.1
done`;
}

function asUser(uid: number): string[] {
  if (uid === 0) return [];
  return ["/usr/bin/setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--"];
}

/** The machine's first process: the child of the `unshare` that the keeper started. */
async function firstProcess(keeper: number): Promise<number> {
  for (const child of await childrenOf(keeper)) {
    const [first] = await childrenOf(child);
    if (first !== undefined) return first;
  }
  throw new Error("Cannot find the machine's first process");
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  return text.split(" ").filter((word) => word !== "").map(Number);
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
