import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { accountByName } from "../../core/posix/mod.ts";
import { isRoot } from "../build/built.ts";
import { link, type Outcome, run } from "../build/probe.ts";
import { type Found, role as tool } from "./testdata/tool.ts";
import { role as userTool, type UserFound } from "./testdata/user_tool.ts";

const path = (name: string) => fromFileUrl(new URL(`testdata/${name}`, import.meta.url));
const linked = () => link({ path: path("tool.ts"), role: tool });

/** Makes system calls of newer kernels fail as they do on older ones. */
const OLD_KERNEL = [
  "strace",
  "-fqqo/dev/null",
  "-etrace=pidfd_open,close_range",
  "-einject=pidfd_open,close_range:error=ENOSYS",
];
const noPython = await works(["python3", "-V"]) ? "" : "no python3";
const noStrace = noPython || (await works([...OLD_KERNEL, "true"]) ? "" : "no strace that works");

/** Starts a program as HTCondor's daemons do; one that hangs is killed. */
async function asTool(
  command: readonly string[],
  { cwd = "/" }: { cwd?: string } = {},
): Promise<Found> {
  const child = new Deno.Command("python3", {
    args: [path("daemon_start.py"), ...command],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const deadline = setTimeout(() => child.kill("SIGKILL"), 60_000);
  try {
    const { stdout, stderr, signal } = await child.output();
    const text = new TextDecoder();
    assertEquals([text.decode(stderr), signal], ["", null]);
    return JSON.parse(text.decode(stdout)) as Found;
  } finally {
    clearTimeout(deadline);
  }
}

const INTERPRETED = [Deno.execPath(), "run", "--quiet", "--no-lock", "-A", path("start_tool.ts")];

for (
  const [name, start, missing, executable] of [
    ["", [], noPython, false],
    [" on an old kernel", OLD_KERNEL, noStrace, false],
    [" in an executable", [], noPython, true],
    [" in an executable on an old kernel", OLD_KERNEL, noStrace, true],
  ] as const
) {
  Deno.test({
    name: `unblockSignals() and keepDescriptors() undo what daemons do${name}` +
      (missing && ` (ignored: ${missing})`),
    ignore: missing !== "",
    async fn() {
      if (!executable) return assertClean(await asTool([...start, ...INTERPRETED]));
      await using made = await linked();
      // A job's directory may hold anything; no library is taken from there.
      await Deno.writeTextFile(join(made.folder, "libc.so.6"), "none");
      assertClean(await asTool([...start, made.path], { cwd: made.folder }));
    },
  });
}

function assertClean({ ignored, ...found }: Found): void {
  assertEquals(found, {
    heard: ["SIGTERM", "SIGINT"],
    blocked: "0".repeat(16),
    // The last is the shell's own.
    descriptors: "0 1 2 3",
  });
  // The C library keeps the two first real-time signals to itself, and ignores them.
  assertEquals(BigInt(`0x${ignored}`) & 0xfffffffe7fffffffn, 0n);
}

Deno.test({
  name: "a daemon's signals and sockets would reach children" +
    (noPython && ` (ignored: ${noPython})`),
  ignore: noPython !== "",
  async fn() {
    const { blocked, ignored, descriptors } = await asTool([...INTERPRETED, "as it is"]);
    assertEquals([blocked, descriptors], ["fffffffe7bfbfa07", "0 1 2 3 57"]);
    assertEquals(BigInt(`0x${ignored}`) & 2n, 2n);
  },
});

Deno.test({
  name: "unblockSignals() leaves alone what is only ignored" +
    (noPython && ` (ignored: ${noPython})`),
  ignore: noPython !== "",
  async fn() {
    const { code, stdout } = await run("/bin/sh", [
      "-c",
      'trap "" HUP; exec "$@"',
      "sh",
      Deno.execPath(),
      "eval",
      "--no-lock",
      `import { unblockSignals } from "${new URL("../../core/posix/mod.ts", import.meta.url)}";
unblockSignals();
console.log(Deno.readTextFileSync("/proc/self/status"));`,
    ], { env: Deno.env.toObject() });
    const ignored = /^SigIgn:\s*(\w+)/m.exec(stdout)?.[1];
    assertEquals([code, BigInt(`0x${ignored}`) & 1n], [0, 1n]);
  },
});

const needsRoot = isRoot() ? "" : " (ignored: not root)";

async function becoming(name: string, uid?: number): Promise<Outcome> {
  await using made = await link({ path: path("user_tool.ts"), role: userTool });
  const secret = join(made.folder, "secret");
  await Deno.mkdir(secret, { mode: uid === undefined ? 0o700 : 0o755 });
  await Deno.writeTextFile(join(secret, "file"), "x", { mode: uid === undefined ? 0o600 : 0o644 });
  const start = uid === undefined
    ? ["--groups=0,4,20"]
    : [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  return await run("/usr/bin/setpriv", [...start, made.path, name, secret], {
    env: { PATH: "/usr/bin:/bin" },
  });
}

Deno.test({
  name: `becomeUser() becomes another user in all threads, for good${needsRoot}`,
  ignore: needsRoot !== "",
  async fn() {
    const { uid, gid } = accountByName("nobody")!;
    const { stdout, stderr } = await becoming("nobody");
    assertEquals(stderr, "");
    const { effective, threads, reached, child } = JSON.parse(stdout) as UserFound;
    const four = (id: number) => Array(4).fill(id).join("\t");
    assert(threads.length > 1);
    assertEquals([...new Set(threads)], [
      `Uid:\t${four(uid)}\nGid:\t${four(gid)}\nGroups:\t${gid}`,
    ]);
    assertEquals([effective, reached], [uid, []]);
    assert(child.startsWith(`uid=${uid}(nobody) gid=${gid}(`), child);
  },
});

Deno.test({
  name: `becomeUser() says what it may not, when not root${needsRoot}`,
  ignore: needsRoot !== "",
  async fn() {
    const { uid } = accountByName("nobody")!;
    const { code, stdout, stderr } = await becoming("root", uid);
    assertEquals([code, stdout, stderr], [
      1,
      "",
      'user_tool: Cannot take the groups of "root": Operation not permitted\n',
    ]);
  },
});

async function works([program = "", ...args]: readonly string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stdout: "null", stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
}
