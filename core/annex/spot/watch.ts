/** The watcher of a running instance: interruptions of Spot instances, and the firewall. */
import { errorText } from "../../errors.ts";
import type { Metadata } from "../contracts.ts";
import type { AnnexHost } from "../host.ts";
import { INTERRUPT_FILE } from "../paths.ts";
import { readOwnFile, replaceFile } from "../safe_file.ts";
import type { AnnexSettings } from "../settings.ts";
import { NOTICE_ITEM, parseNotice, parseRebalance, REBALANCE_ITEM } from "./notice.ts";
import { advertiseRebalance } from "./rebalance.ts";
import { vacate } from "./vacate.ts";

/** Milliseconds between looks at the metadata service. */
const LOOK_MS = 5000;
/** Milliseconds between looks at the firewall. */
const FIREWALL_MS = 60_000;

/** What a notice without a time leaves: the two minutes that EC2 promises. */
const NOTICE_MS = 120_000;
const LARGEST_FILE = 4096;

/** What is watched. */
export interface WatchOptions {
  readonly settings: AnnexSettings;
  readonly metadata: Metadata;
  /** Puts the firewall's rules back; throws when they do not hold. */
  readonly firewall: { check(): Promise<boolean> };
}

/** Watches until it is told to stop. */
export class SpotWatch {
  readonly #host: AnnexHost;
  readonly #options: WatchOptions;
  /** The notice that was acted upon, in its file's words. */
  #handled: string | undefined;
  /** When the current notice was first seen, by the monotonic clock. */
  #seen: { readonly text: string; readonly at: number } | undefined;
  #nextFirewall = 0;
  /** Failures that are in the log, by what failed: each is there once, until it is over. */
  readonly #failing = new Set<string>();

  constructor(host: AnnexHost, options: WatchOptions) {
    this.#host = host;
    this.#options = options;
  }

  /**
   * Looks every 5 s, and at the firewall every 60 s, until the host's signal.
   *
   * @returns the exit status, 0
   */
  async run(): Promise<number> {
    const { clock, signal } = this.#host;
    this.#host.note("Watching for interruptions", { event: "watch-begins" });
    try {
      while (true) {
        await this.look();
        await clock.sleep(LOOK_MS, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      return 0;
    }
  }

  /** Looks once. No failure ends the watch, for others than this one may still be seen. */
  async look(): Promise<void> {
    const { clock } = this.#host;
    if (clock.monotonic() >= this.#nextFirewall) {
      this.#nextFirewall = clock.monotonic() + FIREWALL_MS;
      await this.#try("the firewall", async () => void await this.#options.firewall.check());
    }
    await this.#try("interruptions", () => this.#lookForNotice());
    if (this.#options.settings.advertise_cloud_attributes) {
      await this.#try("recommendations", () => this.#lookForRebalance());
    }
  }

  async #lookForNotice(): Promise<void> {
    const host = this.#host;
    const text = await this.#options.metadata.get(NOTICE_ITEM, host.signal);
    if (text === undefined) return;
    const { action, time } = parseNotice(text);
    const key = `${action} ${time ?? "soon"}`;
    if (this.#seen?.text !== key) {
      this.#seen = { text: key, at: host.clock.monotonic() };
      host.note("EC2 will interrupt this instance", { action, time: iso(time) });
      this.#handled = await this.#readHandled(key);
      if (this.#handled !== key) await this.#record({ action, time });
    }
    if (this.#handled === key) return;
    const left = time === undefined
      ? this.#seen.at + NOTICE_MS - host.clock.monotonic()
      : time - host.clock.now();
    const by = await vacate(host, left);
    if (by === undefined) return;
    this.#handled = key;
    host.note("Vacating the jobs", { by, seconds: Math.max(0, Math.round(left / 1000)) });
    await this.#record({ action, time, by });
  }

  async #lookForRebalance(): Promise<void> {
    const text = await this.#options.metadata.get(REBALANCE_ITEM, this.#host.signal);
    await advertiseRebalance(
      this.#host,
      text === undefined ? undefined : {
        time: parseRebalance(text),
      },
    );
  }

  /** What an earlier watcher of the same boot acted upon. */
  async #readHandled(key: string): Promise<string | undefined> {
    try {
      const text = await readOwnFile(this.#host, INTERRUPT_FILE, LARGEST_FILE);
      const { action, time, by } = Object(JSON.parse(text ?? "{}"));
      const isSame = `${action} ${typeof time === "string" ? Date.parse(time) : "soon"}` === key;
      return isSame && typeof by === "string" ? key : undefined;
    } catch {
      // Whatever is wrong with the file: to vacate twice does no harm, not to vacate does.
      return undefined;
    }
  }

  /** Tells whoever looks, jobs too; a failure to write keeps no job from being vacated. */
  async #record(notice: { action: string; time: number | undefined; by?: string }): Promise<void> {
    const content = `${JSON.stringify({ ...notice, time: iso(notice.time) })}\n`;
    try {
      await replaceFile(this.#host, INTERRUPT_FILE, { content, mode: 0o644 });
    } catch (error) {
      this.#host.signal.throwIfAborted();
      this.#host.note(`Cannot write "${INTERRUPT_FILE}"`, { reason: errorText(error) });
    }
  }

  async #try(what: string, look: () => Promise<void>): Promise<void> {
    try {
      await look();
    } catch (error) {
      this.#host.signal.throwIfAborted();
      const reason = errorText(error);
      if (!this.#failing.has(what)) this.#host.note(`Cannot look after ${what}`, { reason });
      this.#failing.add(what);
      return;
    }
    if (this.#failing.delete(what)) this.#host.note(`Looking after ${what} again`);
  }
}

function iso(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
