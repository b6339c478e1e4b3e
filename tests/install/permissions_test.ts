import { assertEquals } from "@std/assert";
import { revokeRest, unionOf } from "../../core/install/permissions.ts";

Deno.test("unionOf() grants what any grants, once", () => {
  assertEquals(unionOf([]), {});
  assertEquals(
    unionOf([{ read: true, run: ["b", "a"] }, { net: true, run: ["a"], sys: ["hostname"] }]),
    { read: true, net: true, run: ["a", "b"], sys: ["hostname"] },
  );
});

Deno.test("revokeRest() gives up exactly what is granted and not needed", () => {
  const revoked: Deno.PermissionDescriptor[] = [];
  const granted = {
    read: true,
    write: true,
    net: true,
    run: ["a", "b"],
    sys: ["hostname"],
  } as const;
  revokeRest(granted, {
    needed: { read: true, env: true, run: ["b"] },
    revoke: (descriptor) => revoked.push(descriptor),
  });
  assertEquals(revoked, [
    { name: "write" },
    { name: "net" },
    { name: "run", command: "a" },
    { name: "sys", kind: "hostname" },
  ]);
});
