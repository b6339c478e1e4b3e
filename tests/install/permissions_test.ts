import { assertEquals } from "@std/assert";
import type { Permissions } from "../../core/cli/program.ts";
import { revokeRest, unionOf } from "../../core/install/permissions.ts";

Deno.test("unionOf() grants what any grants, once", () => {
  assertEquals(unionOf([]), {});
  assertEquals(
    unionOf([{ read: true, run: ["b", "a"] }, { net: true, run: ["a"], sys: ["hostname"] }]),
    { read: true, net: true, run: ["a", "b"], sys: ["hostname"] },
  );
  assertEquals(unionOf([{ ffi: true, run: ["a"] }, { run: true }]), { ffi: true, run: true });
});

Deno.test("revokeRest() gives up exactly what is granted and not needed", () => {
  const granted = {
    read: true,
    write: true,
    net: true,
    run: ["a", "b"],
    sys: ["hostname"],
  } as const;
  assertEquals(revoked(granted, { read: true, env: true, run: ["b"] }), [
    { name: "write" },
    { name: "net" },
    { name: "run", command: "a" },
    { name: "sys", kind: "hostname" },
  ]);
});

Deno.test("revokeRest() gives up ffi unless it is needed", () => {
  assertEquals(revoked({ ffi: true, read: true }, { read: true }), [{ name: "ffi" }]);
  assertEquals(revoked({ ffi: true }, { ffi: true }), []);
});

Deno.test("revokeRest() gives up starting any program unless some are needed", () => {
  const run: Deno.PermissionDescriptor[] = [{ name: "run" }];
  assertEquals(revoked({ run: true }, {}), run);
  assertEquals(revoked({ run: true }, { run: [] }), run);
  assertEquals(revoked({ run: true }, { run: ["a"] }), []);
  assertEquals(revoked({ run: true }, { run: true }), []);
  assertEquals(revoked({ run: ["a"] }, { run: true }), []);
});

function revoked(granted: Permissions, needed: Permissions): Deno.PermissionDescriptor[] {
  const given: Deno.PermissionDescriptor[] = [];
  revokeRest(granted, { needed, revoke: (descriptor) => given.push(descriptor) });
  return given;
}
