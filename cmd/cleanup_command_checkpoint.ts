/** `cleanup_command_checkpoint`: removes checkpoints by a command of the site's choice. */
import { cleanupPlugin } from "../core/checkpoint/plugin.ts";
import { commandBackEnd } from "../core/checkpoint/stores/command.ts";
import { startRole } from "../core/cli/start.ts";
import type { Role } from "../core/cli/program.ts";

export const role: Role = cleanupPlugin(commandBackEnd);

if (import.meta.main) await startRole(role);
