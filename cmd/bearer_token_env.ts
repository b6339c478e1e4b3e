/** `bearer_token_env`: gives a job's command its token in the file that BEARER_TOKEN_FILE names. */
import { startRole } from "../core/cli/start.ts";
import type { Role } from "../core/cli/program.ts";
import { bearerTokenEnv } from "../core/credentials/job_token/main.ts";

export const role: Role = bearerTokenEnv;

if (import.meta.main) await startRole(role);
