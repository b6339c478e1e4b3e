/** A program that uses all that depends on the machine's numbers, in a directory that it fills. */
import type { Role } from "../../../core/cli/program.ts";
import {
  accountById,
  Directory,
  isMountPoint,
  keepDescriptors,
  PosixError,
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
    };
    Deno.stdout.writeSync(encoder.encode(JSON.stringify(found)));
    return 0;
  },
};

function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error instanceof PosixError ? error.code : String(error);
  }
}
