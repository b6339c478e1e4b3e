import { assert, assertEquals, assertThrows } from "@std/assert";
import { become, initialEnvironment, startOf } from "../../core/posix/exec.ts";
import { PosixError } from "../../core/posix/error.ts";

Deno.test("startOf() tells processes apart, also those that had the same number", async () => {
  const own = startOf(Deno.pid);
  assertEquals(own !== undefined && /^\d+$/.test(own), true);
  const child = new Deno.Command("sleep", { args: ["100"] }).spawn();
  const started = startOf(child.pid);
  assert(started !== undefined && Number(started) >= Number(own));
  assertEquals(startOf(child.pid), started);
  child.kill();
  await child.status;
  assertEquals(startOf(child.pid), undefined);
});

Deno.test("startOf() knows that a process has ended which nobody has waited for", async () => {
  const script = "sleep 0 & echo $!; exec sleep 100";
  const parent = new Deno.Command("sh", { args: ["-c", script], stdout: "piped" }).spawn();
  const reader = parent.stdout.getReader();
  const { value } = await reader.read();
  const pid = Number(new TextDecoder().decode(value));
  while (startOf(pid) !== undefined) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(Deno.statSync(`/proc/${pid}`).isDirectory, true);
  parent.kill();
  await parent.status;
  await reader.cancel();
});

Deno.test("startOf() reads names that try to look like fields", async () => {
  const folder = await Deno.makeTempDir({ prefix: "pinion-exec-" });
  try {
    const path = `${folder}/a) Z 1 2 3`;
    await Deno.copyFile("/bin/sleep", path);
    await Deno.chmod(path, 0o755);
    const child = new Deno.Command(path, { args: ["100"] }).spawn();
    assert(startOf(child.pid) !== undefined);
    child.kill();
    await child.status;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("initialEnvironment() is what this process was started with", () => {
  const texts = initialEnvironment()!.map((one) => new TextDecoder("latin1").decode(one));
  const read = new TextDecoder("latin1").decode(Deno.readFileSync("/proc/self/environ"));
  assertEquals(texts.map((text) => `${text}\0`).join(""), read);
  Deno.env.set("PINION_EXEC_TEST", "1");
  assertEquals(initialEnvironment()!.length, texts.length);
  Deno.env.delete("PINION_EXEC_TEST");
});

Deno.test("become() throws what is wrong, and the process goes on", () => {
  const cases = [["/no/such", "ENOENT"], ["no-such-command", "ENOENT"], ["/", "EACCES"]] as const;
  for (const [program, code] of cases) {
    assertEquals(assertThrows(() => become([program], []), PosixError).code, code);
  }
  assertEquals(assertThrows(() => become(["/bin/true", "a\0b"], []), PosixError).code, "EINVAL");
  assertThrows(() => become([], []), PosixError);
});

Deno.test("become() leaves a process that goes on as it was", () => {
  const state = () => {
    const ignored = /^SigIgn:.*$/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[0];
    const files = /^Max open files.*$/m.exec(Deno.readTextFileSync("/proc/self/limits"))?.[0];
    return [ignored, files];
  };
  const before = state();
  // SIGPIPE is the thirteenth.
  assertEquals(Number.parseInt(before[0]!.slice(-4), 16) & 0x1000, 0x1000);
  assertThrows(() => become(["/no/such"], []), PosixError);
  assertEquals(state(), before);
});
