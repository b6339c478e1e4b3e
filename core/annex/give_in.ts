/** What is done with an instance that never became what it was started for: it costs money. */
import { powerOff } from "./master_shutdown.ts";
import type { AnnexHost } from "./host.ts";
import type { AnnexSettings } from "./settings.ts";

/** What is known when the time is over. */
export interface GiveUpFacts {
  readonly settings: AnnexSettings;
  /** Signs that this is an annex's instance, such as `client-token`. */
  readonly signs: ReadonlySet<string>;
  /** An earlier boot was configured: somebody may be at work on it. */
  readonly wasConfigured: boolean;
}

const QUESTION_LIMIT_MS = 5000;
/** What systemd says while it starts the system (systemctl(1), `is-system-running`). */
const STARTING = new Set(["initializing", "starting"]);

/**
 * Switches the machine off, where that is wanted and plainly right: at the system's start, of an
 * instance that something says is an annex's.
 *
 * @returns why it stays on; undefined when it does not
 */
export async function giveUp(
  host: AnnexHost,
  { settings, signs, wasConfigured }: GiveUpFacts,
): Promise<string | undefined> {
  if (settings.on_give_up !== "poweroff") return "the settings say so";
  if (!host.boot) return "it was not started at boot";
  if (signs.size === 0) return "nothing says that this is an annex's instance";
  if (wasConfigured) return "an earlier boot was configured";
  if (!await isStarting(host)) return "the system is not starting";
  return await powerOff(host) ? undefined : "the order was not taken";
}

async function isStarting(host: AnnexHost): Promise<boolean> {
  if (!await host.hasTool("systemctl")) return false;
  const options = { args: ["is-system-running"], timeoutMs: QUESTION_LIMIT_MS };
  return STARTING.has((await host.run("systemctl", options)).stdout.trim());
}
