/** The rules as they were installed, kept there: other services flush what they find. */
import { AnnexError } from "../errors.ts";
import type { AnnexHost } from "../host.ts";
import type { AnnexSettings } from "../settings.ts";
import { installFirewall } from "./install.ts";
import { ensureIptables } from "./iptables.ts";
import { listNft } from "./nft.ts";
import { verifyFirewall } from "./verify.ts";

/** Looks after the firewall from time to time. */
export class FirewallKeeper {
  readonly #host: AnnexHost;
  readonly #settings: AnnexSettings;
  #backend: "nft" | "iptables" | "off" | undefined;
  /** The rules as nftables lists them right after they were loaded. */
  #listed: string | undefined;

  constructor(host: AnnexHost, settings: AnnexSettings) {
    this.#host = host;
    this.#settings = settings;
  }

  /**
   * Puts back what is missing or was changed, and tries the rules.
   *
   * @returns whether anything had to be put back
   * @throws {AnnexError} when the metadata service is not, or perhaps not, closed to others
   */
  async check(): Promise<boolean> {
    switch (this.#backend) {
      case undefined:
        await this.#install();
        return false;
      case "off":
        return false;
      case "nft": {
        const isThere = this.#listed !== undefined && await listNft(this.#host) === this.#listed;
        if (!isThere) return await this.#restore();
        break;
      }
      case "iptables": {
        const changed = await ensureIptables(this.#host, this.#settings.firewall_allow_uids);
        if (changed > 0) this.#tell();
        await verifyFirewall(this.#host, this.#settings.firewall_allow_uids);
        return changed > 0;
      }
    }
    try {
      await verifyFirewall(this.#host, this.#settings.firewall_allow_uids);
      return false;
    } catch (error) {
      if (!(error instanceof AnnexError)) throw error;
      // Whatever the listing hides, new rules are the best that can be done.
      return await this.#restore();
    }
  }

  async #restore(): Promise<true> {
    this.#tell();
    await this.#install();
    return true;
  }

  async #install(): Promise<void> {
    const { backend } = await installFirewall(this.#host, this.#settings);
    this.#backend = backend;
    this.#listed = backend === "nft" ? await listNft(this.#host) : undefined;
  }

  #tell(): void {
    this.#host.note("Putting the firewall's rules back: they were changed", {
      firewall: this.#backend,
    });
  }
}
