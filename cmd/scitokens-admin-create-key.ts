/** `scitokens-admin-create-key`: makes, converts and publishes the keys that sign SciTokens. */
import { startRole } from "../core/cli/start.ts";
import type { Role } from "../core/cli/program.ts";
import { createKey } from "../core/credentials/keytool/create_key.ts";

export const role: Role = createKey;

if (import.meta.main) await startRole(role);
