/** `condor-annex-ec2`: makes an instance of EC2 part of an HTCondor annex when it starts. */
import { startRole } from "../core/cli/start.ts";
import type { Role } from "../core/cli/program.ts";
import { condorAnnexEc2 } from "../core/annex/role.ts";

export const role: Role = condorAnnexEc2;

if (import.meta.main) await startRole(role);
