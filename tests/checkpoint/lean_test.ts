/** HTCondor starts the local plug-in once for each file, so what it loads is counted. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, relative } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const ENTRY = "cmd/cleanup_locally_mounted_checkpoint.ts";

/** Rooms without anything that takes long to load: no `core/classad`, `config` or `http`. */
const ALLOWED = [
  ENTRY,
  "core/checkpoint",
  "core/cli",
  "core/clock.ts",
  "core/errors.ts",
  "core/log",
  "core/posix",
  "core/version.ts",
];

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier?: string };
  }[];
}

/** What is loaded before the program begins: `import()` and types are left out. */
async function loadedAtStart(entry: string): Promise<string[]> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--config", `${ROOT}deno.json`, ROOT + entry],
  }).output();
  assert(success);
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: Module[] };
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const found = new Set<string>();
  const visit = (specifier: string): void => {
    if (found.has(specifier)) return;
    found.add(specifier);
    for (const { isDynamic, code } of byName.get(specifier)?.dependencies ?? []) {
      if (!isDynamic && code?.specifier !== undefined) visit(code.specifier);
    }
  };
  visit(new URL(`../../${entry}`, import.meta.url).href);
  return [...found].map((specifier) =>
    specifier.startsWith("file:") ? relative(ROOT, fromFileUrl(specifier)) : specifier
  ).toSorted();
}

Deno.test("the local plug-in loads only what removing one file takes", async () => {
  const loaded = await loadedAtStart(ENTRY);
  assert(loaded.includes("core/checkpoint/stores/local_store.ts"));
  const rooms = loaded.map((path) => path.split("/", 2).join("/"));
  assertEquals(rooms.filter((room) => !ALLOWED.includes(room)), []);
});

Deno.test("condor_manifest loads no configuration for the functions that need none", async () => {
  const start = await loadedAtStart("cmd/condor_manifest.ts");
  const functions = await loadedAtStart("core/checkpoint/tools/functions.ts");
  assert(functions.includes("core/checkpoint/manifest/lines.ts"));
  const heavy = /^(?:node:|npm:|core\/(?:classad|http|aws)\/|core\/config\/(?!environment\.ts))/;
  assertEquals([...start, ...functions].filter((path) => heavy.test(path)), []);
  // The C library is opened by its first call, not by loading this.
  assertEquals(start.filter((path) => path.startsWith("core/posix/")), []);
});
