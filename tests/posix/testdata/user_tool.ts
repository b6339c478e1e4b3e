/** A program that becomes a user, and tells who it is then and what it may. */
import type { Role } from "../../../core/cli/program.ts";
import { libc } from "../../../core/posix/libc.ts";
import { accountByName, becomeUser, Directory, effectiveUser } from "../../../core/posix/mod.ts";

/** What the program prints. */
export interface UserFound {
  readonly effective: number;
  /** The lines `Uid`, `Gid` and `Groups` of each of its threads (proc_pid_status(5)). */
  readonly threads: readonly string[];
  /** Ways in which it still reached a file of root's, or became root again. */
  readonly reached: readonly string[];
  /** The ids of a child (id(1)). */
  readonly child: string;
}

/** The program: its arguments are the user, and a directory of root's with a file in it. */
export const role: Role = {
  program: {
    name: "user_tool",
    version: "1",
    summary: "Tool",
    usage: [],
    description: [],
    options: [],
    exitStatus: [],
  },
  permissions: { all: true },
  async main([name, folder]) {
    // A thread that waits, and one directory that was opened as root.
    using held = Directory.open(folder!);
    const readable = await Deno.readFile(`${folder}/file`);
    becomeUser(accountByName(name!)!);
    const { stdout } = await new Deno.Command("/usr/bin/id", { env: { LC_ALL: "C" } }).output();
    const reached = Object.entries({
      open: () => Deno.readFileSync(`${folder}/file`),
      openOnThread: () => Deno.readFile(`${folder}/file`),
      directory: () => Directory.open(folder!),
      held: () => held.readFile(new TextEncoder().encode("file"), readable.length),
      remove: () => refused(held.unlink(new TextEncoder().encode("file"))),
      user: () => refused(libc().setresuid(0, 0, 0)),
      group: () => refused(libc().setresgid(0, 0, 0)),
      groups: () => refused(libc().initgroups(new TextEncoder().encode("root\0"), 0)),
    }).map(async ([way, reach]) => {
      try {
        await reach();
        return way;
      } catch {
        return "";
      }
    });
    const found: UserFound = {
      effective: effectiveUser(),
      threads: [...Deno.readDirSync("/proc/self/task")].map(({ name }) =>
        Deno.readTextFileSync(`/proc/self/task/${name}/status`)
          .match(/^(?:Uid|Gid|Groups):.*$/gm)!.map((line) => line.trim()).join("\n")
      ),
      reached: (await Promise.all(reached)).filter((way) => way !== ""),
      child: new TextDecoder().decode(stdout).trim(),
    };
    Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(found)));
    return 0;
  },
};

function refused(result: number): void {
  if (result !== 0) throw new Error("Refused");
}
