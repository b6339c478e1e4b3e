/** `cleanup_http_checkpoint`: removes checkpoints from web and WebDAV servers. */
import { cleanupPlugin } from "../core/checkpoint/plugin.ts";
import { httpBackEnd } from "../core/checkpoint/stores/http.ts";
import { startRole } from "../core/cli/start.ts";
import type { Role } from "../core/cli/program.ts";

export const role: Role = cleanupPlugin(httpBackEnd);

if (import.meta.main) await startRole(role);
