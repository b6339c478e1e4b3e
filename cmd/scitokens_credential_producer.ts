/** `scitokens_credential_producer`: the request for a token that condor_submit hands on. */
import { startRole } from "../core/cli/start.ts";
import type { Role } from "../core/cli/program.ts";
import { scitokensCredentialProducer } from "../core/credentials/producer/producer.ts";

export const role: Role = scitokensCredentialProducer;

if (import.meta.main) await startRole(role);
