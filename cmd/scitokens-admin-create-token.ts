/** `scitokens-admin-create-token`: makes a SciToken from claims and a private key. */
import { startRole } from "../core/cli/start.ts";
import type { Role } from "../core/cli/program.ts";
import { createToken } from "../core/credentials/keytool/create_token.ts";

export const role: Role = createToken;

if (import.meta.main) await startRole(role);
