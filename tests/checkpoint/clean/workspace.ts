/** A SPOOL with clean-up directories, a destination on disk, and our executables at work on them. */
import { dirname, join } from "@std/path";
import { ensureDir } from "@std/fs";
import { built, isRoot } from "../../build/built.ts";
import { type Outcome as Ended, run } from "../../build/probe.ts";

/** How a program ended. */
export type Outcome = Omit<Ended, "signal">;

/** Who owns everything, where the tests run as root. */
export const NOBODY = 65534;
/** The account's name, which job ads have. */
export const OWNER = "nobody";

/** The plug-in that the map names unless a test wants another. */
const PLUGIN = "cleanup_locally_mounted_checkpoint";

/** A job that the tests clean up. */
export interface JobOptions {
  readonly cluster?: number;
  /** `JobStatus`: 2 running, 3 removed, 4 completed (default). */
  readonly status?: number;
  /** `CheckpointNumber`; default the highest of its checkpoints. */
  readonly number?: number;
  /** More lines of its ad. */
  readonly ad?: readonly string[];
}

/** A job's directories. */
export interface Job {
  readonly gid: string;
  /** `<destination>/<gid>`. */
  readonly location: string;
  /** Its clean-up directory. */
  readonly directory: string;
  /** The arguments of `deleteFilesStoredAt` that HTCondor would give. */
  readonly args: readonly string[];
  /** Where its checkpoints lie on disk. */
  readonly store: string;
}

/** What is started for a test. */
export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** As root, where the tests run as root; else, and by default, as the owner. */
  readonly asRoot?: boolean;
  /** A program, with arguments, that starts it. */
  readonly under?: readonly string[];
}

/** The world of one test. */
export interface Workspace extends AsyncDisposable {
  /** Everything lies below it. */
  readonly path: string;
  readonly destination: string;
  /** The owner's directory below `checkpoint-cleanup`. */
  readonly owner: string;
  /** Writes the map file. */
  map(...lines: readonly string[]): Promise<void>;
  /** A program that the map can name; its path. */
  program(name: string, script: string): Promise<string>;
  /** Makes a job with its ad. */
  job(options?: JobOptions): Promise<Job>;
  /** Stores a checkpoint and writes its MANIFEST, or a FAILURE file. */
  checkpoint(
    job: Job,
    number: number,
    names: readonly (string | Uint8Array)[],
    how?: CheckpointOptions,
  ): Promise<string>;
  /** Starts `condor_manifest` and waits for its end. */
  start(args: readonly string[], options?: StartOptions): Promise<Outcome>;
  /** How {@linkcode start} starts it. */
  command(args: readonly string[], options?: StartOptions): Deno.Command;
  /** All files and empty directories below a path, sorted; what is no text as U+FFFD. */
  list(path: string): Promise<string[]>;
  /** Gives all that was made since to the owner. */
  hand(): Promise<void>;
}

/** How a checkpoint is stored. */
export interface CheckpointOptions {
  readonly failed?: boolean;
  /** Only the MANIFEST. */
  readonly notStored?: boolean;
  /** Only the files. */
  readonly noManifest?: boolean;
}

/** Makes a world. */
export async function makeWorkspace(): Promise<Workspace> {
  const path = await Deno.makeTempDir({ prefix: "pinion-cleanup-" });
  await Deno.chmod(path, 0o755);
  const [libexec, spool, store] = ["libexec", "spool", "store"].map((name) => join(path, name)) as [
    string,
    string,
    string,
  ];
  const owner = join(spool, "checkpoint-cleanup", OWNER);
  for (const folder of [libexec, owner, store]) await ensureDir(folder);
  for (const name of ["condor_manifest", PLUGIN]) await place(await built(name), libexec, name);
  const destination = "osdf:///vo/fs";
  const mapFile = join(path, "map");
  await Deno.writeTextFile(mapFile, `* ${destination} ${PLUGIN},-prefix,\\0,-path,${store}\n`);

  const hand = async () => {
    if (!isRoot()) return;
    for (const folder of [owner, store]) await chown(folder, NOBODY);
    await Deno.chmod(owner, 0o700);
  };
  const workspace: Workspace = {
    path,
    destination,
    owner,
    hand,
    map: (...lines) => Deno.writeTextFile(mapFile, `${lines.join("\n")}\n`),
    async program(name, script) {
      const file = join(libexec, name);
      await Deno.writeTextFile(file, script);
      await Deno.chmod(file, 0o755);
      return file;
    },
    async job({ cluster = 1, status = 4, number, ad = [] } = {}) {
      const id = `ap.example.org#${cluster}.0#1795235583`;
      const gid = id.replaceAll("#", "_");
      const directory = join(owner, `cluster${cluster}.proc0.subproc0`);
      await ensureDir(directory);
      const lines = [
        `ClusterId = ${cluster}`,
        "ProcId = 0",
        `Owner = "${OWNER}"`,
        `GlobalJobId = "${id}"`,
        `CheckpointDestination = "${destination}"`,
        `CheckpointNumber = ${number ?? 0}`,
        `JobStatus = ${status}`,
        ...ad,
      ];
      await Deno.writeTextFile(join(directory, ".job.ad"), `${lines.join("\n")}\n`);
      const stem = join(directory, "_condor_checkpoint_MANIFEST");
      const location = `${destination}/${gid}`;
      return {
        gid,
        location,
        directory,
        args: ["deleteFilesStoredAt", location, stem, "0", `${number ?? 0}`],
        store: join(store, gid),
      };
    },
    async checkpoint(job, number, names, how = {}) {
      const digits = `${number}`.padStart(4, "0");
      const files = names.map((name) => typeof name === "string" ? encode(name) : name);
      if (!how.notStored) await storeFiles(join(job.store, digits), files);
      const kind = how.failed ? "FAILURE" : "MANIFEST";
      const file = join(job.directory, `_condor_checkpoint_${kind}.${digits}`);
      if (!how.noManifest) {
        await Deno.writeFile(file, await manifestOf(files, digits), { mode: 0o600 });
      }
      await hand();
      return file;
    },
    command(args, { environment = {}, asRoot = false, under = [] } = {}) {
      const [program, ...words] = [...under, join(libexec, "condor_manifest"), ...args];
      return new Deno.Command(program!, {
        args: words,
        cwd: "/",
        clearEnv: true,
        env: {
          PATH: "/usr/bin:/bin",
          _CONDOR_CHECKPOINT_DESTINATION_MAPFILE: mapFile,
          _CONDOR_LIBEXEC: libexec,
          _CONDOR_SPOOL: spool,
          ...environment,
        },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
        ...(isRoot() && !asRoot ? { uid: NOBODY, gid: NOBODY } : {}),
      });
    },
    async start(args, options) {
      const { code, stdout, stderr } = await workspace.command(args, options).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).replaceAll(path, "@W@");
      return { code, stdout: text(stdout), stderr: text(stderr) };
    },
    async list(folder) {
      const found: string[] = [];
      const walk = async (below: string) => {
        const entries = await Array.fromAsync(Deno.readDir(join(folder, below))).catch(() => []);
        if (entries.length === 0 && below !== "") found.push(`${below}/`);
        for (const { name, isDirectory } of entries) {
          if (isDirectory) await walk(join(below, name));
          else found.push(join(below, name));
        }
      };
      await walk("");
      return found.toSorted();
    },
    async [Symbol.asyncDispose]() {
      await run("/bin/chmod", ["-R", "u+rwX", path]);
      await Deno.remove(path, { recursive: true });
    },
  };
  await hand();
  return workspace;
}

/** The MANIFEST that HTCondor would write for these names. */
export async function manifestOf(
  names: readonly Uint8Array[],
  digits: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts = names.flatMap((name) => [encode(`${"0".repeat(64)} *`), name, encode("\n")]);
  const body = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body)).toHex();
  const self = encode(`${hash} *_condor_checkpoint_MANIFEST.${digits}\n`);
  return new Uint8Array(await new Blob([body, self] as BlobPart[]).arrayBuffer());
}

/** Names of a number of files, ten to a directory. */
export function manyNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `d${Math.floor(i / 10)}/file ${i}`);
}

/** Files are made by a shell, which takes names of any bytes. */
async function storeFiles(base: string, names: readonly Uint8Array[]): Promise<void> {
  await ensureDir(base);
  const script = `cd "$1" && while IFS= read -r -d '' f; do
    case $f in */*) [ -d "./\${f%/*}" ] || mkdir -p -- "./\${f%/*}";; esac
    : >"./$f" || exit 1
  done`;
  const child = new Deno.Command("/bin/bash", {
    args: ["-c", script, "bash", base],
    stdin: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  for (const name of names) {
    await writer.write(name);
    await writer.write(Uint8Array.of(0));
  }
  await writer.close();
  if (!(await child.status).success) throw new Error(`Cannot store files in "${base}"`);
}

async function place(from: string, folder: string, name: string): Promise<void> {
  await ensureDir(dirname(join(folder, name)));
  await Deno.link(from, join(folder, name)).catch(() => Deno.copyFile(from, join(folder, name)));
}

async function chown(path: string, uid: number): Promise<void> {
  const { code, stderr } = await run("/bin/chown", ["-RhP", `${uid}:${uid}`, path]);
  if (code !== 0) throw new Error(stderr);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
