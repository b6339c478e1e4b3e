/** `bearer_token_env` as jobs see it: real processes. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { built, isRoot } from "../../build/built.ts";
import { type Outcome, run } from "../../build/probe.ts";
import { ended, isAlive } from "../../posix/alive.ts";
import { json, makeTokens } from "./folder.ts";

const PATH = "/usr/bin:/bin";
const SECRET = "eyJcanary.canary.canary";
const decoder = new TextDecoder();

/** Runs a command through it, from an environment with a directory of tokens. */
async function through(
  creds: string | undefined,
  args: readonly string[],
  more: { env?: Record<string, string>; stdin?: string; uid?: number } = {},
): Promise<Outcome> {
  const { env = {}, ...rest } = more;
  const variables = { PATH, ...(creds === undefined ? {} : { _CONDOR_CREDS: creds }), ...env };
  return await run(await built("bearer_token_env"), args, { env: variables, ...rest });
}

/** A command that runs until it is told to stop, and what it has printed so far. */
async function start(creds: string, script: string) {
  const child = new Deno.Command(await built("bearer_token_env"), {
    args: ["-interval", "0.02", "sh", "-c", script],
    clearEnv: true,
    env: { PATH, _CONDOR_CREDS: creds },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  let printed = "";
  return {
    pid: child.pid,
    kill: (signal: Deno.Signal) => child.kill(signal),
    /** Reads until the text is there. */
    async until(text: string): Promise<string> {
      while (!printed.includes(text)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`ended without ${text}: ${printed}`);
        printed += decoder.decode(value);
      }
      return printed;
    },
    async end() {
      while (!(await reader.read()).done);
      return await child.status;
    },
  };
}

/** The processes that keep a command's token, by its process id. */
function keepers(pid: number): number[] {
  const found: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = Deno.readTextFileSync(`/proc/${name}/cmdline`).split("\0");
      const at = words.indexOf("-keep");
      if (at > 0 && words[at + 1]!.startsWith(`${pid}:`)) found.push(Number(name));
    } catch {
      // It has ended.
    }
  }
  return found;
}

/** A field of proc_pid_stat(5), counted from 0. */
function statField(pid: number, index: number): string | undefined {
  const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[index - 2];
}

async function keeperOf(pid: number): Promise<number> {
  while (true) {
    const [keeper] = keepers(pid);
    if (keeper !== undefined) return keeper;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("bearer_token_env gives a command its bare token", async () => {
  using tokens = makeTokens({ "scitokens.use": json(SECRET) });
  const script =
    'echo "$BEARER_TOKEN_FILE"; cat "$BEARER_TOKEN_FILE"; stat -c %a "$BEARER_TOKEN_FILE"';
  const { code, stdout, stderr } = await through(tokens.path, ["sh", "-c", script]);
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout, `${tokens.path}/.scitokens.bt\n${SECRET}\n600\n`);
  assertEquals(tokens.names(), [".scitokens.bt", "scitokens.use"]);
  assertEquals(tokens.read("scitokens.use"), json(SECRET));
});

Deno.test("bearer_token_env hands arguments, input and outputs on as they are", async () => {
  using tokens = makeTokens({ "scitokens.use": SECRET });
  const words = ["a b", "", "-x", "--", "-token", "$HOME", "ä\n", "'\"\\", "*"];
  const print = 'for w; do printf "<%s>" "$w"; done; cat; echo err >&2';
  const { stdout, stderr } = await through(tokens.path, ["sh", "-c", print, "sh", ...words], {
    stdin: "from above",
  });
  assertEquals(stdout, `${words.map((word) => `<${word}>`).join("")}from above`);
  assertEquals(stderr, "err\n");
});

Deno.test("bearer_token_env works as a wrapper, which is given a path and arguments", async () => {
  using tokens = makeTokens({ "a.use": "of-a", "b.use": "of-b" });
  const script = ["/bin/sh", "-c", 'cat "$BEARER_TOKEN_FILE"'];
  const named = await through(tokens.path, script, { env: { BEARER_TOKEN_NAME: "b" } });
  assertEquals([named.stdout, named.stderr], ["of-b\n", ""]);
  const optional = await through(tokens.path, ["-token", "a", ...script], {
    env: { BEARER_TOKEN_NAME: "b" },
  });
  assertEquals(optional.stdout, "of-a\n");
});

Deno.test("bearer_token_env leaves a job without tokens wholly alone", async () => {
  const { code, stdout, stderr } = await through(undefined, ["env"], { env: { X: "1" } });
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout.trim().split("\n").sort(), [`PATH=${PATH}`, "X=1"]);
});

Deno.test("bearer_token_env leaves the environment to the command byte by byte", async () => {
  using tokens = makeTokens({ "scitokens.use": SECRET });
  const path = await built("bearer_token_env");
  // What the runtime would read for itself is the command's, and what is no text goes through.
  const script = `X=$(printf 'a\\377b'); exec env -i PATH=${PATH} X="$X" NODE_OPTIONS=--nonsense ` +
    `DENO_DIR=/mine RUST_LOG=x BEARER_TOKEN_FILE=/old BEARER_TOKEN_FILES=/stays ` +
    `_CONDOR_CREDS=${tokens.path} ${path} -token scitokens env -0`;
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
  const lines = new TextDecoder("latin1").decode(stdout).split("\0").filter((one) => one !== "");
  assertEquals(lines.map((one) => one.replace(tokens.path, "T")).sort(), [
    "BEARER_TOKEN_FILE=T/.scitokens.bt",
    "BEARER_TOKEN_FILES=/stays",
    "DENO_DIR=/mine",
    "NODE_OPTIONS=--nonsense",
    `PATH=${PATH}`,
    "RUST_LOG=x",
    "X=a\u00ffb",
    "_CONDOR_CREDS=T",
  ]);
});

Deno.test("bearer_token_env leaves process id, signal handling, limits and descriptors", async () => {
  using tokens = makeTokens({ "scitokens.use": SECRET });
  const path = await built("bearer_token_env");
  const show =
    "echo $$; ulimit -Sn; ulimit -Hn; ulimit -c; grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status;" +
    "cat <&7";
  // The same with and without it: HUP ignored as by nohup(1), a low limit, a descriptor of its own.
  const script = `trap '' HUP; ulimit -Sn 200; ulimit -c 0; echo seven > ${tokens.path}/seven;
    exec 7<${tokens.path}/seven; echo $$; exec "$@"`;
  const look = async (wrapper: readonly string[]) => {
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", `sh -c "$0" sh "$@"; :`, script, ...wrapper, "sh", "-c", show],
      env: { _CONDOR_CREDS: tokens.path },
    }).output();
    const [before, after, ...rest] = decoder.decode(stdout).trim().split("\n");
    assertEquals(before, after);
    // The two real-time signals that the C library keeps for itself are nobody's.
    return rest.map((line) => line.replace(/[0-9a-f]{8}([0-9a-f]{8})$/, "$1"));
  };
  const plain = await look([]);
  assertEquals(plain.length, 7);
  // The limit is taken from the process above, where this one was started with no other.
  assertEquals((await look([path])).slice(1), plain.slice(1));
});

Deno.test("bearer_token_env leaves SIGPIPE ignored where a shell or a daemon ignores it", async () => {
  using tokens = makeTokens({ "scitokens.use": SECRET });
  const path = await built("bearer_token_env");
  for (const [trap, expected] of [["trap '' PIPE", "1000"], [":", "0"]] as const) {
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", `${trap}; "$0" sh -c 'grep SigIgn /proc/self/status'; :`, path],
      env: { _CONDOR_CREDS: tokens.path },
    }).output();
    const ignored = /([0-9a-f]{8})\n$/.exec(decoder.decode(stdout))?.[1] ?? "";
    assertEquals((parseInt(ignored, 16) & 0x1000).toString(16), expected);
  }
});

Deno.test("bearer_token_env takes the file limit of the process that started it", async () => {
  using tokens = makeTokens({ "scitokens.use": SECRET });
  const path = await built("bearer_token_env");
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `ulimit -Sn 200; "$0" sh -c 'ulimit -Sn'; :`, path],
    env: { _CONDOR_CREDS: tokens.path },
  }).output();
  assertEquals(decoder.decode(stdout), "200\n");
});

Deno.test("bearer_token_env ends as the command does", async () => {
  using tokens = makeTokens({ "scitokens.use": SECRET });
  for (const code of [0, 1, 3, 125, 255]) {
    assertEquals((await through(tokens.path, ["sh", "-c", `exit ${code}`])).code, code);
  }
  const signals = ["SIGTERM", "SIGKILL", "SIGHUP", "SIGPIPE", "SIGSEGV", "SIGUSR1"] as const;
  for (const signal of signals) {
    const script = `ulimit -c 0; kill -${signal.slice(3)} $$`;
    assertEquals((await through(tokens.path, ["sh", "-c", script])).signal, signal);
  }
});

Deno.test("bearer_token_env says what cannot be started, and tells the starter", async () => {
  using tokens = makeTokens({ "scitokens.use": SECRET });
  const file = `${tokens.path}/error`;
  const env = { _CONDOR_WRAPPER_ERROR_FILE: file };
  const missing = await through(tokens.path, ["/no/such", "-x"], { env });
  assertEquals([missing.code, missing.stdout], [127, ""]);
  assertEquals(
    missing.stderr,
    'bearer_token_env: Cannot start "/no/such": No such file or directory\n',
  );
  assertEquals(tokens.read("error"), 'Cannot start "/no/such": No such file or directory\n');
  const refused = await through(tokens.path, ["/etc/passwd"]);
  assertEquals(refused.code, 126);
  assertMatch(
    refused.stderr,
    /^bearer_token_env: Cannot start "\/etc\/passwd": Permission denied\n$/,
  );
  assertEquals((await through(tokens.path, ["no-such-command"])).code, 127);
});

Deno.test("bearer_token_env refuses wrong usage in one line", async () => {
  for (
    const args of [[], ["-nonsense", "true"], ["-interval", "x", "true"], ["-interval=0", "a"]]
  ) {
    const { code, stdout, stderr } = await through(undefined, args);
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, /^bearer_token_env: [^\n]*\(see -help\)\n$/);
  }
});

const TROUBLES: readonly (readonly [string, Record<string, string>, readonly string[], RegExp])[] =
  [
    ["a token that is not there", {}, ["-token", "x"], /has no token "x"\n$/],
    ["several tokens", { "a.use": SECRET, "b.use": SECRET }, [], /the job has a, b: name one/],
    [
      "broken JSON",
      { "a.use": `{"access_token": "${SECRET}` },
      [],
      /Unable to parse token as JSON\n$/,
    ],
    [
      "a token over two lines",
      { "a.use": json(`${SECRET}\nx`) },
      [],
      /not one line of visible ASCII\n$/,
    ],
    ["a huge file", { "a.use": SECRET.repeat(50_000) }, [], /are more than 1048576\n$/],
  ];
for (const [what, files, args, message] of TROUBLES) {
  Deno.test(`bearer_token_env runs the command in spite of ${what}`, async () => {
    using tokens = makeTokens(files);
    const { code, stdout, stderr } = await through(tokens.path, [
      ...args,
      "sh",
      "-c",
      "echo ${BEARER_TOKEN_FILE-none}; exit 5",
    ]);
    assertEquals([code, stdout], [5, "none\n"]);
    assertMatch(stderr, /^bearer_token_env: The command runs, but it has no token: [^\n]*\n$/);
    assertMatch(stderr, message);
    assert(!stderr.includes("canary"), stderr);
  });
}

Deno.test("bearer_token_env runs the command when the directory is not there", async () => {
  const { code, stderr } = await through("/no/such/directory", ["sh", "-c", "exit 5"]);
  assertEquals(code, 5);
  assertMatch(stderr, /Cannot list "\/no\/such\/directory": it is not there\n$/);
});

Deno.test({
  name: `bearer_token_env runs the command when it cannot write there${
    isRoot() ? "" : " (needs root)"
  }`,
  ignore: !isRoot(),
  async fn() {
    using tokens = makeTokens({ "scitokens.use": json(SECRET) });
    Deno.chmodSync(`${tokens.path}/scitokens.use`, 0o644);
    const path = Deno.makeTempDirSync({ prefix: "pinion-job-" });
    try {
      Deno.chmodSync(path, 0o755);
      Deno.copyFileSync(await built("bearer_token_env"), `${path}/it`);
      Deno.chmodSync(`${path}/it`, 0o755);
      const { code, stdout, stderr } = await run(
        `${path}/it`,
        ["sh", "-c", "echo ${BEARER_TOKEN_FILE-none}; exit 5"],
        { env: { PATH, _CONDOR_CREDS: tokens.path }, uid: 65534 },
      );
      assertEquals([code, stdout], [5, "none\n"]);
      assertMatch(stderr, /Cannot write "[^"]*\/\.scitokens\.bt": Permission denied[^\n]*\n$/);
    } finally {
      Deno.removeSync(path, { recursive: true });
    }
  },
});

Deno.test("bearer_token_env says that a withdrawn token is empty, and leaves an empty file", async () => {
  using tokens = makeTokens({ "scitokens.use": json("") });
  const { code, stdout, stderr } = await through(tokens.path, [
    "sh",
    "-c",
    'stat -c %s "$BEARER_TOKEN_FILE"',
  ]);
  assertEquals([code, stdout], [0, "0\n"]);
  assertMatch(stderr, /its token may not last: the token "scitokens" is empty/);
});

Deno.test("bearer_token_env keeps the token fresh while the command runs, and then stops", async () => {
  using tokens = makeTokens({ "scitokens.use": json("one") });
  const job = await start(
    tokens.path,
    'last=; while :; do read t < "$BEARER_TOKEN_FILE"; [ "$t" = "$last" ] || echo "$t"; last=$t; done',
  );
  await job.until("one\n");
  const keeper = await keeperOf(job.pid);
  tokens.put("scitokens.use", json("two"));
  await job.until("two\n");
  tokens.put("scitokens.use", "three\n");
  assertEquals(await job.until("three\n"), "one\ntwo\nthree\n");
  // What is sent to the command's process group or session does not reach it.
  assert(isAlive(keeper));
  for (const field of [4, 5]) assert(statField(keeper, field) !== statField(job.pid, field));
  job.kill("SIGTERM");
  assertEquals((await job.end()).signal, "SIGTERM");
  await ended(keeper);
});

Deno.test("bearer_token_env leaves the command no child that it does not know", async () => {
  using tokens = makeTokens({ "scitokens.use": json("one") });
  const { stdout } = await through(tokens.path, [
    "sh",
    "-c",
    "cat /proc/$$/task/$$/children; echo; ls /proc/$$/task/$$/fd | wc -l",
  ]);
  // The only child is the program that looks.
  assertMatch(stdout, /^\d+ \n/);
});

Deno.test("bearer_token_env hands every signal on, also many at once", async () => {
  using tokens = makeTokens({ "scitokens.use": json("one") });
  const signals = ["HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "TSTP", "WINCH"] as const;
  const job = await start(
    tokens.path,
    `${signals.map((one) => `trap 'echo ${one}' ${one}`).join("; ")}
    trap 'n=$((n+1))' TERM; trap 'echo "terms $n"; exit 9' CONT; echo ready; while :; do sleep 0.01; done`,
  );
  await job.until("ready\n");
  for (const signal of signals) {
    job.kill(`SIG${signal}`);
    await job.until(`${signal}\n`);
  }
  const keeper = await keeperOf(job.pid);
  for (let i = 0; i < 500; i++) job.kill("SIGTERM");
  tokens.put("scitokens.use", json("two"));
  while (tokens.read(".scitokens.bt") !== "two\n") await new Promise((go) => setTimeout(go, 5));
  job.kill("SIGCONT");
  assertMatch(await job.until("terms "), /terms [1-9]/);
  assertEquals((await job.end()).code, 9);
  await ended(keeper);
});

Deno.test("bearer_token_env does not take the command down when it is killed beside it", async () => {
  using tokens = makeTokens({ "scitokens.use": json("one") });
  const job = await start(
    tokens.path,
    "trap 'exit 4' TERM; echo ready; while :; do sleep 0.01; done",
  );
  await job.until("ready\n");
  const keeper = await keeperOf(job.pid);
  Deno.kill(keeper, "SIGKILL");
  await ended(keeper);
  job.kill("SIGTERM");
  assertEquals((await job.end()).code, 4);
});

Deno.test("bearer_token_env shows no token in any process's arguments", async () => {
  using tokens = makeTokens({ "scitokens.use": json(SECRET) });
  const job = await start(
    tokens.path,
    "trap 'exit 4' TERM; echo ready; while :; do sleep 0.01; done",
  );
  await job.until("ready\n");
  const keeper = await keeperOf(job.pid);
  for (const pid of [job.pid, keeper]) {
    for (const file of ["cmdline", "environ"]) {
      assert(!Deno.readTextFileSync(`/proc/${pid}/${file}`).includes("canary"));
    }
  }
  job.kill("SIGTERM");
  await job.end();
  await ended(keeper);
});
