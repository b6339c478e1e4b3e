/** The guard itself must bark: each rule is shown an offence and its lawful neighbour. */
import { assertEquals } from "@std/assert";
import { type Edge, roomCycle, textViolations, violation } from "./rules.ts";

function edge(from: string, to: string, specifier = "./x.ts"): Edge {
  return { from, to, specifier };
}

const EDGES: readonly (readonly [Edge, string | undefined])[] = [
  [edge("main.ts", "cmd/a.ts"), undefined],
  [edge("cmd/a.ts", "core/transfer/a.ts"), undefined],
  [edge("cmd/a.ts", "core/errors.ts"), undefined],
  [edge("core/transfer/a.ts", "core/transfer/schemes/b.ts"), undefined],
  [edge("core/transfer/a.ts", "core/http/b.ts"), undefined],
  [edge("core/http/a.ts", "core/log/b.ts"), undefined],
  [edge("core/log/a.ts", "core/errors.ts"), undefined],
  [edge("core/log/a.ts", "npm:/jose@6", "jose"), undefined],
  [edge("core/log/a.ts", "node:fs", "node:fs"), undefined],
  [edge("core/log/a.ts", "core/transfer/b.ts"), "a base room imports a role room"],
  [edge("core/errors.ts", "core/transfer/b.ts"), "a base room imports a role room"],
  [edge("core/transfer/a.ts", "core/web/b.ts"), "sideways between role rooms"],
  [edge("core/transfer/a.ts", "cmd/b.ts"), "only main.ts imports cmd/"],
  [edge("cmd/a.ts", "cmd/b.ts"), "only main.ts imports cmd/"],
  [edge("cmd/a.ts", "main.ts"), "nothing imports main.ts"],
  [edge("core/log/a.ts", "core/attic/b.ts"), "core/attic is no room of the house"],
  [edge("core/attic/a.ts", "core/log/b.ts"), "core/attic is no room of the house"],
  [edge("core/util.ts", "core/log/b.ts"), "core/util.ts is no room of the house"],
  [edge("core/log/a.ts", "npm:/x", "npm:x@1"), "not through the import map"],
  [edge("core/log/a.ts", "npm:/fast-check", "fast-check"), "a package for tests"],
  [edge("core/types/std.d.ts", "npm:/deno-std", "@std/assert"), undefined],
  [edge("core/log/a.ts", "npm:/deno-std", "@std/assert"), "a package for tests"],
  [edge("cmd/a.ts", "scripts/b.ts"), "tests and scripts are no part of the programs"],
];
for (const [one, why] of EDGES) {
  Deno.test(`violation() of ${one.from} → ${one.to}`, () => assertEquals(violation(one), why));
}

Deno.test("roomCycle() finds a circle over three rooms and no circle in a tree", () => {
  const tree = [
    edge("core/http/a.ts", "core/log/a.ts"),
    edge("core/tokens/a.ts", "core/http/a.ts"),
    edge("core/tokens/a.ts", "core/log/a.ts"),
    edge("core/log/a.ts", "core/log/b.ts"),
  ];
  assertEquals(roomCycle(tree), undefined);
  assertEquals(
    roomCycle([...tree, edge("core/log/b.ts", "core/tokens/b.ts")]),
    "http → log → tokens → http",
  );
});

const ARGUMENTS = "only cmd/, main.ts and scripts/ read arguments or exit";
const SETTINGS = "only core/config reads HTCondor's settings";
const COMPUTED = "a computed import hides from this test and from the linker";
const TEXTS: readonly (readonly [string, string, readonly string[]])[] = [
  ["core/log/a.ts", "run(Deno.args);", [ARGUMENTS]],
  ["core/log/a.ts", "Deno.exit(1);", [ARGUMENTS]],
  ["core/log/a.ts", "Deno.exitCode = 1;", [ARGUMENTS]],
  ["core/log/a.ts", `Deno["args"]`, [ARGUMENTS]],
  ["core/log/a.ts", "const { args } = Deno;", [ARGUMENTS]],
  ["core/log/a.ts", "process.exit(1)", [ARGUMENTS]],
  ["core/log/a.ts", "// Deno.args\n  /** Deno.exit() */\n  Deno.env;", []],
  ["cmd/a.ts", "Deno.exit(run(Deno.args));", []],
  ["core/http/a.ts", `env.get("_CONDOR_LOG")`, [SETTINGS]],
  ["core/http/a.ts", `env.get("_CONDOR_CREDS")`, []],
  ["core/http/a.ts", `run("condor_config_val")`, [SETTINGS]],
  ["core/http/a.ts", `env.get("CONDOR_CONFIG")`, [SETTINGS]],
  ["core/http/a.ts", `read("/etc/condor/condor_config")`, [SETTINGS]],
  ["core/http/a.ts", `read("/etc/condor/config.d/x")`, [SETTINGS]],
  ["core/http/a.ts", `read("/etc/condor/ft-plugins.json")`, []],
  ["core/config/a.ts", `env.get("CONDOR_CONFIG")`, []],
  ["core/cli/start.ts", "Deno.exit(1);", []],
  ["cmd/a.ts", "await import(name)", [COMPUTED]],
  ["cmd/a.ts", "await import(`./${name}.ts`)", [COMPUTED]],
  ["cmd/a.ts", `await import("./x.ts")`, []],
  ["scripts/a.ts", "await import(name)", []],
];
for (const [path, text, why] of TEXTS) {
  Deno.test(`textViolations() of ${JSON.stringify(text)} in ${path}`, () => {
    assertEquals(textViolations(path, text), why);
  });
}
