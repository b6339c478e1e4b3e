/** The guard of the house: direction of imports, and what only some rooms may do. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join, relative } from "@std/path";
import { type Edge, roomCycle, textViolations, TOP_LEVEL, violation } from "./rules.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

async function sources(): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for await (const entry of Deno.readDir(join(ROOT, folder))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) await walk(path);
      else if (/\.[cm]?[jt]sx?$/.test(path)) found.push(path);
    }
  };
  for (const folder of ["cmd", "core"]) await walk(folder);
  return [...found, "main.ts"].sort();
}

interface ModuleInfo {
  readonly specifier: string;
  readonly error?: string;
  readonly dependencies?: readonly Dependency[];
}

interface Dependency {
  readonly specifier: string;
  readonly code?: { readonly specifier?: string };
  readonly type?: { readonly specifier?: string };
}

/** Every import as Deno itself resolves it: types, re-exports and literal `import()` included. */
async function modulesOf(paths: readonly string[]): Promise<readonly ModuleInfo[]> {
  const folder = await Deno.makeTempDir();
  try {
    const entry = join(folder, "all.ts");
    const lines = paths.map((path) => `import ${JSON.stringify(join(ROOT, path))};\n`);
    await Deno.writeTextFile(entry, lines.join(""));
    const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--config", join(ROOT, "deno.json"), entry],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const info = JSON.parse(new TextDecoder().decode(stdout)) as { modules: ModuleInfo[] };
    return info.modules.filter(({ specifier }) => !place(specifier).startsWith(".."));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function edgesOf({ specifier: url, dependencies = [] }: ModuleInfo): Edge[] {
  const from = place(url);
  return dependencies.flatMap((dependency) =>
    [dependency.code, dependency.type]
      .filter((target) => target?.specifier !== undefined)
      .map((target) => ({
        from,
        to: place(target!.specifier!),
        specifier: dependency.specifier,
      }))
  );
}

function place(url: string): string {
  return url.startsWith("file:") ? relative(ROOT, fromFileUrl(url)) : url;
}

const PATHS = await sources();
const MODULES = await modulesOf(PATHS);
const EDGES = MODULES.flatMap((module) => edgesOf(module));

Deno.test("every import leads to a module", () => {
  assertEquals(MODULES.flatMap(({ error }) => error === undefined ? [] : [error]), []);
});

Deno.test("imports go from cmd to role rooms to base rooms, never back or sideways", () => {
  const wrong = EDGES.flatMap((edge) => {
    const why = violation(edge);
    return why === undefined ? [] : [`${edge.from} imports ${edge.specifier}: ${why}`];
  });
  assertEquals(wrong, []);
  for (const path of PATHS.filter((path) => path.startsWith("cmd/"))) {
    assert(EDGES.some(({ from }) => from === path), `${path} was not walked`);
  }
});

Deno.test("rooms do not import each other in a circle", () => {
  assertEquals(roomCycle(EDGES), undefined);
});

Deno.test("only the rooms that may read arguments, exit or read settings do", async () => {
  const wrong: string[] = [];
  for (const path of PATHS) {
    const text = await Deno.readTextFile(join(ROOT, path));
    wrong.push(...textViolations(path, text).map((why) => `${path}: ${why}`));
  }
  assertEquals(wrong, []);
});

Deno.test("the top of the repository holds only what belongs there", async () => {
  const ignored = (await Deno.readTextFile(join(ROOT, ".gitignore"))).split("\n");
  const wrong: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(ROOT)) {
    if (TOP_LEVEL.has(name) || ignored.includes(isDirectory ? `${name}/` : name)) continue;
    wrong.push(name);
  }
  assertEquals(wrong, []);
});

Deno.test("files of core have snake_case names, those of cmd the names of their executables", () => {
  const odd = PATHS.filter((path) =>
    !/(?:^|\/)_?[a-z0-9]+(?:_[a-z0-9]+)*(?:\.d)?\.tsx?$/.test(path) &&
    // Programs are called as those whose place they take.
    !/^cmd\/[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/.test(path)
  );
  assertEquals(odd, []);
});
