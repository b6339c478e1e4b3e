import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  HIDDEN_VARIABLES,
  INJECTED_VARIABLES,
  KEPT_VARIABLES,
} from "../../scripts/build/environment.ts";
import { DENO_PACKAGES } from "../../scripts/build/pin.ts";
import { findDeno } from "../../scripts/build/base.ts";
import { hostTarget, isRoot } from "./built.ts";
import { injectedEnvironment, probe, run, show } from "./probe.ts";

const NOBODY = 65534;

// What would happen to `deno run` itself is what each of these was chosen for.
const HOSTILE: readonly (readonly [string, (folder: string) => string])[] = [
  ["DENO_V8_FLAGS", () => "--help"],
  ["DENO_COVERAGE_DIR", (folder) => join(folder, "made")],
  ["DENO_AUDIT_PERMISSIONS", (folder) => join(folder, "made")],
  ["DENO_PERMISSION_BROKER_PATH", (folder) => join(folder, "made")],
  ["DENO_UNSTABLE_CONTROL_SOCK", (folder) => `unix:${join(folder, "made")}`],
  ["DENO_TRACE_PERMISSIONS", () => "1"],
  ["DENO_DIR", (folder) => join(folder, "made")],
  ["DENO_CONDITIONS", () => "development"],
  ["DENO_COMPAT", () => "1"],
  ["DENO_AUTO_SERVE", () => "1"],
  ["DENO_SERVE_ADDRESS", () => "tcp:127.0.0.1:1"],
  ["DENO_LOG", () => "trace"],
  ["DENO_INTERNAL_CHILD_ENTRYPOINT", () => "data:,x"],
  ["NODE_OPTIONS", (folder) => `--require=${join(folder, "evil.cjs")} --inspect`],
  ["NODE_V8_COVERAGE", (folder) => join(folder, "made")],
  ["NODE_CHANNEL_FD", () => "1"],
  ["NODE_TLS_REJECT_UNAUTHORIZED", () => "0"],
  ["NODE_DEBUG", () => "*"],
  ["OTEL_DENO", () => "true"],
  ["RUST_LOG", () => "trace"],
  ["RUST_MIN_STACK", () => "1"],
  ["TOKIO_WORKER_THREADS", () => "0"],
  ["SSLKEYLOGFILE", (folder) => join(folder, "made")],
  ["ICU_DATA", (folder) => folder],
];

Deno.test("no inherited variable changes what an executable does or leaves behind", async (t) => {
  await using executable = await probe({ env: true, read: true });
  const { path, folder } = executable;
  await Deno.writeTextFile(join(folder, "evil.cjs"), "console.log('evil')");
  const injected = injectedEnvironment();
  const plain = await run(path, ["run", "/bin/true"], { cwd: folder });
  for (const [name, value] of HOSTILE) {
    await t.step(name, async () => {
      const env = { [name]: value(folder) };
      assertEquals(await run(path, ["run", "/bin/true"], { cwd: folder, env }), plain);
      const seen = (await show(path, [], { env })).env[name];
      assertEquals(seen, injected[name]);
      const files = Array.from(Deno.readDirSync(folder), (entry) => entry.name).toSorted();
      assertEquals(files, ["evil.cjs", "probe"]);
    });
  }
});

Deno.test("every variable that the runtime's help names is hidden, kept or left on purpose", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["--help"],
    env: { NO_COLOR: "1" },
  }).output();
  const help = new TextDecoder().decode(stdout);
  const names = [...help.matchAll(/^ {2}([A-Z][A-Z0-9_]+) /gm)].map(([, name]) => name ?? "");
  assert(names.length > 20);
  // Proxies are the user's; colours concern no program of ours; no package is ever loaded.
  const left = /^(HTTPS?_PROXY|NO_PROXY|NO_COLOR|FORCE_COLOR|NPM_CONFIG_REGISTRY)$/;
  const handled = [...HIDDEN_VARIABLES, ...KEPT_VARIABLES, ...INJECTED_VARIABLES];
  const open = names.filter((name) =>
    !left.test(name) && !handled.some((start) => `${name}=`.startsWith(start))
  );
  assertEquals(open, []);
});

Deno.test("files of the directory it is started in change nothing", async () => {
  await using executable = await probe({ env: true });
  const { path, folder } = executable;
  const plain = await show(path, ["x"], { cwd: folder });
  await Deno.writeTextFile(join(folder, "deno.json"), '{"imports":');
  await Deno.writeTextFile(join(folder, "package.json"), '{"type":');
  await Deno.writeTextFile(join(folder, "deno.lock"), "{");
  await Deno.writeTextFile(join(folder, ".npmrc"), "registry=http://127.0.0.1:1\n[[[");
  await Deno.writeTextFile(join(folder, ".env"), "EVIL=1");
  await Deno.mkdir(join(folder, "node_modules"));
  const env = { HOME: folder };
  const there = await show(path, ["x"], { cwd: folder, env });
  assertEquals(there, { ...plain, env: { ...plain.env, ...env } });
});

Deno.test({
  name: isRoot()
    ? "nothing is written, with HOME unset or in it, by an unprivileged user"
    : "nothing is written, with HOME unset or in it",
  async fn() {
    await using executable = await probe({ env: true });
    const { path, folder } = executable;
    const home = join(folder, "home");
    await Deno.mkdir(home);
    await Deno.chmod(home, 0o777);
    const uid = isRoot() ? NOBODY : undefined;
    for (const env of [{}, { HOME: home, XDG_CACHE_HOME: home, TMPDIR: home }]) {
      await show(path, [], { cwd: home, env, ...(uid === undefined ? {} : { uid }) });
      assertEquals([...Deno.readDirSync(home)], []);
    }
  },
});

Deno.test({
  name: isRoot()
    ? "an executable runs where nothing can be written"
    : "an executable runs where nothing can be written (ignored: needs root for a mount)",
  ignore: !isRoot(),
  async fn() {
    await using executable = await probe({ env: true });
    const script = "mount -o remount,ro,bind / 2>/dev/null || mount --bind / / && " +
      'mount -o remount,ro,bind / && ! touch "$1/x" 2>/dev/null && exec "$1/probe" show';
    const { code, stdout, stderr } = await run(
      "/usr/bin/unshare",
      ["--mount", "/bin/sh", "-c", script, "sh", executable.folder],
      { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } },
    );
    assertEquals([code, stderr], [0, ""]);
    assert(stdout.startsWith("{"));
  },
});

Deno.test("the pinned deno for this platform is found, and has the pinned hash", async () => {
  const path = await findDeno(hostTarget());
  assert((await Deno.stat(path)).size > 50e6);
  assert(Object.keys(DENO_PACKAGES).includes(hostTarget()));
});
