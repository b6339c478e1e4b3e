import { assert, assertEquals, assertMatch } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { listExecutables, loadSource } from "../../scripts/build/sources.ts";
import { built, isRoot } from "./built.ts";
import { run } from "./probe.ts";
import type { Outcome } from "./probe.ts";
import { SAMPLE_KEY, SAMPLE_SET, SAMPLE_TOKEN } from "./sample_token.ts";

const NOBODY = 65534;

/** The smallest real job of each role: it is given an empty directory and leaves one file, `out`. */
const JOBS: Readonly<Record<string, { args: (dir: string) => string[]; size: number }>> = {
  bearer_token_env: { args: (dir) => ["/bin/cp", "/etc/hostname", join(dir, "out")], size: -1 },
  cleanup_http_checkpoint: { args: emptyList("http://127.0.0.1/s/ap_1.0_2/0001"), size: 0 },
  cleanup_locally_mounted_checkpoint: { args: wholeCheckpoint, size: 5 },
  cleanup_s3_checkpoint: {
    // Nothing is signed with it.
    args: emptyList("s3://bucket/ap_1.0_2/0001", [
      ...["-access-key-id-file", "/etc/hostname"],
      ...["-secret-access-key-file", "/etc/hostname"],
    ]),
    size: 0,
  },
  cleanup_command_checkpoint: {
    args: emptyList("x://h/ap_1.0_2/0001", ["-command", "/bin/true", "-arg", "{url}"]),
    size: 0,
  },
  cleanup_ssh_checkpoint: { args: emptyList("sftp://h/ap_1.0_2/0001"), size: 0 },
  "condor-annex-ec2": { args: printFile, size: 5 },
  condor_credmon_local: { args: unit, size: 5 },
  condor_manifest: { args: checksum, size: 5 },
  curl_plugin: { args: (dir) => [`file:///etc/hostname`, join(dir, "out")], size: -1 },
  data_plugin: { args: (dir) => ["data://,hello/out", join(dir, "out")], size: 5 },
  "scitokens-admin-create-key": {
    args: (dir) => ["-create-keys", "-ec", "-out", join(dir, "out")],
    size: 227,
  },
  "scitokens-admin-create-token": { args: ownKey, size: SAMPLE_KEY.length },
  scitokens_credential_producer: { args: request, size: 5 },
  "scitokens-verify-token": { args: publishedKeys, size: SAMPLE_SET.length },
  zkm_plugin: { args: (dir) => ["zkm://128/out", join(dir, "out")], size: 128 },
  pinion: { args: (dir) => ["zkm_plugin", "zkm://7/out", join(dir, "out")], size: 7 },
};

/** Has a token made with a key that is the user's own, who alone can read it. */
function ownKey(dir: string): string[] {
  Deno.writeTextFileSync(join(dir, "out"), SAMPLE_KEY, { mode: 0o600 });
  if (isRoot()) Deno.chownSync(join(dir, "out"), NOBODY, NOBODY);
  return ["-keyfile", join(dir, "out"), "-issuer", "https://issuer.invalid", "sub=alice"];
}

/** Has a token checked by keys in a file. */
function publishedKeys(dir: string): string[] {
  Deno.writeTextFileSync(join(dir, "out"), SAMPLE_SET);
  return ["-jwks", join(dir, "out"), SAMPLE_TOKEN];
}

/** Has a request printed, beside a file that stays. */
function request(dir: string): string[] {
  Deno.writeTextFileSync(join(dir, "out"), "stays");
  return ["-provider", "scitokens"];
}

/** Has a unit printed, beside a file that stays. */
function unit(dir: string): string[] {
  Deno.writeTextFileSync(join(dir, "out"), "stays");
  return ["-print-file", "condor-credmon-local.timer"];
}

/** Has a file hashed, which stays as it is. */
function checksum(dir: string): string[] {
  Deno.writeTextFileSync(join(dir, "out"), "stays");
  return ["compute_file_sha256_checksum", join(dir, "out")];
}

/** Has a file of the set-up printed, beside a file that stays. */
function printFile(dir: string): string[] {
  Deno.writeTextFileSync(join(dir, "out"), "stays");
  return ["print-file", "50ec2.config"];
}

/** Has a clean-up plug-in remove the files on an empty list: the store is opened, and left alone. */
function emptyList(base: string, more: readonly string[] = []): (dir: string) => string[] {
  return (dir) => {
    const list = join(dir, "out");
    Deno.writeTextFileSync(list, "");
    return ["-from", base, "-delete-list", list, "-jobad", dir, ...more];
  };
}

/** Makes a checkpoint, which goes with all its directories, beside a file that stays. */
function wholeCheckpoint(dir: string): string[] {
  for (const path of ["job", "job/0001"]) {
    Deno.mkdirSync(join(dir, path));
    Deno.chmodSync(join(dir, path), 0o777);
  }
  Deno.writeTextFileSync(join(dir, "job/0001/a"), "a");
  Deno.writeTextFileSync(join(dir, "out"), "stays");
  const request = ["-from", "x://h/job/0001", "-delete", "a", "-jobad", dir];
  return ["-prefix", "x://h/", "-path", dir, ...request];
}

/** Starts an executable as anyone would: from an empty directory, with an empty environment. */
async function withEmpty(test: (start: Start, dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "pinion-smoke-" });
  const uid = isRoot() ? NOBODY : undefined;
  try {
    if (uid !== undefined) await Deno.chown(dir, uid, uid);
    await test((path, args) => run(path, args, { cwd: dir, ...(uid ? { uid } : {}) }), dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
type Start = (path: string, args: readonly string[]) => Promise<Outcome>;

/** The file may lie where another user cannot go, so it is linked to where all can. */
async function reachable(name: string): Promise<{ path: string } & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "pinion-smoke-" });
  await Deno.chmod(folder, 0o755);
  const path = join(folder, name);
  const from = await built(name);
  await Deno.link(from, path).catch(() => Deno.copyFile(from, path));
  return { path, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

const who = isRoot() ? "as an unprivileged user" : "as this user";
for (const name of await listExecutables()) {
  Deno.test(`${name} works ${who} with an empty environment in an empty directory`, async (t) => {
    await using executable = await reachable(name);
    const { path } = executable;
    await withEmpty(async (start, dir) => {
      await t.step("-version", async () => {
        const { code, stdout, stderr } = await start(path, ["-version"]);
        assertEquals([code, stderr], [0, ""]);
        assertMatch(stdout, new RegExp(`^${name}\\b.*\\d+\\.\\d+[^\\n]*\\n$`));
      });
      await t.step("-help", async () => {
        const { code, stdout, stderr } = await start(path, ["-help"]);
        assertEquals([code, stderr], [0, ""]);
        assert(stdout.includes("-version"));
      });
      await t.step("a wrong flag", async () => {
        const { code, stdout, stderr } = await start(path, ["-no-such-flag"]);
        assert(code === 1 || code === 2, `exit status ${code}`);
        assertEquals(stdout, "");
        assertMatch(stderr, /^[^\n]*"-no-such-flag"[^\n]*\n$/);
      });
      assertEquals([...Deno.readDirSync(dir)], [], "nothing is left behind");
      await t.step("its smallest job", async () => {
        const job = JOBS[name];
        assert(job, `no smoke job for ${name}: add one to JOBS`);
        const { code, stderr } = await start(path, job.args(dir));
        assertEquals([code, stderr], [0, ""]);
        const { size } = await Deno.stat(join(dir, "out"));
        const expected = job.size < 0 ? (await Deno.stat("/etc/hostname")).size : job.size;
        assertEquals(size, expected);
        assertEquals([...Deno.readDirSync(dir)].length, 1);
      });
    });
  });
}

Deno.test("each executable is named as its file, and pinion holds every role", async () => {
  const names = await listExecutables();
  for (const name of names) {
    assertEquals((await loadSource(name)).role.program.name, name);
  }
  const { stdout } = await run(await built("pinion"), ["list"]);
  const listed = stdout.trimEnd().split("\n").map((line) => line.split(" ")[0]);
  assertEquals(listed.toSorted(), names.filter((name) => name !== "pinion"));
});

Deno.test("pinion plays the role it is started as", async () => {
  await using executable = await reachable("pinion");
  await withEmpty(async (start, dir) => {
    for (const [name, method] of [["data_plugin", "data"], ["zkm_plugin.py", "zkm"]] as const) {
      const link = join(dir, name);
      await Deno.symlink(executable.path, link);
      const { code, stdout } = await start(link, ["-classad"]);
      assertEquals(code, 0);
      assertMatch(stdout, new RegExp(`SupportedMethods = "${method}"`));
    }
  });
});

Deno.test("pinion install puts roles into a directory that work there", async () => {
  await using executable = await reachable("pinion");
  const dir = join(executable.path, "..", "libexec");
  await Deno.mkdir(dir);
  const { code, stdout, stderr } = await run(executable.path, [
    "install",
    "-dir",
    dir,
    "data_plugin",
  ]);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^FILETRANSFER_PLUGINS = .*\/libexec\/data_plugin$/m);
  assert(await exists(join(dir, "data_plugin")));
  const { stdout: ad } = await run(join(dir, "data_plugin"), ["-classad"]);
  assertMatch(ad, /SupportedMethods = "data"/);
  await Deno.writeTextFile(join(dir, "zkm_plugin"), "#!/bin/sh\n");
  const refused = await run(executable.path, ["install", "-dir", dir, "zkm_plugin"]);
  assertEquals(refused.code, 1);
  assertMatch(refused.stderr, /^pinion: Cannot install [^\n]*\n$/);
});
