import type { Permissions, Role } from "../../../core/cli/program.ts";
import { multiCall } from "../../../core/install/program.ts";
import { role as probe } from "./probe.ts";

function named(name: string, permissions: Permissions): Role {
  return { ...probe, program: { ...probe.program, name }, permissions };
}

/** A multi-call executable with a role that may do nothing and one that may do a lot. */
export const role: Role = multiCall([
  named("weak", {}),
  named("strong", { net: true, write: true, read: true, run: ["/bin/true", "/bin/false"] }),
  named("runner", { run: ["/bin/true"] }),
]);
