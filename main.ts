/** `pinion`: every role in one executable. */

import type { Role } from "./core/cli/program.ts";
import { startRole } from "./core/cli/start.ts";
import { multiCall } from "./core/install/program.ts";

/** The roles, each from its file in cmd/. */
const ROLES: readonly Role[] = [];

export const role: Role = multiCall(ROLES);

if (import.meta.main) await startRole(role);
