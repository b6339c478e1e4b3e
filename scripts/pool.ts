// deno-lint-ignore-file no-console -- a script that talks to whoever runs it
/**
 * A real HTCondor pool on this machine: `deno task pool root|up|down|shell|remove`.
 *
 * The acceptance tests (`deno task test:pool`) make their own from the same parts.
 */

import { removeAnnexLayer } from "./pool/annex_layer.ts";
import { PoolError } from "./pool/command.ts";
import {
  condorEnv,
  configFile,
  hostPath,
  isRunning,
  startInstance,
  stopInstance,
  sweep,
} from "./pool/instance.ts";
import { ensureRoot, poolRoot, removeRoot } from "./pool/root.ts";

const USAGE = `Usage: deno task pool root             make the pool root, or check it
       deno task pool up [SETTING...]  start a pool with these configuration lines
       deno task pool down             stop it
       deno task pool shell [CMD...]   run a shell or a command in the root, against this pool
       deno task pool remove           stop all pools and delete the root

The root lies in PINION_POOL_ROOT, by default /var/tmp/pinion-pool/root.`;

/** The pool of `up`, beside those that tests start. */
const NAME = "manual";

async function main(words: readonly string[]): Promise<number> {
  const [verb = "", ...rest] = words;
  const instance = { root: poolRoot(), name: NAME };
  switch (verb) {
    case "root":
      await ensureRoot(instance.root, say);
      say(`pool: "${instance.root}" is whole`);
      return 0;
    case "up":
      await ensureRoot(instance.root, say);
      if (await isRunning(instance)) throw new PoolError("Cannot start the pool: it runs already");
      await sweep(instance.root, (name) => Promise.resolve(name !== NAME));
      await startInstance(instance, { settings: rest });
      say(
        `pool: up; logs in "${hostPath(instance, "log")}", settings in "${configFile(instance)}"`,
      );
      return 0;
    case "down":
      await stopInstance(instance);
      say("pool: down");
      return 0;
    case "shell":
      await ensureRoot(instance.root, say);
      return await shell(instance.root, rest, condorEnv(instance));
    case "remove":
      await sweep(instance.root, () => Promise.resolve(false));
      await removeAnnexLayer(instance.root, say);
      await removeRoot(instance.root, say);
      return 0;
    default:
      console.error(USAGE);
      return verb === "" || verb === "help" ? 0 : 2;
  }
}

async function shell(
  root: string,
  words: readonly string[],
  env: Record<string, string>,
): Promise<number> {
  const command = words.length === 0 ? ["bash", "-i"] : words;
  const status = await new Deno.Command("chroot", { args: [root, ...command], env }).spawn().status;
  return status.code;
}

function say(line: string): void {
  console.error(line);
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof PoolError)) throw error;
    console.error(`pool: ${error.message}`);
    Deno.exit(1);
  }
}
