/** Reboots: what is installed stays, unless there is something newer (the lease may be over). */
import { errorText } from "../errors.ts";
import type { AnnexState, BootSteps } from "./contracts.ts";
import { askForArchive, type AskOptions, installDownload, type Installed } from "./fetch.ts";
import type { AnnexHost } from "./host.ts";
import { limitedHost } from "./limited_host.ts";

/** Longest time for the question, in milliseconds: HTCondor waits for it. */
export const REFRESH_MS = 60_000;

/**
 * Asks for a newer archive once, and installs it. Whatever goes wrong, what is installed stays.
 *
 * @param limitMs milliseconds for the question
 */
export async function refresh(
  host: AnnexHost,
  steps: BootSteps,
  { state, options, limitMs = REFRESH_MS }: {
    readonly state: AnnexState;
    readonly options: AskOptions;
    readonly limitMs?: number;
  },
): Promise<Installed> {
  const { bucket, key, etag, sha256, files } = state;
  const source = { bucket, key };
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort(new Error(`Cannot fetch the archive: no answer after ${limitMs / 1000} s`));
  }, limitMs);
  try {
    const limited = limitedHost(host, limit.signal);
    const ask = { source, options: { ...options, etag } };
    const download = await askForArchive(limited, steps, ask);
    if (download.kind === "archive") {
      return await installDownload(host, steps, { source, download, before: files });
    }
    host.note("The installed archive is still the newest", { event: "not-modified", bucket, key });
  } catch (error) {
    host.signal.throwIfAborted();
    host.note("Keeping what is installed", { event: "kept", reason: errorText(error) });
  } finally {
    clearTimeout(timer);
  }
  return { ...source, etag, sha256, files };
}
