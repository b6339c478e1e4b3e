/** A program that uses all that depends on the machine's numbers, in a directory that it fills. */
import type { Role } from "../../../core/cli/program.ts";
import {
  accountById,
  Directory,
  groupByName,
  isMountPoint,
  keepDescriptors,
  makeDirectory,
  PosixError,
  replaceFile,
  shownName,
  unblockSignals,
} from "../../../core/posix/mod.ts";

const encoder = new TextEncoder();

/** The program; its argument is an empty directory. */
export const role: Role = {
  program: {
    name: "directory_tool",
    version: "1",
    summary: "Tool",
    usage: [],
    description: [],
    options: [],
    exitStatus: [],
  },
  permissions: { all: true },
  async main([folder]) {
    unblockSignals();
    keepDescriptors();
    await Deno.mkdir(`${folder}/sub/inner`, { recursive: true });
    await Deno.writeTextFile(`${folder}/file`, "text");
    await Deno.symlink("sub", `${folder}/link`);
    using directory = Directory.open(folder!);
    const types = [...directory.entries()].map(({ name, type }) => `${shownName(name)} ${type}`);
    const found = {
      types: types.toSorted(),
      opened: ["sub", "link", "file", "none"].map((name) =>
        outcome(() => {
          using opened = directory.openDirectory(encoder.encode(name));
          return [...opened.entries()].map((entry) => shownName(entry.name));
        })
      ),
      read: ["sub", "link", "file", "none"].map((name) =>
        outcome(() => shownName(directory.readFile(encoder.encode(name), 9)))
      ),
      removed: ["sub", "link", "file", "none"].map((name) =>
        directory.unlink(encoder.encode(name))
      ),
      directories: ["sub", "none"].map((name) => directory.removeDirectory(encoder.encode(name))),
      mounted: ["/proc", folder!].map(isMountPoint),
      account: accountById(0)?.home,
      group: groupByName("root"),
      changed: await change(directory),
    };
    Deno.stdout.writeSync(encoder.encode(JSON.stringify(found)));
    return 0;
  },
};

/** Makes, replaces, locks and looks at files. */
async function change(directory: Directory): Promise<unknown> {
  const [made, file, log, link] = ["made", "file", "log", "link"].map((name) =>
    encoder.encode(name)
  );
  makeDirectory(directory, made!, { mode: 0o2750 });
  await replaceFile(directory, file!, encoder.encode("new"), { mode: 0o440 });
  directory.appendFile(log!, 0o600)[Symbol.dispose]();
  await Deno.symlink("none", `/proc/self/fd/${directory.itself.descriptor}/link`);
  using one = directory.openFile(log!, { access: "update" });
  using two = directory.openFile(log!);
  const { type, mode, nlink, size, uid, inode, mtime } = directory.status(file!);
  return {
    status: [type, mode, nlink, size, uid === Deno.uid(), inode > 0n, mtime > 1.6e12],
    made: directory.status(made!).mode,
    text: shownName(directory.readFile(file!, 9)),
    locked: [one.tryLock(), two.tryLock()],
    links: [
      directory.status(link!).type,
      outcome(() => directory.createFile(link!, 0o600)),
      outcome(() => directory.appendFile(link!, 0o600)),
    ],
    allowed: directory.isAllowed("write"),
  };
}

function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error instanceof PosixError ? error.code : String(error);
  }
}
