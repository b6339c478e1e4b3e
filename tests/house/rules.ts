/**
 * Who may import whom: `cmd → role rooms → base rooms`, never back, never sideways.
 *
 * Paths are relative to the repository, with `/`; whatever lies elsewhere is a package.
 */

const BASE_ROOMS = new Set([
  "aws",
  "classad",
  "cli",
  "clock.ts",
  "config",
  "errors.ts",
  "http",
  "keys",
  "log",
  "posix",
  "std",
  "tokens",
  "types",
  "version.ts",
]);

const ROLE_ROOMS = new Set([
  "annex",
  "checkpoint",
  "credentials",
  "flock",
  "install",
  "transfer",
  "web",
]);

/** What may lie at the top of the repository, besides what git ignores. */
export const TOP_LEVEL = new Set([
  ".ci",
  ".git",
  ".gitignore",
  "LICENSE",
  "README.md",
  "cmd",
  "core",
  "deno.json",
  "deno.lock",
  "main.ts",
  "scripts",
  "tests",
]);

/** One import: who, whom, and the words in which it was asked for. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly specifier: string;
}

/** The room of a file of `core/`; a file directly in `core/` is a room by itself. */
export function roomOf(path: string): string | undefined {
  return /^core\/([^/]+)/.exec(path)?.[1];
}

/** Why an import is forbidden, or nothing when it is allowed. */
export function violation({ from, to, specifier }: Edge): string | undefined {
  if (/^(?:npm|jsr|https?|data|blob):/.test(specifier)) return "not through the import map";
  const declaration = from.startsWith("core/types/");
  if (/^(?:fast-check|@std\/assert)$/.test(specifier) && !declaration) return "a package for tests";
  if (/^(?:tests|scripts)\//.test(to)) return "tests and scripts are no part of the programs";
  if (to === "main.ts") return "nothing imports main.ts";
  if (to.startsWith("cmd/") && from !== "main.ts") return "only main.ts imports cmd/";
  const [source, target] = [roomOf(from), roomOf(to)];
  for (const room of [source, target]) {
    if (room !== undefined && !BASE_ROOMS.has(room) && !ROLE_ROOMS.has(room)) {
      return `core/${room} is no room of the house`;
    }
  }
  if (source === undefined || target === undefined || source === target) return undefined;
  if (BASE_ROOMS.has(target)) return undefined;
  return BASE_ROOMS.has(source) ? "a base room imports a role room" : "sideways between role rooms";
}

/** A circle of rooms, as `a → b → a`, or nothing. */
export function roomCycle(edges: readonly Edge[]): string | undefined {
  const graph = new Map<string, Set<string>>();
  for (const { from, to } of edges) {
    const [source, target] = [roomOf(from), roomOf(to)];
    if (source === undefined || target === undefined || source === target) continue;
    graph.set(source, (graph.get(source) ?? new Set()).add(target));
  }
  const done = new Set<string>();
  const visit = (room: string, path: readonly string[]): string | undefined => {
    if (path.includes(room)) return [...path.slice(path.indexOf(room)), room].join(" → ");
    if (done.has(room)) return undefined;
    for (const next of graph.get(room) ?? []) {
      const circle = visit(next, [...path, room]);
      if (circle !== undefined) return circle;
    }
    done.add(room);
    return undefined;
  };
  for (const room of graph.keys()) {
    const circle = visit(room, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** What job processes are told by HTCondor (manual, "Environment variables"): no settings. */
const JOB_VARIABLES =
  "BIN|CHIRP_CONFIG|CREDS|JOB_AD|JOB_IWD|JOB_PIDS|MACHINE_AD|SCRATCH_DIR|SLOT|WRAPPER_ERROR_FILE";

const FORBIDDEN_WORDS: readonly (readonly [RegExp, (path: string) => boolean, string])[] = [
  [
    /\bDeno\s*(?:\.\s*(?:args|exit(?:Code)?)\b|\[)|=\s*Deno\s*[;,\n]|\bprocess\s*\.\s*(?:argv|exit(?:Code)?)\b/,
    // The outermost frame, which cmd/ and main.ts start.
    (path) => path.startsWith("core/") && path !== "core/cli/start.ts",
    "only cmd/, main.ts and scripts/ read arguments or exit",
  ],
  [
    new RegExp(
      String
        .raw`condor_config_val|\bCONDOR_CONFIG\b|/etc/condor/con|["'\x60]_CONDOR_(?!(?:${JOB_VARIABLES})\b)`,
    ),
    (path) => path.startsWith("core/") && !path.startsWith("core/config/"),
    "only core/config reads HTCondor's settings",
  ],
  [
    /\bimport\s*\(\s*[^"'\s]/,
    (path) => path.startsWith("core/") || path.startsWith("cmd/"),
    "a computed import hides from this test and from the linker",
  ],
];

/** Why the text of a file is forbidden; comments that fill their lines do not count. */
export function textViolations(path: string, text: string): string[] {
  const code = text.replace(/^[ \t]*(?:\/\/.*|\/\*[\s\S]*?\*\/)/gm, "");
  return FORBIDDEN_WORDS
    .filter(([pattern, applies]) => applies(path) && pattern.test(code))
    .map(([, , why]) => why);
}
