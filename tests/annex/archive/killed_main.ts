/** Installs an archive and is killed before a given change of the file system: `killed_test.ts`. */
import { installArchive } from "../../../core/annex/archive/install.ts";
import type { AnnexHost } from "../../../core/annex/host.ts";
import { readState, writeState } from "../../../core/annex/state.ts";
import { SYSTEM_CLOCK } from "../../../core/clock.ts";

const [root = "", archive = "", last = ""] = Deno.args;

const host: AnnexHost = {
  root,
  boot: false,
  clock: SYSTEM_CLOCK,
  signal: new AbortController().signal,
  env: () => undefined,
  out: () => {},
  note: () => {},
  hide: () => {},
  run: () => Promise.reject(new Error("Cannot run programs here")),
  hasTool: () => Promise.resolve(false),
  readSystem: () => Promise.resolve(undefined),
  listSystem: () => Promise.resolve([]),
};

/** Changes so far. */
let count = 0;

/** Has a function of the runtime's counted, and this process killed instead of the last call. */
function counted<A extends unknown[], R>(change: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    if (++count === Number(last)) {
      Deno.kill(Deno.pid, "SIGKILL");
      // The signal may take a moment, in which nothing may happen any more.
      while (true);
    }
    return change(...args);
  };
}

const write = Deno.FsFile.prototype.write;
Deno.FsFile.prototype.write = function (data) {
  return counted(write.bind(this))(data);
};
const open = Deno.open;
const openChanging = counted(open);
Deno.open = (path, options) => options?.write ? openChanging(path, options) : open(path, options);
Deno.chmod = counted(Deno.chmod);
Deno.link = counted(Deno.link);
Deno.mkdir = counted(Deno.mkdir);
Deno.remove = counted(Deno.remove);
Deno.rename = counted(Deno.rename);

const state = (await readState(host))!;
const { files } = await installArchive(host, archive, state.files);
await writeState(host, { ...state, etag: '"b"', files });
