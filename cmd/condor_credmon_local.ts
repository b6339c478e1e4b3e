/** `condor_credmon_local`: issues SciTokens for the jobs of an access point. */
import { startRole } from "../core/cli/start.ts";
import type { Role } from "../core/cli/program.ts";
import { condorCredmonLocal } from "../core/credentials/daemon/credmon.ts";

export const role: Role = condorCredmonLocal;

if (import.meta.main) await startRole(role);
