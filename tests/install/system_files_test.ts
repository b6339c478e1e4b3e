import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { MARK } from "../../core/cli/is_pinion.ts";
import type { SystemSetup } from "../../core/cli/program.ts";
import { installSystem } from "../../core/install/system_files.ts";

const UNIT = "/usr/lib/systemd/system/x.service";
const DROP_IN = "/usr/lib/systemd/system/y.service.d/x.conf";
const CONFIG = "/etc/x/config.d/50x";
const SCRIPT = "/etc/x/end.sh";
const EXECUTABLE = "/usr/libexec/x/x-boot";

const SETUP: SystemSetup = {
  executable: EXECUTABLE,
  files: [
    { path: UNIT, mode: 0o644, text: "[Service]\n" },
    { path: DROP_IN, mode: 0o644, text: "[Unit]\n" },
    { path: CONFIG, mode: 0o644, text: "A = 1\n", isConfiguration: true },
    { path: SCRIPT, mode: 0o755, text: "#!/bin/sh\n", isConfiguration: true },
  ],
  next: [],
};

interface Image {
  readonly root: string;
  /** What became of each file, such as `written /etc/x`. */
  install(force?: boolean): Promise<string[]>;
  write(path: string, text: string, mode?: number): void;
  read(path: string): string;
  modeOf(path: string): string;
}

async function withImage(test: (image: Image) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pinion-test-" });
  const root = join(folder, "root");
  try {
    await Deno.mkdir(root);
    await Deno.writeTextFile(join(folder, "pinion"), `machine code\n// ${MARK}\n`, { mode: 0o755 });
    await test({
      root,
      async install(force = false) {
        const options = { executable: join(folder, "pinion"), root, force };
        const done = await Array.fromAsync(installSystem(SETUP, options));
        return done.map(({ path, how }) => `${how} ${path}`);
      },
      write(path, text, mode = 0o644) {
        Deno.mkdirSync(join(root, path, ".."), { recursive: true });
        Deno.writeTextFileSync(join(root, path), text);
        Deno.chmodSync(join(root, path), mode);
      },
      read: (path) => Deno.readTextFileSync(join(root, path)),
      modeOf: (path) => (Deno.statSync(join(root, path)).mode! & 0o7777).toString(8),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** All that is in an image. */
function paths(dir: string): string[] {
  return Array.from(Deno.readDirSync(dir)).flatMap((entry) => {
    const here = join(dir, entry.name);
    return entry.isDirectory ? paths(here) : [here];
  });
}

Deno.test("installSystem() puts executable and files into an empty image, units last", () =>
  withImage(async ({ root, install, modeOf, read }) => {
    const before = Deno.umask(0o077);
    try {
      assertEquals(await install(), [
        `linked ${EXECUTABLE}`,
        `written ${CONFIG}`,
        `written ${SCRIPT}`,
        `written ${UNIT}`,
        `written ${DROP_IN}`,
      ]);
    } finally {
      Deno.umask(before);
    }
    assertEquals(
      [EXECUTABLE, CONFIG, SCRIPT, UNIT, "/usr/libexec", "/etc/x/config.d"].map(modeOf),
      [
        "755",
        "644",
        "755",
        "644",
        "755",
        "755",
      ],
    );
    assertEquals(read(CONFIG), "A = 1\n");
    assertEquals(paths(root).length, 5);
  }));

Deno.test("installSystem() changes nothing when it is run again", () =>
  withImage(async ({ install }) => {
    await install();
    assertEquals((await install()).map((line) => line.split(" ")[0]), [
      "linked",
      ...Array(4).fill("unchanged"),
    ]);
  }));

Deno.test("installSystem() keeps settings that were changed, unless it is told otherwise", () =>
  withImage(async ({ install, write, read, modeOf }) => {
    write(CONFIG, "A = 2\n");
    write(SCRIPT, "#!/bin/sh\n", 0o644);
    write(UNIT, "[Service]\n# of an older release\n");
    const kept = await install();
    assertEquals(kept.filter((line) => line.startsWith("kept")), [`kept ${CONFIG}`]);
    assertEquals([read(CONFIG), read(UNIT), modeOf(SCRIPT)], ["A = 2\n", "[Service]\n", "755"]);
    assert((await install(true)).includes(`written ${CONFIG}`));
    assertEquals(read(CONFIG), "A = 1\n");
  }));

Deno.test("installSystem() keeps an administrator's link, and follows none", () =>
  withImage(async ({ root, install, write, read }) => {
    write("/outside", "stays");
    write(`${CONFIG}.old`, "");
    await Deno.symlink(join(root, "outside"), join(root, CONFIG));
    await Deno.mkdir(join(root, "usr/lib/systemd/system"), { recursive: true });
    await Deno.symlink(join(root, "outside"), join(root, UNIT));
    assert((await install()).includes(`kept ${CONFIG}`));
    assert((await Deno.lstat(join(root, UNIT))).isFile);
    await install(true);
    assertEquals([read("/outside"), read(CONFIG)], ["stays", "A = 1\n"]);
  }));

Deno.test("installSystem() goes into no directory that is a link", async () => {
  for (const link of ["etc", "etc/x", "usr/libexec", "usr/lib"]) {
    await withImage(async ({ root, install }) => {
      await Deno.mkdir(join(root, "elsewhere"));
      await Deno.mkdir(join(root, link, ".."), { recursive: true });
      await Deno.symlink(join(root, "elsewhere"), join(root, link));
      await assertRejects(() => install(), Error, "it is no directory, or a symbolic link");
      assertEquals([...Deno.readDirSync(join(root, "elsewhere"))], []);
    });
  }
});

Deno.test("installSystem() replaces another program only when it is told to, and nothing before", () =>
  withImage(async ({ root, install, write }) => {
    write(EXECUTABLE, "#!/bin/bash\n", 0o755);
    await assertRejects(() => install(), Error, "another program is there");
    assertEquals(paths(root).length, 1);
    assertEquals((await install(true))[0], `linked ${EXECUTABLE}`);
  }));

Deno.test("installSystem() puts units where an old system looks for them", async () => {
  await withImage(async ({ root, install }) => {
    await Deno.mkdir(join(root, "lib/systemd/system"), { recursive: true });
    assertEquals((await install()).slice(-2), [
      "written /lib/systemd/system/x.service",
      "written /lib/systemd/system/y.service.d/x.conf",
    ]);
  });
  await withImage(async ({ root, install }) => {
    await Deno.mkdir(join(root, "usr/lib/systemd/system"), { recursive: true });
    await Deno.mkdir(join(root, "lib/systemd/system"), { recursive: true });
    assertEquals((await install()).at(-2), `written ${UNIT}`);
  });
  await withImage(async ({ root, install }) => {
    await Deno.mkdir(join(root, "usr/lib"), { recursive: true });
    await Deno.symlink("usr/lib", join(root, "lib"));
    assertEquals((await install()).at(-2), `written ${UNIT}`);
  });
});

Deno.test("installSystem() says what is in the way", () =>
  withImage(async ({ root, install }) => {
    await Deno.mkdir(join(root, CONFIG), { recursive: true });
    await assertRejects(() => install(), Error, "it is a directory");
    await Deno.remove(root, { recursive: true });
    await assertRejects(() => install(), Error, "it is no directory");
  }));
