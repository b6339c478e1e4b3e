/** The recorded runs of HTCondor's own `condor_manifest`, and running ours in its place. */
import { dirname, fromFileUrl, join } from "@std/path";
import { ensureDir } from "@std/fs";
import { built, isRoot } from "../build/built.ts";

/** One recorded run. `@W@` stands for the directory it was run in. */
export interface Vector {
  readonly name: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly dirs?: readonly string[];
  readonly links?: Readonly<Record<string, string>>;
  readonly modes?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly plugin_calls: readonly (readonly string[])[];
  readonly left: readonly string[];
  readonly MANIFEST_text?: string;
}

/** What a run came to, in the vectors' terms. */
export type Result = Pick<
  Vector,
  "rc" | "stdout" | "stderr" | "plugin_calls" | "left" | "MANIFEST_text"
>;

const TESTDATA = fromFileUrl(new URL("./testdata/", import.meta.url));
const NOBODY = 65534;

/** What of the machine the vectors need and it lacks. */
export const missingForVectors = hasPython() ? "" : "package python3";

/** The vectors whose names begin with one of the given words. */
export function vectors(...kinds: readonly string[]): Vector[] {
  const all = JSON.parse(Deno.readTextFileSync(join(TESTDATA, "condor_manifest.json"))) as Vector[];
  return all.filter(({ name }) => kinds.includes(name.split(":")[0]!));
}

/**
 * Runs our executable as a vector says, as an ordinary user.
 *
 * @param environment besides the vector's own
 */
export async function runVector(
  vector: Vector,
  environment: Readonly<Record<string, string>>,
): Promise<Result> {
  const outer = await Deno.makeTempDir({ prefix: "pinion-vector-" });
  try {
    await Deno.chmod(outer, 0o755);
    const work = join(outer, "w");
    await prepare(vector, work);
    const program = join(outer, "condor_manifest");
    const executable = await built("condor_manifest");
    await Deno.link(executable, program).catch(() => Deno.copyFile(executable, program));
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: vector.args.map((arg) => arg.replaceAll("@W@", work)),
      cwd: join(work, vector.cwd),
      clearEnv: true,
      env: {
        PATH: "/usr/bin:/bin",
        _CONDOR_LIBEXEC: "/usr/libexec/condor",
        RECPLUG_LOG: join(work, "calls.log"),
        ...placed(vector.env ?? {}, work),
        ...environment,
      },
      stdin: "null",
      ...(isRoot() ? { uid: NOBODY, gid: NOBODY } : {}),
    }).output();
    const text = (bytes: Uint8Array) =>
      new TextDecoder().decode(bytes).replaceAll(program, "/usr/bin/condor_manifest")
        .replaceAll(work, "@W@");
    const manifest = await Deno.readTextFile(join(work, vector.cwd, "MANIFEST")).catch(() =>
      undefined
    );
    const left: string[] = [];
    await list(work, "", left);
    return {
      rc: code,
      stdout: text(stdout),
      stderr: text(stderr),
      plugin_calls: await calls(join(work, "calls.log"), work),
      left: left.filter((name) => !["recplug", "calls.log"].includes(name)).toSorted(),
      ...(manifest === undefined ? {} : { MANIFEST_text: manifest }),
    };
  } finally {
    await new Deno.Command("chmod", { args: ["-R", "u+rwX", outer] }).output();
    await Deno.remove(outer, { recursive: true });
  }
}

async function prepare(vector: Vector, work: string): Promise<void> {
  await ensureDir(work);
  await Deno.copyFile(join(TESTDATA, "recplug"), join(work, "recplug"));
  await Deno.chmod(join(work, "recplug"), 0o755);
  for (const dir of [vector.cwd, ...(vector.dirs ?? [])]) await ensureDir(join(work, dir));
  for (const [name, content] of Object.entries(vector.files ?? {})) {
    await ensureDir(dirname(join(work, name)));
    await Deno.writeTextFile(join(work, name), content.replaceAll("@W@", work));
  }
  for (const [name, target] of Object.entries(vector.links ?? {})) {
    await ensureDir(dirname(join(work, name)));
    await Deno.symlink(target.replaceAll("@W@", work), join(work, name));
  }
  if (isRoot()) await new Deno.Command("chown", { args: ["-RhP", `${NOBODY}`, work] }).output();
  for (const [name, mode] of Object.entries(vector.modes ?? {})) {
    await Deno.chmod(join(work, name), Number(mode));
  }
}

function placed(
  record: Readonly<Record<string, string>>,
  work: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, value.replaceAll("@W@", work)]),
  );
}

async function calls(path: string, work: string): Promise<string[][]> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.split("\n").filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as string[]).map((arg) => arg.replaceAll(work, "@W@")));
}

async function list(root: string, below: string, found: string[]): Promise<void> {
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(join(root, below))) {
    const path = join(below, name);
    found.push(`${path}${isDirectory ? "/" : isSymlink ? "@" : ""}`);
    if (isDirectory) await list(root, path, found);
  }
}

function hasPython(): boolean {
  try {
    return Deno.statSync("/usr/bin/python3").isFile;
  } catch {
    return false;
  }
}
