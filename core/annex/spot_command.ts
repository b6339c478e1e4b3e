/** `spot-watch`: watches a running instance until it is told to stop. */
import { FirewallKeeper } from "./firewall/keep.ts";
import type { AnnexHost } from "./host.ts";
import { openMetadata } from "./services.ts";
import { readSettings } from "./settings.ts";
import { SpotWatch } from "./spot/watch.ts";

/**
 * Watches.
 *
 * @returns the exit status
 */
export async function spotWatch(host: AnnexHost): Promise<number> {
  const settings = await readSettings(host);
  const metadata = openMetadata(host, settings);
  const firewall = new FirewallKeeper(host, settings);
  return await new SpotWatch(host, { settings, metadata, firewall }).run();
}
