/** How boots are watched, and what is said of them. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import {
  type Ended,
  endText,
  lookAtBoot,
  type Patience,
  STOPPED,
  watched,
} from "../../scripts/bench/annex_run.ts";

const LOG = "/etc/condor/config.d/49ec2-instance.config";
const CONFIGURATION = "/etc/condor/config.d/00ec2-dynamic.config";

/** Runs a shell script under the watcher, with `$1` its log. */
async function watch(script: string, patience: Omit<Patience, "log">) {
  const folder = await Deno.makeTempDir({ prefix: "pinion-bench-" });
  const log = join(folder, "log");
  try {
    const [program, ...args] = watched(["sh", "-c", script, "sh", log], { log, ...patience });
    const { code, stdout } = await new Deno.Command(program!, { args, stdin: "null" }).output();
    return { code, text: new TextDecoder().decode(stdout) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function isAlive(pid: string): boolean {
  try {
    return !/\) [ZX]/.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}

Deno.test("watched() leaves a program that ends its exit status and its output", async () => {
  assertEquals(await watch("echo done; exit 3", { waiting: 100, any: 100 }), {
    code: 3,
    text: "done\n",
  });
});

Deno.test("watched() stops a program that waits, with the commands that it waits by", async () => {
  const script = `sleep 60 >/dev/null 2>&1 & echo $!
echo "# ... failed, sleeping for 4 seconds." >"$1"
wait; echo "more"`;
  const { code, text } = await watch(script, { waiting: -1, any: 100 });
  assertEquals(code, STOPPED);
  assertMatch(text, /^\d+\n$/);
  // The kernel may take a moment to end it.
  const deadline = performance.now() + 10_000;
  while (isAlive(text.trim())) {
    assert(performance.now() < deadline, "the command that it waited by goes on");
    await new Promise((wake) => setTimeout(wake, 5));
  }
});

Deno.test("watched() stops a program that says nothing only after the longer time", async () => {
  assertEquals((await watch("exec sleep 1000", { waiting: -1, any: -1 })).code, STOPPED);
  assertEquals((await watch("sleep 0.2", { waiting: -1, any: 100 })).code, 0);
});

/** What is said of an instance with these files. */
function look(ended: Ended, files: Readonly<Record<string, string>>) {
  const machine = { read: (path: string) => Promise.resolve(files[path] ?? "") };
  return lookAtBoot({ machine, annexName: "mine", ended });
}

Deno.test("lookAtBoot() wants the right annex, a good exit status, and the power on", async () => {
  const mine = { [CONFIGURATION]: 'X = 1\nAnnexName = "mine"\n' };
  const theirs = { [CONFIGURATION]: 'AnnexName = "theirs"\n' };
  const off = { "/var/log/power-off": "-h now\n" };
  const [good, bad] = [{ code: 0, seconds: 1.26 }, { code: 1, seconds: 0.5 }];
  const cases: [Ended, Record<string, string>, boolean, string][] = [
    [good, mine, true, "exit status 0 after 1.3 s, configured"],
    [bad, mine, false, "exit status 1 after 0.5 s, configured"],
    [good, theirs, false, 'exit status 0 after 1.3 s, configured as "theirs"'],
    [good, {}, false, "exit status 0 after 1.3 s, not configured"],
    [bad, off, false, "exit status 1 after 0.5 s, not configured, switched off"],
    [good, { ...mine, ...off }, false, "exit status 0 after 1.3 s, configured, switched off"],
  ];
  for (const [ended, files, isGood, text] of cases) {
    assertEquals(await look(ended, files), { good: isGood, text });
  }
});

Deno.test("lookAtBoot() says what a program that was stopped waited for", async () => {
  const stopped = { code: undefined, seconds: 20.9 };
  const steps = "# getClientToken()\n# ... failed, sleeping for 4 seconds.\n";
  const cases: [string, string][] = [
    ["", ""],
    [steps, ", in `getClientToken`"],
    [`${steps}# downloadFromRoles() ...\n`, ", in `downloadFromRoles`"],
    [
      `${steps}# Failed to download s3://bucket/config-my.tar.gz...\n# downloadFromRoles() ...\n`,
      ", for `config-my.tar.gz`",
    ],
  ];
  for (const [log, text] of cases) {
    const files = { [LOG]: log, [CONFIGURATION]: 'AnnexName = "mine"\n' };
    assertEquals(await look(stopped, files), {
      good: false,
      text: `still waiting after 20 s${text}`,
    });
  }
});

Deno.test("endText() tells an exit status from a wait", () => {
  assertEquals(endText({ code: 0, seconds: 3.04 }), "exit status 0 after 3.0 s");
  assertEquals(endText({ code: undefined, seconds: 20.04 }), "still waiting after 20 s");
});
