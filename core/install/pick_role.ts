/** Which role of the multi-call executable to play. */

import { basename } from "@std/path";
import type { Role } from "../cli/program.ts";
import { pickByUrl } from "./pick_by_url.ts";

/** A role, and the arguments left for it. */
export interface Pick {
  readonly role: Role;
  readonly args: readonly string[];
}

/**
 * Picks a role: by the name the executable was started under, with or without an extension
 * (`box_plugin.py`), else by its first argument (`box_plugin` or `-role=box_plugin`), which is then
 * taken away, else by the URLs that are to be moved.
 *
 * @param roles the roles there are
 * @param options.name the name the executable was started under
 * @param options.args the arguments after it
 * @returns nothing if neither names a role
 */
export function pickRole(
  roles: readonly Role[],
  { name, args }: { name: string; args: readonly string[] },
): Pick | undefined {
  const file = basename(name);
  const role = findRole(roles, file) ?? findRole(roles, file.replace(/\.[^.]*$/, ""));
  if (role) return { role, args };
  const [first, ...rest] = args;
  const named = findRole(roles, first?.replace(/^--?role=/, "") ?? "");
  if (named) return { role: named, args: rest };
  const mover = pickByUrl(roles, args);
  return mover && { role: mover, args };
}

function findRole(roles: readonly Role[], name: string): Role | undefined {
  return roles.find((role) => role.program.name === name);
}
