import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  freePort,
  joinMissing,
  missingPackages,
  readLog,
  startServer,
  urlHost,
} from "./process.ts";

/** Answers nothing, but says that it is ready and who it and its child are. */
const SLEEPER = ["/bin/sh", "-c", 'trap "" TERM; sleep 1000 & echo $$ $! >ready; wait; wait'];

function isAlive(pid: number): boolean {
  try {
    // A zombie is not alive: it only waits to be noticed.
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

/** Waits, for at most two seconds, until `isOver` is true: a kill takes effect a moment later. */
async function settle(isOver: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let poll = 0; poll < 400 && !await isOver(); poll++) {
    await new Promise((wake) => setTimeout(wake, 5));
  }
  return await isOver();
}

async function readPids(dir: string): Promise<number[]> {
  const [pids] = await readLog(join(dir, "ready"), {
    parse: (line) => line.split(" ").map(Number),
    isEnough: (entries) => entries.length > 0,
  });
  return pids ?? [];
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

Deno.test("startServer() ends even a program that ignores signals, and removes its files", async () => {
  const plan = { name: "sleeper", hostname: "127.0.0.1", readyFile: "ready" };
  const leftover = await Deno.makeTempFile();
  let pids: number[] = [];
  let dir = "";
  {
    const leftovers = () => leftover;
    await using server = await startServer({ ...plan, leftovers, prepare: () => SLEEPER });
    ({ dir } = server);
    pids = await readPids(dir);
    assertEquals(pids.map(isAlive), [true, true]);
  }
  assertEquals(await settle(() => !pids.some(isAlive)), true);
  assertEquals([await exists(dir), await exists(leftover)], [false, false]);
});

Deno.test("startServer() tries other ports, then fails with the program's own words", async () => {
  const ports: number[] = [];
  const dirs: string[] = [];
  const plan = {
    name: "failing",
    hostname: "127.0.0.1",
    ports: 2,
    prepare: (dir: string, given: readonly number[]) => {
      dirs.push(dir);
      ports.push(...given);
      return ["/bin/sh", "-c", "echo cannot bind >&2; exit 1"];
    },
  };
  const error = await assertRejects(() => startServer(plan), Error);
  assertMatch(error.message, /^Cannot start failing: cannot bind/);
  assertEquals(ports.length, 8);
  for (const dir of dirs) assertEquals(await exists(dir), false);
});

Deno.test("startServer() leaves nothing when the test process is killed", async () => {
  const module = new URL("./process.ts", import.meta.url).href;
  const script = `
    import { startServer } from ${JSON.stringify(module)};
    const plan = { name: "orphan", hostname: "127.0.0.1", readyFile: "ready" };
    const prepare = () => ${JSON.stringify(SLEEPER)};
    const server = await startServer({ ...plan, prepare });
    console.log(server.dir);
  `;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, script);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", config, file],
    stdout: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const dir = ((await lines.read()).value ?? "").trim();
  const pids = await readPids(dir);
  child.kill("SIGKILL");
  await child.status;
  await lines.cancel();
  // The keeper notices by itself; nobody is left to be told.
  assertEquals(await settle(async () => !pids.some(isAlive) && !await exists(dir)), true);
  await Deno.remove(file);
});

Deno.test("readLog() waits for whole lines", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "one\ntw");
  let reads = 0;
  const entries = await readLog(path, {
    parse: (line) => line,
    isEnough: (lines) => {
      if (++reads === 1) Deno.writeTextFileSync(path, "one\ntwo\n");
      return lines.length === 2;
    },
  });
  assertEquals([entries, reads], [["one", "two"], 2]);
  await Deno.remove(path);
});

Deno.test("missingPackages() and joinMissing() name what is not there, urlHost() brackets IPv6", () => {
  assertEquals(missingPackages({ a: "/bin/sh", b: "/none", c: "/" }), "package b, package c");
  assertEquals(joinMissing("", "a", "b, a"), "a, b");
  assertEquals([urlHost("::1"), urlHost("127.0.0.1")], ["[::1]", "127.0.0.1"]);
});

Deno.test("freePort() gives ports that can be listened on", () => {
  using listener = Deno.listen({ hostname: "::1", port: freePort("::1") });
  assertEquals(listener.addr.transport, "tcp");
});
