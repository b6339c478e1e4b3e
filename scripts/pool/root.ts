/**
 * The pool root: a folder with Debian unstable and HTCondor in it, for use with `chroot`.
 *
 * Making it takes about a minute; a whole one is recognised by its marker and reused at once. The
 * marker is written last, so a root whose making was interrupted is never taken for a whole one.
 */

import { exists } from "@std/fs";
import { dirname, isAbsolute, normalize } from "@std/path";
import { hostMirror } from "./apt_sources.ts";
import { PoolError, run } from "./command.ts";
import { mountAll, unmountAll } from "./mounts.ts";

/** The user jobs are submitted as. */
export const JOB_USER = "alice";

/** Raised when the recipe below changes, so that older roots are completed. */
const RECIPE = 4;
const WHOLE = `whole ${RECIPE}\n`;
const UNFINISHED = "unfinished\n";
const MARKER = ".pinion-pool";

const SUITE = "sid";
/** What the pool is made of. */
const POOL_PACKAGES = ["condor", "minicondor", "procps"];
/** What tests and measurements run out of the root besides. */
const OTHER_PACKAGES = [
  // The certificate authorities that plug-ins trust.
  "ca-certificates",
  // moto speaks AWS's protocols.
  "python3-moto",
  "python3-flask",
  "python3-flask-cors",
  // They keep jobs on an instance of EC2 from its metadata service.
  "iptables",
  "nftables",
  // They look at our keys and tokens as others do.
  "python3-cryptography",
  "python3-jwt",
  "scitokens-cpp",
  // HTCondor's own credential monitor wants it, and its package does not say so.
  "python3-requests-oauthlib",
];

/** Seconds a download or an installation may take. */
const LONG_SECONDS = 900;

/** What a plain `condor_master` in the root takes; the tests bring a configuration of their own. */
const LOCAL_CONFIG = `NETWORK_INTERFACE = 127.0.0.1
CONDOR_HOST = 127.0.0.1
ENABLE_IPV6 = false
NO_DNS = true
DEFAULT_DOMAIN_NAME = local
NUM_CPUS = 4
SCHEDD_INTERVAL = 2
NEGOTIATOR_INTERVAL = 2
NEGOTIATOR_CYCLE_DELAY = 1
UPDATE_INTERVAL = 5
`;

/** Where the pool root lies: `PINION_POOL_ROOT`, or one place for all checkouts of a machine. */
export function poolRoot(): string {
  const root = Deno.env.get("PINION_POOL_ROOT") ?? "/var/tmp/pinion-pool/root";
  if (!isAbsolute(root) || dirname(root) === "/" || normalize(root) !== root) {
    throw new PoolError(
      `Cannot use PINION_POOL_ROOT "${root}": not an absolute path below a folder`,
    );
  }
  return root;
}

/** What keeps a whole pool root from being used here, or undefined when nothing does. */
export async function whyNoPool(): Promise<string | undefined> {
  const needs = whyNoRights();
  if (needs !== undefined) return needs;
  const root = poolRoot();
  return await isMarked(root, WHOLE) ? undefined : `no pool root at "${root}"`;
}

function whyNoRights(): string | undefined {
  if (Deno.build.os !== "linux") return "needs Linux";
  return Deno.uid() === 0 ? undefined : "needs root";
}

/**
 * Makes the pool root whole and mounted, doing only what is missing.
 *
 * @param log Takes one line per step that takes time.
 * @throws {PoolError} without root rights, network or Debian's packages.
 */
export async function ensureRoot(root: string, log: (line: string) => void): Promise<void> {
  using _lock = await lockRoot(root);
  const isWhole = await isMarked(root, WHOLE);
  if (!isWhole && !await holdsPool(root)) {
    await discard(root, log);
    await make(root, log);
  }
  await mountAll(root);
  await nameHost(root);
  if (isWhole) return;
  await complete(root, log);
  await mark(root, WHOLE);
}

/** Unmounts and deletes the root. */
export async function removeRoot(root: string, log: (line: string) => void): Promise<void> {
  using _lock = await lockRoot(root);
  if (await exists(`${root}/${MARKER}`)) await mark(root, UNFINISHED);
  await discard(root, log);
}

/** Keeps others from making, changing or removing the root, or a layer over it, meanwhile. */
export async function lockRoot(root: string): Promise<Disposable> {
  const needs = whyNoRights();
  if (needs !== undefined) throw new PoolError(`Cannot make the pool root: ${needs}`);
  await Deno.mkdir(dirname(root), { recursive: true });
  const lock = await Deno.open(`${root}.lock`, { create: true, write: true });
  await lock.lock(true);
  // The children of a maker that was killed go on by themselves: wait for them to let go.
  await run(["flock", `${root}.busy`, "true"], { seconds: LONG_SECONDS });
  return lock;
}

async function make(root: string, log: (line: string) => void): Promise<void> {
  const mirror = await hostMirror();
  await Deno.mkdir(root, { recursive: true });
  await mark(root, UNFINISHED);
  await needDebootstrap(log);
  log(`pool: making "${root}" (about a minute)`);
  const keyring = mirror.keyring === undefined ? [] : [`--keyring=${mirror.keyring}`];
  await runLong(root, ["debootstrap", "--variant=minbase", ...keyring, SUITE, root, mirror.url]);
  // Mirrors lag behind the dates their releases promise.
  await Deno.writeTextFile(
    `${root}/etc/apt/apt.conf.d/99valid-until`,
    'Acquire::Check-Valid-Until "false";\n',
  );
  // No service is started by its installation (invoke-rc.d(8)).
  await Deno.writeTextFile(`${root}/usr/sbin/policy-rc.d`, "#!/bin/sh\nexit 101\n", {
    mode: 0o755,
  });
  await mountAll(root);
  await nameHost(root);
  log("pool: installing HTCondor");
  await install(root, POOL_PACKAGES);
  await Deno.writeTextFile(`${root}/etc/condor/config.d/99-local`, LOCAL_CONFIG);
  await run(["chroot", root, "useradd", "-m", JOB_USER]);
}

/** Installs what a root with a pool still lacks; one interrupted here is completed the next time. */
async function complete(root: string, log: (line: string) => void): Promise<void> {
  const missing = notInstalled(OTHER_PACKAGES, await packageStatus(root));
  if (missing.length === 0) return;
  log(`pool: installing ${missing.join(", ")}`);
  await runLong(root, ["chroot", root, "dpkg", "--configure", "--pending"]);
  await install(root, missing);
}

async function install(root: string, packages: readonly string[]): Promise<void> {
  const aptGet = ["chroot", root, "apt-get", "-qy", "--no-install-recommends"];
  await runLong(root, [...aptGet, "update"]);
  await runLong(root, [...aptGet, "install", ...packages]);
}

/** Runs a command whose descendants hold a lock until the last of them has ended. */
export async function runLong(root: string, words: readonly string[]): Promise<void> {
  await run(["flock", `${root}.busy`, ...words], { seconds: LONG_SECONDS });
}

async function needDebootstrap(log: (line: string) => void): Promise<void> {
  if (await exists("/usr/sbin/debootstrap")) return;
  log("pool: installing debootstrap");
  const aptGet = ["apt-get", "-qy", "--no-install-recommends"] as const;
  await run([...aptGet, "update"], { seconds: LONG_SECONDS });
  await run([...aptGet, "install", "debootstrap"], { seconds: LONG_SECONDS });
}

/** Removes an unfinished root, and nothing that this script did not begin. */
async function discard(root: string, log: (line: string) => void): Promise<void> {
  if (!await exists(root)) return;
  const begun = await exists(`${root}/${MARKER}`);
  const empty = (await Array.fromAsync(Deno.readDir(root))).length === 0;
  if (!begun && !empty) {
    throw new PoolError(`Cannot replace "${root}": the folder holds something else`);
  }
  if (begun) log(`pool: removing "${root}"`);
  await unmountAll(root);
  await run(["rm", "-rf", "--one-file-system", root], { seconds: LONG_SECONDS });
}

/** Whether a root that is not marked as whole nevertheless holds a pool, as when made by hand. */
async function holdsPool(root: string): Promise<boolean> {
  const users = await Deno.readTextFile(`${root}/etc/passwd`).catch(() => "");
  return notInstalled(POOL_PACKAGES, await packageStatus(root)).length === 0 &&
    users.includes(`\n${JOB_USER}:`) && await exists(`${root}/home/${JOB_USER}`);
}

/** The text of dpkg's `status` file in a root. */
export async function packageStatus(root: string): Promise<string> {
  return await Deno.readTextFile(`${root}/var/lib/dpkg/status`).catch(() => "");
}

/** Which of the packages are not wholly installed, by the text of dpkg's `status` file. */
export function notInstalled(packages: readonly string[], status: string): string[] {
  const installed = new Set(
    status.split("\n\n").filter((entry) => entry.includes("\nStatus: install ok installed\n"))
      .map((entry) => /^Package: (\S+)$/m.exec(entry)?.[1]),
  );
  return packages.filter((name) => !installed.has(name));
}

/** HTCondor and its tools look their own host's name up; the host's resolver may not know it. */
async function nameHost(root: string): Promise<void> {
  const name = Deno.hostname();
  const path = `${root}/etc/hosts`;
  const text = await Deno.readTextFile(path).catch(() => "127.0.0.1 localhost\n");
  if (text.split(/\s+/).includes(name)) return;
  await Deno.writeTextFile(path, `${text.trimEnd()}\n127.0.0.1 ${name}\n`);
}

async function isMarked(root: string, text: string): Promise<boolean> {
  return await Deno.readTextFile(`${root}/${MARKER}`).catch(() => "") === text;
}

async function mark(root: string, text: string): Promise<void> {
  const path = `${root}/${MARKER}`;
  await Deno.writeTextFile(`${path}.new`, text);
  await Deno.rename(`${path}.new`, path);
}
