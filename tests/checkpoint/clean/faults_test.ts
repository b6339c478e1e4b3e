/** Clean-up where single system calls fail, or are the last thing that a run does (strace(1)). */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type Job, makeWorkspace, type Workspace } from "./workspace.ts";

const STRACE = "/usr/bin/strace";
const ignore = Deno.build.os !== "linux" ||
  !await Deno.stat(STRACE).then(() => true, () => false);
const unless = ignore ? " (needs strace)" : "";

/** A system call that goes wrong. */
interface Fault {
  readonly call: string;
  /** What comes of it: `signal=KILL`, `error=EIO`. */
  readonly how: string;
  /** Which of the calls of a thread, from 1; `2+` for all from there. */
  readonly when?: string;
  /** Only calls that have to do with this path. */
  readonly at?: (job: Job) => string;
}

const manifestOf = (digits: string) => (job: Job) =>
  join(job.directory, `_condor_checkpoint_MANIFEST.${digits}`);
const jobAdOf = (job: Job) => join(job.directory, ".job.ad");
const directoryOf = (job: Job) => job.directory;
const numbers = (last: number) => Array.from({ length: last }, (_, i) => `${i + 1}`);

async function withWorkspace(test: (workspace: Workspace) => Promise<void>): Promise<void> {
  await using workspace = await makeWorkspace();
  await test(workspace);
}

/** Cleans up a job with a fault on the way, checks what is left, and cleans up again. */
async function suffer(
  world: Workspace,
  { fault: { call, how, when, at }, cluster, status = 4, stuck = false }: {
    fault: Fault;
    cluster: number;
    status?: number;
    /** A file cannot be removed at first, so that the MANIFEST is written again. */
    stuck?: boolean;
  },
): Promise<number> {
  const job = await world.job({ cluster, number: 1, status });
  await world.checkpoint(job, 0, ["a", "d/b", ...(stuck ? ["locked/x"] : [])]);
  await world.checkpoint(job, 1, ["z"]);
  const locked = join(job.store, "0000/locked");
  if (stuck) await Deno.chmod(locked, 0o555);
  const under = [
    ...[STRACE, "-f", "-qq", "-o", "/dev/null"],
    // Faster, but no signal gets through.
    ...(how.startsWith("error") ? ["--seccomp-bpf"] : []),
    ...["-e", `trace=${call}`, "-e", `inject=${call}:${how}${when ? `:when=${when}` : ""}`],
    ...(at ? ["-P", at(job)] : []),
  ];
  const { code, stdout } = await world.start(job.args, { under });
  const told = JSON.stringify({ call, how, when, code, stdout });
  const left = await world.list(job.store);
  const files = await world.list(job.directory);
  const names = (await Promise.all(
    files.filter((name) => /^_condor_.*\d$/.test(name))
      .map(async (name) => {
        const text = await Deno.readTextFile(join(job.directory, name));
        assert(text.endsWith(` *${name}\n`), `${told}: ${name} is cut short`);
        return text.split("\n").map((line) => `${name.slice(-4)}/${line.slice(66)}`);
      }),
  )).flat();
  for (const name of left.filter((name) => !name.endsWith("/"))) {
    assert(names.includes(name), `${told}: nothing names ${name}`);
  }
  if (code === 0) assertEquals([left, files], [[], []], told);

  if (stuck) await Deno.chmod(locked, 0o755);
  const again = await world.start(job.args);
  assertEquals([again.code, again.stdout], [0, ""], told);
  assertEquals(await Deno.stat(job.directory).catch(() => "gone"), "gone", told);
  assertEquals(await Deno.stat(job.store).catch(() => "gone"), "gone", told);
  return code;
}

Deno.test({
  name: `deleteFilesStoredAt killed at any removal leaves what the next run removes${unless}`,
  ignore,
  fn: () =>
    withWorkspace(async (world) => {
      const kill = "signal=KILL";
      const faults: Fault[] = [
        ...numbers(7).map((when) => ({ call: "unlinkat", how: kill, when })),
        { call: "unlink", how: kill, at: manifestOf("0000") },
        { call: "unlink", how: kill, at: manifestOf("0001") },
        { call: "unlink", how: kill, at: jobAdOf },
        { call: "rmdir", how: kill, at: directoryOf },
      ];
      for (const [cluster, fault] of faults.entries()) {
        const code = await suffer(world, { fault, cluster: cluster + 1 });
        assert(code !== 0, JSON.stringify(fault));
      }
    }),
});

Deno.test({
  name: `deleteFilesStoredAt tries again or says so when the store fails${unless}`,
  ignore,
  fn: () =>
    withWorkspace(async (world) => {
      const faults: readonly (readonly [Fault, number])[] = [
        [{ call: "unlinkat", how: "error=EIO", when: "1" }, 0],
        [{ call: "unlinkat", how: "error=ESTALE", when: "2" }, 0],
        [{ call: "unlinkat", how: "error=EROFS", when: "1+" }, 1],
        [{ call: "unlinkat", how: "error=EACCES", when: "2" }, 1],
        // Directories that could not be removed as the last file in them went.
        [{ call: "unlinkat", how: "error=EIO", when: "3" }, 0],
        [{ call: "unlinkat", how: "error=EIO", when: "4" }, 0],
        [{ call: "unlinkat", how: "error=EBUSY", when: "7" }, 0],
        [{ call: "openat", how: "error=EIO", when: "1", at: () => `${world.path}/store` }, 0],
        [{ call: "openat", how: "error=ESTALE", when: "3", at: () => `${world.path}/store` }, 0],
      ];
      for (const [index, [fault, wanted]] of faults.entries()) {
        const code = await suffer(world, { fault, cluster: index + 1 });
        assertEquals(code, wanted, JSON.stringify(fault));
      }
    }),
});

Deno.test({
  name: `deleteFilesStoredAt says so when SPOOL fails, or its disk is full${unless}`,
  ignore,
  fn: () =>
    withWorkspace(async (world) => {
      const faults: readonly Fault[] = [
        { call: "unlink", how: "error=EROFS", at: manifestOf("0000") },
        { call: "unlink", how: "error=EIO", at: jobAdOf },
        { call: "rmdir", how: "error=EACCES", at: directoryOf },
      ];
      for (const [cluster, fault] of faults.entries()) {
        assertEquals(
          await suffer(world, { fault, cluster: cluster + 1 }),
          1,
          JSON.stringify(fault),
        );
      }
      const saving: readonly Fault[] = [
        { call: "fsync", how: "error=ENOSPC" },
        { call: "rename", how: "error=EDQUOT" },
        { call: "fsync", how: "signal=KILL" },
        { call: "rename", how: "signal=KILL" },
      ];
      for (const [index, fault] of saving.entries()) {
        const code = await suffer(world, { fault, cluster: 100 + index, stuck: true });
        assert(code !== 0, JSON.stringify(fault));
      }
    }),
});
