/** `pinion`: every role in one executable. */

import { role as bearerTokenEnv } from "./cmd/bearer_token_env.ts";
import { role as cleanupCommandCheckpoint } from "./cmd/cleanup_command_checkpoint.ts";
import { role as cleanupHttpCheckpoint } from "./cmd/cleanup_http_checkpoint.ts";
import { role as cleanupLocallyMountedCheckpoint } from "./cmd/cleanup_locally_mounted_checkpoint.ts";
import { role as cleanupS3Checkpoint } from "./cmd/cleanup_s3_checkpoint.ts";
import { role as cleanupSshCheckpoint } from "./cmd/cleanup_ssh_checkpoint.ts";
import { role as condorAnnexEc2 } from "./cmd/condor-annex-ec2.ts";
import { role as condorCredmonLocal } from "./cmd/condor_credmon_local.ts";
import { role as condorManifest } from "./cmd/condor_manifest.ts";
import { role as curlPlugin } from "./cmd/curl_plugin.ts";
import { role as dataPlugin } from "./cmd/data_plugin.ts";
import { role as scitokensAdminCreateKey } from "./cmd/scitokens-admin-create-key.ts";
import { role as scitokensAdminCreateToken } from "./cmd/scitokens-admin-create-token.ts";
import { role as scitokensVerifyToken } from "./cmd/scitokens-verify-token.ts";
import { role as scitokensCredentialProducer } from "./cmd/scitokens_credential_producer.ts";
import { role as zkmPlugin } from "./cmd/zkm_plugin.ts";
import type { Role } from "./core/cli/program.ts";
import { startRole } from "./core/cli/start.ts";
import { multiCall } from "./core/install/program.ts";

/** The roles, each from its file in cmd/. */
export const roles: readonly Role[] = [
  bearerTokenEnv,
  cleanupCommandCheckpoint,
  cleanupHttpCheckpoint,
  cleanupLocallyMountedCheckpoint,
  cleanupS3Checkpoint,
  cleanupSshCheckpoint,
  condorAnnexEc2,
  condorCredmonLocal,
  condorManifest,
  curlPlugin,
  dataPlugin,
  scitokensAdminCreateKey,
  scitokensAdminCreateToken,
  scitokensVerifyToken,
  scitokensCredentialProducer,
  zkmPlugin,
];

export const role: Role = multiCall(roles);

if (import.meta.main) await startRole(role);
