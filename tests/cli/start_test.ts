import { assertEquals, assertMatch } from "@std/assert";

const START = new URL("../../core/cli/start.ts", import.meta.url).href;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** Runs a role whose `main` has this body in a process of its own, without any permission. */
async function start(body: string, env: Readonly<Record<string, string>> = {}) {
  const source = `import { startRole } from "${START}";
    await startRole({
      program: { name: "sample", version: "1", summary: "", usage: [], options: [],
        description: [], exitStatus: [] },
      permissions: {},
      async main(args) { ${body} },
    });`;
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(script, source);
    const output = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--allow-env=PINION_STACK",
        `--config=${CONFIG}`,
        script,
        "a",
        "b",
      ],
      env: { NO_COLOR: "1", ...env },
    }).output();
    const decoder = new TextDecoder();
    const [stdout, stderr] = [decoder.decode(output.stdout), decoder.decode(output.stderr)];
    return { code: output.code, stdout, stderr };
  } finally {
    await Deno.remove(script);
  }
}

Deno.test("startRole() passes the arguments and exits with the role's status", async () => {
  const body = `Deno.stdout.writeSync(new TextEncoder().encode(args.join())); return 7;`;
  assertEquals(await start(body), { code: 7, stdout: "a,b", stderr: "" });
});

const THROWN: readonly (readonly [string, string])[] = [
  [`throw new Error("Cannot do\\n  it")`, "sample: Cannot do it\n"],
  [`throw new Error('sample: unknown option "-x"')`, `sample: unknown option "-x"\n`],
  [`throw "text"`, "sample: text\n"],
  [`throw new Error("GET https://u:p@h/x?sig=1")`, "sample: GET https://h/x?...\n"],
  [
    `Promise.reject(new Error("lost")); await new Promise(() => setInterval(() => {}, 1e6))`,
    "sample: lost\n",
  ],
  [
    `setTimeout(() => { throw new Error("late") }); await new Promise(() => setInterval(() => {}, 1e6))`,
    "sample: late\n",
  ],
];
for (const [body, stderr] of THROWN) {
  Deno.test(`startRole() reports ${body.slice(0, 50)} in one line`, async () => {
    assertEquals(await start(body), { code: 1, stdout: "", stderr });
  });
}

Deno.test("startRole() shows the stack when asked, without secrets", async () => {
  const { stderr } = await start(`throw new Error("token=abc")`, { PINION_STACK: "1" });
  assertMatch(stderr, /^sample: token=\.\.\.\nError: token=\.\.\.\n {4}at /);
});
