/**
 * `zkm_plugin`: `zkm://128/name` makes 128 random bytes; the example of the manual's section on
 * writing a plug-in, and a pattern for your own.
 */
import { startRole } from "../core/cli/start.ts";
import type { Role } from "../core/cli/program.ts";
import { TransferFailure } from "../core/errors.ts";
import { transferPlugin } from "../core/transfer/plugin.ts";

const LARGEST = 2 ** 40;
const CHUNK = 64 * 1024;

export const role: Role = transferPlugin({
  name: "zkm_plugin",
  version: "0.1",
  summary: "make files of random bytes",
  methods: ["zkm"],
  async download(url, path, ctx) {
    const size = /^[^:]*:\/\/(\d{1,13})(?:\/|$)/.exec(url)?.[1];
    if (size === undefined || Number(size) > LARGEST) {
      throw new TransferFailure("Parameter", `No number of bytes up to ${LARGEST} in "${url}"`, {
        errorCode: 3,
        retryable: -1,
      });
    }
    using file = await Deno.open(path, { write: true, create: true, truncate: true });
    for (let left = Number(size); left > 0;) {
      ctx.signal.throwIfAborted();
      const chunk = crypto.getRandomValues(new Uint8Array(Math.min(CHUNK, left)));
      left -= await file.write(chunk);
    }
  },
});

if (import.meta.main) await startRole(role);
