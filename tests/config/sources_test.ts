import { assertEquals, assertRejects } from "@std/assert";
import {
  ConfigError,
  configSources,
  ConfigWatch,
  readWatchedConfig,
} from "../../core/config/mod.ts";
import type { Run } from "../../core/config/mod.ts";

/** What `condor_config_val -config -verbose LOCAL_CONFIG_DIR` of 25.14.1 prints. */
const LISTED = "\t/c\n\t/inc with blank\n\techo D=1 |\n\t/d/y\n\t/missing\n" +
  "LOCAL_CONFIG_DIR = /d, /none\n # at: /c, line 1\n # raw: LOCAL_CONFIG_DIR = /d, /none\n\n";
const HEADINGS = "Configuration source:\nLocal configuration sources:\n";

function tool(stdout: string, stderr = HEADINGS) {
  const calls: (readonly string[])[] = [];
  const run: Run = (_, args) => {
    calls.push(args);
    return Promise.resolve({ stdout, stderr: args.includes("-config") ? stderr : "" });
  };
  return { calls, options: { environment: {}, subsystem: "CREDMON_OAUTH", tool: { run } } };
}

/** A configuration on disk, all of it older than a watch cares about. */
class Scene implements Disposable {
  readonly path = Deno.makeTempDirSync();
  now = Date.UTC(2026, 0, 1);

  constructor() {
    Deno.mkdirSync(`${this.path}/d`);
    this.write("c", `LOCAL_CONFIG_DIR = ${this.path}/d\nLOCAL_CONFIG_FILE = ${this.path}/local\n`);
    this.write("d/a", `include ifexist : ${this.path}/inc\n`);
    Deno.writeTextFileSync(`${this.path}/local`, "");
    this.#age();
  }

  /** Writes a file whose time is now, or a time of its own. */
  write(name: string, text: string, time = this.now - 60_000): void {
    Deno.writeTextFileSync(`${this.path}/${name}`, text);
    Deno.utimeSync(`${this.path}/${name}`, new Date(time), new Date(time));
  }

  get options() {
    const environment = { CONDOR_CONFIG: `${this.path}/c` };
    return { environment, tool: false as const, now: () => this.now };
  }

  watch(): Promise<ConfigWatch> {
    this.#age();
    return ConfigWatch.start(this.options);
  }

  #age(): void {
    const before = new Date(this.now - 60_000);
    for (const name of ["d", "c", "d/a", "local"]) {
      Deno.utimeSync(`${this.path}/${name}`, before, before);
    }
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

Deno.test("configSources() takes files, folders and what is not there from HTCondor's tool", async () => {
  const { calls, options } = tool(LISTED);
  assertEquals(await configSources(options), {
    paths: ["/c", "/inc with blank", "/d/y", "/missing", "/d", "/none"],
    unsteady: true,
  });
  assertEquals(calls, [
    ["-subsystem", "CREDMON_OAUTH", "-config", "-verbose", "LOCAL_CONFIG_DIR"],
  ]);
});

Deno.test("configSources() reports what HTCondor's tool complains of, and no warnings", async () => {
  const bad = tool("", `${HEADINGS}Configuration Error Line 2 while reading /c\n`);
  await assertRejects(() => configSources(bad.options), ConfigError, "Error Line 2");
  const careful = `${HEADINGS}Not defined: LOCAL_CONFIG_DIR\nConfig source Warning "/x": careful\n`;
  const { paths } = await configSources(tool("\t/c\n", careful).options);
  assertEquals(paths, ["/c"]);
});

Deno.test("configSources() names all that the reader looks for", async () => {
  using scene = new Scene();
  const { paths, unsteady } = await configSources(scene.options);
  const found = paths.map((path) => path.replace(scene.path, ""));
  assertEquals([found.toSorted(), unsteady], [["/c", "/d", "/d/a", "/inc", "/local"], false]);
});

Deno.test("changed() stays false while nothing changes", async () => {
  using scene = new Scene();
  const watch = await scene.watch();
  assertEquals([watch.changed(), watch.changed()], [false, false]);
});

const CHANGES: readonly (readonly [string, (scene: Scene) => void])[] = [
  ["another size", (scene) => scene.write("d/a", "X = 1\n")],
  ["another time", (scene) => scene.write("local", "", scene.now + 5000)],
  ["a new file in the folder", (scene) => scene.write("d/b", "")],
  ["a file that was not there", (scene) => scene.write("inc", "")],
  ["a file less", (scene) => Deno.removeSync(`${scene.path}/local`)],
  ["another file of the same time and size", (scene) => {
    scene.write("new", Deno.readTextFileSync(`${scene.path}/c`));
    Deno.renameSync(`${scene.path}/new`, `${scene.path}/c`);
  }],
];

for (const [name, change] of CHANGES) {
  Deno.test(`changed() notices ${name}`, async () => {
    using scene = new Scene();
    const watch = await scene.watch();
    change(scene);
    assertEquals(watch.changed(), true);
  });
}

Deno.test("changed() is true where a change may have been missed", async () => {
  using scene = new Scene();
  for (const [before, unsure] of [[0, true], [1900, true], [2100, false], [-5000, true]] as const) {
    await scene.watch();
    scene.write("local", "", scene.now - before);
    const watch = await ConfigWatch.start(scene.options);
    assertEquals([before, watch.changed()], [before, unsure]);
  }
  const { options } = tool(LISTED);
  const asked = await ConfigWatch.start({ ...options, now: () => scene.now });
  assertEquals(asked.changed(), true, "what a program prints");
});

Deno.test("with() watches further files", async () => {
  using scene = new Scene();
  scene.write("key", "one");
  const watch = (await scene.watch()).with([`${scene.path}/key`, `${scene.path}/none`]);
  assertEquals(watch.changed(), false);
  scene.write("key", "other");
  assertEquals(watch.changed(), true);
  scene.write("key", "new", scene.now);
  assertEquals((await scene.watch()).with([`${scene.path}/key`]).changed(), true, "just written");
  const late = await scene.watch();
  scene.write("d/a", "");
  assertEquals(late.with([]).changed(), true, "what changed before");
});

Deno.test("readWatchedConfig() reads settings and watches where they come from", async () => {
  using scene = new Scene();
  const knobs = { LOCAL_CONFIG_DIR: { type: "path", text: "" } } as const;
  await scene.watch();
  const { config, watch } = await readWatchedConfig(knobs, scene.options);
  assertEquals([config.get("LOCAL_CONFIG_DIR"), watch.changed()], [`${scene.path}/d`, false]);
  scene.write("d/b", "");
  assertEquals(watch.changed(), true);
  scene.write("d/b", "X = 1", scene.now);
  assertEquals(
    (await readWatchedConfig(knobs, scene.options)).watch.changed(),
    true,
    "just written",
  );
  const asked = tool(LISTED);
  const { watch: other } = await readWatchedConfig(knobs, {
    ...asked.options,
    now: () => scene.now,
  });
  assertEquals([asked.calls.length, other.changed()], [2, true]);
});
