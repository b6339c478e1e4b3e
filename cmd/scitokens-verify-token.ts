/** `scitokens-verify-token`: checks a SciToken or WLCG token. */
import { startRole } from "../core/cli/start.ts";
import type { Role } from "../core/cli/program.ts";
import { verifyToken } from "../core/credentials/keytool/verify_token.ts";

export const role: Role = verifyToken;

if (import.meta.main) await startRole(role);
