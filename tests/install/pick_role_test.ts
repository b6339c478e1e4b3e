import { assertEquals } from "@std/assert";
import type { Role } from "../../core/cli/program.ts";
import { pickRole } from "../../core/install/pick_role.ts";

const roles = ["curl_plugin", "box_plugin"].map((name) => ({ program: { name } }) as Role);

Deno.test("pickRole() goes by the invoked name, then by the first argument", () => {
  const cases = [
    ["curl_plugin", ["-classad"], "curl_plugin", ["-classad"]],
    ["./x/curl_plugin", [], "curl_plugin", []],
    ["/usr/libexec/condor/box_plugin.py", ["box_plugin"], "box_plugin", ["box_plugin"]],
    ["pinion", ["box_plugin", "-version"], "box_plugin", ["-version"]],
    ["x", ["--role=box_plugin", "-version"], "box_plugin", ["-version"]],
    ["x", ["-role=nothing"], undefined, undefined],
    ["curl_plugin.old.bak", [], undefined, undefined],
    ["", ["curl_plugin"], "curl_plugin", []],
    ["pinion", [], undefined, undefined],
    ["pinion", ["list"], undefined, undefined],
    ["deno", ["-classad"], undefined, undefined],
  ] as const;
  for (const [name, args, role, rest] of cases) {
    const picked = pickRole(roles, { name, args });
    assertEquals([picked?.role.program.name, picked?.args], [role, rest]);
  }
});
