import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { LogFile, LogFileError, type LogFileOptions } from "../../core/log/log_file.ts";
import { available, missing, mountFullDisk } from "../servers/full_disk.ts";

/** A directory with a log in it. */
class Scene implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "pinion-log-" });
  readonly path = join(this.folder, "CredMonLog");
  now = new Date(2026, 10, 26, 12, 0, 0);

  open(options: Partial<LogFileOptions> = {}): LogFile {
    return LogFile.open(this.path, { limit: {}, keep: 1, now: () => this.now, ...options });
  }

  names(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name).toSorted();
  }

  read(name = "CredMonLog"): string {
    return Deno.readTextFileSync(join(this.folder, name));
  }

  plant(make: (path: string) => void): void {
    make(this.path);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

/** The code of the error, and that its message is one line that names the log. */
function refusal(scene: Scene): string {
  const error = assertThrows(() => scene.open(), LogFileError);
  assert(error.message.startsWith(`Cannot open log "${scene.path}": `), error.message);
  return error.code;
}

Deno.test("LogFile makes a log that all may read, whatever the umask", () => {
  using scene = new Scene();
  const umask = Deno.umask(0o077);
  try {
    using log = scene.open();
    log.write("a\n");
  } finally {
    Deno.umask(umask);
  }
  assertEquals(Deno.lstatSync(scene.path).mode! & 0o7777, 0o644);
  assertEquals(scene.read(), "a\n");
});

Deno.test("LogFile writes behind what is there, and leaves its mode", () => {
  using scene = new Scene();
  Deno.writeTextFileSync(scene.path, "old\n", { mode: 0o640 });
  using log = scene.open();
  log.write("new\n");
  assertEquals(scene.read(), "old\nnew\n");
  assertEquals(Deno.lstatSync(scene.path).mode! & 0o7777, 0o640);
});

Deno.test("LogFile follows no symbolic link", () => {
  using scene = new Scene();
  const target = join(scene.folder, "target");
  Deno.writeTextFileSync(target, "precious");
  scene.plant((path) => Deno.symlinkSync(target, path));
  assertEquals(refusal(scene), "ELOOP");
  Deno.removeSync(scene.path);
  scene.plant((path) => Deno.symlinkSync(join(scene.folder, "none"), path));
  assertEquals(refusal(scene), "ELOOP");
  assertEquals([scene.names(), scene.read("target")], [["CredMonLog", "target"], "precious"]);
});

Deno.test("LogFile writes to nothing but a regular file of one name", () => {
  using scene = new Scene();
  const target = join(scene.folder, "target");
  Deno.writeTextFileSync(target, "precious");
  const cases: readonly (readonly [string, (path: string) => void])[] = [
    ["EMLINK", (path) => Deno.linkSync(target, path)],
    ["EISDIR", (path) => Deno.mkdirSync(path)],
    ["ENXIO", (path) => new Deno.Command("mkfifo", { args: [path] }).outputSync()],
  ];
  for (const [code, make] of cases) {
    scene.plant(make);
    assertEquals(refusal(scene), code);
    Deno.removeSync(scene.path);
  }
  assertEquals(scene.read("target"), "precious");
});

Deno.test("LogFile says which directory is missing", () => {
  using scene = new Scene();
  const path = join(scene.folder, "none/log");
  const options = { limit: {}, keep: 1, now: () => scene.now };
  assertThrows(() => LogFile.open(path, options), LogFileError, "No such file or directory");
});

Deno.test("LogFile sets a log aside before it grows beyond its size", () => {
  using scene = new Scene();
  using log = scene.open({ limit: { bytes: 20 } });
  for (const line of ["one line 1\n", "line 2 x\n", "line 3\n", "l 4\n", "l 5\n", "l 6\n"]) {
    log.write(line);
  }
  assertEquals(scene.names(), ["CredMonLog", "CredMonLog.old"]);
  assertEquals([scene.read("CredMonLog.old"), scene.read()], [
    "one line 1\nline 2 x\n",
    "line 3\nl 4\nl 5\nl 6\n",
  ]);
  assertEquals(Deno.lstatSync(scene.path).mode! & 0o7777, 0o644);
  log.write("a line that alone is longer\n");
  assertEquals([scene.read("CredMonLog.old"), scene.read()], [
    "line 3\nl 4\nl 5\nl 6\n",
    "a line that alone is longer\n",
  ]);
});

Deno.test("LogFile keeps several logs by the time that each ended, and nothing else goes", () => {
  using scene = new Scene();
  for (const name of ["CredMonLog.2026", "CredMonLog.old", "Other.20200101T000000"]) {
    Deno.writeTextFileSync(join(scene.folder, name), "");
  }
  Deno.writeTextFileSync(join(scene.folder, "CredMonLog.20250101T000000"), "");
  using log = scene.open({ limit: { bytes: 5 }, keep: 2 });
  for (let i = 0; i < 4; i++) {
    scene.now = new Date(2026, 10, 26, 12, 0, i);
    log.write(`line${i}\n`);
  }
  assertEquals(scene.names(), [
    "CredMonLog",
    "CredMonLog.2026",
    "CredMonLog.20261126T120002",
    "CredMonLog.20261126T120003",
    "CredMonLog.old",
    "Other.20200101T000000",
  ]);
  assertEquals([scene.read("CredMonLog.20261126T120003"), scene.read()], ["line2\n", "line3\n"]);
});

Deno.test("LogFile sets a log aside when its time is over, also after a new start", () => {
  using scene = new Scene();
  const limit = { age: 86_400_000 };
  scene.now = new Date("2026-11-26T23:59:59Z");
  {
    using log = scene.open({ limit });
    log.write("first\n");
    log.write("second\n");
    Deno.utimeSync(scene.path, scene.now, scene.now);
  }
  scene.now = new Date("2026-11-27T00:00:01Z");
  using log = scene.open({ limit });
  log.write("third\n");
  log.write("fourth\n");
  assertEquals([scene.read("CredMonLog.old"), scene.read()], [
    "first\nsecond\n",
    "third\nfourth\n",
  ]);
});

Deno.test("LogFile writes on where it cannot set a log aside", () => {
  using scene = new Scene();
  Deno.mkdirSync(join(scene.folder, "CredMonLog.old/full"), { recursive: true });
  using log = scene.open({ limit: { bytes: 10 } });
  for (let i = 0; i < 5; i++) log.write(`line ${i}\n`);
  assertEquals(scene.read(), "line 0\nline 1\nline 2\nline 3\nline 4\n");
});

Deno.test("LogFile sets nothing aside that was put in its place", () => {
  using scene = new Scene();
  using log = scene.open({ limit: { bytes: 10 } });
  log.write("line 0\n");
  Deno.renameSync(scene.path, join(scene.folder, "moved"));
  Deno.writeTextFileSync(scene.path, "of somebody else\n");
  log.write("line 1\n");
  assertEquals([scene.names(), scene.read()], [
    ["CredMonLog", "moved"],
    "of somebody else\nline 1\n",
  ]);
});

Deno.test("reopen() follows the name once the file was moved or removed", () => {
  using scene = new Scene();
  using log = scene.open();
  log.write("one\n");
  log.reopen();
  log.write("two\n");
  Deno.renameSync(scene.path, join(scene.folder, "moved"));
  log.write("three\n");
  log.reopen();
  log.write("four\n");
  assertEquals([scene.read("moved"), scene.read()], ["one\ntwo\nthree\n", "four\n"]);
  Deno.removeSync(scene.path);
  log.reopen();
  log.write("five\n");
  assertEquals(scene.read(), "five\n");
});

Deno.test("reopen() stays with the old file where a link was planted", () => {
  using scene = new Scene();
  using log = scene.open();
  Deno.renameSync(scene.path, join(scene.folder, "moved"));
  Deno.writeTextFileSync(join(scene.folder, "target"), "precious");
  Deno.symlinkSync("target", scene.path);
  log.reopen();
  log.write("line\n");
  assertEquals([scene.read("moved"), scene.read("target")], ["line\n", "precious"]);
});

Deno.test({
  name: available
    ? "write() loses lines to a full disk, and says how many once there is room"
    : `write() loses lines to a full disk (needs ${missing})`,
  ignore: !available,
  async fn() {
    await using disk = await mountFullDisk({ size: 64 * 1024 });
    const path = join(disk.path, "log");
    using log = LogFile.open(path, { limit: {}, keep: 1, now: () => new Date() });
    Deno.writeFileSync(join(disk.path, "filler"), new Uint8Array((await disk.free()) - 4096));
    const line = (i: number) => `11/26/26 12:00:00 line ${i} ${"x".repeat(480)}\n`;
    for (let i = 0; i < 20; i++) log.write(line(i));
    Deno.removeSync(join(disk.path, "filler"));
    log.write(line(20));
    const lines = Deno.readTextFileSync(path).split("\n");
    const note = lines.findIndex((text) => text.includes("could not be written"));
    const whole = lines.slice(0, note).filter((text) =>
      text.length === line(9).length - 1 ||
      text.length === line(10).length - 1
    ).length;
    assertMatch(lines[note]!, /^11\/26\/26 12:00:00 WARNING: \d+ lines could not be written/);
    assertEquals(Number(/(\d+) lines/.exec(lines[note]!)![1]), 20 - whole);
    assertEquals(lines.slice(note + 1), [line(20).trimEnd(), ""]);
  },
});

Deno.test("configure() sets other bounds", () => {
  using scene = new Scene();
  using log = scene.open();
  log.write("line 0\n");
  log.configure({ limit: { bytes: 5 }, keep: 1, now: () => scene.now });
  log.write("line 1\n");
  assertEquals([scene.read("CredMonLog.old"), scene.read()], ["line 0\n", "line 1\n"]);
});
