/** The mirror of `@std` has no types of its own: what we declare must really be there. */
import { assert, assertEquals } from "@std/assert";

const TEXT = await Deno.readTextFile(new URL("../../core/types/std.d.ts", import.meta.url));

/** Declared functions, classes and constants by module. */
function declared(text: string): Map<string, Set<string>> {
  const modules = new Map<string, Set<string>>();
  let names = new Set<string>();
  for (const line of text.split("\n")) {
    const module = /^declare module "([^"]+)"/.exec(line)?.[1];
    if (module !== undefined) modules.set(module, names = new Set());
    const value = /^\s*export (?:declare )?(?:abstract )?(?:function|class|const|let)\s+(\w+)/
      .exec(line)?.[1];
    if (value !== undefined) names.add(value);
  }
  return modules;
}

const MODULES = declared(TEXT);

Deno.test("std.d.ts refuses every module and name that it does not declare", () => {
  assertEquals([...MODULES.keys()].at(-1), "@std/*");
  assertEquals(MODULES.get("@std/*")?.size, 0);
  assertEquals(
    [...TEXT.matchAll(/^\s*export (?!(?:function|class|const|interface|type|abstract class) )/gm)],
    [],
  );
});

Deno.test("declared() reads functions, classes and constants", () => {
  const text = `declare module "a" {\n  export function f(): void;\n  export class C {}\n` +
    `  export interface I {}\n}\ndeclare module "b" {\n  export const x: number;\n}`;
  assertEquals([...declared(text)], [["a", new Set(["f", "C"])], ["b", new Set(["x"])]]);
});

for (const [module, names] of MODULES) {
  if (module === "@std/*") continue;
  Deno.test(`${module} has at run time all that std.d.ts declares`, async () => {
    const real = await import(module) as Record<string, unknown>;
    assert(names.size > 0, "nothing is declared");
    assertEquals([...names].filter((name) => real[name] === undefined), []);
  });
}
