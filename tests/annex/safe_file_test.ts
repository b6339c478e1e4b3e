import { assertEquals, assertRejects } from "@std/assert";
import { AnnexError } from "../../core/annex/errors.ts";
import type { AnnexHost } from "../../core/annex/host.ts";
import { takeLock } from "../../core/annex/lock.ts";
import { checkDirectory, readOwnFile, replaceFile } from "../../core/annex/safe_file.ts";
import { missing, mountFullDisk } from "../servers/full_disk.ts";
import { TestClock, TestHost } from "./test_host.ts";

const PATH = "/etc/condor/config.d/49x.config";

const namesIn = (host: TestHost, dir: string) =>
  [...Deno.readDirSync(host.root + dir)].map(({ name }) => name).sort();
const modeOf = (host: TestHost, path: string) =>
  (Deno.lstatSync(host.root + path).mode! & 0o7777).toString(8);

Deno.test("replaceFile() writes a file with its mode and leaves nothing else", async () => {
  using host = new TestHost();
  for (
    const [content, mode] of [["a\n", 0o644], ["b\n", 0o600], [new Uint8Array(), 0o755]] as const
  ) {
    await replaceFile(host, PATH, { content, mode });
    assertEquals(host.read(PATH), typeof content === "string" ? content : "");
    assertEquals(modeOf(host, PATH), mode.toString(8));
  }
  assertEquals(namesIn(host, "/etc/condor/config.d"), ["49x.config"]);
});

Deno.test("replaceFile() gives its mode whatever the umask is", async () => {
  using host = new TestHost();
  const before = Deno.umask(0o077);
  try {
    await replaceFile(host, PATH, { content: "a", mode: 0o644 });
  } finally {
    Deno.umask(before);
  }
  assertEquals(modeOf(host, PATH), "644");
});

Deno.test("replaceFile() replaces a symbolic link and leaves what it points at alone", async () => {
  using host = new TestHost({ files: { "/etc/other": "other" } });
  Deno.symlinkSync(`${host.root}/etc/other`, host.root + PATH);
  await replaceFile(host, PATH, { content: "new", mode: 0o644 });
  assertEquals([host.read("/etc/other"), host.read(PATH)], ["other", "new"]);
  assertEquals(Deno.lstatSync(host.root + PATH).isFile, true);
});

Deno.test("replaceFile() keeps the old file when it cannot be replaced", async () => {
  using host = new TestHost();
  host.makeDir(`${PATH}/sub`);
  await assertRejects(() => replaceFile(host, PATH, { content: "new", mode: 0o644 }));
  assertEquals(namesIn(host, "/etc/condor/config.d"), ["49x.config"]);
});

Deno.test({
  name: "replaceFile() names the file where the disk is full, and keeps the old one" +
    (missing && ` (ignored: no ${missing})`),
  ignore: missing !== "",
  async fn() {
    await using disk = await mountFullDisk({ size: 16 * 4096 });
    await Deno.chmod(disk.path, 0o755);
    const host = { root: disk.path, clock: new TestClock() } as unknown as AnnexHost;
    await Deno.mkdir(`${disk.path}/etc`, { mode: 0o755 });
    await replaceFile(host, "/etc/a", { content: "old", mode: 0o600 });
    await Deno.writeFile(`${disk.path}/filler`, new Uint8Array(await disk.free()));
    const error = await assertRejects(
      () => replaceFile(host, "/etc/a", { content: "new".repeat(4096), mode: 0o644 }),
      AnnexError,
      'Cannot write "/etc/a": no space left on device',
    );
    assertEquals([error.code, error.retryable], ["write-failed", false]);
    assertEquals(await Deno.readTextFile(`${disk.path}/etc/a`), "old");
    assertEquals([...Deno.readDirSync(`${disk.path}/etc`)].length, 1);
  },
});

Deno.test("replaceFile() writes into no directory that others could have changed", async () => {
  for (
    const [spoil, state] of [
      [(dir: string) => Deno.chmodSync(dir, 0o777), "its mode is 0777"],
      [(dir: string) => {
        Deno.renameSync(dir, `${dir}.real`);
        Deno.symlinkSync(`${dir}.real`, dir);
      }, "it is no directory"],
    ] as const
  ) {
    using host = new TestHost();
    spoil(`${host.root}/etc/condor`);
    const error = await assertRejects(
      () => replaceFile(host, PATH, { content: "x", mode: 0o644 }),
      AnnexError,
      `Cannot use directory "/etc/condor": ${state}`,
    );
    assertEquals(error.code, "unsafe-path");
  }
});

Deno.test("checkDirectory() takes a sticky directory, and fails where one is missing", async () => {
  using host = new TestHost();
  Deno.chmodSync(`${host.root}/run`, 0o1777);
  await checkDirectory(host, "/run");
  await assertRejects(() => checkDirectory(host, "/run/none"), Deno.errors.NotFound);
});

Deno.test("readOwnFile() reads what is there, up to its limit", async () => {
  using host = new TestHost({ files: { "/etc/a": "12345" } });
  assertEquals(await readOwnFile(host, "/etc/a", 5), "12345");
  assertEquals(await readOwnFile(host, "/etc/none", 5), undefined);
  assertEquals(await readOwnFile(host, "/none/none", 5), undefined);
  const error = await assertRejects(() => readOwnFile(host, "/etc/a", 4), AnnexError, "5 bytes");
  assertEquals(error.code, "unsafe-file");
});

Deno.test("readOwnFile() does not wait for a FIFO", async () => {
  using host = new TestHost();
  new Deno.Command("/usr/bin/mkfifo", { args: [`${host.root}/etc/fifo`] }).outputSync();
  await assertRejects(() => readOwnFile(host, "/etc/fifo", 4), AnnexError, "no regular file");
});

Deno.test("readOwnFile() and takeLock() tell others than root that they may not", async () => {
  using host = new TestHost({ files: { "/run/condor-annex.lock": "" } });
  const { lstat, open } = Deno;
  Deno.lstat = (path) =>
    String(path).endsWith("/state.json")
      ? Promise.reject(new Deno.errors.PermissionDenied(`os error 13: lstat '${path}'`))
      : lstat(path);
  Deno.open = (_, options) =>
    Promise.reject(
      options?.createNew
        ? new Deno.errors.AlreadyExists("os error 17")
        : new Deno.errors.PermissionDenied("os error 13"),
    );
  try {
    await assertRejects(
      () => readOwnFile(host, "/var/lib/condor-annex/state.json", 9),
      Deno.errors.PermissionDenied,
      'Cannot read "/var/lib/condor-annex/state.json": only root may',
    );
    await assertRejects(
      () => takeLock(host),
      Deno.errors.PermissionDenied,
      'Cannot lock "/run/condor-annex.lock": only root may',
    );
  } finally {
    Object.assign(Deno, { lstat, open });
  }
});
