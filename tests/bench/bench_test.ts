/** What `deno task bench` says where it cannot measure. */
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";

const SCRIPT = fromFileUrl(new URL("../../scripts/bench.ts", import.meta.url));

async function bench(args: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", SCRIPT, ...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test("bench says what is missing, and fails", async () => {
  const { code, stdout, stderr } = await bench([], { PINION_POOL_ROOT: "/nowhere/at/all" });
  assertEquals(code, 1);
  assertEquals(stdout, "");
  const state = Deno.uid() === 0 ? `no pool root at "/nowhere/at/all"` : "needs root";
  assertEquals(
    stderr.split("; ")[0]?.trim(),
    `bench: Cannot measure without the pool root: ${state} (deno task pool root makes it)`,
  );
});

Deno.test("bench makes nothing of an annex without a pool root", async () => {
  const above = await Deno.makeTempDir({ prefix: "pinion-bench-" });
  try {
    const { code, stderr } = await bench(["annex"], { PINION_POOL_ROOT: `${above}/root` });
    assertEquals(code, 1);
    const state = Deno.uid() === 0 ? `no pool root at "${above}/root"` : "needs root";
    assertEquals(
      stderr.trim(),
      `bench: Cannot measure without the pool root: ${state} (deno task pool root makes it)`,
    );
    assertEquals(await Array.fromAsync(Deno.readDir(above)), []);
  } finally {
    await Deno.remove(above, { recursive: true });
  }
});

Deno.test("bench refuses a case or a group that is not there, and a number that is none", async () => {
  const unknown = await bench(["-case", "tiny"]);
  assertEquals([unknown.code, unknown.stderr], [1, 'bench: Cannot measure "tiny": no such case\n']);
  const group = await bench(["upload"]);
  assertEquals(
    group.stderr,
    'bench: Cannot measure "upload": neither transfer nor cleanup nor credentials nor annex\n',
  );
  const none = await bench(["-runs", "0"]);
  assertEquals([none.code, none.stderr], [1, 'bench: Cannot run "0" times\n']);
});
