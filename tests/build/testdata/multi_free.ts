import type { Role } from "../../../core/cli/program.ts";
import { multiCall } from "../../../core/install/program.ts";
import { named } from "./multi.ts";

/** A multi-call executable with a role that may start any program. */
export const role: Role = multiCall([
  named("weak", {}),
  named("runner", { run: ["/bin/true"] }),
  named("free", { run: true }),
]);
