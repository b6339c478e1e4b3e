/**
 * `cleanup_locally_mounted_checkpoint`: removes checkpoints from mounted file systems, in place of
 * HTCondor's own.
 */
import { cleanupPlugin } from "../core/checkpoint/plugin.ts";
import { localBackEnd } from "../core/checkpoint/stores/local.ts";
import { startRole } from "../core/cli/start.ts";
import type { Role } from "../core/cli/program.ts";

export const role: Role = cleanupPlugin(localBackEnd, { lenient: true });

if (import.meta.main) await startRole(role);
