/** `cleanup_ssh_checkpoint`: removes checkpoints from servers that are reached by SSH. */
import { cleanupPlugin } from "../core/checkpoint/plugin.ts";
import { sshBackEnd } from "../core/checkpoint/stores/ssh.ts";
import { startRole } from "../core/cli/start.ts";
import type { Role } from "../core/cli/program.ts";

export const role: Role = cleanupPlugin(sshBackEnd);

if (import.meta.main) await startRole(role);
