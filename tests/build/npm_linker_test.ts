import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { injectedEnvironment, probe, run, show } from "./probe.ts";

Deno.test("a linked executable hands arguments on unchanged", async () => {
  await using executable = await probe({ env: true });
  const args = [
    "",
    " ",
    "a b",
    "--",
    "--version",
    "-A",
    "--allow-all",
    "ü€𝄞",
    '"',
    "'",
    "\\",
    "\n",
  ];
  assertEquals((await show(executable.path, args)).args, args);
  assertEquals((await show(executable.path, [])).args, []);
  const many = Array.from({ length: 5000 }, (_, i) => `argument ${i}`);
  assertEquals((await show(executable.path, many)).args, many);
});

Deno.test("a linked executable hands the environment on, and hides the runtime's", async () => {
  await using executable = await probe({ env: true });
  const own = { A: "1", EMPTY: "", DENO: "x", https_proxy: "http://p:1", SSL_CERT_FILE: "/c" };
  const kept = { DENO_CERT: "/c.pem", NODE_EXTRA_CA_CERTS: "/dev/null" };
  const hidden = { DENO_V8_FLAGS: "--help", NODE_OPTIONS: "--require=x", OTEL_DENO: "true" };
  const { env } = await show(executable.path, [], { env: { ...own, ...kept, ...hidden } });
  const injected = injectedEnvironment();
  assertEquals(env, { ...own, ...kept, ...injected });
});

Deno.test("a linked executable knows the name it was started under", async (t) => {
  await using executable = await probe({ env: true });
  const { folder, path } = executable;
  await Deno.link(path, join(folder, "hard"));
  await Deno.symlink(path, join(folder, "soft"));
  await Deno.symlink("soft", join(folder, "box_plugin.py"));
  await Deno.mkdir(join(folder, "sub"));
  for (const name of ["hard", "soft", "box_plugin.py", "sub/../hard"]) {
    await t.step(name, async () => {
      const absolute = join(folder, name);
      assertEquals((await show(absolute, [])).name, absolute);
      const relative = `./${name}`;
      const { stdout } = await run("/bin/sh", ["-c", `${relative} show`], { cwd: folder });
      assertEquals((JSON.parse(stdout) as { name: string }).name, relative);
    });
  }
  await t.step("found by PATH", async () => {
    const { stdout } = await run("/bin/sh", ["-c", "hard show"], { env: { PATH: folder } });
    assertEquals((JSON.parse(stdout) as { name: string }).name, "hard");
  });
});

Deno.test("a linked executable ends with the role's exit status", async () => {
  await using executable = await probe({});
  for (const status of [0, 1, 2, 255]) {
    assertEquals((await run(executable.path, ["exit", `${status}`])).code, status);
  }
});

Deno.test("a linked executable reports an error in one line", async () => {
  await using executable = await probe({ env: true });
  const { code, stdout, stderr } = await run(executable.path, ["fail"]);
  assertEquals([code, stdout, stderr], [1, "", "probe: Cannot do it: two lines\n"]);
  const lost = await run(executable.path, ["lose"]);
  assertEquals([lost.code, lost.stdout, lost.stderr], [
    1,
    "",
    "probe: Cannot do it: nobody waits\n",
  ]);
  const traced = await run(executable.path, ["fail"], { env: { PINION_STACK: "1" } });
  assertStringIncludes(traced.stderr, "at ");
});

Deno.test("a linked executable reads standard input to its end", async () => {
  await using executable = await probe({});
  const text = "line\n".repeat(100_000);
  const { code, stdout } = await run(executable.path, ["echo"], { stdin: text });
  assertEquals(code, 0);
  assert(stdout === text);
});

Deno.test("a linked executable dies of SIGTERM unless the role listens", async () => {
  await using executable = await probe({});
  for (
    const [command, code, signal] of [["wait", 143, "SIGTERM"], ["interrupt", 7, null]] as const
  ) {
    const child = new Deno.Command(executable.path, {
      args: [command],
      clearEnv: true,
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill("SIGTERM");
    await reader.cancel();
    const status = await child.status;
    assertEquals([status.code, status.signal], [code, signal]);
  }
});

Deno.test("a linked executable has the modules of node:", async () => {
  await using executable = await probe({});
  const { stdout } = await run(executable.path, ["hash", "abc"]);
  assertEquals(stdout, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

Deno.test("linking twice gives the same bytes", async () => {
  await using one = await probe({ read: true, env: true });
  await using two = await probe({ read: true, env: true });
  const [a, b] = await Promise.all([Deno.readFile(one.path), Deno.readFile(two.path)]);
  assertEquals(a.length, b.length);
  assert(a.every((byte, i) => byte === b[i]));
});

Deno.test("a linked executable names no folder of the machine that built it", async () => {
  await using executable = await probe({});
  const file = await Deno.readFile(executable.path);
  const program = new TextDecoder("latin1").decode(file.subarray(-(1 << 20)));
  assert(program.includes("probe"));
  assert(!program.includes(import.meta.dirname ?? "?"));
  assert(!program.includes("pinion-bundle-"));
});
