/** `sweep` by root, at work with the real executables on directories of several users. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ensureDir, exists } from "@std/fs";
import { basename, join } from "@std/path";
import type { Account } from "../../../core/posix/mod.ts";
import { built, isRoot } from "../../build/built.ts";
import { makeWorkspace, manifestOf, type Outcome, type Workspace } from "../clean/workspace.ts";
import { systemAccounts } from "./hosts.ts";

const ACCOUNTS = isRoot() ? systemAccounts() : [];
const [NOBODY, DAEMON] = ACCOUNTS as [Account, Account];
const HOUR = 3_600_000;

/** A plug-in that is not ours, and notes who it is and what it knows. */
const WHO = `#!/bin/sh
root=$2
{ id -u; id -g; id -G; umask; pwd; env; cat /proc/$$/status | grep -E '^(Uid|Gid|CapEff):'; } \\
  >"$root/who.$(id -u)"
`;

interface Owned {
  readonly directory: string;
  readonly store: string;
  readonly ad: string;
  readonly location: string;
}

interface OwnedOptions {
  readonly cluster?: number;
  /** Instead of, or besides, the usual lines of the ad. */
  readonly ad?: Readonly<Record<string, string | number>>;
  readonly spool?: string;
}

class World implements AsyncDisposable {
  constructor(readonly workspace: Workspace) {}

  static async make(): Promise<World> {
    const workspace = await makeWorkspace();
    const store = join(workspace.path, "store");
    await Deno.chown(store, 0, 0);
    await Deno.chmod(store, 0o1777);
    return new World(workspace);
  }

  /** A job of somebody's with a checkpoint of two files, in directories that nobody else may read. */
  async job(account: Account, options: OwnedOptions = {}): Promise<Owned> {
    const { cluster = 1, ad: attributes = {}, spool = join(this.workspace.path, "spool") } =
      options;
    const home = join(spool, "checkpoint-cleanup", account.name);
    const directory = join(home, `cluster${cluster}.proc0.subproc0`);
    const id = `ap.example.org#${account.uid}${cluster}.0#1795235583`;
    const store = join(this.workspace.path, "store", id.replaceAll("#", "_"));
    const lines = Object.entries({
      ClusterId: cluster,
      ProcId: 0,
      Owner: account.name,
      User: `${account.name}@example.org`,
      GlobalJobId: id,
      CheckpointDestination: this.workspace.destination,
      CheckpointNumber: 0,
      JobStatus: 4,
      ...attributes,
    }).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
    for (const folder of [directory, join(store, "0000/sub")]) await ensureDir(folder);
    const ad = join(directory, ".job.ad");
    await Deno.writeTextFile(ad, lines.join(""));
    const names = ["a", "sub/b"];
    for (const name of names) await Deno.writeTextFile(join(store, "0000", name), "");
    const bytes = names.map((name) => new TextEncoder().encode(name));
    const manifest = join(directory, "_condor_checkpoint_MANIFEST.0000");
    await Deno.writeFile(manifest, await manifestOf(bytes, "0000"));
    for (const path of [home, store]) await own(path, account);
    for (const path of [home, directory, store]) await Deno.chmod(path, 0o700);
    return { directory, store, ad, location: `${this.workspace.destination}/${basename(store)}` };
  }

  /** A note for another look at a job's destination, so many milliseconds old. */
  async note(job: Owned, account: Account, { age }: { age: number }): Promise<string> {
    const note = join(job.directory, "..", ".rescan.cluster1.proc0.subproc0.ad");
    await Deno.copyFile(job.ad, note);
    await Deno.remove(job.directory, { recursive: true });
    await own(note, account);
    const time = new Date(Date.now() - age);
    await Deno.utime(note, time, time);
    return note;
  }

  run(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    return this.workspace.start(args, { asRoot: true, environment });
  }

  async left(paths: readonly string[]): Promise<string[]> {
    const there = await Promise.all(paths.map(exists));
    return paths.filter((_, index) => there[index]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.workspace[Symbol.asyncDispose]();
  }
}

async function own(path: string, { uid, gid }: Account): Promise<void> {
  await new Deno.Command("/bin/chown", { args: ["-RhP", `${uid}:${gid}`, path] }).output();
}

/** A test of what only root can do. */
function rootTest(name: string, fn: (world: World) => Promise<void>): void {
  Deno.test({
    name: isRoot() ? name : `${name} (root needed)`,
    ignore: !isRoot() || ACCOUNTS.length < 2,
    async fn() {
      await using world = await World.make();
      await fn(world);
    },
  });
}

rootTest(
  "sweep cleans up for each owner, in directories that only they may look into",
  async (world) => {
    const jobs = [];
    for (const account of ACCOUNTS) {
      for (const cluster of [1, 2]) jobs.push(await world.job(account, { cluster }));
    }
    const { code, stdout, stderr } = await world.run(["sweep"]);
    assertEquals({ code, stdout, stderr }, {
      code: 0,
      stdout: `${jobs.length} clean, 0 left, 0 skipped\n`,
      stderr: "",
    });
    assertEquals(await world.left(jobs.flatMap(({ directory, store }) => [directory, store])), []);
  },
);

rootTest(
  "sweep starts plug-ins as the owner, with an environment of the owner's",
  async (world) => {
    await world.workspace.program("who", WHO);
    await world.workspace.map(`* ${world.workspace.destination} who,-root,${world.workspace.path}`);
    await Deno.chmod(world.workspace.path, 0o1777);
    for (const account of ACCOUNTS) await world.job(account);
    const { code } = await world.run(["sweep"], {
      CONDOR_PRIVATE_INHERIT: "daemon's secret",
      CONDOR_PRIVATE_SHARED_PORT_COOKIE: "daemon's secret",
      CONDOR_INHERIT: "1 <127.0.0.1:1>",
      _CONDOR_ANCESTOR_1: "1:2:3",
      AWS_SECRET_ACCESS_KEY: "root's secret",
      HOME: "/root",
      USER: "root",
    });
    assertEquals(code, 0);
    for (const { name, uid, gid, home } of ACCOUNTS) {
      const said = (await Deno.readTextFile(join(world.workspace.path, `who.${uid}`))).split("\n");
      const groups = await new Deno.Command("id", { args: ["-G", name] }).output();
      assertEquals(said.slice(0, 3), [
        `${uid}`,
        `${gid}`,
        new TextDecoder().decode(groups.stdout).trim(),
      ]);
      for (const line of [`HOME=${home}`, `USER=${name}`, `LOGNAME=${name}`]) {
        assert(said.includes(line), `${line} is not among ${said}`);
      }
      assertEquals(said.filter((line) => /secret|PRIVATE|INHERIT|ANCESTOR/.test(line)), []);
      for (const [what, id] of [["Uid", uid], ["Gid", gid]]) {
        assert(said.includes(`${what}:${`\t${id}`.repeat(4)}`), `${what} of ${said}`);
      }
      assert(said.includes("CapEff:\t0000000000000000"));
    }
  },
);

rootTest("sweep refuses job ads that are not what they should be, and goes on", async (world) => {
  const good = await world.job(DAEMON);
  const secret = join(world.workspace.path, "secret");
  await Deno.writeTextFile(secret, 'Owner = "nobody"\nroot-only\n', { mode: 0o600 });
  const victim = await world.job(DAEMON, { cluster: 77 });
  const cases: readonly (readonly [why: string, change: (job: Owned) => Promise<void>])[] = [
    ["not a regular file", ({ ad }) => replace(ad, () => Deno.symlink(secret, ad))],
    ["not a regular file", ({ ad }) => replace(ad, () => Deno.symlink(victim.ad, ad))],
    [
      "not a regular file",
      ({ ad }) =>
        replace(ad, async () => void await new Deno.Command("mkfifo", { args: [ad] }).output()),
    ],
    ["not a regular file", ({ ad }) => replace(ad, () => Deno.mkdir(ad))],
    ["104857600 bytes, more than 16777216", ({ ad }) => Deno.truncate(ad, 100 << 20)],
    ['it belongs to nobody, its job to "daemon"', ({ ad }) => change(ad, "nobody", "daemon")],
    ['it belongs to nobody, its job to "no-such"', ({ ad }) => change(ad, "nobody", "no-such")],
    ['it belongs to nobody, its job to ""', ({ ad }) => Deno.writeTextFile(ad, "ClusterId = 1\n")],
    ["no CheckpointDestination", ({ ad }) => change(ad, "CheckpointDestination", "Other")],
  ];
  const jobs: Owned[] = [];
  for (const [index, [, change]] of cases.entries()) {
    const job = await world.job(NOBODY, { cluster: index + 1 });
    await change(job);
    jobs.push(job);
  }
  await own(join(jobs[0]!.directory, ".."), NOBODY);
  const { code, stdout } = await world.run(["sweep", "--json"]);
  assertEquals(code, 1);
  const { results } = JSON.parse(stdout) as {
    results: { path: string; state: string; text: string }[];
  };
  for (const [index, [why]] of cases.entries()) {
    const path = jobs[index]!.directory.replace(world.workspace.path, "@W@");
    const result = results.find((one) => one.path === path)!;
    assertEquals(result.state, "left", path);
    assertStringIncludes(result.text, why);
    assert(!result.text.includes("\n"), result.text);
  }
  assertEquals(await world.left([good.directory, victim.directory]), []);
  assertEquals((await world.left(jobs.map(({ store }) => store))).length, cases.length);
  assertEquals(await Deno.readTextFile(secret), 'Owner = "nobody"\nroot-only\n');
});

rootTest("sweep refuses an owner without account", async (world) => {
  const job = await world.job({ name: "4000000001", uid: 4000000001, gid: 4000000001, home: "/" });
  const { code, stdout } = await world.run(["sweep"]);
  assertEquals(code, 1);
  assertStringIncludes(stdout, "its owner, user 4000000001, has no account");
  assert(await exists(job.store));
});

rootTest("sweep cleans up in alternate spools, also when named from here", async (world) => {
  const spool = join(world.workspace.path, "alternate");
  const jobs = [await world.job(NOBODY), await world.job(DAEMON, { spool })];
  const { code, stdout } = await world.run(["sweep", "-spool", spool.slice(1)]);
  assertEquals([code, stdout], [0, "2 clean, 0 left, 0 skipped\n"]);
  assertEquals(await world.left(jobs.map(({ directory }) => directory)), []);
});

for (const option of [["-dry-run"], []]) {
  const environment = option.length > 0 ? {} : { _CONDOR_CHECKPOINT_CLEANUP_DRY_RUN: "true" };
  const how = option.length > 0 ? "-dry-run" : "with CHECKPOINT_CLEANUP_DRY_RUN";
  rootTest(`sweep ${how} changes nothing`, async (world) => {
    const jobs = [await world.job(NOBODY), await world.job(DAEMON)];
    const lost = await world.job(NOBODY, { cluster: 2, ad: { CheckpointDestination: "x://y" } });
    const stale = join(jobs[0]!.directory, "._condor_checkpoint_MANIFEST.0000.12.tmp");
    await Deno.writeTextFile(stale, "");
    const before = await snapshot(world.workspace.path);
    const { code, stdout } = await world.run(["sweep", ...option], environment);
    assertEquals(await snapshot(world.workspace.path), before);
    assertEquals(code, 1);
    assertStringIncludes(stdout, `would delete 2 files at ${jobs[1]!.location}/0000\n`);
    assertStringIncludes(stdout, "Failed to find checkpoint destination x://y/");
    assertStringIncludes(stdout, "2 planned, 0 clean, 1 left, 0 skipped\n");
    assertStringIncludes(before, lost.directory);
  });
}

rootTest(
  "sweep looks again at the destination of a removed job, and then the note goes",
  async (world) => {
    const job = await world.job(NOBODY, { ad: { JobStatus: 3 } });
    const note = await world.note(job, NOBODY, { age: HOUR - 60_000 });
    assertEquals((await world.run(["sweep"])).stdout, "0 clean, 0 left, 0 skipped\n");
    assertEquals(await world.left([note, job.store]), [note, job.store]);
    const time = new Date(Date.now() - HOUR);
    await Deno.utime(note, time, time);
    assertEquals((await world.run(["sweep"])).stdout, "1 clean, 0 left, 0 skipped\n");
    assertEquals(await world.left([note, job.store]), []);
  },
);

rootTest("sweep refuses a note whose job is still in the queue, for a week", async (world) => {
  const job = await world.job(NOBODY, { ad: { JobStatus: 2 } });
  const note = await world.note(job, NOBODY, { age: HOUR });
  for (const [age, left] of [[HOUR, [note, job.store]], [8 * 24 * HOUR, [job.store]]] as const) {
    const time = new Date(Date.now() - age);
    await Deno.utime(note, time, time);
    const { code, stdout } = await world.run(["sweep"]);
    assertEquals(code, 1);
    assertStringIncludes(stdout, "its job has not left the queue");
    assertEquals(await world.left([note, job.store]), [...left]);
  }
});

rootTest("sweep removes for a planted note only what its owner could remove", async (world) => {
  const victim = await world.job(DAEMON);
  // It names another's job, at its destination; the owner says it is its own.
  const id = basename(victim.store);
  const planted = await world.job(NOBODY, { ad: { JobStatus: 3, GlobalJobId: id } });
  const note = await world.note(planted, NOBODY, { age: HOUR });
  await Deno.remove(victim.directory, { recursive: true });
  const { code, stdout } = await world.run(["sweep"]);
  assertEquals(code, 1);
  assertStringIncludes(stdout, "Permission denied");
  assertEquals(await world.workspace.list(victim.store), ["0000/a", "0000/sub/b"]);
  // The same note for the other account, planted as a hard link in a directory of one's own.
  await own(note, DAEMON);
  const again = await world.run(["sweep"]);
  assertStringIncludes(again.stdout, `it belongs to user ${DAEMON.uid}`);
  assertEquals(await world.workspace.list(victim.store), ["0000/a", "0000/sub/b"]);
});

rootTest("sweep does nothing to what an owner swaps a directory for", async (world) => {
  const victim = await world.job(DAEMON);
  const elsewhere = join(world.workspace.path, "elsewhere");
  await Deno.rename(victim.directory, elsewhere);
  const { directory } = await world.job(NOBODY);
  const swap =
    'while [ -e "$1" ]; do mv "$2" "$2.x"; ln -s "$3" "$2"; rm "$2"; mv "$2.x" "$2"; done';
  const going = join(world.workspace.path, "going");
  await Deno.writeTextFile(going, "");
  // With this in it the directory stays.
  await Deno.writeTextFile(join(directory, "stray"), "");
  const swapper = new Deno.Command("/bin/sh", {
    args: ["-c", swap, "sh", going, directory, elsewhere],
    uid: NOBODY.uid,
    gid: NOBODY.gid,
    stderr: "null",
  }).spawn();
  try {
    const before = await snapshot(elsewhere);
    for (let round = 0; round < 10; round++) await world.run(["sweep"]);
    assertEquals(await snapshot(elsewhere), before);
    assertEquals(await world.workspace.list(victim.store), ["0000/a", "0000/sub/b"]);
  } finally {
    await Deno.remove(going);
    await swapper.status;
  }
});

rootTest("sweep told to stop lets its processes save what they have done", async (world) => {
  await world.workspace.program(
    "slow",
    '#!/bin/sh\ncase "$*" in *sub/b*) echo >"$2/begun"; exec sleep 100;; esac\n',
  );
  await world.workspace.map(`* ${world.workspace.destination} slow,-root,${world.workspace.path}`);
  const begun = join(world.workspace.path, "begun");
  await new Deno.Command("mkfifo", { args: ["-m", "666", begun] }).output();
  const job = await world.job(NOBODY);
  const child = world.workspace.command(["sweep"], { asRoot: true }).spawn();
  // Whatever goes wrong, the other end is opened.
  const open = () => Deno.open(begun, { read: true, write: true });
  const opened = child.status.then(async () => (await open()).close());
  await Deno.readTextFile(begun);
  child.kill("SIGTERM");
  const { code, stdout } = await child.output();
  await opened;
  assertEquals(code, 1);
  const text = new TextDecoder().decode(stdout);
  assertStringIncludes(text, "Stopped with 1 of 2 files of ");
  assertStringIncludes(text, "0 clean, 1 left, 0 skipped; stopped before the end\n");
  const manifest = join(job.directory, "_condor_checkpoint_MANIFEST.0000");
  const names = (await Deno.readTextFile(manifest)).split("\n").map((line) => line.slice(66));
  assertEquals(names, ["sub/b", "_condor_checkpoint_MANIFEST.0000", ""]);
  assertEquals((await Deno.stat(manifest)).uid, NOBODY.uid);
});

for (const name of ["condor_manifest", "pinion", "other", "condor_manifest.real"]) {
  const role = name === "condor_manifest.real" || name === "other" ? "condor_manifest" : "pinion";
  rootTest(`sweep starts itself again as ${role} called ${name}`, async (world) => {
    const job = await world.job(NOBODY);
    const executable = join(world.workspace.path, name);
    await Deno.copyFile(await built(role), executable);
    const { args, env } = { args: ["sweep"], env: { PATH: "/usr/bin:/bin" } };
    const path = (folder: string) => join(world.workspace.path, folder);
    const { code, stdout, stderr } = await new Deno.Command(executable, {
      args: name === "pinion" ? ["condor_manifest", ...args] : args,
      clearEnv: true,
      env: {
        ...env,
        _CONDOR_SPOOL: path("spool"),
        _CONDOR_LIBEXEC: path("libexec"),
        _CONDOR_CHECKPOINT_DESTINATION_MAPFILE: path("map"),
      },
    }).output();
    const text = new TextDecoder();
    assertEquals(
      [text.decode(stdout), text.decode(stderr), code],
      ["1 clean, 0 left, 0 skipped\n", "", 0],
    );
    assertEquals(await world.left([job.directory, job.store]), []);
  });
}

rootTest("deleteFilesStoredAt by root becomes the directory's owner", async (world) => {
  await world.workspace.program("who", WHO);
  await world.workspace.map(`* ${world.workspace.destination} who,-root,${world.workspace.path}`);
  await Deno.chmod(world.workspace.path, 0o1777);
  const job = await world.job(DAEMON);
  const stem = join(job.directory, "_condor_checkpoint_MANIFEST");
  const { code, stdout } = await world.run(["deleteFilesStoredAt", job.location, stem, "0", "0"]);
  assertEquals([code, stdout], [0, ""]);
  assertEquals(await world.left([job.directory]), []);
  assert(await exists(join(world.workspace.path, `who.${DAEMON.uid}`)));
});

rootTest("clean and deleteFilesStoredAt by root refuse a symbolic link", async (world) => {
  const victim = await world.job(DAEMON);
  const link = join(world.workspace.owner, "cluster1.proc0.subproc0");
  await Deno.symlink(victim.directory, link);
  const before = await snapshot(world.workspace.path);
  const stem = join(link, "_condor_checkpoint_MANIFEST");
  for (
    const args of [["clean", link], ["deleteFilesStoredAt", victim.location, stem, "0", "0"]]
  ) {
    assertEquals(await world.run(args), {
      code: 1,
      stdout: "",
      stderr: `condor_manifest: Cannot clean up "${
        link.replace(world.workspace.path, "@W@")
      }": it is a symbolic link\n`,
    });
  }
  assertEquals(await snapshot(world.workspace.path), before);
});

rootTest("clean as root starts plug-ins of others only with -as-root", async (world) => {
  await world.workspace.program("who", WHO);
  await world.workspace.map(`* ${world.workspace.destination} who,-root,${world.workspace.path}`);
  const job = await world.job(NOBODY);
  await own(job.directory, { name: "root", uid: 0, gid: 0, home: "/root" });
  const refused = await world.run(["clean", job.directory]);
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.stdout, "Refused to start '@W@/libexec/who' as root");
  assertEquals(await exists(join(world.workspace.path, "who.0")), false);
  const { code } = await world.run(["clean", "-as-root", job.directory]);
  assertEquals(code, 0);
  assert(await exists(join(world.workspace.path, "who.0")));
});

async function replace(path: string, make: () => Promise<void>): Promise<void> {
  await Deno.remove(path);
  await make();
}

async function change(path: string, from: string, to: string): Promise<void> {
  await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replaceAll(from, to));
}

/** Everything that can be seen of the files below a path. */
async function snapshot(path: string): Promise<string> {
  const { stdout } = await new Deno.Command("find", {
    args: [path, "-printf", "%p %y %U:%G %m %s %T@ %n\\n"],
  }).output();
  return new TextDecoder().decode(stdout).split("\n").toSorted().join("\n");
}
