import { assertEquals, assertThrows } from "@std/assert";
import { PosixError } from "../../core/posix/error.ts";
import { libc } from "../../core/posix/libc.ts";
import { keepDescriptors, unblockSignals } from "../../core/posix/process.ts";
import { spawn, type SpawnOptions } from "../../core/posix/spawn.ts";
import { ended, isAlive } from "./alive.ts";

const encoder = new TextEncoder();
const PATH = "/usr/bin:/bin";

/** Runs a shell script and returns its wait status and what it wrote. */
async function sh(script: string, ...args: (string | Uint8Array)[]) {
  return await run(["/bin/sh", "-c", script, "sh", ...args]);
}

async function run(argv: (string | Uint8Array)[], options: Partial<SpawnOptions> = {}) {
  let written = "";
  const decoder = new TextDecoder("latin1");
  const child = spawn({
    argv: argv.map((word) => typeof word === "string" ? encoder.encode(word) : word),
    environment: { PATH },
    stdout: (bytes) => void (written += decoder.decode(bytes)),
    ...options,
  });
  return { status: await child.status, written };
}

Deno.test("spawn() gives the raw wait status", async () => {
  assertEquals((await sh("exit 0")).status, 0);
  assertEquals((await sh("exit 3")).status, 768);
  assertEquals((await sh("exit 126")).status, 126 << 8);
  assertEquals((await sh("kill -KILL $$")).status, 9);
  assertEquals((await sh("kill -TERM $$")).status, 15);
});

Deno.test("spawn() keeps both outputs in the order they were written", async () => {
  const script = "i=0; while [ $i -lt 50 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done";
  const lines = Array.from({ length: 50 }, (_, i) => `o${i}\ne${i}\n`).join("");
  assertEquals(await sh(script), { status: 0, written: lines });
});

Deno.test("spawn() keeps the outputs apart when asked to", async () => {
  let errors = "";
  const stderr = (bytes: Uint8Array) => void (errors += new TextDecoder().decode(bytes));
  const script = "echo out; echo err >&2; exec >&-; echo more >&2";
  const { written } = await run(["/bin/sh", "-c", script], { stderr });
  assertEquals([written, errors], ["out\n", "err\nmore\n"]);
});

Deno.test("spawn() passes arguments byte by byte", async () => {
  const words = [
    Uint8Array.of(0xff, 0xfe, 0x20, 0x0a),
    encoder.encode(""),
    encoder.encode("a\\b'\"$(id)\t"),
    Uint8Array.from({ length: 255 }, (_, i) => i + 1),
  ];
  const { written } = await sh(`for word; do printf '%s' "$word" | od -An -v -tx1; done`, ...words);
  assertEquals(written.replace(/\s/g, ""), words.map((word) => word.toHex()).join(""));
});

Deno.test("spawn() gives exactly the environment it is told, and an empty input", async () => {
  const environment = { A: "1", B: "", C: "é x=y" };
  const { written } = await run(["/usr/bin/env"], { environment });
  assertEquals(
    Object.fromEntries(
      new TextDecoder().decode(latin1(written)).trim().split("\n").map(
        (line) => line.split(/=(.*)/s).slice(0, 2),
      ),
    ),
    environment,
  );
  assertEquals((await sh("readlink /proc/self/fd/0; cat")).written, "/dev/null\n");
});

Deno.test("spawn() hands on no descriptor but the three", async () => {
  // What the shell that started the tests handed to them.
  keepDescriptors();
  using _file = await Deno.open("/dev/null");
  // One more is the listing itself.
  assertEquals((await sh("ls /proc/self/fd")).written, "0\n1\n2\n3\n");
});

Deno.test("spawn() starts programs with all signals unblocked and at their defaults", async () => {
  const SIG_BLOCK = 0;
  const everything = new Uint8Array(128).fill(0xff);
  assertEquals(libc().pthread_sigmask(SIG_BLOCK, everything, null), 0);
  // The runtime ignores SIGPIPE for itself.
  // No shell: some unblock signals themselves.
  const { written } = await run(["/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]);
  unblockSignals();
  assertEquals(written.replace(/\s+/g, " "), "SigBlk: 0000000000000000 SigIgn: 0000000000000000 ");
});

Deno.test("spawn() makes the program leader of its own session", async () => {
  const [pid, group, session] = (await sh("echo $(ps -o pid=,pgid=,sid= -p $$)")).written.split(
    " ",
  );
  assertEquals(pid, group);
  assertEquals(pid, session?.trim());
});

Deno.test("spawn() throws the kernel's error", () => {
  const file = Deno.makeTempFileSync();
  try {
    const errorOf = (...argv: string[]) =>
      assertThrows(
        () =>
          spawn({
            argv: argv.map((word) => encoder.encode(word)),
            environment: {},
            stdout: () => {},
          }),
        PosixError,
        "Cannot start",
      ).number;
    assertEquals(errorOf("/nonexistent/program"), 2);
    assertEquals(errorOf(file), 13);
    Deno.chmodSync(file, 0o755);
    Deno.writeTextFileSync(file, "echo no interpreter\n");
    assertEquals(errorOf(file), 8);
    Deno.writeTextFileSync(file, "#!/nonexistent/interpreter\n");
    assertEquals(errorOf(file), 2);
    assertEquals(errorOf("/bin/true", "x".repeat(200_000)), 7);
    assertEquals(errorOf("/bin/true", "a\0b"), 22);
  } finally {
    Deno.removeSync(file);
  }
});

Deno.test("spawn() leaves no descriptor open", async () => {
  const count = () => [...Deno.readDirSync("/proc/self/fd")].length;
  await sh("exit 0");
  const before = count();
  for (let i = 0; i < 20; i++) {
    await sh("echo x");
    assertThrows(() => spawn({ argv: [encoder.encode("/")], environment: {}, stdout() {} }));
  }
  assertEquals(count(), before);
});

Deno.test("status waits for the process, not for the end of its outputs", async () => {
  const { status, written } = await sh("sleep 30 & echo $!");
  assertEquals(status, 0);
  Deno.kill(Number(written), "SIGKILL");
});

Deno.test("status waits for a process that closed its outputs", async () => {
  assertEquals((await sh("exec >&- 2>&-; sleep 0.1; exit 4")).status, 4 << 8);
});

Deno.test("status comes with everything written before the end", async () => {
  const { written } = await sh("head -c 1000000 /dev/zero; sleep 30 & echo $!");
  assertEquals(written.length > 1_000_000, true);
  Deno.kill(Number(written.slice(1_000_000)), "SIGKILL");
});

Deno.test("status comes with more than an ordinary pipe holds", async () => {
  const F_SETPIPE_SZ = 1031;
  const script = [
    "import fcntl, os, subprocess, sys",
    `fcntl.fcntl(1, ${F_SETPIPE_SZ}, 1 << 20)`,
    'child = subprocess.Popen(["sleep", "30"])',
    'os.write(1, b"x" * 900_000 + b"%d" % child.pid)',
    'open(sys.argv[1], "w").write(str(os.getpid()))',
  ].join("\n");
  const file = Deno.makeTempFileSync();
  let written = "";
  const child = spawn({
    argv: ["/usr/bin/python3", "-c", script, file].map((word) => encoder.encode(word)),
    environment: { PATH },
    stdout: (bytes) => void (written += new TextDecoder().decode(bytes)),
  });
  // Nothing is read before the process has ended: the event loop waits here.
  let pid = 0;
  while (pid === 0 || isAlive(pid)) pid ||= Number(Deno.readTextFileSync(file));
  Deno.removeSync(file);
  assertEquals(await child.status, 0);
  assertEquals(written.lastIndexOf("x"), 899_999);
  Deno.kill(Number(written.slice(900_000)), "SIGKILL");
});

Deno.test("status comes although somebody left behind keeps writing", async () => {
  const { status, written } = await sh("exec 3>&1; yes >&3 & echo $! >&3");
  assertEquals(status, 0);
  Deno.kill(Number(/\d+/.exec(written)?.[0]), "SIGKILL");
});

Deno.test("killGroup() kills what the program started too", async () => {
  const { promise: started, resolve } = Promise.withResolvers<string>();
  const child = spawn({
    argv: ["/bin/sh", "-c", "trap '' TERM INT; sleep 30 & echo $!; wait"].map((word) =>
      encoder.encode(word)
    ),
    environment: { PATH },
    stdout: (bytes) => resolve(new TextDecoder().decode(bytes)),
  });
  const grandchild = await started;
  child.killGroup();
  assertEquals(await child.status, 9);
  await ended(Number(grandchild));
});

Deno.test("killGroup() leaves alone what a program that has ended left behind", async () => {
  let written = "";
  const child = spawn({
    argv: ["/bin/sh", "-c", "sleep 30 & echo $!"].map((word) => encoder.encode(word)),
    environment: { PATH },
    stdout: (bytes) => void (written += new TextDecoder().decode(bytes)),
  });
  await child.status;
  child.killGroup();
  await sh("exit 0");
  assertEquals(isAlive(Number(written)), true);
  Deno.kill(Number(written), "SIGKILL");
});

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
