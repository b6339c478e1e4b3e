/** A process that is killed at any system call of a publication (strace(1)). */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { place, places, Scratch, text } from "./scratch.ts";

const STRACE = "/usr/bin/strace";
const CHILD = fromFileUrl(new URL("testdata/publish_child.ts", import.meta.url));
const ALICE = place("alice/x");
const SIZE = 5000;
const [OLD, NEW] = ["o".repeat(SIZE), "n".repeat(SIZE)];

/** What a publication asks of the kernel. */
const CALLS = ["openat", "statx", "write", "fchmod", "fchown", "fsync", "renameat", "close"];

const missing = await attaches() ? "" : "no strace that can look at other processes";

async function attaches(): Promise<boolean> {
  const sleeper = new Deno.Command("/bin/sleep", { args: ["60"], stdin: "null" }).spawn();
  try {
    const { code } = await new Deno.Command("/usr/bin/timeout", {
      args: ["-s", "INT", "0.3", STRACE, "-qq", "-o", "/dev/null", "-p", `${sleeper.pid}`],
      stdin: "null",
      stderr: "null",
    }).output();
    return code === 124;
  } catch {
    return false;
  } finally {
    sleeper.kill("SIGKILL");
    await sleeper.status;
  }
}

interface Outcome {
  /** What the process said at its end; empty when it was killed. */
  readonly said: string;
  readonly signal: string | null;
  readonly trace: string;
}

/** Publishes in a process of its own, to which strace attaches before. */
async function publish(scratch: Scratch, options: readonly string[]): Promise<Outcome> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", CHILD, scratch.path, `${SIZE}`],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const input = child.stdin.getWriter();
  assertEquals((await output.read()).value, "ready\n");
  const log = scratch.at("../trace");
  const tracer = new Deno.Command(STRACE, {
    args: ["-f", "-y", "-o", log, ...options, "-p", `${child.pid}`],
    stdin: "null",
    stderr: "piped",
  }).spawn();
  const told = tracer.stderr.pipeThrough(new TextDecoderStream()).getReader();
  assert((await told.read()).value?.includes("attached"));
  await input.write(new Uint8Array([10]));
  const said = (await output.read()).value ?? "";
  const { signal } = await child.status;
  await tracer.status;
  await Promise.all([input.close().catch(() => {}), output.cancel(), told.cancel()]);
  return { said, signal, trace: await Deno.readTextFile(log) };
}

function scene(): Scratch {
  const scratch = new Scratch();
  for (const [user, name] of [["warm", "up"], ["alice", "x"]]) scratch.file(`${user}/${name}.top`);
  scratch.file("alice/x.use", OLD, 0o400);
  return scratch;
}

/** Clears away, and says whether the new file is there; nothing but the old one or the new one may be, whole. */
function isNew(scratch: Scratch, what: string): boolean {
  using store = scratch.open();
  const found = text(store.readUse(ALICE));
  assert(found === OLD || found === NEW, `${what}: ${found?.length} bytes are there`);
  assertEquals(places(store.list()).includes("alice/x +"), true, what);
  const left = scratch.tree().filter((name) => name.endsWith(".tmp"));
  assert(left.length <= 1 && left.every((name) => name.startsWith("alice/.x.use.")), `${left}`);
  for (const name of left) {
    assertEquals(Deno.lstatSync(scratch.at(name)).mode! & 0o077, 0, `${what}: others may read it`);
  }
  assertEquals(store.removeStale({ age: 0 }), left.length, what);
  assertEquals(
    scratch.tree().filter((name) => name.startsWith("alice")),
    ["alice", "alice/x.top", "alice/x.use"],
    what,
  );
  return found === NEW;
}

/** The call in a line of strace(1), by what it is about; nothing outside the directory. */
function showCall(line: string, path: string): string | undefined {
  const [, call, place = "", name = ""] = /(\w+)\(\d+<([^>]*)>(?:, "([^"]*)")?/.exec(line) ?? [];
  if (!place.startsWith(path)) return undefined;
  const below = place.slice(path.length + 1) || ".";
  // What is written is the content, not a name.
  const shown = call === "write" ? "" : name;
  return `${call} ${below} "${shown}"`.replaceAll(/[0-9a-f]{16}/g, "*");
}

Deno.test({
  name: "a publication that is killed at any system call leaves the old file or the new one" +
    (missing && ` (ignored: ${missing})`),
  ignore: missing !== "",
  async fn() {
    const killed: string[] = [];
    for (const call of CALLS) {
      for (let when = 1;; when++) {
        using scratch = scene();
        const inject = `inject=${call}:signal=SIGKILL:when=${when}`;
        const { said, signal, trace } = await publish(scratch, [
          ...["-e", `trace=${call}`],
          ...["-e", inject],
        ]);
        const what = `${call} ${when}`;
        if (signal === null) {
          assertEquals([said, isNew(scratch, what)], ["published\n", true]);
          break;
        }
        assertEquals([what, said === "published\n"], [what, said !== ""]);
        const last = trace.split("\n").findLast((line) => line.includes(`${call}(`)) ?? "";
        const now = isNew(scratch, what);
        const shown = showCall(last, scratch.path);
        if (shown !== undefined) killed.push(`${shown}: ${now ? "new" : "old"}`);
        assert(when < 50, `${call} does not end`);
      }
    }
    // The directory is on its way to the disk: another thread's first fsync, known by its path.
    using scratch = scene();
    const { signal } = await publish(scratch, [
      ...["-P", scratch.at("alice"), "-e", "trace=fsync"],
      ...["-e", "inject=fsync:signal=SIGKILL"],
    ]);
    assertEquals([signal, isNew(scratch, "fsync of the directory")], ["SIGKILL", true]);
    assertEquals(killed, [
      'openat . "alice": old',
      'openat alice ".x.use.*.tmp": old',
      'statx alice "": old',
      'statx alice "x.top": old',
      'statx alice/.x.use.*.tmp "": old',
      'statx alice "x.top": old',
      // By now it has its name.
      'statx alice "x.top": new',
      'statx . "alice": new',
      'statx alice "": new',
      'write alice/.x.use.*.tmp "": old',
      'fchmod alice/.x.use.*.tmp "": old',
      'fchown alice/.x.use.*.tmp "": old',
      'fsync alice/.x.use.*.tmp "": old',
      'renameat alice ".x.use.*.tmp": old',
      'close alice/x.use "": new',
      'close alice "": new',
    ]);
  },
});

Deno.test({
  name: "a publication whose system calls fail leaves the old file, or has the new one in place" +
    (missing && ` (ignored: ${missing})`),
  ignore: missing !== "",
  async fn() {
    const faults = [
      ["write", "ENOSPC", "No space left on device, free some"],
      ["write", "EDQUOT", "Disk quota exceeded, raise the quota"],
      ["fchmod", "EIO", "Input/output error"],
      ["fsync", "EIO", "Input/output error"],
      ["fsync", "ENOSPC", "No space left on device, free some"],
      ["renameat", "EROFS", "Read-only file system, mount it for writing"],
    ] as const;
    for (const [call, error, state] of faults) {
      using scratch = scene();
      // Of writes only the first, which is that to the new file: the process says things, too.
      const inject = `inject=${call}:error=${error}${call === "write" ? ":when=1" : ""}`;
      const { said } = await publish(scratch, ["-e", `trace=${call}`, "-e", inject]);
      assertEquals([call, said], [call, `Cannot write "alice/x.use": ${state}\n`]);
      assertEquals(scratch.tree().filter((name) => name.endsWith(".tmp")), [], call);
      assertEquals(isNew(scratch, call), false);
    }
    // The new file has its name, and only the directory may not be on the disk: that is said, too.
    using scratch = scene();
    const { said } = await publish(scratch, [
      ...["-P", scratch.at("alice"), "-e", "trace=fsync"],
      ...["-e", "inject=fsync:error=EIO"],
    ]);
    assertEquals(said, 'Cannot write "alice/x.use": Input/output error\n');
    assertEquals(isNew(scratch, "fsync of the directory"), true);
  },
});
