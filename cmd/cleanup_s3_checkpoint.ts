/** `cleanup_s3_checkpoint`: removes checkpoints from S3 and Google Cloud Storage. */

import type { Role } from "../core/cli/program.ts";
import { startRole } from "../core/cli/start.ts";
import { cleanupPlugin } from "../core/checkpoint/plugin.ts";
import { s3BackEnd } from "../core/checkpoint/stores/s3.ts";

export const role: Role = cleanupPlugin(s3BackEnd);

if (import.meta.main) await startRole(role);
