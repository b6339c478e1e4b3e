import type { Permissions, Role } from "../../../core/cli/program.ts";
import { multiCall } from "../../../core/install/program.ts";
import { role as probe } from "./probe.ts";

/** The probe under another name, with permissions of its own. */
export function named(name: string, permissions: Permissions): Role {
  return { ...probe, program: { ...probe.program, name }, permissions };
}

const strong: Permissions = {
  net: true,
  write: true,
  read: true,
  ffi: true,
  run: ["/bin/true", "/bin/false"],
};

/** A multi-call executable with a role that may do nothing and one that may do a lot. */
export const role: Role = multiCall([
  named("weak", {}),
  named("strong", strong),
  named("runner", { run: ["/bin/true"] }),
]);
