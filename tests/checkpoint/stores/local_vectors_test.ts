/** The recorded runs of HTCondor's own `cleanup_locally_mounted_checkpoint`, with ours instead. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname, fromFileUrl, join } from "@std/path";
import { built, isRoot } from "../../build/built.ts";
import { tree } from "./local_fixture.ts";

interface Vector {
  readonly name: string;
  /** `@W@` stands for the directory with the files. */
  readonly args: readonly string[];
  /** Directories end with a slash, symbolic links with `@`. */
  readonly before: readonly string[];
  readonly links?: Readonly<Record<string, string>>;
  readonly modes?: Readonly<Record<string, string>>;
  readonly rc: number;
  readonly removed: readonly string[];
}

type Result = Pick<Vector, "rc" | "removed">;

/** Where HTCondor's own does damage, or leaves something behind. */
const OURS: Readonly<Record<string, Result>> = {
  "missing nested file whose parent is gone: upper directories stay": {
    rc: 0,
    removed: ["store/gid/", "store/gid/0000/"],
  },
  "traversal in the name leaves the store": { rc: 3, removed: [] },
  "traversal in -from leaves the store": { rc: 3, removed: [] },
  "prefix is used as a regular expression: dot-star": { rc: 1, removed: [] },
  "prefix is used as a regular expression: plus": { rc: 0, removed: ["store/gid/0000/a"] },
  "prefix stops inside a word": { rc: 1, removed: [] },
  "directory symlink is followed": { rc: 3, removed: [] },
  "name starts with a dash": {
    rc: 0,
    removed: ["store/gid/", "store/gid/0000/", "store/gid/0000/-x/", "store/gid/0000/-x/y"],
  },
  "-path does not exist": { rc: 4, removed: [] },
};

const NAME = "cleanup_locally_mounted_checkpoint";
const NOBODY = 65534;
const VECTORS = JSON.parse(
  await Deno.readTextFile(fromFileUrl(new URL(`../testdata/${NAME}.json`, import.meta.url))),
) as readonly Vector[];

Deno.test("the recorded runs are all there", () => {
  assertEquals(VECTORS.length, 36);
  const names = VECTORS.map(({ name }) => name);
  for (const name of Object.keys(OURS)) assert(names.includes(name), name);
});

for (const vector of VECTORS) {
  const wanted = OURS[vector.name] ?? { rc: vector.rc, removed: vector.removed };
  const like = OURS[vector.name] === undefined ? "as HTCondor's own" : "better than HTCondor's own";
  for (const spelling of ["-delete", "-file"]) {
    if (spelling === "-file" && !vector.args.includes("-delete")) continue;
    Deno.test(`${NAME} does ${like} with ${spelling}: ${vector.name}`, async () => {
      const { result, stdout, stderr } = await play(vector, spelling);
      assertEquals(result, wanted, stderr);
      assertEquals(stdout, "");
      if (wanted.rc === 0) assertEquals(stderr, "");
      else assertMatch(stderr, new RegExp(`^${NAME}: [^\\n]+\\n$`));
    });
  }
}

/** Runs the executable on the files of a vector, as an ordinary user. */
async function play(
  vector: Vector,
  spelling: string,
): Promise<{ result: Result; stdout: string; stderr: string }> {
  const outer = await Deno.makeTempDir({ prefix: "pinion-local-" });
  try {
    await Deno.chmod(outer, 0o755);
    const work = join(outer, "w");
    await prepare(vector, work);
    const program = join(outer, NAME);
    const executable = await built(NAME);
    await Deno.link(executable, program).catch(() => Deno.copyFile(executable, program));
    const before = marked(work);
    assertEquals(before, vector.before.toSorted());
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: vector.args.map((arg) => arg === "-delete" ? spelling : arg.replaceAll("@W@", work)),
      cwd: work,
      clearEnv: true,
      stdin: "null",
      ...(isRoot() ? { uid: NOBODY, gid: NOBODY } : {}),
    }).output();
    const after = marked(work);
    assertEquals(after.filter((path) => !before.includes(path)), []);
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return {
      result: { rc: code, removed: before.filter((path) => !after.includes(path)) },
      stdout: text(stdout),
      stderr: text(stderr),
    };
  } finally {
    for (const path of Object.keys(vector.modes ?? {})) {
      await Deno.chmod(join(outer, "w", path), 0o755);
    }
    await Deno.remove(outer, { recursive: true });
  }
}

async function prepare({ before, links = {}, modes = {} }: Vector, work: string): Promise<void> {
  await Deno.mkdir(work);
  for (const path of before) {
    const place = join(work, path);
    if (path.endsWith("/")) await Deno.mkdir(place, { recursive: true });
    else if (!path.endsWith("@")) {
      await Deno.mkdir(dirname(place), { recursive: true });
      await Deno.writeTextFile(place, "x");
    }
  }
  for (const [path, target] of Object.entries(links)) {
    await Deno.symlink(target.replaceAll("@W@", work), join(work, path));
  }
  if (isRoot()) {
    for (const path of ["", ...before]) {
      if (!path.endsWith("@")) await Deno.chown(join(work, path), NOBODY, NOBODY);
    }
  }
  for (const [path, mode] of Object.entries(modes)) {
    await Deno.chmod(join(work, path), Number(mode));
  }
}

/** All files, as the vectors write them. */
function marked(work: string): string[] {
  return tree(work).map((path) => {
    const isLink = !path.endsWith("/") && Deno.lstatSync(join(work, path)).isSymlink;
    return isLink ? `${path}@` : path;
  }).toSorted();
}
