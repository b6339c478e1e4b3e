import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { installArchive } from "../../../core/annex/archive/install.ts";
import type { InstalledFile } from "../../../core/annex/contracts.ts";
import { AnnexError } from "../../../core/annex/errors.ts";
import { readJournal } from "../../../core/annex/journal.ts";
import { TestHost } from "../test_host.ts";
import { type Entry, gzip, tar } from "./tar.ts";

const ETC = "/etc/condor";

const ARCHIVE: readonly Entry[] = [
  { name: "config.d/" },
  { name: "config.d/00ec2-dynamic.config", content: "IsAnnex = TRUE\n" },
  { name: "tokens.d/", mode: 0o755 },
  { name: "tokens.d/a.user@h", mode: 0o644, content: "token" },
  { name: "passwords.d/", mode: 0o755 },
  { name: "passwords.d/POOL", mode: 0o666, content: "password" },
  { name: "extra/script", mode: 0o755, content: "#!/bin/sh\n" },
];

/** Puts an archive where a download leaves it. */
async function incoming(host: TestHost, entries: readonly Entry[]): Promise<string> {
  const path = "/var/lib/condor-annex/incoming.tar.gz";
  host.write(path, await gzip(tar(entries)), 0o600);
  Deno.chmodSync(`${host.root}/var/lib/condor-annex`, 0o700);
  return host.root + path;
}

async function install(
  host: TestHost,
  entries: readonly Entry[],
  before: readonly InstalledFile[] = [],
) {
  return await installArchive(host, await incoming(host, entries), before);
}

/** Every file and directory below a place: path, mode and, of files, content. */
function tree(host: TestHost, path = ETC): string[] {
  return Array.from(Deno.readDirSync(host.root + path)).flatMap((entry) => {
    const here = `${path}/${entry.name}`;
    const mode = (Deno.lstatSync(host.root + here).mode! & 0o7777).toString(8);
    if (entry.isSymlink) return [`${here} link`];
    if (!entry.isDirectory) return [`${here} ${mode} ${host.read(here).trimEnd()}`];
    return [`${here}/ ${mode}`, ...tree(host, here)];
  }).toSorted();
}

Deno.test("installArchive() installs files with the modes they must have, and removes the archive", async () => {
  using host = new TestHost();
  const { files, warnings } = await install(host, ARCHIVE);
  assertEquals(tree(host), [
    "/etc/condor/config.d/ 755",
    "/etc/condor/config.d/00ec2-dynamic.config 644 IsAnnex = TRUE",
    "/etc/condor/extra/ 755",
    "/etc/condor/extra/script 755 #!/bin/sh",
    "/etc/condor/passwords.d/ 700",
    "/etc/condor/passwords.d/POOL 600 password",
    "/etc/condor/tokens.d/ 700",
    "/etc/condor/tokens.d/a.user@h 600 token",
  ]);
  assertEquals(files.map(({ path }) => path), [
    "/etc/condor/config.d/00ec2-dynamic.config",
    "/etc/condor/tokens.d/a.user@h",
    "/etc/condor/passwords.d/POOL",
    "/etc/condor/extra/script",
  ]);
  assertEquals(warnings, []);
  assertEquals([...Deno.readDirSync(`${host.root}/var/lib/condor-annex`)].map(({ name }) => name), [
    "installing.json",
  ]);
  assertEquals(await readJournal(host), files);
});

Deno.test("defect: secrets are left readable by everybody, and their directories opened", async () => {
  using host = new TestHost();
  for (const name of ["tokens.d", "passwords.d"]) {
    host.makeDir(`${ETC}/${name}`);
    Deno.chmodSync(`${host.root}${ETC}/${name}`, 0o700);
  }
  await install(host, ARCHIVE);
  const modes = tree(host).filter((line) => /tokens|passwords/.test(line));
  assertEquals(modes.map((line) => line.split(" ")[1]), ["700", "600", "700", "600"]);
});

Deno.test("installArchive() tightens directories of secrets, and leaves other modes alone", async () => {
  using host = new TestHost();
  for (
    const [name, mode] of [["tokens.d", 0o755], ["config.d", 0o700], ["extra", 0o750]] as const
  ) {
    host.makeDir(`${ETC}/${name}`);
    Deno.chmodSync(`${host.root}${ETC}/${name}`, mode);
  }
  await install(host, [
    ...ARCHIVE,
    { name: "tokens.d/deep/" },
    { name: "tokens.d/deep/t", content: "t" },
    { name: "empty/", mode: 0o777 },
  ]);
  const modes = tree(host).filter((line) => /\/ /.test(line));
  assertEquals(modes, [
    "/etc/condor/config.d/ 700",
    "/etc/condor/empty/ 755",
    "/etc/condor/extra/ 750",
    "/etc/condor/passwords.d/ 700",
    "/etc/condor/tokens.d/ 700",
    "/etc/condor/tokens.d/deep/ 700",
  ]);
});

Deno.test("installArchive() makes the same of the same archive again", async () => {
  using host = new TestHost();
  const { files } = await install(host, ARCHIVE);
  const before = tree(host);
  assertEquals((await install(host, ARCHIVE, files)).files, files);
  assertEquals(tree(host), before);
});

Deno.test("installArchive() removes what is no longer in the archive, unless it was changed", async () => {
  using host = new TestHost({ files: { [`${ETC}/config.d/local`]: "the image's" } });
  const { files } = await install(host, [
    ...ARCHIVE,
    { name: "config.d/gone", content: "g" },
    { name: "config.d/edited", content: "e" },
    { name: "tokens.d/old", content: "o" },
    { name: "config.d/missing", content: "m" },
  ]);
  host.write(`${ETC}/config.d/edited`, "by hand");
  Deno.removeSync(`${host.root}${ETC}/config.d/missing`);
  const second = await install(host, ARCHIVE, files);
  assertEquals(second.files.length, 4);
  assertEquals(
    second.warnings,
    [`Left "/etc/condor/config.d/edited" of an earlier archive: somebody changed it since`],
  );
  const names = tree(host).map((line) => line.split(" ")[0]!.split("/").at(-1));
  assertEquals(["local", "edited", "gone", "old", "missing"].map((name) => names.includes(name)), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

Deno.test("installArchive() finishes what a run that was killed began", async () => {
  using host = new TestHost();
  await install(host, [...ARCHIVE, { name: "config.d/half", content: "h" }]);
  host.makeDir(`${ETC}/.annex-staging-1/new`);
  host.write(`${ETC}/.annex-staging-1/new/a`, "left over");
  // No state was written: nobody but the journal knows of the file.
  await install(host, ARCHIVE);
  assertEquals(tree(host).some((line) => /half|staging/.test(line)), false);
});

Deno.test("installArchive() replaces links by files, and follows none", async () => {
  using host = new TestHost({ files: { "/outside": "stays" } });
  Deno.symlinkSync(`${host.root}/outside`, `${host.root}${ETC}/config.d/00ec2-dynamic.config`);
  await install(host, ARCHIVE);
  assertEquals(host.read("/outside"), "stays");
  assert(Deno.lstatSync(`${host.root}${ETC}/config.d/00ec2-dynamic.config`).isFile);
});

Deno.test("installArchive() installs nothing where a place is not what it must be", async () => {
  const nobody = Deno.uid() === 0 ? 65534 : undefined;
  const cases: Record<string, (host: TestHost) => void> = {
    "a link in a directory's place": (host) => {
      host.makeDir("/elsewhere");
      Deno.symlinkSync(`${host.root}/elsewhere`, `${host.root}${ETC}/tokens.d`);
    },
    "a file in a directory's place": (host) => host.write(`${ETC}/tokens.d`, "x"),
    "a directory in a file's place": (host) => host.makeDir(`${ETC}/passwords.d/POOL`),
    "a directory that everybody can write to": (host) => {
      host.makeDir(`${ETC}/extra`);
      Deno.chmodSync(`${host.root}${ETC}/extra`, 0o777);
    },
    "a directory of somebody else's": (host) => {
      host.makeDir(`${ETC}/extra`);
      Deno.chmodSync(`${host.root}${ETC}/extra`, nobody === undefined ? 0o777 : 0o755);
      if (nobody !== undefined) Deno.chownSync(`${host.root}${ETC}/extra`, nobody, nobody);
    },
    "a link above": (host) => {
      Deno.renameSync(`${host.root}/etc`, `${host.root}/etc2`);
      Deno.symlinkSync(`${host.root}/etc2`, `${host.root}/etc`);
    },
  };
  for (const [title, prepare] of Object.entries(cases)) {
    using host = new TestHost();
    prepare(host);
    const before = tree(host);
    const error = await assertRejects(() => install(host, ARCHIVE), AnnexError, undefined, title);
    assertEquals([error.code, error.retryable], ["unsafe-path", false], title);
    assertEquals(tree(host), before, title);
    assertEquals(await readJournal(host), undefined, title);
  }
});

Deno.test("defect: exit status 0 although the archive could not be unpacked", async () => {
  const hostile: Record<string, Entry> = {
    "../": { name: "../escaped", content: "x" },
    absolute: { name: "/tmp/escaped", content: "x" },
    "symbolic link": { name: "config.d/l", type: "2", link: "/etc/passwd" },
    "hard link": { name: "config.d/l", type: "1", link: "config.d/00ec2-dynamic.config" },
    device: { name: "d", type: "4" },
    fifo: { name: "p", type: "6" },
    "root configuration": { name: "condor_config", content: "x" },
    "binary settings": { name: "config.d/b", content: "\0" },
  };
  for (const [title, entry] of Object.entries(hostile)) {
    using host = new TestHost();
    const before = tree(host);
    const error = await assertRejects(() => install(host, [...ARCHIVE, entry]), AnnexError);
    assertEquals([error.code, error.retryable], ["archive-rejected", false], title);
    assert(error.remedy !== undefined);
    assertEquals(tree(host), before, title);
    assertEquals([...Deno.readDirSync(host.root)].map(({ name }) => name).toSorted(), [
      "etc",
      "run",
      "var",
    ]);
    assertEquals([...Deno.readDirSync(`${host.root}/var/lib/condor-annex`)], [], title);
  }
});

Deno.test("installArchive() keeps what was installed when the next archive is refused", async () => {
  using host = new TestHost();
  const { files } = await install(host, ARCHIVE);
  const before = tree(host);
  await assertRejects(() => install(host, [{ name: "../x" }], files), AnnexError);
  assertEquals(tree(host), before);
});

Deno.test("installArchive() puts everything back when a file cannot be put in place", async () => {
  using host = new TestHost({ files: { [`${ETC}/config.d/00ec2-dynamic.config`]: "image's" } });
  const first = await install(host, ARCHIVE);
  const before = tree(host);
  const changed = ARCHIVE.map((entry) => ({
    ...entry,
    ...(entry.content !== undefined && { content: `${entry.content}2` }),
  }));
  // The last of the renames fails, as on a disk that breaks.
  const rename = Deno.rename;
  let renames = 0;
  Deno.rename = (from, to) => {
    const isInstall = String(from).includes("/new/");
    if (isInstall && ++renames === 4) return Promise.reject(new Error("Input/output error"));
    return rename(from, to);
  };
  try {
    const error = await assertRejects(
      () => install(host, [...changed, { name: "tokens.d/new", content: "n" }], first.files),
      AnnexError,
      "Input/output error",
    );
    assertEquals([error.code, error.retryable], ["install-failed", true]);
  } finally {
    Deno.rename = rename;
  }
  assertEquals(renames, 4);
  assertEquals(tree(host), before);
});

Deno.test("installArchive() puts secrets in place before the settings that use them", async () => {
  using host = new TestHost();
  const order: string[] = [];
  const rename = Deno.rename;
  Deno.rename = (from, to) => {
    if (String(from).includes("/new/")) order.push(String(to).slice(host.root.length + 12));
    return rename(from, to);
  };
  try {
    await install(host, [...ARCHIVE.toReversed(), { name: "top", content: "x" }]);
  } finally {
    Deno.rename = rename;
  }
  assertEquals(order, [
    "passwords.d/POOL",
    "tokens.d/a.user@h",
    "extra/script",
    "top",
    "config.d/00ec2-dynamic.config",
  ]);
});

Deno.test("installArchive() refuses an archive that is too big, or no file", async () => {
  using host = new TestHost();
  const path = await incoming(host, ARCHIVE);
  await Deno.truncate(path, (64 << 20) + 1);
  await assertRejects(() => installArchive(host, path, []), AnnexError, "are more than 67108864");
  await Deno.symlink("/etc/hostname", path);
  await assertRejects(() => installArchive(host, path, []), AnnexError, "no regular file");
});

Deno.test("installArchive() stops when all work is to end", async () => {
  const stop = new AbortController();
  using host = new TestHost({ signal: stop.signal });
  stop.abort(new Error("stopped"));
  await assertRejects(() => install(host, ARCHIVE), Error, "stopped");
  assertEquals(tree(host), ["/etc/condor/config.d/ 755"]);
});

Deno.test("installArchive() tells of files that HTCondor will skip", async () => {
  using host = new TestHost();
  const { warnings } = await install(host, [...ARCHIVE, { name: "tokens.d/a~", content: "t" }]);
  assertStringIncludes(warnings.join(), 'HTCondor will skip "tokens.d/a~"');
});
