/** `condor_manifest`: looks into checkpoint MANIFESTs, and removes checkpoints. */
import { startRole } from "../core/cli/start.ts";
import type { Role } from "../core/cli/program.ts";
import { condorManifest } from "../core/checkpoint/tools/condor_manifest.ts";

export const role: Role = condorManifest;

if (import.meta.main) await startRole(role);
