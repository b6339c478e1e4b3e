/** `pinion`: every role in one executable. */

import { role as curlPlugin } from "./cmd/curl_plugin.ts";
import { role as dataPlugin } from "./cmd/data_plugin.ts";
import { role as zkmPlugin } from "./cmd/zkm_plugin.ts";
import type { Role } from "./core/cli/program.ts";
import { startRole } from "./core/cli/start.ts";
import { multiCall } from "./core/install/program.ts";

/** The roles, each from its file in cmd/. */
const ROLES: readonly Role[] = [curlPlugin, dataPlugin, zkmPlugin];

export const role: Role = multiCall(ROLES);

if (import.meta.main) await startRole(role);
