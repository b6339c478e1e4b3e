import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { describePermissions, permissionFlags } from "../../scripts/build/flags.ts";
import { link, probe, run } from "./probe.ts";
import { role as multi } from "./testdata/multi.ts";
import { role as free } from "./testdata/multi_free.ts";

Deno.test("permissionFlags() grants what is asked and never prompts", () => {
  assertEquals(permissionFlags({}), ["--no-prompt"]);
  assertEquals(permissionFlags({ read: true, net: true, run: [], sys: ["hostname", "uid"] }), [
    "--allow-read",
    "--allow-net",
    "--allow-sys=hostname,uid",
    "--no-prompt",
  ]);
  assertEquals(permissionFlags({ write: true, env: true, run: ["a", "b"] }), [
    "--allow-write",
    "--allow-env",
    "--allow-run=a,b",
    "--no-prompt",
  ]);
  assertEquals(permissionFlags({ ffi: true, run: true }), [
    "--allow-ffi",
    "--allow-run",
    "--no-prompt",
  ]);
});

Deno.test("describePermissions() names them in words", () => {
  assertEquals(describePermissions({}), "nothing");
  assertEquals(describePermissions({ read: true, run: ["x"], sys: [] }), "read, run x");
  assertEquals(describePermissions({ ffi: true, run: true }), "ffi, run");
});

Deno.test("a role without a permission cannot use it, and one with it can", async (t) => {
  await using weak = await probe({});
  await using strong = await probe({
    net: true,
    read: true,
    write: true,
    ffi: true,
    run: ["/bin/true"],
  });
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closed = listener.accept().then((connection) => connection.close());
  const file = `${strong.folder}/written`;
  const cases = [
    ["run", ["run", "/bin/true"]],
    ["net", ["connect", `${listener.addr.port}`]],
    ["write", ["write", file]],
    ["read", ["read", file]],
    ["ffi", ["ffi"]],
  ] as const;
  for (const [name, args] of cases) {
    await t.step(name, async () => {
      const refused = await run(weak.path, args, { stdin: "A\nA\n" });
      assertEquals([refused.code, refused.stdout], [1, ""]);
      assertMatch(refused.stderr, new RegExp(`^probe: Requires ${name} access[^\\n]*\\n$`));
      const allowed = await run(strong.path, args);
      assertEquals([allowed.code, allowed.stderr], [0, ""]);
    });
  }
  await t.step("run, for another program", async () => {
    const refused = await run(strong.path, ["run", "/bin/false"]);
    assertMatch(refused.stderr, /^probe: Requires run access to "\/bin\/false"/);
  });
  await t.step("run, for any program", async () => {
    await using free = await probe({ run: true });
    for (const program of ["/bin/true", "/bin/false"]) {
      const allowed = await run(free.path, ["run", program]);
      assertEquals([allowed.code, allowed.stderr], [0, ""]);
    }
  });
  await closed;
});

Deno.test("only a role that is allowed everything reaches files of the system's own", async () => {
  await using usual = await probe({ read: true });
  await using unconfined = await probe({ all: true });
  assertEquals(permissionFlags({ all: true, read: true }), ["--allow-all", "--no-prompt"]);
  assertEquals(describePermissions({ all: true }), "everything");
  const refused = await run(usual.path, ["read", "/proc/self/comm"]);
  assertMatch(refused.stderr, /^probe: Requires all access to "\/proc\/self\/comm"/);
  assertEquals((await run(unconfined.path, ["read", "/proc/self/comm"])).code, 0);
});

Deno.test("the multi-call executable gives up what the picked role does not need", async (t) => {
  const path = fromFileUrl(new URL("testdata/multi.ts", import.meta.url));
  await using linked = await link({ path, role: multi });
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closed = listener.accept().then((connection) => connection.close());
  const file = `${linked.folder}/written`;
  const cases = [
    ["run", ["run", "/bin/true"]],
    ["net", ["connect", `${listener.addr.port}`]],
    ["write", ["write", file]],
    ["read", ["read", file]],
    ["ffi", ["ffi"]],
  ] as const;
  for (const [name, args] of cases) {
    await t.step(name, async () => {
      const refused = await run(linked.path, ["weak", ...args]);
      assertEquals(refused.code, 1);
      assertMatch(refused.stderr, new RegExp(`Requires ${name} access`));
      const allowed = await run(linked.path, ["strong", ...args]);
      assertEquals([allowed.code, allowed.stderr], [0, ""]);
    });
  }
  await t.step("run, for one program of two", async () => {
    const allowed = await run(linked.path, ["runner", "run", "/bin/true"]);
    assertEquals([allowed.code, allowed.stderr], [0, ""]);
    const refused = await run(linked.path, ["runner", "run", "/bin/false"]);
    assertMatch(refused.stderr, /Requires run access/);
  });
  await closed;
});

Deno.test("the multi-call executable gives up starting any program, or keeps it whole", async () => {
  const path = fromFileUrl(new URL("testdata/multi_free.ts", import.meta.url));
  await using linked = await link({ path, role: free });
  for (const [role, code] of [["weak", 1], ["runner", 0], ["free", 0]] as const) {
    const outcome = await run(linked.path, [role, "run", "/bin/false"]);
    assertEquals([role, outcome.code], [role, code]);
  }
  assertMatch((await run(linked.path, ["weak", "run", "/bin/true"])).stderr, /Requires run access/);
});
