/** `condor_manifest` as HTCondor's daemons start it: blocked signals, a strange environment. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { accountById } from "../../../core/posix/mod.ts";
import { isRoot } from "../../build/built.ts";
import { makeWorkspace, NOBODY } from "./workspace.ts";

const PYTHON = "/usr/bin/python3";
const STRACE = "/usr/bin/strace";
const START = new URL("../../posix/testdata/daemon_start.py", import.meta.url).pathname;
/** Leaves its working directory without a name. */
const NOWHERE = 'cd "$1" && rmdir "$1" && shift && exec "$@"';

const missing: string[] = [];
for (const program of [PYTHON, STRACE]) {
  if (Deno.build.os !== "linux" || !await exists(program)) missing.push(program);
}

for (const kernel of ["", " before pidfd_open(2) and close_range(2)"]) {
  Deno.test({
    name: `deleteFilesStoredAt works as the daemons start it${kernel}` +
      (missing.length > 0 ? ` (needs ${missing.join(" and ")})` : ""),
    ignore: missing.length > 0,
    fn: async () => {
      await using world = await makeWorkspace();
      const start = join(world.path, "start.py");
      await Deno.copyFile(START, start);
      const calls = "pidfd_open,close_range";
      const old = [
        ...[STRACE, "-f", "-qq", "-o", "/dev/null", "--seccomp-bpf"],
        ...["-e", `trace=${calls}`, "-e", `inject=${calls}:error=ENOSYS`],
      ];
      const base = "${base#osdf:///vo/fs/}";
      await world.program(
        "mine",
        `#!/bin/sh
PATH=/usr/bin:/bin
while [ $# -gt 0 ]; do
  case $1 in -from) base=$2; shift;; -delete) name=$2; shift;; esac
  shift
done
[ "$name" = hangs ] && { sleep 1000 & sleep 1000; }
{ echo "$HOME"; env | grep -c CONDOR_PRIVATE; ls /proc/self/fd | wc -l; } >${world.path}/store/seen
rm -f "${world.path}/store/${base}/$name"
`,
      );
      const own = `cleanup_locally_mounted_checkpoint,-prefix,\\0,-path,${world.path}/store`;
      for (const names of [["a", "d/b"], ["hangs", "z"]]) {
        const isHung = names.includes("hangs");
        await world.map(`* ${world.destination} ${isHung ? "mine" : own}`);
        const job = await world.job();
        await world.checkpoint(job, 0, names);
        const nowhere = join(world.path, "store", "nowhere");
        await Deno.mkdir(nowhere);
        await world.hand();
        const { code, stdout } = await world.start(job.args, {
          environment: {
            PATH: "",
            HOME: "/daemon",
            CONDOR_PRIVATE_INHERIT: "secret",
            CONDOR_INHERIT: "1 <127.0.0.1:1>",
            _CONDOR_CHECKPOINT_CLEANUP_TIMEOUT: "1",
            _CONDOR_CHECKPOINT_CLEANUP_BUDGET: "4",
          },
          under: [
            ...["/bin/sh", "-c", NOWHERE.replace("rmdir", "/bin/rmdir"), "sh", nowhere],
            ...[PYTHON, start, ...(kernel === "" ? [] : old)],
          ],
        });
        if (!isHung) {
          assertEquals([code, stdout, await exists(job.directory)], [0, "", false]);
        } else {
          assertEquals(code, 1);
          assertStringIncludes(stdout, "1 of 2 files");
          assertEquals(await world.list(job.store), ["0000/hangs"]);
          const seen = (await Deno.readTextFile(join(world.path, "store/seen"))).split("\n");
          // Of descriptors only those that ls(1) has anyway.
          assertEquals(seen, [accountById(isRoot() ? NOBODY : Deno.uid()!)!.home, "0", "4", ""]);
        }
      }
    },
  });
}
