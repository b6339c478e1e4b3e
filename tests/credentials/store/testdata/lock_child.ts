/** Locks a credential directory, says so, and stays. */
import { CredentialStore } from "../../../../core/credentials/store/mod.ts";

const store = CredentialStore.open(Deno.args[0]!, { condor: {} });
const held = await store.lock();
await Deno.stdout.write(new TextEncoder().encode(held ? "locked\n" : "refused\n"));
await new Promise((resolve) => setTimeout(resolve, 60_000));
