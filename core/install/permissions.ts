/** Permissions of an executable that holds several roles. */

import type { Permissions } from "../cli/program.ts";

const SWITCHES = ["read", "write", "net", "env", "ffi"] as const;
const LISTS = ["run", "sys"] as const;

/** Gathers what any of the given may do. */
export function unionOf(all: readonly Permissions[]): Permissions {
  const switches = SWITCHES.filter((name) => all.some((p) => p[name]));
  const lists = LISTS.map((name) => [name, listed(all, name)] as const)
    .filter(([, values]) => values === true || values.length > 0);
  return Object.fromEntries([...switches.map((name) => [name, true] as const), ...lists]);
}

/**
 * Gives up, for the rest of the process, what was granted and is not needed.
 *
 * @param granted what the process may do
 * @param options.needed what it will do
 * @param options.revoke for the runtime's own
 */
export function revokeRest(
  granted: Permissions,
  { needed, revoke = (descriptor) => Deno.permissions.revokeSync(descriptor) }: {
    needed: Permissions;
    revoke?: (descriptor: Deno.PermissionDescriptor) => unknown;
  },
): void {
  for (const name of SWITCHES) {
    if (granted[name] && !needed[name]) revoke({ name });
  }
  if (granted.run === true) {
    // One who may start anything cannot be held to a list afterwards: it keeps all, or nothing.
    if (needed.run !== true && !needed.run?.length) revoke({ name: "run" });
  } else {
    for (const command of granted.run ?? []) {
      if (needed.run !== true && !needed.run?.includes(command)) revoke({ name: "run", command });
    }
  }
  for (const kind of granted.sys ?? []) {
    if (!needed.sys?.includes(kind)) {
      revoke({ name: "sys", kind: kind as NonNullable<Deno.SysPermissionDescriptor["kind"]> });
    }
  }
}

function listed(all: readonly Permissions[], name: "run" | "sys"): string[] | true {
  if (all.some((p) => p[name] === true)) return true;
  return [...new Set(all.flatMap((p) => p[name] as readonly string[] | undefined ?? []))]
    .toSorted();
}
